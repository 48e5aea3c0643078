"""Where the picture changes: sections cut into shots on bar lines."""

from __future__ import annotations

from dataclasses import dataclass

from clavilux.model.song import Analysis
from clavilux.model.spec import SectionSpec


@dataclass(frozen=True)
class ShotPlan:
    """A part of a section that shows one picture."""

    start: float
    end: float
    still: int
    """Which of the section's stills (tier 2), or which variation of its scene (tier 1)."""


def still_count(section: SectionSpec) -> int:
    """How many stills a tier-2 section shows: at least one. A hero section's last is the hero."""
    return max(1, section.stills)


def plan_shots(section: SectionSpec, analysis: Analysis) -> tuple[ShotPlan, ...]:
    """Cut a section on the downbeats nearest to equal parts; the hero still holds the climax."""
    wanted = _shot_count(section, analysis)
    edges = [section.start]
    for i in range(1, wanted):
        even = section.start + (section.end - section.start) * i / wanted
        cut = analysis.nearest_downbeat(even, within=2 * analysis.beat_period * analysis.meter)
        if cut - edges[-1] >= _shortest(analysis) and section.end - cut >= _shortest(analysis):
            edges.append(cut)
    spans = list(zip(edges, [*edges[1:], section.end], strict=True))
    return tuple(
        ShotPlan(start, end, _still_of(i, spans, section, analysis))
        for i, (start, end) in enumerate(spans)
    )


def _shortest(analysis: Analysis) -> float:
    return max(1.9, analysis.beat_period * analysis.meter * 0.95)


def _shot_count(section: SectionSpec, analysis: Analysis) -> int:
    """Stills change every two bars where the music is strong, every four where it is calm."""
    seconds = section.end - section.start
    bar = analysis.beat_period * analysis.meter
    if section.tier == 1:
        return max(1, round(seconds / max(14.0, 6 * bar)))
    bars = 2 if section.energy >= 0.7 else 4
    longest = max(bars * bar, 3.6)
    wanted = max(still_count(section), round(seconds / longest))
    return wanted if still_count(section) > 1 else max(1, round(seconds / max(8.0, 4 * bar)))


def _still_of(
    index: int, spans: list[tuple[float, float]], section: SectionSpec, analysis: Analysis
) -> int:
    if section.tier == 1:
        return index
    ordinary = max(1, section.stills - 1) if section.hero else max(1, section.stills)
    start, end = spans[index]
    if section.hero and (start <= analysis.climax < end or len(spans) == 1):
        return still_count(section) - 1
    return index % ordinary
