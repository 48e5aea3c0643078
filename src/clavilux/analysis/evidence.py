"""Spectrum -> seven locally normalised evidence curves, and how well they fit a place in the bar.

The bar templates here are written by hand from common practice (kick on one and three, snare on
two and four, chords change on one). `fit` is the only place that knows them: tables learned from
data can take their place without a change elsewhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

from clavilux.analysis.spectrum import FPS, HOP, LONG_FPS, LONG_HOP, Floats, Spectrum

PHASES = 12
"""Parts of a beat; part 0 is centred on the beat itself."""
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

PULSE_WEIGHT, BAR_WEIGHT = 0.6, 2.0
"""What all beats share counts less than what sets them apart: off-beats pulse as well as beats."""
COUNTING_PULSE_WEIGHT = 0.3
"""PULSE_WEIGHT when the beats are known and only the bars are counted."""


def curves(spectrum: Spectrum) -> Floats:
    """(T, 7) in the order of CURVES: about 0..2, 1 is a clear onset for its surroundings."""
    total = spectrum.flux.mean(axis=1, keepdims=True)
    flux = np.concatenate([spectrum.flux, total], axis=1)
    chord = _to_short_frames(_change(spectrum.chroma), length=len(flux))
    bass = _to_short_frames(_change(spectrum.bass_chroma), length=len(flux))
    columns = [_localise(c, floor=FLOOR) for c in flux.T]
    columns += [_localise(_sharpen(c), floor=0.01) for c in (chord, bass)]
    return np.ascontiguousarray(np.stack(columns, axis=1), dtype=np.float32)


def _localise(curve: Floats, *, floor: float) -> Floats:
    """Divide by the local root mean square and compress: 1 - exp(-x) keeps loud hits in bounds."""
    size = int(2 * LOCAL_SECONDS * FPS) + 1
    power = curve.astype(np.float64) ** 2
    local = np.sqrt(np.maximum(ndimage.uniform_filter1d(power, size, mode="nearest"), 0))
    everywhere = float(np.sqrt(np.mean(power)))
    relative = curve / (np.maximum(local, 0.2 * everywhere) + floor)
    return np.asarray(2 * (1 - np.exp(-relative / 2)), dtype=np.float32)


def _sharpen(curve: Floats) -> Floats:
    """What stands out of the second around it."""
    around = ndimage.uniform_filter1d(curve, int(SHARPEN_SECONDS * FPS), mode="nearest")
    return np.asarray(np.maximum(curve - around, 0), dtype=np.float32)


def _change(chroma: Floats) -> Floats:
    """(L, 12) -> (L,) 0..1: how unlike the notes that follow are to those before, if any follow."""
    decay = np.exp(-1 / (CHORD_SECONDS * LONG_FPS))
    wide = np.pad(chroma.astype(np.float64), ((1, 1), (0, 0)))
    before = _recent(wide[:-2], decay)
    after = _recent(wide[:1:-1], decay)[::-1]
    faint = FAINT * float(np.sqrt(np.mean((chroma.astype(np.float64) ** 2).sum(axis=1)))) + 1e-4
    was, comes = np.linalg.norm(before, axis=1), np.linalg.norm(after, axis=1)
    cosine = (before * after).sum(axis=1) / ((was + faint) * (comes + faint))
    return np.asarray((1 - cosine) * comes / (comes + faint), dtype=np.float32)


def _recent(chroma: NDArray[np.float64], decay: float) -> NDArray[np.float64]:
    """Exponentially weighted mean of each row and those before it."""
    return np.asarray(signal.lfilter([1 - decay], [1, -decay], chroma, axis=0))


def _to_short_frames(curve: Floats, *, length: int) -> Floats:
    """Linear interpolation from LONG_FPS to FPS; both grids start at sample 0."""
    times = np.arange(length) * (HOP / LONG_HOP)
    return np.asarray(np.interp(times, np.arange(len(curve)), curve), dtype=np.float32)


def fit(evidence: Floats, *, meter: int, pulse_weight: float = PULSE_WEIGHT) -> Floats:
    """(T, 7) -> (T, meter, PHASES): log likelihood ratio of each frame at each place in the bar."""
    weights = template(meter, pulse_weight=pulse_weight)
    centred = evidence - evidence.mean(axis=0)
    scores = centred @ weights.reshape(len(CURVES), -1)
    return np.asarray(scores.reshape(-1, meter, PHASES), dtype=np.float32)


def template(meter: int, *, pulse_weight: float = PULSE_WEIGHT) -> Floats:
    """(7, meter, PHASES) weights of each curve; each curve's weights sum to 0 over the bar."""
    accents = _ACCENTS[meter]
    weights = np.stack(
        [np.outer(accents[name], _ON_BEAT) + _OFF_BEAT[name] for name in CURVES]
    ).astype(np.float32)
    pulse = weights.mean(axis=1, keepdims=True)
    weights = pulse_weight * pulse + BAR_WEIGHT * (weights - pulse)
    return np.asarray(weights - weights.mean(axis=(1, 2), keepdims=True), dtype=np.float32)


_ON_BEAT = np.zeros(PHASES)
_ON_BEAT[[0, 1, PHASES - 1]] = (1.0, 0.25, 0.25)

_ACCENTS: dict[int, dict[str, tuple[float, ...]]] = {
    4: {
        "low": (1.0, 0.35, 0.75, 0.35),
        "low_mid": (0.5, 0.45, 0.45, 0.45),
        "mid": (0.5, 0.85, 0.5, 0.85),
        "high": (0.4, 0.65, 0.4, 0.65),
        "all": (0.8, 0.75, 0.75, 0.75),
        "chord": (0.8, 0.05, 0.35, 0.05),
        "bass_note": (0.8, 0.05, 0.35, 0.05),
    },
    3: {
        "low": (1.0, 0.4, 0.4),
        "low_mid": (0.5, 0.45, 0.45),
        "mid": (0.5, 0.75, 0.75),
        "high": (0.45, 0.55, 0.55),
        "all": (0.8, 0.75, 0.75),
        "chord": (0.8, 0.1, 0.15),
        "bass_note": (0.8, 0.1, 0.15),
    },
}
"""How strong each curve is at each beat of the bar."""


def _off_beat(eighth: float, *, sixteenth: float) -> NDArray[np.float64]:
    phases = np.zeros(PHASES)
    phases[PHASES // 2] = eighth
    phases[[PHASES // 4, 3 * PHASES // 4]] = sixteenth
    return phases


_OFF_BEAT = {
    "low": _off_beat(0.3, sixteenth=0.05),
    "low_mid": _off_beat(0.3, sixteenth=0.0),
    "mid": _off_beat(0.2, sixteenth=0.05),
    "high": _off_beat(0.6, sixteenth=0.05),
    "all": _off_beat(0.4, sixteenth=0.05),
    "chord": _off_beat(0.0, sixteenth=0.0),
    "bass_note": _off_beat(0.0, sixteenth=0.0),
}
"""How strong each curve is between beats."""
