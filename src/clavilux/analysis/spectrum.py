"""Samples -> what the ear's coarse filters hear, frame by frame.

Two short-time Fourier transforms: a short one (46 ms, 86 frames a second) for rhythm and loudness,
a long one (186 ms, 21.5 frames a second) for harmony. Both run over blocks, so that three hours
of samples need no more memory than their features.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.attacks import RATE as RATE
from clavilux.analysis.attacks import Codes, PowerMeter
from clavilux.analysis.attacks import Floats as Floats
from clavilux.analysis.glides import GlideMeter, Glides
from clavilux.analysis.growing import Growing
from clavilux.analysis.pitches import fold
from clavilux.analysis.strokes import encode

WINDOW = 1024
HOP = 256
FPS = RATE / HOP
"""Frames per second of the short transform: frame i is centred on sample i * HOP."""
LONG_WINDOW = 4096
LONG_HOP = 1024
LONG_FPS = RATE / LONG_HOP
"""Frames per second of the long transform: frame i is centred on sample i * LONG_HOP."""
BLOCK, LONG_BLOCK = 256, 64
"""Frames described at once: three seconds of sound, which fit a core's cache."""
AT_ONCE = 64
"""Frames transformed at once: larger arrays cost more in fresh memory than in arithmetic."""

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
    pitches: Floats
    """(S, 60) pitch classes in steps of 20 cents, summed over slices of pitches.SLICE frames."""
    bass_pitches: Floats
    """(S, 60) the same below 300 Hz."""
    glides: Glides
    """(L, 9) how far the pitch moved since the frame before, in 20 cents, from 300 Hz upwards."""
    strokes: Codes
    """(T, 16) rises and levels of eight bands, as analysis.strokes reads them."""
    fine_power: Codes
    """(F, 2) of signal and difference, step by step, as analysis.attacks reads it."""

    @property
    def frames(self) -> int:
        return len(self.rms)


class Measurer:
    """Samples, block by block -> Spectrum. The blocks' sizes make no difference to the result."""

    def __init__(self) -> None:
        self._attacks = PowerMeter()
        self._short = _Frames(WINDOW, HOP, block=BLOCK)
        self._long = _Frames(LONG_WINDOW, LONG_HOP, block=LONG_BLOCK)
        self._before = np.zeros((0, MELS), dtype=np.float32)
        self._glides = GlideMeter()
        self._features: dict[str, Growing] = defaultdict(Growing)

    def feed(self, samples: Floats) -> None:
        """Take the next mono samples at RATE, shape (n,); non-finite ones count as silence."""
        if not np.isfinite(samples).all():
            samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
        self._attacks.feed(samples)
        for power in self._short.feed(samples):
            self._measure_short(power)
        for power in self._long.feed(samples):
            self._measure_long(power)

    def finish(self) -> Spectrum:
        """All features of what was heard."""
        for power in self._short.finish():
            self._measure_short(power)
        for power in self._long.finish():
            self._measure_long(power)
        features = {name: rows.finish() for name, rows in self._features.items()}
        features["timbre"] = features["timbre"][: len(features["chroma"])]
        return Spectrum(**features, fine_power=self._attacks.finish())

    def _measure_short(self, power: Floats) -> None:
        rms, bands, centroid, mel = _short_features(power)
        rise = _rises(mel, before=self._before)
        self._keep(rms=rms, bands=bands, centroid=centroid)
        self._keep(flux=_superflux(rise), timbre=_timbre(mel))
        self._keep(strokes=encode(rise, mel, _mel_edges()[1:-1]))
        self._before = mel[-FLUX_LAG:].copy()

    def _measure_long(self, power: Floats) -> None:
        self._keep(**fold(power)._asdict(), glides=self._glides.feed(power))

    def _keep(self, **rows: NDArray[Any]) -> None:
        for name, block in rows.items():
            self._features[name].append(block)


def measure(samples: Floats) -> Spectrum:
    """All features of mono samples at RATE, shape (n,); non-finite samples count as silence."""
    measurer = Measurer()
    measurer.feed(samples)
    return measurer.finish()


def to_short_frames(curve: Floats, count: int) -> Floats:
    """(L,) at LONG_FPS -> (count,) at FPS, interpolated; silence where nothing is known.

    Both grids start at sample 0.
    """
    if len(curve) == 0:
        return np.zeros(count, dtype=np.float32)
    places = np.arange(count) * (HOP / LONG_HOP)
    return np.asarray(np.interp(places, np.arange(len(curve)), curve), dtype=np.float32)


