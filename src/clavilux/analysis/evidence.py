"""Spectrum -> seven locally normalised evidence curves: where something starts or changes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.filters import box_mean, one_pole
from clavilux.analysis.patterns import LEVELS
from clavilux.analysis.spectrum import FPS, LONG_FPS, Floats, Spectrum, to_short_frames

CURVES = ("low", "low_mid", "mid", "high", "all", "chord", "bass_note")
"""The evidence curves, in order: four flux bands, their sum, chroma and bass-chroma change."""
LOCAL_SECONDS = 4.0
"""Curves are divided by their local strength, measured over this many seconds each way."""
FLOOR = 0.004
"""Strength below which a curve counts as silent, in the flux's log10 units."""
FAINT = 0.3
"""Notes below this share of the song's usual strength are no harmony to compare."""
SHARPEN_SECONDS = 0.8
"""Chord changes count by how far they stand out of this much time around them."""
CHORD_SECONDS = 0.2
"""Chroma before and after a moment is averaged with this time constant."""

TOP_LEVEL = 1.8
"""Curves above this count as this: a very clear onset."""


def curves(spectrum: Spectrum) -> Floats:
    """(T, 7) in the order of CURVES: about 0..2, 1 is a clear onset for its surroundings."""
    columns = np.empty((spectrum.frames, len(CURVES)), dtype=np.float32)
    for index, curve in enumerate((*spectrum.flux.T, spectrum.flux.mean(axis=1))):
        columns[:, index] = _localise(curve, floor=FLOOR)
    for index, chroma in ((-2, spectrum.chroma), (-1, spectrum.bass_chroma)):
        change = to_short_frames(_change(chroma), spectrum.frames)
        columns[:, index] = _localise(_sharpen(change), floor=0.01)
    return columns


def _localise(curve: Floats, *, floor: float) -> Floats:
    """Divide by the local root mean square and compress: 1 - exp(-x) keeps loud hits in bounds."""
    size = int(2 * LOCAL_SECONDS * FPS) + 1
    power = curve**2
    local = np.sqrt(np.maximum(box_mean(power, size), 0))
    everywhere = float(np.sqrt(np.mean(power, dtype=np.float64)))
    relative = curve / (np.maximum(local, 0.2 * everywhere) + floor)
    return np.asarray(2 * (1 - np.exp(-relative / 2)), dtype=np.float32)


def _sharpen(curve: Floats) -> Floats:
    """What stands out of the second around it."""
    around = box_mean(curve, int(SHARPEN_SECONDS * FPS))
    return np.asarray(np.maximum(curve - around, 0), dtype=np.float32)


def _change(chroma: Floats) -> Floats:
    """(L, 12) -> (L,) 0..1: how unlike the notes that follow are to those before, if any follow."""
    decay = float(np.exp(-1 / (CHORD_SECONDS * LONG_FPS)))
    wide = np.pad(chroma, ((1, 1), (0, 0)))
    before = one_pole(wide[:-2], decay)
    after = one_pole(wide[:1:-1], decay)[::-1]
    usual = np.sqrt(np.mean(_dot(chroma, chroma), dtype=np.float64))
    faint = np.float32(FAINT * float(usual) + 1e-4)
    was, comes = np.sqrt(_dot(before, before)), np.sqrt(_dot(after, after))
    cosine = _dot(before, after) / ((was + faint) * (comes + faint))
    return np.asarray((1 - cosine) * comes / (comes + faint), dtype=np.float32)


def _dot(a: Floats, b: Floats) -> Floats:
    """(L, 12), (L, 12) -> (L,), without an array of all products."""
    return np.asarray(np.einsum("ij,ij->i", a, b))


def quantise(curves: Floats) -> NDArray[np.uint8]:
    """(T, 7) curves -> (T, 7) levels 0..LEVELS - 1: 0 is nothing, the top one above 1.8."""
    levels = np.empty(curves.shape, dtype=np.uint8)
    for index, curve in enumerate(curves.T):
        levels[:, index] = np.clip(np.round(curve * ((LEVELS - 1) / TOP_LEVEL)), 0, LEVELS - 1)
    return levels
