"""Analysis + Correction -> Analysis: everything that hangs on the beats follows them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from clavilux.analysis import regrid, resection
from clavilux.analysis.regrid import Grid
from clavilux.model.correction import Correction
from clavilux.model.errors import InputError
from clavilux.model.song import Alternative, Analysis, Passage, Region, Section

STEADY = 0.03
"""Relative change of tempo that begins a region of its own."""


def apply_correction(analysis: Analysis, correction: Correction) -> Analysis:
    """The analysis as a person says it is.

    In this order: taps or a tempo map replace the beats; they are halved or doubled, moved, counted
    in another meter, their bar lines moved; the sections begin on the new bar lines, or are those
    that the person names. Shifts, climax, builds and drops go to the nearest new bar line, the
    climax never into another section. Half or double tempo keeps the meter: bars become twice or
    half as long. The other readings (`alternatives`) belonged to what was heard: none are left.

    Raises InputError where a tap or section is not inside the song.
    """
    if correction.changes_nothing:
        return analysis
    grid, meter = _grid(analysis, correction)
    beats = regrid.to_beats(grid, analysis)
    downbeats = [beat.time for beat in beats if beat.is_downbeat]
    tempo = _tempo(grid)
    bar = meter * (60 / tempo if tempo > 0 else 0.5)
    sections = resection.resnapped(analysis, downbeats)
    if correction.sections:
        sections = resection.named(analysis, correction.sections, downbeats, bar=bar)
    own = bool(correction.taps or correction.tempo_map)
    return analysis.model_copy(
        update={
            "tempo": round(tempo, 3),
            "tempo_confidence": 1.0 if own else analysis.tempo_confidence,
            "meter": meter,
            "beats": beats,
            "regions": _regions(analysis, grid, correction),
            "alternatives": (),
            "sections": sections,
            "climax": _climax(analysis, sections, downbeats, named=bool(correction.sections)),
            "passages": _passages(analysis.passages, downbeats, bar=bar),
        }
    )


def wanted(heard: Analysis, correction: Correction, alternative: str = "") -> Correction:
    """The correction a user asks for: an alternative that was heard, and over it the others.

    An alternative counts from what was heard, so it says every field.
    """
    if not alternative:
        return correction
    plain = find_alternative(heard, alternative).correction.model_dump()
    return Correction.model_validate(plain).overridden_by(correction)


def find_alternative(heard: Analysis, name: str) -> Alternative:
    """Another reading of a song by its number, from 1, or its name."""

    def letters(text: str) -> str:
        return "".join(letter for letter in text.lower() if letter.isalnum())

    others = heard.alternatives
    for number, other in enumerate(others, start=1):
        if letters(name) in (str(number), letters(other.name)):
            return other
    listed = ", ".join(f"{i} ({other.name})" for i, other in enumerate(others, start=1))
    choose = f"choose {listed}" if listed else "none was heard; use --tempo-scale or --taps"
    raise InputError(f"there is no alternative '{name}'; {choose}")


def _grid(analysis: Analysis, correction: Correction) -> tuple[Grid, int]:
    """The corrected beats and the beats per bar."""
    meter = correction.meter or analysis.meter
    span = regrid.sounding_span(analysis)
    scaled = meter
    if correction.taps:
        _refuse_outside(correction.taps, analysis, what="a tap")
        grid = regrid.from_taps(correction.taps, meter=meter, span=span)
    elif correction.tempo_map:
        marks = correction.tempo_map
        _refuse_outside([mark.time for mark in marks], analysis, what="a tempo")
        grid = regrid.from_tempo_map(marks, meter=meter, span=span)
    else:
        grid, scaled = regrid.heard_grid(analysis), analysis.meter
    if len(grid) == 0:
        return grid, meter
    marks_at = [section.start for section in analysis.sections[1:]]
    for _ in range(round(abs(np.log2(correction.tempo_scale)))):
        if correction.tempo_scale < 1:
            grid = regrid.halved(grid, marks=marks_at)
        else:
            grid = regrid.doubled(grid, meter=scaled, end=analysis.duration)
    if correction.beat_offset:
        seconds = correction.beat_offset / 1000
        grid = regrid.moved(grid, seconds, duration=analysis.duration)
    if meter != scaled:
        grid = regrid.counted(grid, meter=meter)
    if correction.downbeat_shift:
        grid = regrid.shifted(grid, correction.downbeat_shift, meter=meter)
    return grid, meter


def _refuse_outside(times: Sequence[float], analysis: Analysis, *, what: str) -> None:
    if times[-1] > analysis.duration:
        raise InputError(
            f"{what} is at {times[-1]:g} s, after the song ends ({analysis.duration:.1f} s); "
            "is it another song's file?"
        )


def _tempo(grid: Grid) -> float:
    """Median beats per minute, gaps left out; 0 without two beats."""
    lengths = np.concatenate([np.zeros(0), *(np.diff(grid.times[run]) for run in grid.runs())])
    return 60 / float(np.median(lengths)) if len(lengths) else 0.0


def _regions(analysis: Analysis, grid: Grid, correction: Correction) -> tuple[Region, ...]:
    """As heard with their tempi scaled; afresh where the beats are a person's own."""
    if len(grid) < 2 or analysis.duration <= 0:
        return analysis.regions
    if not (correction.taps or correction.tempo_map):
        return tuple(
            region.model_copy(update={"tempo": round(region.tempo * correction.tempo_scale, 3)})
            for region in analysis.regions
        )
    edges, tempi = [0.0], []
    for start, end, tempo in _stretches(grid):
        if start - edges[-1] > 2 * 60 / tempo:
            tempi.append(0.0)
            edges.append(start)
        tempi.append(tempo)
        edges.append(end)
    if analysis.duration - edges[-1] > 2 * 60 / tempi[-1]:
        tempi.append(0.0)
        edges.append(analysis.duration)
    edges[-1] = analysis.duration
    return tuple(
        Region(start=a, end=b, tempo=round(tempo, 3), confidence=1.0)
        for a, b, tempo in zip(edges, edges[1:], tempi, strict=False)
    )


