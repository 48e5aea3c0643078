"""Beats at known times -> their places in the bar, and how well a pattern explains the song so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.attacks import Times
from clavilux.analysis.patterns import PHASES, Pattern
from clavilux.analysis.spectrum import FPS, Floats
from clavilux.compiled import kernel

FRAME_LATENCY = 1 / FPS
"""Seconds by which flux frames lag behind the attacks they show (measured on click tracks)."""
RESET_COST = 30.0
"""Cost, in nats, of an irregular bar on a known grid."""


class Witness(Protocol):
    """Evidence of where bars begin, besides the patterns."""

    def gains(self, times: Times, meter: int) -> Floats:
        """(len(times), meter): nats that beats at these times gain at each position."""


@dataclass(frozen=True)
class Count:
    """Beats counted in bars."""

    times: Times
    positions: NDArray[np.int64]
    gains: Floats
    """(n,) nats that each beat at its position brings, against music without metre."""
    pattern: Pattern

    @property
    def score(self) -> float:
        """Nats in all, fewer by RESET_COST for each irregular bar."""
        irregular = np.count_nonzero(
            np.diff(self.positions) % self.pattern.meter != 1 % self.pattern.meter
        )
        return float(self.gains.sum()) - RESET_COST * irregular


def count_bars(
    times: Times, levels: NDArray[np.uint8], pattern: Pattern, witnesses: tuple[Witness, ...] = ()
) -> Count:
    """The likeliest positions of beats at these times (Viterbi)."""
    gains = beat_gains(times, levels, pattern, witnesses)
    positions = _best_positions(gains, np.float32(RESET_COST))
    return Count(times, positions, gains[np.arange(len(times)), positions], pattern)


def beat_gains(
    times: Times, levels: NDArray[np.uint8], pattern: Pattern, witnesses: tuple[Witness, ...] = ()
) -> Floats:
    """(n, meter): nats that the frames of each beat, and the witnesses, bring at each position."""
    periods = np.diff(times, append=2 * times[-1] - times[-2])
    parts = (np.arange(PHASES + 1) - 0.5) / PHASES
    edges = (times + FRAME_LATENCY)[:, None] + periods[:, None] * parts
    frames = np.clip(np.round(edges * FPS).astype(np.int64), 0, len(levels))
    by_phase = np.ascontiguousarray(pattern.weights.transpose(3, 0, 1, 2))
    gains: Floats = _sum_gains(frames, levels, by_phase)
    for witness in witnesses:
        gains += witness.gains(times, pattern.meter)
    return gains


@kernel
def _sum_gains(frames, levels, weights):
    """(n, meter) from weights (PHASES, curves, LEVELS, meter)."""
    count, meter = len(frames), weights.shape[3]
    gains = np.zeros((count, meter), dtype=np.float32)
    for i in range(count):
        for k in range(frames.shape[1] - 1):
            for t in range(frames[i, k], frames[i, k + 1]):
                for f in range(levels.shape[1]):
                    row = weights[k, f, levels[t, f]]
                    for p in range(meter):
                        gains[i, p] += row[p]
    return gains


@kernel
def _best_positions(gains, reset_cost):
    count, meter = gains.shape
    best = gains[0].copy()
    back = np.zeros((count, meter), dtype=np.int64)
    for i in range(1, count):
        top = np.argmax(best)
        new = np.empty_like(best)
        for p in range(meter):
            before = (p - 1) % meter
            value, origin = best[before], before
            if best[top] - reset_cost > value:
                value, origin = best[top] - reset_cost, top
            new[p], back[i, p] = value + gains[i, p], origin
        best = new
    positions = np.zeros(count, dtype=np.int64)
    positions[-1] = np.argmax(best)
    for i in range(count - 1, 0, -1):
        positions[i - 1] = back[i, positions[i]]
    return positions