class _Frames:
    """Samples, block by block -> power spectra of the frames that are complete."""

    def __init__(self, window: int, hop: int, *, block: int) -> None:
        self._window, self._hop, self._block = window, hop, block
        self._taper = np.hanning(window + 1)[:-1].astype(np.float32)
        self._taper *= 2.0 / self._taper.sum()
        self._pending = np.zeros(window // 2, dtype=np.float32)
        self._heard = 0
        self._made = 0

    def feed(self, samples: Floats) -> Iterator[Floats]:
        """(block, window / 2 + 1) each; a full-scale sine has a peak of 1."""
        self._heard += len(samples)
        self._pending = np.concatenate([self._pending, samples])
        while len(self._pending) >= (self._block - 1) * self._hop + self._window:
            yield self._take(self._block)

    def finish(self) -> Iterator[Floats]:
        """What is left: frame i for every sample i * hop of the song, and for its end."""
        frames = self._heard // self._hop + 1 - self._made
        self._pending = np.concatenate([self._pending, np.zeros(self._window, dtype=np.float32)])
        while frames > 0:
            yield self._take(min(frames, self._block))
            frames -= self._block

    def _take(self, count: int) -> Floats:
        part = self._pending[: (count - 1) * self._hop + self._window]
        windows = np.lib.stride_tricks.sliding_window_view(part, self._window)[:: self._hop]
        power = np.empty((count, self._window // 2 + 1), dtype=np.float32)
        for first in range(0, count, AT_ONCE):
            few = slice(first, first + AT_ONCE)
            spectrum = np.fft.rfft(windows[few] * self._taper, axis=1)
            spectrum[:, 1] += 0.5 * spectrum[:, 0]  # what a constant offset leaks, by Hann's shape
            np.add(spectrum.real**2, spectrum.imag**2, out=power[few])
        self._pending = self._pending[count * self._hop :]
        self._made += count
        return power


def _short_features(power: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """rms (b,), band powers (b, 5), centroid (b,) and mel power (b, MELS) of a block."""
    hertz = np.fft.rfftfreq(WINDOW, 1 / RATE).astype(np.float32)
    audible = power[:, 1:]
    edges = np.searchsorted(hertz, BAND_EDGES[:-1])
    bands = np.add.reduceat(power, np.maximum(edges, 1), axis=1)
    total = audible.sum(axis=1)
    centroid = np.einsum("ij,j->i", audible, hertz[1:]) / np.maximum(total, 1e-12)
    rms = np.sqrt(total / 3.0)  # Hann: a sine of rms r has a main lobe of total power 3 r^2
    return rms, bands, np.where(total > 1e-10, centroid, 0.0), power @ _mel_matrix()


def _mel_edges() -> NDArray[np.float64]:
    """MELS + 2 corner frequencies in Hz, even on the mel scale (O'Shaughnessy 1987)."""
    low, high = (2595 * np.log10(1 + f / 700) for f in (27.5, RATE / 2))
    return np.asarray(700 * (10 ** (np.linspace(low, high, MELS + 2) / 2595) - 1))


@cache
def _mel_matrix() -> Floats:
    """(bins, MELS) triangles; each at least two bins wide, so that none is empty."""
    hertz = np.fft.rfftfreq(WINDOW, 1 / RATE)[:, None]
    edges = _mel_edges()
    step = RATE / WINDOW
    low, mid, high = edges[:-2], edges[1:-1], edges[2:]
    low, high = np.minimum(low, mid - step), np.maximum(high, mid + step)
    rise, fall = (hertz - low) / (mid - low), (high - hertz) / (high - mid)
    return np.asarray(np.maximum(0, np.minimum(rise, fall)), dtype=np.float32)


def _rises(mel: Floats, *, before: Floats) -> Floats:
    """(b, MELS) power -> rises of its log over FLUX_LAG frames against a max filter over bands.

    `before`: the last FLUX_LAG frames of the block before, or none; before those is silence.
    Böck and Widmer, "Maximum filter vibrato suppression for onset detection", DAFx 2013.
    """
    padded = np.zeros((FLUX_LAG + len(mel), MELS), dtype=np.float32)
    padded[FLUX_LAG - len(before) : FLUX_LAG] = before
    padded[FLUX_LAG:] = mel
    log = np.log10(1 + LOG_GAIN * np.sqrt(padded))
    widest = log.copy()
    np.maximum(widest[:, 1:], log[:, :-1], out=widest[:, 1:])
    np.maximum(widest[:, :-1], log[:, 1:], out=widest[:, :-1])
    return np.asarray(np.maximum(log[FLUX_LAG:] - widest[:-FLUX_LAG], 0), dtype=np.float32)


def _superflux(rise: Floats) -> Floats:
    """(b, MELS) -> (b, 4): means over the bands of FLUX_EDGES."""
    edges = np.searchsorted(_mel_edges()[1:-1], FLUX_EDGES[:-1])
    widths = np.diff(np.append(edges, MELS))
    return np.asarray(np.add.reduceat(rise, edges, axis=1) / widths, dtype=np.float32)


def _timbre(mel: Floats) -> Floats:
    """(b, MELS) power -> (b / 4, TIMBRE_BANDS) log power, averaged over long frames."""
    ratio = LONG_HOP // HOP
    wide = mel.reshape(len(mel), TIMBRE_BANDS, MELS // TIMBRE_BANDS).sum(axis=2)
    wide = np.pad(wide, ((0, -len(wide) % ratio), (0, 0)))
    power = wide.reshape(-1, ratio, TIMBRE_BANDS).mean(axis=1)
    return np.asarray(np.log10(1e-7 + power), dtype=np.float32) + 7.0
