"""Power spectra -> how much of each pitch class sounds, in half-tones and finer."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.attacks import RATE, Floats

CHROMA_HZ = (150.0, 2600.0)
BASS_CHROMA_HZ = (40.0, 300.0)
FINE = 60
"""Parts of an octave in the fine description: 20 cents each, enough to tell the tuning."""
SLICE = 16
"""Frames of the long transform per slice of the fine description: 0.74 s; blocks are whole ones."""
FAINTEST = 1e-4
"""Peaks of smaller magnitude (-80 dB of full scale) are noise."""


class PitchFrames(NamedTuple):
    """Of b frames; a slice is SLICE frames, the last may be shorter."""

    chroma: Floats
    """(b, 12) pitch classes from C, A4 = 440 Hz."""
    bass_chroma: Floats
    """(b, 12) the same below 300 Hz."""
    pitches: Floats
    """(slices, FINE) the chroma in steps of 20 cents from C, summed over a slice."""
    bass_pitches: Floats
    """(slices, FINE) the same below 300 Hz."""


def fold(power: Floats) -> PitchFrames:
    """(b, bins) power spectra -> pitch classes of their peaks, magnitudes compressed to roots."""
    frame, hertz, magnitude = _peaks(power)
    position = np.log2(hertz / np.float32(440)) + np.float32(0.75)  # octaves above a C
    slice_ = frame // SLICE
    slices = -(-len(power) // SLICE)
    parts: list[Floats] = []
    fine: list[Floats] = []
    for band in (CHROMA_HZ, BASS_CHROMA_HZ):
        weight = np.sqrt(magnitude) * _window(hertz, band)
        parts.append(_share(frame, 12 * position, weight, rows=len(power), classes=12))
        fine.append(_share(slice_, FINE * position, weight, rows=slices, classes=FINE))
    return PitchFrames(*parts, *fine)


def _peaks(power: Floats) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Frame, frequency in Hz and magnitude of every local maximum that can be a note."""
    step = RATE / (2 * (power.shape[1] - 1))
    top = min(power.shape[1], int(CHROMA_HZ[1] * 2 ** (1 / 3) / step) + 3)
    magnitude = np.sqrt(power[:, :top])
    middle = magnitude[:, 1:-1]
    is_peak = (middle > magnitude[:, :-2]) & (middle >= magnitude[:, 2:]) & (middle > FAINTEST)
    frame, bin_ = np.nonzero(is_peak)
    bin_ += 1
    left, top_, right = (np.log(1e-9 + magnitude[frame, bin_ + i]) for i in (-1, 0, 1))
    shift = 0.5 * (left - right) / np.minimum(left - 2 * top_ + right, -1e-6)
    hertz = (bin_ + np.clip(shift, -0.5, 0.5)) * step
    return frame, np.asarray(hertz, dtype=np.float32), magnitude[frame, bin_]


def _window(hertz: Floats, band: tuple[float, float]) -> Floats:
    """1 inside the band, falling to 0 within a third of an octave beyond its edges."""
    low, high = np.log2(hertz / band[0]), np.log2(band[1] / hertz)
    return np.asarray(np.clip(1 + 3 * np.minimum(low, high), 0, 1), dtype=np.float32)


def _share(
    row: NDArray[np.intp], position: Floats, weight: Floats, *, rows: int, classes: int
) -> Floats:
    """(rows, classes): each peak shared, by squares, between the two classes nearest to it."""
    lower = np.floor(position)
    upper_share = position - lower
    sums = np.zeros(rows * classes)
    for step, share in ((0, 1 - upper_share), (1, upper_share)):
        index = row * classes + (lower.astype(np.intp) + step) % classes
        sums += np.bincount(index, weights=weight * share**2, minlength=rows * classes)
    return sums.reshape(rows, classes).astype(np.float32)
