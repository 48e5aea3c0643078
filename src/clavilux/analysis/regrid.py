"""The grid of beats a person asks for: tapped, mapped, halved, doubled, moved or counted anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from clavilux.model.correction import TempoMark
from clavilux.model.song import Analysis, Beat

Times = NDArray[np.float64]
Counts = NDArray[np.int64]

GAP = 1.75
"""An interval this many times the usual one near it has no beats in it: a break, or a lost tap."""
NEAR_BEATS = 8
"""Intervals over which the usual one is taken."""
SOUNDING = 0.02
"""Loudness above which the song sounds."""
STRENGTH_SECONDS = 0.03
"""The strength of a new beat is the most onset this near."""


@dataclass(frozen=True)
class Grid:
    """Beats in order."""

    times: Times
    """(n,) seconds."""
    positions: Counts
    """(n,) 0 is the downbeat."""
    confidence: Times
    """(n,) 0..1."""

    def __len__(self) -> int:
        return len(self.times)

    def runs(self) -> list[slice]:
        """Stretches without a gap, in order."""
        edges = np.flatnonzero(np.diff(self.times) > GAP * local_intervals(self.times)) + 1
        bounds = [0, *edges.tolist(), len(self)]
        return [slice(a, b) for a, b in pairwise(bounds) if b > a]


def heard_grid(analysis: Analysis) -> Grid:
    """The beats of an analysis."""
    return Grid(
        np.array([b.time for b in analysis.beats]),
        np.array([b.position for b in analysis.beats], dtype=np.int64),
        np.array([b.confidence for b in analysis.beats]),
    )


def local_intervals(times: Times) -> Times:
    """(n - 1,) the median of the intervals around each; a gap does not count for itself."""
    lengths = np.diff(times)
    if len(lengths) <= 2 * NEAR_BEATS:
        return np.full(len(lengths), np.median(lengths) if len(lengths) else 0.0)
    padded = np.pad(lengths, NEAR_BEATS, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * NEAR_BEATS + 1)
    return np.asarray(np.median(windows, axis=1))


def sounding_span(analysis: Analysis) -> tuple[float, float]:
    """Seconds from the first to the last moment that is not silence; the whole song if unknown."""
    loudness = analysis.envelopes.get("loudness")
    loud = np.flatnonzero(loudness.values > SOUNDING) if loudness else np.zeros(0)
    if loudness is None or len(loud) == 0:
        return 0.0, analysis.duration
    first, last = loud[0] / loudness.rate, (loud[-1] + 1) / loudness.rate
    return float(first), float(min(last, analysis.duration))


def from_taps(taps: Sequence[float], *, meter: int, span: tuple[float, float]) -> Grid:
    """Tapped beats as they are, the first a downbeat.

    A gap of about a whole number of beats is filled evenly: a tap was missed. Before the first and
    after the last tap the grid goes on at the first and last tempo, as far as the song sounds.
    """
    given = np.asarray(taps, dtype=np.float64)
    usual = np.maximum(local_intervals(given), 1e-3)
    counts = np.floor(np.diff(given) / usual + (2 - GAP)).astype(np.int64)
    parts = [
        np.linspace(a, b, max(count, 1), endpoint=False)
        for a, b, count in zip(given, given[1:], counts.tolist(), strict=False)
    ]
    times = np.concatenate([*parts, given[-1:]])
    return _carried_on(times, meter=meter, span=span)


def from_tempo_map(marks: Sequence[TempoMark], *, meter: int, span: tuple[float, float]) -> Grid:
    """A beat on every mark, the first a downbeat, and even ones from each to the next.

    The last beat before a mark gives way if it is nearer to it than half a beat. Before the first
    mark its tempo holds too.
    """
    parts = []
    ends = [mark.time for mark in marks[1:]] + [max(span[1], marks[-1].time + 1e-6)]
    for mark, end in zip(marks, ends, strict=True):
        period = 60 / mark.tempo
        count = max(1, int(np.ceil((end - mark.time) / period - 0.5)))
        parts.append(mark.time + period * np.arange(count))
    times = np.concatenate(parts)
    return _carried_on(times, meter=meter, span=span, first=60 / marks[0].tempo)


def _carried_on(
    times: Times, *, meter: int, span: tuple[float, float], first: float | None = None
) -> Grid:
    """Beats counted from the first one, with those before and after it that sound."""
    lengths = np.diff(times)
    if len(lengths) == 0 and first is None:
        return Grid(times, np.zeros(len(times), dtype=np.int64), np.ones(len(times)))
    lead = first or float(np.median(lengths[:NEAR_BEATS]))
    trail = float(np.median(lengths[-NEAR_BEATS:])) if len(lengths) else lead
    before = max(int((times[0] - span[0] + 0.02) // lead), 0)
    after = max(int(np.ceil((span[1] - times[-1]) / trail)) - 1, 0)
    full = np.concatenate(
        [
            times[0] - lead * np.arange(before, 0, -1),
            times,
            times[-1] + trail * np.arange(1, after + 1),
        ]
    )
    positions = (np.arange(len(full)) - before) % meter
    return Grid(np.maximum(full, 0.0), positions, np.ones(len(full)))


def halved(grid: Grid, *, marks: Sequence[float]) -> Grid:
    """Every second beat. The meter stays, so two bars become one of twice the length.

    Of the two ways to pair bars the one is taken that keeps more of `marks` (the starts of the
    sections, in seconds) on a bar line, in each stretch without a gap.
    """
    kept, positions = [], []
    for run in grid.runs():
        best = max(
            (_paired(grid, run, first) for first in (0, 1)),
            key=lambda choice: _marked(grid.times[choice[0]][choice[1] == 0], marks),
        )
        kept.append(best[0])
        positions.append(best[1])
    index = np.concatenate(kept) if kept else np.zeros(0, dtype=np.int64)
    counted = np.concatenate(positions) if positions else np.zeros(0, dtype=np.int64)
    return Grid(grid.times[index], counted, grid.confidence[index])


def _paired(grid: Grid, run: slice, first: int) -> tuple[Counts, Counts]:
    """Indices and positions of the beats that stay if the full bar number `first` starts a pair."""
    positions = grid.positions[run]
    bars = np.cumsum(positions == 0) - 1
    lengths = [int(np.sum(bars == bar)) for bar in range(-1, int(bars.max(initial=-1)) + 1)]
    meter = int(grid.positions.max(initial=0)) + 1
    second = (bars - first) % 2 == 1
    # A beat of a second bar is counted on from the first bar; a bar cut off has its usual length.
    before = np.array([lengths[bar] if bar > 0 else meter for bar in bars], dtype=np.int64)
    count = positions + np.where(second, before, 0)
    stay = count % 2 == 0
    return np.flatnonzero(stay) + run.start, count[stay] // 2


def _marked(downbeats: Times, marks: Sequence[float]) -> int:
    """How many marks have a downbeat within a tenth of a second."""
    if len(downbeats) == 0:
        return 0
    near = np.abs(np.asarray(marks)[:, None] - downbeats[None, :]).min(axis=1) if marks else []
    return int(np.sum(np.asarray(near) < 0.1))


def doubled(grid: Grid, *, meter: int, end: float) -> Grid:
    """A beat more between every two. The meter stays: a bar becomes two of half its length.

    Every bar line stays one. The last beat of a stretch gets its second half too, before `end`.
    """
    times, positions, confidence = [], [], []
    for run in grid.runs():
        own, sure = grid.times[run], grid.confidence[run]
        if len(own) > 1:
            middle = own + np.diff(own, append=2 * own[-1] - own[-2]) / 2
        else:
            middle = np.full(len(own), np.inf)
        pairs = np.stack([own, middle], axis=1).ravel()
        count = (2 * grid.positions[run][:, None] + np.array([0, 1])).ravel() % meter
        inside = pairs < end
        times.append(pairs[inside])
        positions.append(count[inside])
        confidence.append(np.repeat(sure, 2)[inside])
    if not times:
        return grid
    return Grid(np.concatenate(times), np.concatenate(positions), np.concatenate(confidence))


def moved(grid: Grid, seconds: float, *, duration: float) -> Grid:
    """Every beat later by so much, those beyond the song gone, and as many at its other end."""
    if len(grid) < 2:
        return grid
    first, last = grid.times[0], grid.times[-1]
    lead, trail = grid.times[1] - first, last - grid.times[-2]
    meter = int(grid.positions.max()) + 1
    times = grid.times + seconds
    before = max(0, int((times[0] - first) / lead + 0.5)) if seconds > 0 else 0
    after = max(0, int((last - times[-1]) / trail + 0.5)) if seconds < 0 else 0
    times = np.concatenate(
        [
            times[0] - lead * np.arange(before, 0, -1),
            times,
            times[-1] + trail * np.arange(1, after + 1),
        ]
    )
    positions = np.concatenate(
        [
            (grid.positions[0] - np.arange(before, 0, -1)) % meter,
            grid.positions,
            (grid.positions[-1] + np.arange(1, after + 1)) % meter,
        ]
    )
    confidence = np.pad(grid.confidence, (before, after), mode="edge")
    inside = (times >= 0) & (times < duration)
    return Grid(times[inside], positions[inside], confidence[inside])


def counted(grid: Grid, *, meter: int) -> Grid:
    """Bars of another length, from the first downbeat of each stretch without a gap."""
    positions = grid.positions.copy()
    for run in grid.runs():
        first = int(np.argmax(positions[run] == 0))
        positions[run] = (np.arange(run.stop - run.start) - first) % meter
    return replace(grid, positions=positions)


def shifted(grid: Grid, beats: int, *, meter: int) -> Grid:
    """Every bar line later by so many beats."""
    positions = grid.positions.copy()
    for run in grid.runs():
        own = positions[run]
        steps = beats % meter
        if steps >= len(own):
            positions[run] = (own - steps) % meter
        elif steps:
            head = (own[0] - np.arange(steps, 0, -1)) % meter
            positions[run] = np.concatenate([head, own[:-steps]])
    return replace(grid, positions=positions)


def to_beats(grid: Grid, analysis: Analysis) -> tuple[Beat, ...]:
    """Numbered bars; strengths from the onsets, as heard where a beat was heard."""
    heard = {beat.time: beat.strength for beat in analysis.beats}
    onsets = analysis.envelopes.get("onset_strength")
    around = np.linspace(-STRENGTH_SECONDS, STRENGTH_SECONDS, 5)
    strength = onsets.at(grid.times[:, None] + around).max(axis=1) if onsets else None
    bars = np.cumsum(grid.positions == 0) - 1
    times = np.round(grid.times, 5)
    return tuple(
        Beat(
            time=float(time),
            bar=int(bars[i]),
            position=int(grid.positions[i]),
            confidence=round(float(grid.confidence[i]), 3),
            strength=heard.get(
                float(time), round(float(strength[i]), 3) if strength is not None else 1.0
            ),
        )
        for i, time in enumerate(times)
    )
