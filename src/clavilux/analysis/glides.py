"""Power spectra -> where pitches glide: the mark of voices among notes that stay put.

After the fluctogram of Sonnleitner, Niedermayer, Widmer and Schlüter, "A simple and effective
spectral feature for speech detection in mixed audio signals" (DAFx 2012): each band of a spectrum
over log frequency is compared with the frame before, moved up and down; the best move is the
glide. Here moves count only where the two spectra then match well.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.attacks import RATE, Floats
from clavilux.compiled import kernel

STEPS = 60
"""Steps in an octave: 20 cents."""
LOWEST_HZ, OCTAVES = 300.0, 3.8
MOST = 5
"""Steps a pitch may glide from frame to frame: 100 cents in 46 ms."""
WIDTH, APART = 40, 20
"""Steps in a band, and from band to band."""
BANDS = (int(STEPS * OCTAVES) - 2 * MOST - WIDTH) // APART + 1
MATCH = 0.8
"""Correlation of the two spectra from which a glide counts."""
GAIN = 1000.0
"""Magnitudes m are compressed to log10(1 + GAIN * m)."""

Glides = NDArray[np.int8]


class GlideMeter:
    """Blocks of power spectra -> glides, frame by frame."""

    def __init__(self) -> None:
        self._before = np.zeros((1, int(STEPS * OCTAVES)), dtype=np.float32)

    def feed(self, power: Floats) -> Glides:
        """(b, bins) -> (b, BANDS): steps from the frame before to this one, 0 where none."""
        rows = np.concatenate([self._before, _tones(power)])
        self._before = rows[-1:].copy()
        glides = np.zeros((len(power), BANDS), dtype=np.int8)
        _track(rows, glides, MATCH)
        return glides


def _tones(power: Floats) -> Floats:
    """(b, STEPS * OCTAVES): log magnitude over log frequency, less its mean around, not below 0."""
    step = RATE / (2 * (power.shape[1] - 1))
    bins = LOWEST_HZ * 2 ** (np.arange(int(STEPS * OCTAVES)) / STEPS) / step
    lower = bins.astype(np.intp)
    share = (bins - lower).astype(np.float32)
    magnitude = np.sqrt(power[:, : lower[-1] + 2])
    level = magnitude[:, lower] * (1 - share) + magnitude[:, lower + 1] * share
    log = np.log10(1 + GAIN * level)
    sums = np.cumsum(np.pad(log, ((0, 0), (STEPS // 2 + 1, STEPS // 2 - 1)), mode="edge"), axis=1)
    around = (sums[:, STEPS:] - sums[:, :-STEPS]) / STEPS
    return np.asarray(np.maximum(log - around, 0), dtype=np.float32)


@kernel
def _track(rows, glides, match):  # type: ignore[no-untyped-def]
    """Fill `glides` (b, BANDS) from `rows` (b + 1, n)."""
    bands = glides.shape[1]
    for t in range(glides.shape[0]):
        old, new = rows[t], rows[t + 1]
        for band in range(bands):
            first = MOST + band * APART
            old_power = np.float32(0)
            for i in range(first, first + WIDTH):
                old_power += old[i] * old[i]
            if old_power < 1e-6:
                continue
            best, best_move = np.float32(match), 0
            for move in range(-MOST, MOST + 1):
                both, new_power = np.float32(0), np.float32(1e-6)
                for i in range(first, first + WIDTH):
                    value = new[i + move]
                    both += old[i] * value
                    new_power += value * value
                likeness = both / np.sqrt(old_power * new_power)
                if likeness > best:
                    best, best_move = likeness, move
            glides[t, band] = best_move
