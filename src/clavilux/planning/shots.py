"""Where the picture changes: sections cut into shots on bar lines."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from clavilux.model.song import Analysis
from clavilux.model.spec import SectionSpec


@dataclass(frozen=True)
class ShotPlan:
    """A part of a section that shows one picture."""

    start: float
    end: float
    picture: int
    """Which of the section's stills, or which variation of its scene."""
    framing: int = 0
    """How often that still was shown in the section before: another part of it each time."""
    moving: bool = False
    """The scene itself, in motion, instead of a still."""


def still_count(section: SectionSpec) -> int:
    """How many stills a section shows: at least one above tier 1; in tier 1 only the hero.

    A hero section's last still is the hero.
    """
    return int(section.hero and section.stills > 0) if section.tier == 1 else max(1, section.stills)


def plan_shots(section: SectionSpec, analysis: Analysis) -> tuple[ShotPlan, ...]:
    """Cut a section on the downbeats nearest to equal parts; the hero still holds the climax."""
    edges = _edges(section, analysis)
    if section.tier == 1:
        return _scene_shots(section, analysis, edges)
    spans = list(pairwise(edges))
    shown: Counter[int] = Counter()
    shots = []
    for index, (start, end) in enumerate(spans):
        still = _still_of(index, spans, section, analysis)
        shots.append(ShotPlan(start, end, still, shown[still]))
        shown[still] += 1
    return tuple(shots)


def _scene_shots(
    section: SectionSpec, analysis: Analysis, edges: list[float]
) -> tuple[ShotPlan, ...]:
    """The scene in motion, varied after each cut; at the climax, two bars of the hero."""
    if not still_count(section):
        return tuple(ShotPlan(a, b, i, moving=True) for i, (a, b) in enumerate(pairwise(edges)))
    bar = analysis.beat_period * analysis.meter
    start, end = _hero_span(section, analysis, bar=bar)
    if (start, end) == (section.start, section.end):
        return (ShotPlan(start, end, 0),)
    cuts = edges[1:-1]
    before = [section.start, *(e for e in cuts if e < start - 0.9 * bar), start]
    after = [end, *(e for e in cuts if e > end + 0.9 * bar), section.end]
    first = [ShotPlan(a, b, i, moving=True) for i, (a, b) in enumerate(pairwise(before))]
    last = [
        ShotPlan(a, b, i, moving=True) for i, (a, b) in enumerate(pairwise(after), start=len(first))
    ]
    return (*first, ShotPlan(start, end, 0), *last)


def _hero_span(section: SectionSpec, analysis: Analysis, *, bar: float) -> tuple[float, float]:
    """Two bars from the downbeat nearest to the climax that leaves about a bar at either end.

    A section without that much room shows nothing but the hero.
    """
    earliest, latest = section.start + 0.9 * bar, section.end - 2.9 * bar
    starts = [t for t in analysis.downbeats if earliest <= t <= latest]
    if not analysis.downbeats and earliest <= latest:
        starts = [min(max(analysis.climax, earliest), latest)]
    if not starts:
        return section.start, section.end
    start = min(starts, key=lambda t: abs(t - analysis.climax))
    return start, analysis.nearest_downbeat(start + 2 * bar, within=0.5 * bar)


def _edges(section: SectionSpec, analysis: Analysis) -> list[float]:
    bar = analysis.beat_period * analysis.meter
    shortest = max(1.9, bar * 0.95)
    wanted = _shot_count(section, bar=bar)
    edges = [section.start]
    for i in range(1, wanted):
        even = section.start + (section.end - section.start) * i / wanted
        cut = analysis.nearest_downbeat(even, within=2 * bar)
        if cut - edges[-1] >= shortest and section.end - cut >= shortest:
            edges.append(cut)
    return [*edges, section.end]


def _shot_count(section: SectionSpec, *, bar: float) -> int:
    """Stills change every two bars where the music is strong, every four where it is calm; a scene
    moves by itself and is changed seldom."""
    seconds = section.end - section.start
    if section.tier == 1:
        return max(1, round(seconds / max(14.0, 8 * bar)))
    bars = 2 if section.energy >= 0.5 else 4
    return max(still_count(section), round(seconds / max(bars * bar, 3.6)))


def _still_of(
    index: int, spans: list[tuple[float, float]], section: SectionSpec, analysis: Analysis
) -> int:
    start, end = spans[index]
    if section.hero and (start <= analysis.climax < end or len(spans) == 1):
        return still_count(section) - 1
    ordinary = max(1, section.stills - 1) if section.hero else max(1, section.stills)
    return index % ordinary
