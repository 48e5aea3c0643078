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
from clavilux.analysis.lattice import NEVER
from clavilux.analysis.patterns import PHASES, Pattern
from clavilux.analysis.spectrum import FPS, Floats

SHORTEST, LONGEST = 24, 104
"""Frames per beat: 215 to 50 beats a minute."""
LENGTHS = np.arange(SHORTEST, LONGEST + 1)
REACH = 6
"""Frames by which a beat may differ from the one before."""
WINDOW_SECONDS, OVERLAP_SECONDS = 360.0, 20.0
"""Songs are tracked window by window, so that memory stays bounded: 10 MB. A window is so long,
divided by the beats per bar."""

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
    meter = pattern.meter
    window, overlap = int(WINDOW_SECONDS / meter * FPS), int(OVERLAP_SECONDS * FPS)
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
    steps = step_costs(LENGTHS, costs)
    moves = (SHORTEST, steps, free, np.float32(costs.jump), np.float32(costs.reset))
    best = _scores(levels, pattern, prior=prior, state=state, moves=moves)
    end = len(levels) - LONGEST + 1
    tail = best[:, :, end : len(levels) + 1]
    position, length, at = (int(i) for i in np.unravel_index(int(np.argmax(tail)), tail.shape))
    chain = np.full(((end + at) // SHORTEST + 2, 3), end + at, dtype=np.int64)
    score = np.zeros(len(chain), dtype=np.float32)
    first = lattice.backward(best, *moves, position, length, chain, score)
    return chain[first:, 0], chain[first:, 1], chain[first:, 2], score[first:]


def _scores(
    levels: NDArray[np.uint8],
    pattern: Pattern,
    *,
    prior: Floats,
    state: Floats,
    moves: tuple[int, Floats, int, np.float32, np.float32],
) -> Floats:
    """(meter, lengths, T + 1 and more): of the best chain whose last beat ends at each frame.

    What lies beyond frame T, to the end of the last block and the longest beat, means nothing.
    """
    meter, lengths = state.shape
    blocks = len(levels) // SHORTEST + 1
    best = np.full((meter, lengths, blocks * SHORTEST + LONGEST), NEVER, dtype=np.float32)
    edges = np.round(LENGTHS[:, None] * (np.arange(PHASES + 1) - 0.5) / PHASES).astype(np.int64)
    edges[:, -1] = edges[:, 0] + LENGTHS
    gains = _edge_gains(levels, pattern.weights)
    lattice.fill_alone(best, gains, edges, prior, LONGEST)
    best[:, :, 0] = state
    floor = np.empty(meter * SHORTEST, dtype=np.float32)
    held = np.full((lengths + 2 * REACH, meter * SHORTEST), NEVER, dtype=np.float32)
    lattice.forward(best, *moves, floor, held, np.empty_like(floor))
    return best


def _edge_gains(levels: NDArray[np.uint8], weights: Floats) -> Floats:
    """(PHASES + 1, meter, 3 LONGEST + T + 1): what a beat gains from its k-th edge at a frame.

    With C the running sum over time of each phase's weight, a beat's gain is the sum over its
    phases of C[end] - C[start]. Sorted by edges instead of phases, edge k brings the running sum of
    the difference of its two neighbours' weights. Frame 0 is at LONGEST, silence around the song.
    """
    padded = np.pad(np.moveaxis(weights, 2, 3), ((0, 0), (0, 0), (1, 1), (0, 0)))
    steps = padded[:, :, :-1] - padded[:, :, 1:]
    curves, many, edges, meter = steps.shape
    gains = np.zeros((edges * meter, len(levels) + 1 + 3 * LONGEST), dtype=np.float32)
    lattice.sum_edges(levels, steps.reshape(curves, many, -1), gains, LONGEST)
    end = LONGEST + len(levels)
    gains[:, end + 1 :] = gains[:, end, None]
    return gains.reshape(edges, meter, -1)


def step_costs(lengths: NDArray[np.int64], costs: Costs) -> Floats:
    """(lengths, REACH + 1): the cost of a beat of this length after one longer or shorter by 0.."""
    steps = np.arange(REACH + 1)
    relative = np.maximum(steps - 1, 0)[None, :] / lengths[:, None]
    return np.asarray(costs.tempo * relative + costs.free_step * (steps > 0), dtype=np.float32)
