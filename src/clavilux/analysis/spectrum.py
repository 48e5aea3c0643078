"""Samples -> what the ear's coarse filters hear, frame by frame.

Two short-time Fourier transforms: a short one (46 ms, 86 frames a second) for rhythm and loudness,
a long one (186 ms, 21.5 frames a second) for harmony. Both run over blocks, so that three hours
of samples need no more memory than their features.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, sparse

Floats = NDArray[np.float32]

RATE = 22050
"""Samples per second of every input."""
WINDOW = 1024
HOP = 256
FPS = RATE / HOP
"""Frames per second of the short transform: frame i is centred on sample i * HOP."""
LONG_WINDOW = 4096
LONG_HOP = 1024
LONG_FPS = RATE / LONG_HOP
"""Frames per second of the long transform: frame i is centred on sample i * LONG_HOP."""
BLOCK = 2048
"""Frames handled at once."""

BANDS = (("sub", 20, 60), ("bass", 60, 250), ("low_mid", 250, 500), ("mid", 500, 2000))
"""Name, lower and upper edge in Hz of the energy bands; "high" is the rest, 2 to 11 kHz."""
BAND_EDGES = (20.0, 60.0, 250.0, 500.0, 2000.0, RATE / 2)
MELS = 72
FLUX_EDGES = (20.0, 150.0, 500.0, 3000.0, RATE / 2)
"""Edges in Hz of the flux bands: low (kick, bass), low-mid, mid (snare, voice), high (hats)."""
LOG_GAIN = 1000.0
"""Magnitudes m become log10(1 + LOG_GAIN * m): a whisper of 0.001 of full scale counts as 0.3."""
FLUX_LAG = 2
"""Frames between the spectra that are compared; the shorter window's rise time."""
CHROMA_HZ = (150.0, 2600.0)
BASS_CHROMA_HZ = (40.0, 300.0)
TIMBRE_BANDS = 24
"""Mel bands kept at LONG_FPS for the structure analysis."""


@dataclass(frozen=True)
class Spectrum:
    """Features of the whole song. T short frames at FPS, L long frames at LONG_FPS."""

    rms: Floats
    """(T,) root mean square of the windowed samples, full scale 1."""
    bands: Floats
    """(T, 5) power in sub, bass, low-mid, mid, high."""
    centroid: Floats
    """(T,) power-weighted mean frequency in Hz, 0 in silence."""
    flux: Floats
    """(T, 4) superflux in the bands of FLUX_EDGES, in log10 units per mel band."""
    timbre: Floats
    """(L, 24) log mel spectrum."""
    chroma: Floats
    """(L, 12) pitch classes from C, of spectral peaks, compressed, not normalised."""
    bass_chroma: Floats
    """(L, 12) the same below 300 Hz."""

    @property
    def frames(self) -> int:
        return len(self.rms)


def measure(samples: Floats) -> Spectrum:
    """All features of mono samples at RATE, shape (n,); non-finite samples count as silence."""
    rms, bands, centroid, flux, timbre = _measure_short(samples)
    long = [_chromas(p) for p in _power_blocks(samples, window=LONG_WINDOW, hop=LONG_HOP)]
    chroma, bass_chroma = (np.concatenate(part) for part in zip(*long, strict=True))
    return Spectrum(
        rms=rms,
        bands=bands,
        centroid=centroid,
        flux=flux,
        timbre=timbre[: len(chroma)],
        chroma=chroma,
        bass_chroma=bass_chroma,
    )


def _measure_short(samples: Floats) -> tuple[Floats, ...]:
    """rms (T,), band powers (T, 5), centroid (T,), flux (T, 4) and timbre (L, 24)."""
    blocks = []
    before = np.zeros((0, MELS), dtype=np.float32)
    for power in _power_blocks(samples, window=WINDOW, hop=HOP):
        rms, bands, centroid, mel = _short_features(power)
        blocks.append((rms, bands, centroid, _superflux(mel, before=before), _timbre(mel)))
        before = mel[-FLUX_LAG:].copy()
    return tuple(np.concatenate(part) for part in zip(*blocks, strict=True))


def _power_blocks(samples: Floats, *, window: int, hop: int) -> Iterator[Floats]:
    """Power spectra, shape (frames, window / 2 + 1); a full-scale sine has a peak of 1."""
    taper = np.hanning(window + 1)[:-1].astype(np.float32)
    taper *= 2.0 / taper.sum()
    frames = len(samples) // hop + 1
    for first in range(0, frames, BLOCK):
        count = min(BLOCK, frames - first)
        start = first * hop - window // 2
        part = _slice_padded(samples, start=start, length=(count - 1) * hop + window)
        windows = np.lib.stride_tricks.sliding_window_view(part, window)[::hop]
        spectrum = fft.rfft(windows * taper, axis=1)
        yield (spectrum.real**2 + spectrum.imag**2).astype(np.float32)


def _slice_padded(samples: Floats, *, start: int, length: int) -> Floats:
    """samples[start : start + length] with zeros outside, non-finite values zeroed."""
    part = np.zeros(length, dtype=np.float32)
    begin, end = max(start, 0), min(start + length, len(samples))
    if end > begin:
        part[begin - start : end - start] = samples[begin:end]
    return np.nan_to_num(part, copy=False, nan=0.0, posinf=0.0, neginf=0.0)


