"""Sections moved to other bar lines, or replaced by those a person names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from clavilux.model.correction import SectionMark
from clavilux.model.errors import InputError
from clavilux.model.functions import function_named
from clavilux.model.song import Analysis, Mood, Section

NEAR_BAR = 0.25
"""A section a person named begins on the bar line this share of a bar away; else where it was
said."""
SHIFT_APART = 4.0
"""Seconds a shift keeps from the ends of its section."""
MOST_SHIFTS = 3
CLOSE = 1e-6


def snapped(times: Sequence[float], downbeats: Sequence[float], *, end: float) -> list[float]:
    """Ascending times, each on the nearest downbeat that the one before it left free.

    Where there are too few downbeats for that, the times as they are.
    """
    lines = [d for d in downbeats if CLOSE < d < end - CLOSE]
    placed: list[float] = []
    for time in times:
        free = [d for d in lines if not placed or d > placed[-1] + CLOSE]
        if not free:
            return list(times)
        placed.append(min(free, key=lambda d: abs(d - time)))
    return placed


def resnapped(analysis: Analysis, downbeats: Sequence[float]) -> tuple[Section, ...]:
    """The sections an analysis heard, on new bar lines; names, energies and number stay."""
    sections = analysis.sections
    if not downbeats or not sections:
        return sections
    inner = snapped([s.start for s in sections[1:]], downbeats, end=analysis.duration)
    edges = [sections[0].start, *inner, sections[-1].end]
    return tuple(
        section.model_copy(
            update={
                "start": start,
                "end": end,
                "shifts": _inside(section.shifts, start, end, downbeats),
            }
        )
        for section, (start, end) in zip(sections, pairwise(edges), strict=True)
    )


def _inside(
    shifts: Sequence[float], start: float, end: float, downbeats: Sequence[float]
) -> tuple[float, ...]:
    """Shifts on the nearest bar lines inside a section; a shift that has none stays or goes."""
    lines = [d for d in downbeats if start + CLOSE < d < end - CLOSE]
    near = {min(lines, key=lambda d: abs(d - t)) if lines else t for t in shifts}
    return tuple(sorted(t for t in near if start < t < end))


def named(
    analysis: Analysis, marks: Sequence[SectionMark], downbeats: Sequence[float], *, bar: float
) -> tuple[Section, ...]:
    """Sections as a person names them, each up to the next; the first is stretched to the start.

    If the first named one begins later and is no intro, an intro fills the time before it. A start
    within a quarter of a bar of a bar line is taken to mean that line. A name that tells no
    function is an instrumental part. Same name, same group; energies come from the envelopes.
    Raises InputError where a mark is beyond the song or two are at one time.
    """
    marks = _from_the_start(marks, bar=bar)
    edges = _edges(analysis, marks, downbeats, bar=bar)
    functions = [function_named(mark.name) or "instrumental" for mark in marks]
    groups = _letters([_kind(mark.name) for mark in marks])
    energies = section_energies(analysis, edges)
    sections = []
    for i, (start, end) in enumerate(pairwise(edges)):
        sections.append(
            Section(
                label=f"{functions[i]}_{functions[: i + 1].count(functions[i])}",
                function=functions[i],
                group=groups[i],
                start=start,
                end=end,
                energy=energies[i],
                shifts=_kept_shifts(analysis, start, end, downbeats),
                mood=_mood(analysis, start, end),
                vocals=round(_over(analysis, start, end, [s.vocals for s in analysis.sections]), 3),
            )
        )
    return tuple(sections)


def _from_the_start(marks: Sequence[SectionMark], *, bar: float) -> list[SectionMark]:
    first = marks[0]
    if first.start < bar or function_named(first.name) == "intro":
        return [first.model_copy(update={"start": 0.0}), *marks[1:]]
    return [SectionMark(start=0.0, name="intro"), *marks]


def _edges(
    analysis: Analysis, marks: Sequence[SectionMark], downbeats: Sequence[float], *, bar: float
) -> list[float]:
    """Starts on near bar lines, and the song's end."""
    starts: list[float] = [0.0]
    for mark in marks[1:]:
        near = min(downbeats, key=lambda d: abs(d - mark.start), default=mark.start)
        time = near if abs(near - mark.start) <= NEAR_BAR * bar else mark.start
        if mark.start >= analysis.duration - CLOSE:
            raise InputError(
                f"section '{mark.name}' starts at {mark.start:g} s, after the song ends "
                f"({analysis.duration:.1f} s); correct its time"
            )
        time = time if CLOSE < time < analysis.duration - CLOSE else mark.start
        if time <= starts[-1]:
            time = mark.start
        if time <= starts[-1]:
            raise InputError(
                f"section '{mark.name}' starts at {mark.start:g} s, not after the one before it; "
                "correct its time"
            )
        starts.append(time)
    return [*starts, analysis.duration]


