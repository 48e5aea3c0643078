"""Songs as the tracker sees them: levels of the evidence curves, and where in the bar each is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis import evidence
from clavilux.analysis.counting import FRAME_LATENCY
from clavilux.analysis.patterns import LEVELS, PHASES
from clavilux.analysis.spectrum import FPS, measure

CURVES = len(evidence.CURVES)
KINDS = (("4 straight", 4), ("4 swing", 4), ("3", 3), ("5", 5), ("7", 7))
"""Name and beats per bar of each pattern that is learned."""
FIRST_CELL = np.cumsum([0, *(meter * PHASES for _, meter in KINDS)])
CELLS = int(FIRST_CELL[-1])
"""A cell is one phase of one beat of one pattern."""
PHASE_0, PHASE_HALF = 0, PHASES // 2

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Example:
    """One song."""

    levels: NDArray[np.uint8]
    """(T, CURVES)"""
    first: int
    """The frame at which `beats` begins."""
    beats: Floats
    """(n,) beat number of each frame from `first` on; multiples of the meter are downbeats."""
    kind: int
    """Index into KINDS."""

    @property
    def inside(self) -> NDArray[np.uint8]:
        """(n, CURVES) the levels between the first and the last beat."""
        return self.levels[self.first : self.first + len(self.beats)]


def kind_of(meter: int, feel: str) -> int | None:
    """Which of KINDS a song is an example of; None where none fits."""
    if meter == 4:
        return 0 if feel == "straight" else 1
    return {3: 2, 5: 3, 7: 4}.get(meter)


def example(
    samples: NDArray[np.float32], beats: Floats, positions: Ints, *, meter: int, feel: str
) -> Example | None:
    """`samples`: mono at 22050 Hz; `beats`: seconds; `positions`: 0 is the downbeat."""
    kind = kind_of(meter, feel)
    if kind is None or len(beats) < 8:
        return None
    levels = evidence.quantise(evidence.curves(measure(np.asarray(samples, np.float32))))
    frames = (np.asarray(beats) + FRAME_LATENCY) * FPS
    first, last = int(np.ceil(frames[0])), min(int(frames[-1]), len(levels))
    return Example(levels, first, _numbers(frames, positions, first, last, meter), kind)


def _numbers(frames: Floats, positions: Ints, first: int, last: int, meter: int) -> Floats:
    """Beat numbers of frames; an irregular bar shifts the count of all after it."""
    plain = positions[0] + np.arange(len(frames))
    shift = (positions - plain) % meter
    numbers = np.interp(np.arange(first, last), frames, plain)
    nearest = np.floor(numbers + 0.5 / PHASES).astype(np.int64) - int(plain[0])
    return np.asarray(numbers + shift[np.clip(nearest, 0, len(shift) - 1)])


def cells(beats: Floats, kind: int) -> Ints:
    """Beat numbers -> cells of a pattern. Phase 0 is centred on the beat."""
    moved = beats + 0.5 / PHASES
    beat = np.floor(moved)
    phase = np.minimum(((moved - beat) * PHASES).astype(np.int64), PHASES - 1)
    return np.asarray(FIRST_CELL[kind] + (beat.astype(np.int64) % KINDS[kind][1]) * PHASES + phase)


def on_beat_ratio(one: Example) -> Floats:
    """(CURVES,) log2 of the mean level on beats against that half-way between them."""
    phase = cells(one.beats, one.kind) % PHASES
    levels = one.inside.astype(np.float64)
    on, half = (levels[phase == at].mean(axis=0) for at in (PHASE_0, PHASE_HALF))
    return np.asarray(np.log2((on + 0.1) / (half + 0.1)))


def count(examples: list[Example], weights: Floats, *, pseudo: float = 60.0) -> Floats:
    """(CURVES, LEVELS, CELLS) log of P(level | cell) / P(level)."""
    counts = np.zeros((CURVES, LEVELS, CELLS))
    for one, weight in zip(examples, weights, strict=True):
        place = cells(one.beats, one.kind)
        for curve in range(CURVES):
            np.add.at(counts[curve], (one.inside[:, curve], place), weight)
    overall = counts.sum(axis=2, keepdims=True)
    usual = (overall + 1) / (overall.sum(axis=1, keepdims=True) + LEVELS)
    likely = (counts + pseudo * usual) / (counts.sum(axis=1, keepdims=True) + pseudo)
    return np.asarray(np.log(likely / usual))
