"""Spectrum -> the envelopes that move pictures, each 0..1 of the song's own range."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.filters import box_max, box_mean
from clavilux.analysis.spectrum import BANDS, FPS, HOP, RATE, Floats, Spectrum
from clavilux.model.song import DRUMS, Envelope

NamedCurves = Iterator[tuple[str, Floats]]
"""Names, and curves of shape (T,) at FPS."""

QUIET = 3e-4
"""Amplitude (-70 dB of full scale) below which everything is silence: envelopes stay at 0."""
LOUDNESS_RANGE_DB = 30.0
"""Loudness 0 is this far below the song's 99th percentile."""
FLUX_FLOOR = 0.02
"""A song whose strongest onsets stay below this (log10 units) has none worth showing."""
FLUX_SECONDS, LOUDNESS_SECONDS, CENTROID_SECONDS = 0.35, 0.1, 0.2
"""Averaging windows."""
LONG_SECONDS = 1800.0
"""Longer recordings get half the envelope rate, so that three hours stay below 20 MB of JSON."""
DECIMALS = 3
PEAKED = ("onset_strength", *DRUMS)
"""Envelopes whose peaks are kept when they are thinned."""


def measure_envelopes(
    spectrum: Spectrum, *, duration: float, players: NamedCurves
) -> dict[str, Envelope]:
    """All of model.song.ENVELOPES, at 43 samples a second; at 21.5 beyond half an hour.

    onset_strength: mean superflux, its peak on the attack. loudness: RMS in dB over 30 dB.
    flux: onset strength averaged over a third of a second. centroid: log frequency between the
    song's 1st and 99th percentile. sub, bass, low_mid, mid, high: amplitude of each band.
    `players`: the curves of kick, snare, hat and vocals, as analysis.players makes them.
    """
    hop = 2 if duration <= LONG_SECONDS else 4
    rate = RATE / (HOP * hop)
    return {
        name: Envelope(rate=rate, values=_thin(curve, hop, keep_peaks=name in PEAKED))
        for name, curve in itertools.chain(_curves(spectrum), players)
    }


def _curves(spectrum: Spectrum) -> NamedCurves:
    """One after the other, so that only one is held."""
    yield "onset_strength", _onsets(spectrum)
    yield "loudness", _loudness(spectrum.rms)
    yield "flux", _flux(spectrum)
    yield "centroid", _centroid(spectrum)
    names = [name for name, _, _ in BANDS] + ["high"]
    for name, power in zip(names, spectrum.bands.T, strict=True):
        yield name, _scale(np.sqrt(power), floor=QUIET)


def _scale(curve: Floats, *, floor: float) -> Floats:
    """Divide by the 99th percentile of what is above the floor; nothing above it gives zeros."""
    audible = curve[curve > floor]
    if len(audible) == 0:
        return np.zeros_like(curve)
    top = float(np.percentile(audible, 99))
    return np.asarray(np.clip(np.where(curve > floor, curve / top, 0), 0, 1), dtype=np.float32)


def _smooth(curve: Floats, seconds: float) -> Floats:
    size = max(1, round(seconds * FPS))
    return np.maximum(box_mean(curve, size), 0)


def onset_curve(spectrum: Spectrum) -> Floats:
    """(T,) mean superflux of all bands, moved so that its peaks are on the attacks."""
    curve = spectrum.flux.mean(axis=1)
    return np.append(curve[1:], curve[-1:])


def _onsets(spectrum: Spectrum) -> Floats:
    curve = onset_curve(spectrum)
    if float(curve.max()) < FLUX_FLOOR:
        return np.zeros_like(curve)
    return _scale(curve, floor=FLUX_FLOOR / 10)


def _flux(spectrum: Spectrum) -> Floats:
    if float(spectrum.flux.max()) < FLUX_FLOOR:
        return np.zeros(spectrum.frames, dtype=np.float32)
    return _scale(_smooth(onset_curve(spectrum), FLUX_SECONDS), floor=FLUX_FLOOR / 50)


def loudness_db(rms: Floats) -> Floats:
    """(T,) decibels of full scale, smoothed, not below -120."""
    power = _smooth(rms**2, LOUDNESS_SECONDS)
    return np.asarray(10 * np.log10(np.maximum(power, 1e-12)), dtype=np.float32)


def _loudness(rms: Floats) -> Floats:
    decibels = loudness_db(rms)
    audible = decibels[decibels > 20 * np.log10(QUIET)]
    if len(audible) == 0:
        return np.zeros_like(rms)
    top = float(np.percentile(audible, 99))
    return np.asarray(np.clip(1 + (decibels - top) / LOUDNESS_RANGE_DB, 0, 1), dtype=np.float32)


def _centroid(spectrum: Spectrum) -> Floats:
    audible = spectrum.rms > QUIET
    if not audible.any():
        return np.zeros_like(spectrum.rms)
    octaves = np.log2(np.maximum(spectrum.centroid, 30.0)).astype(np.float32)
    low, high = map(np.float32, np.percentile(octaves[audible], (1, 99)))
    relative = (octaves - low) / max(high - low, np.float32(1))
    return np.clip(_smooth(np.where(audible, relative, 0), CENTROID_SECONDS), 0, 1)


def _thin(curve: Floats, hop: int, *, keep_peaks: bool) -> NDArray[np.float32]:
    """Every hop-th sample of the smoothed curve, or of its running maximum."""
    near = box_max(curve, hop) if keep_peaks else box_mean(curve, hop + 1)
    return np.asarray(np.round(np.clip(near[::hop], 0, 1), DECIMALS), dtype=np.float32)