def _stretches(grid: Grid) -> list[tuple[float, float, float]]:
    """(start, end, tempo) of each run of beats of about one tempo, in seconds and BPM."""
    found: list[tuple[float, float, float]] = []
    for run in grid.runs():
        times = grid.times[run]
        if len(times) < 2:
            continue
        lengths = np.diff(times)
        usual = regrid.local_intervals(times)
        jumps = np.flatnonzero(np.abs(np.diff(usual)) > STEADY * usual[1:]) + 1
        bounds = [0, *jumps.tolist(), len(lengths)]
        for a, b in pairwise(bounds):
            found.append((float(times[a]), float(times[b]), 60 / float(np.median(lengths[a:b]))))
    return found


def _climax(
    analysis: Analysis, sections: Sequence[Section], downbeats: Sequence[float], *, named: bool
) -> float:
    """On the nearest bar line; inside the section it was heard in, where that still exists."""
    heard_in = next((i for i, s in enumerate(analysis.sections) if analysis.climax < s.end), -1)
    if named or not sections:
        return min(downbeats, key=lambda d: abs(d - analysis.climax), default=analysis.climax)
    home = sections[heard_in]
    lines = [d for d in downbeats if home.start <= d < home.end]
    if lines:
        return min(lines, key=lambda d: abs(d - analysis.climax))
    return float(np.clip(analysis.climax, home.start, np.nextafter(home.end, home.start)))


def _passages(
    passages: Sequence[Passage], downbeats: Sequence[float], *, bar: float
) -> tuple[Passage, ...]:
    """Builds and drops on the new bar lines, where one is near; silence and applause stay."""
    moved = []
    for passage in passages:
        if passage.kind in ("build", "drop") and downbeats:
            start, end = (
                min(downbeats, key=lambda d: abs(d - time)) for time in (passage.start, passage.end)
            )
            start = start if abs(start - passage.start) <= bar / 2 else passage.start
            end = end if abs(end - passage.end) <= bar / 2 else passage.end
            if end > start:
                passage = passage.model_copy(update={"start": start, "end": end})
        moved.append(passage)
    return tuple(moved)