def _kind(name: str) -> str:
    """What a name says without its number."""
    return function_named(name) or re.sub(r"[\W\d_]+", " ", name.lower()).strip() or name


def _letters(kinds: Sequence[str]) -> list[str]:
    order = {kind: i for i, kind in enumerate(dict.fromkeys(kinds))}
    return [_letter(order[kind]) for kind in kinds]


def _letter(number: int) -> str:
    """A, B, ... Z, AA, AB, ..."""
    letters, number = "", number + 1
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def section_energies(analysis: Analysis, edges: Sequence[float]) -> list[float]:
    """0..1 of the song's own range: loudness, onset density, highs and lows between the edges.

    The weights are those of `structure.bar_energy`; sections that hardly differ stay near 0.5.
    """
    weights = (("loudness", 1.0), ("flux", 0.35), ("high", 0.3), ("bass", 0.25))
    total = sum(weight for _, weight in weights)
    raw = np.array(
        [
            sum(w * _mean(analysis, name, start, end) for name, w in weights) / total
            for start, end in pairwise(edges)
        ]
    )
    spread = float(np.ptp(raw))
    if spread < CLOSE:
        return [0.5] * len(raw)
    reach = min(1.0, spread / 0.3)
    values = 0.5 + reach * ((raw - raw.min()) / spread - 0.5)
    return [round(float(v), 3) for v in values]


def _mean(analysis: Analysis, name: str, start: float, end: float) -> float:
    envelope = analysis.envelopes.get(name)
    if envelope is None or len(envelope.values) == 0:
        return 0.0
    first = min(int(start * envelope.rate), len(envelope.values) - 1)
    return float(envelope.values[first : max(first + 1, int(end * envelope.rate))].mean())


def _kept_shifts(
    analysis: Analysis, start: float, end: float, downbeats: Sequence[float]
) -> tuple[float, ...]:
    """The shifts that were heard inside these times, not near their ends."""
    heard = [
        time
        for section in analysis.sections
        for time in section.shifts
        if start + SHIFT_APART <= time <= end - SHIFT_APART
    ]
    return _inside(heard[:MOST_SHIFTS], start, end, downbeats)


def _over(analysis: Analysis, start: float, end: float, values: Sequence[float]) -> float:
    """The mean of a value of the heard sections, weighted by how long each is inside."""
    weights = [max(0.0, min(end, s.end) - max(start, s.start)) + 1e-9 for s in analysis.sections]
    return float(np.average(values, weights=weights)) if values else 0.0


def _mood(analysis: Analysis, start: float, end: float) -> Mood | None:
    """The moods of the heard sections inside, mixed; none if there were none."""
    moods = [section.mood for section in analysis.sections]
    known = [mood for mood in moods if mood is not None]
    if not known or len(known) < len(moods):
        return None
    mixed = {
        name: round(_over(analysis, start, end, [getattr(mood, name) for mood in known]), 3)
        for name in ("valence", "arousal", "confidence")
    }
    return Mood.model_validate(mixed)