def _short_features(power: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """rms (b,), band powers (b, 5), centroid (b,) and mel power (b, MELS) of a block."""
    hertz = fft.rfftfreq(WINDOW, 1 / RATE).astype(np.float32)
    audible = power[:, 1:]
    edges = np.searchsorted(hertz, BAND_EDGES[:-1])
    bands = np.add.reduceat(power, np.maximum(edges, 1), axis=1)
    total = audible.sum(axis=1)
    centroid = audible @ hertz[1:] / np.maximum(total, 1e-12)
    rms = np.sqrt(total / 3.0)  # Hann: a sine of rms r has a main lobe of total power 3 r^2
    mel = _mel_matrix() @ np.ascontiguousarray(power.T)
    return rms, bands, np.where(total > 1e-10, centroid, 0.0), np.ascontiguousarray(mel.T)


def _mel_edges() -> NDArray[np.float64]:
    """MELS + 2 corner frequencies in Hz, even on the mel scale (O'Shaughnessy 1987)."""
    low, high = (2595 * np.log10(1 + f / 700) for f in (27.5, RATE / 2))
    return np.asarray(700 * (10 ** (np.linspace(low, high, MELS + 2) / 2595) - 1))


def _mel_matrix() -> sparse.csr_array:
    """(MELS, bins) triangles; each at least two bins wide, so that none is empty."""
    hertz = fft.rfftfreq(WINDOW, 1 / RATE)
    edges = _mel_edges()
    step = hertz[1]
    low = np.minimum(edges[:-2], edges[1:-1] - step)[:, None]
    high = np.maximum(edges[2:], edges[1:-1] + step)[:, None]
    mid = edges[1:-1, None]
    rise, fall = (hertz - low) / (mid - low), (high - hertz) / (high - mid)
    return sparse.csr_array(np.maximum(0, np.minimum(rise, fall)).astype(np.float32))


def _superflux(mel: Floats, *, before: Floats) -> Floats:
    """(b, MELS) power -> (b, 4): rises over FLUX_LAG frames against a max filter over bands.

    `before`: the last FLUX_LAG frames of the block before, or none; before those is silence.
    Böck and Widmer, "Maximum filter vibrato suppression for onset detection", DAFx 2013.
    """
    edges = np.searchsorted(_mel_edges()[1:-1], FLUX_EDGES[:-1])
    padded = np.zeros((FLUX_LAG + len(mel), MELS), dtype=np.float32)
    padded[FLUX_LAG - len(before) : FLUX_LAG] = before
    padded[FLUX_LAG:] = mel
    log = np.log10(1 + LOG_GAIN * np.sqrt(padded))
    widest = log.copy()
    np.maximum(widest[:, 1:], log[:, :-1], out=widest[:, 1:])
    np.maximum(widest[:, :-1], log[:, 1:], out=widest[:, :-1])
    rise = np.maximum(log[FLUX_LAG:] - widest[:-FLUX_LAG], 0)
    widths = np.diff(np.append(edges, MELS))
    return np.asarray(np.add.reduceat(rise, edges, axis=1) / widths, dtype=np.float32)


def _timbre(mel: Floats) -> Floats:
    """(b, MELS) power -> (b / 4, TIMBRE_BANDS) log power, averaged over long frames."""
    ratio = LONG_HOP // HOP
    wide = mel.reshape(len(mel), TIMBRE_BANDS, MELS // TIMBRE_BANDS).sum(axis=2)
    wide = np.pad(wide, ((0, -len(wide) % ratio), (0, 0)))
    power = wide.reshape(-1, ratio, TIMBRE_BANDS).mean(axis=1)
    return np.asarray(np.log10(1e-7 + power), dtype=np.float32) + 7.0


def _chromas(power: Floats) -> tuple[Floats, Floats]:
    """(b, bins) -> chroma (b, 12) and bass chroma (b, 12) of the spectral peaks."""
    magnitude = np.sqrt(power)
    middle = magnitude[:, 1:-1]
    is_peak = (middle > magnitude[:, :-2]) & (middle >= magnitude[:, 2:]) & (middle > 1e-4)
    frame, bin_ = np.nonzero(is_peak)
    bin_ += 1
    left, top, right = (np.log(1e-9 + magnitude[frame, bin_ + i]) for i in (-1, 0, 1))
    shift = 0.5 * (left - right) / np.minimum(left - 2 * top + right, -1e-6)
    hertz = (bin_ + np.clip(shift, -0.5, 0.5)) * (RATE / LONG_WINDOW)
    weight = np.sqrt(magnitude[frame, bin_])
    return tuple(  # type: ignore[return-value]
        _fold(frame, hertz, weight * _window(hertz, band), count=len(power))
        for band in (CHROMA_HZ, BASS_CHROMA_HZ)
    )


def _window(hertz: Floats, band: tuple[float, float]) -> Floats:
    """1 inside the band, falling to 0 within a third of an octave beyond its edges."""
    low, high = np.log2(hertz / band[0]), np.log2(band[1] / hertz)
    return np.asarray(np.clip(1 + 3 * np.minimum(low, high), 0, 1), dtype=np.float32)


def _fold(frame: NDArray[np.intp], hertz: Floats, weight: Floats, *, count: int) -> Floats:
    """Share each peak between its two nearest pitch classes. A4 = 440 Hz, class 0 = C."""
    pitch = 69 + 12 * np.log2(hertz / 440)
    lower = np.floor(pitch)
    upper_share = pitch - lower
    chroma = np.zeros(count * 12)
    for step, share in ((0, 1 - upper_share), (1, upper_share)):
        index = frame * 12 + (lower.astype(np.intp) + step) % 12
        chroma += np.bincount(index, weights=weight * share**2, minlength=count * 12)
    return chroma.reshape(count, 12).astype(np.float32)
