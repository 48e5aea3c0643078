"""When beats fall: steadily, or as people's tempo wanders."""

from __future__ import annotations

import numpy as np
from songs.score import Clock

DRIFTING = 0.2
"""Share of songs whose tempo wanders."""
SLOWING = 0.25
"""Share of those that slow down at their end."""


def make_clock(beats: int, tempo: float, start: float, rng: np.random.Generator) -> Clock:
    """A clock with beat 0 at `start` seconds, for `beats` beats and four more.

    A wandering tempo is a sum of slow sines of random phase, 0.5 to 3 % from the mean.
    """
    total = beats + 4
    factor = np.ones(total)
    if rng.random() < DRIFTING:
        depth = float(np.exp(rng.uniform(np.log(0.005), np.log(0.03))))
        place = np.arange(total)
        for _ in range(4):
            period, phase = float(rng.uniform(12, 64)), float(rng.uniform(0, 2 * np.pi))
            factor += depth / 2 * np.sin(2 * np.pi * place / period + phase)
        if rng.random() < SLOWING:
            last = min(int(rng.integers(4, 9)), total)
            factor[-4 - last :] *= np.linspace(
                1, float(rng.uniform(0.7, 0.9)), len(factor[-4 - last :])
            )
    times = start + np.concatenate([[0.0], np.cumsum(60 / (tempo * factor))])
    return Clock(times.astype(np.float64))
