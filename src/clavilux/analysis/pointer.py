"""The bar pointer: the most likely chain of beats, each with its length and its place in the bar.

A semi-Markov Viterbi search after Whiteley, Cemgil and Godsill, "Bayesian modelling of temporal
structure in musical audio" (ISMIR 2006), with whole beats as states as in Krebs, Böck and Widmer,
"An efficient state-space model for joint tempo and meter tracking" (ISMIR 2015).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis import lattice
from clavilux.analysis.lattice import LONGEST as LONGEST
from clavilux.analysis.lattice import NEVER
from clavilux.analysis.lattice import SHORTEST as SHORTEST
from clavilux.analysis.patterns import PHASES, Pattern
from clavilux.analysis.spectrum import FPS, Floats

REACH = 6
"""Frames by which a beat may differ from the one before."""
WINDOW_SECONDS, OVERLAP_SECONDS = 120.0, 20.0
"""Songs are tracked window by window, so that memory stays bounded."""

Beats = NDArray[np.int64]


@dataclass(frozen=True)
class Costs:
    """What a chain of beats pays for not being even, in nats."""

    tempo: float = 60.0
    """Of changing the beat's length, times the relative change beyond one frame."""
    free_step: float = 0.3
    """Of a change by one frame, which is mostly rounding."""
    jump: float = 30.0
    """Of a sudden change of tempo."""
    reset: float = 30.0
    """Of an irregular bar."""


@dataclass(frozen=True)
class Path:
    """A chain of beats."""

    frames: Beats
    """(n,) the frame of each beat."""
    positions: Beats
    """(n,) place in the bar, 0 is the downbeat."""
    score: float
    """Log likelihood in nats, against music without any metre."""


def track(levels: NDArray[np.uint8], pattern: Pattern, *, prior: Floats, costs: Costs) -> Path:
    """The best chain of beats through a song.

    levels: (T, features), from evidence.quantise. prior: (lengths,) log prior of a beat of each
    length from SHORTEST to LONGEST, times what its length weighs.
    """
    window, overlap = int(WINDOW_SECONDS * FPS), int(OVERLAP_SECONDS * FPS)
    meter = pattern.meter
    state = np.full((meter, LONGEST - SHORTEST + 1), NEVER, dtype=np.float32)
    frames: list[Beats] = []
    positions: list[Beats] = []
    start, total, free = 0, 0.0, LONGEST * meter
    while True:
        part = levels[start : start + window]
        is_last = start + window >= len(levels)
        chain = _track_window(part, pattern, prior=prior, costs=costs, state=state, free=free)
        beat, length, position, score = chain
        keep = len(beat) if is_last else int(np.searchsorted(beat, window - overlap))
        if is_last or keep < 2:
            frames.append(start + beat[:keep])
            positions.append(position[:keep])
            final = float(score[keep - 1]) if keep else 0.0
            return Path(np.concatenate(frames), np.concatenate(positions), total + final)
        frames.append(start + beat[: keep - 1])
        positions.append(position[: keep - 1])
        total += float(score[keep - 2])
        start += int(beat[keep - 1])
        state[:] = NEVER
        state[position[keep - 2], length[keep - 2] - SHORTEST] = 0
        free = 0


def _track_window(
    levels: NDArray[np.uint8],
    pattern: Pattern,
    *,
    prior: Floats,
    costs: Costs,
    state: Floats,
    free: int,
) -> tuple[Beats, Beats, Beats, Floats]:
    """Frame, length and position of the beats of one window, and the score up to each one's end.

    `state` (meter, lengths) is the score of a beat of that length and position ending at frame 0;
    before frame `free` a chain may start anywhere.
    """
    if len(levels) <= 2 * LONGEST:
        none = np.zeros(0, dtype=np.int64)
        return none, none, none, np.zeros(0, dtype=np.float32)
    lengths = np.arange(SHORTEST, LONGEST + 1)
    parts = (np.arange(PHASES + 1) - 0.5) / PHASES
    edges = np.round(lengths[:, None] * parts).astype(np.int64)
    edges[:, -1] = edges[:, 0] + lengths
    steps = step_costs(lengths, costs)
    gains = lattice.edge_gains(levels, pattern.weights, LONGEST, 2 * LONGEST)
    best = lattice.forward(gains, edges, prior, steps, state, free, costs.jump, costs.reset)
    end = len(levels) - LONGEST + 1
    tail = best[:, :, end : len(levels) + 1]
    position, length, at = (int(i) for i in np.unravel_index(int(np.argmax(tail)), tail.shape))
    chain, score = lattice.backward(
        best, steps, free, costs.jump, costs.reset, position, length, end + at
    )
    return chain[:, 0], chain[:, 1], chain[:, 2], score


def step_costs(lengths: NDArray[np.int64], costs: Costs) -> Floats:
    """(lengths, REACH + 1): the cost of a beat of this length after one longer or shorter by 0.."""
    steps = np.arange(REACH + 1)
    relative = np.maximum(steps - 1, 0)[None, :] / lengths[:, None]
    return np.asarray(costs.tempo * relative + costs.free_step * (steps > 0), dtype=np.float32)
