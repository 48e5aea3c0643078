"""Stretches of a song in their true alignment, and in false ones that a tracker may fall for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from clavilux.analysis.spectrum import FPS
from patterns.examples import KINDS, Example, Floats, cells

SLOWEST, QUICKEST = 50.0, 215.0
SPEEDS = (2.0, 0.5, 1.5, 2 / 3, 4 / 3, 0.75)
"""False tempi, against the true one."""
NEAR_SHIFTS = (0.25, 0.75, 1 / 3, 2 / 3, 1 / 12, -1 / 12)
"""False places in the beat, besides the half."""


@dataclass(frozen=True)
class Window:
    """One stretch."""

    levels: NDArray[np.uint8]
    """(n, curves)"""
    places: NDArray[np.int16]
    """(alignments, n) the cell of each frame in each alignment; the first alignment is true."""
    octaves: Floats
    """(alignments,) tempo, in octaves above 120 beats a minute."""
    weight: float

    @property
    def seconds(self) -> float:
        return len(self.levels) / FPS


def draw_windows(
    examples: list[Example],
    weights: Floats,
    rng: Generator,
    *,
    beats: int,
    per_song: int,
    alignments: int,
) -> list[Window]:
    """Some random stretches of `beats` beats of every song."""
    drawn = []
    for one, weight in zip(examples, weights, strict=True):
        earliest, latest = np.floor(one.beats[0]) + 1, np.floor(one.beats[-1]) - beats
        for _ in range(per_song if latest > earliest else 0):
            start = rng.integers(earliest, latest + 1) + rng.choice([0.0, 0.5])
            inside = np.flatnonzero((one.beats >= start) & (one.beats < start + beats))
            whole = len(inside) >= 20 * beats and inside[-1] - inside[0] + 1 == len(inside)
            if whole:
                places, octaves = _align(one.beats[inside], one.kind, beats, rng, most=alignments)
                drawn.append(Window(one.inside[inside], places, octaves, float(weight)))
    return drawn


def _align(
    numbers: Floats, kind: int, beats: int, rng: Generator, *, most: int
) -> tuple[NDArray[np.int16], Floats]:
    """The true alignment, all that are off by half a beat or by beats, and some of the others."""
    tempo = 60 * FPS * beats / len(numbers)
    near, far = _mistakes(kind, tempo)
    some = rng.permutation(len(far))[: max(0, most - len(near))]
    chosen = [(1.0, 0.0, 0, kind), *near, *(far[i] for i in some)]
    places = [cells(numbers * speed + shift + turn, other) for speed, shift, turn, other in chosen]
    octaves = np.log2([tempo * speed / 120 for speed, *_ in chosen])
    return np.stack(places).astype(np.int16), octaves


Alignment = tuple[float, float, int, int]
"""Speed, shift and turn in beats, and pattern."""


def _mistakes(kind: int, tempo: float) -> tuple[list[Alignment], list[Alignment]]:
    near: list[Alignment] = []
    far: list[Alignment] = []
    speeds = [speed for speed in SPEEDS if SLOWEST <= tempo * speed <= QUICKEST]
    for other, (_, meter) in enumerate(KINDS):
        for turn in range(meter):
            plain = [(1.0, shift, turn, other) for shift in (0.0, 0.5)]
            own = other == kind
            (near if own else far).extend(a for a in plain if a != (1.0, 0.0, 0, kind))
            far.extend((1.0, shift, turn, other) for shift in NEAR_SHIFTS if own)
            far.extend((speed, shift, turn, other) for speed in speeds for shift in (0.0, 0.5))
    return near, far
