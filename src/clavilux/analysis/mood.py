"""A guess at the song's mood. There is no truth to train on: simple rules, modest confidence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.envelopes import QUIET
from clavilux.analysis.rhythm import Rhythm
from clavilux.analysis.spectrum import Spectrum
from clavilux.model.song import Key, Mood

MOST_CONFIDENT = 0.6


def guess_mood(
    spectrum: Spectrum, *, rhythm: Rhythm, key: Key, onsets: tuple[float, ...], duration: float
) -> Mood:
    """Arousal: loudness, density, brightness and tempo; valence: mode, tempo and brightness.

    The signs follow Gabrielsson and Lindström's review in Juslin and Sloboda (eds.), "Handbook of
    Music and Emotion" (2010); the weights are ours.
    """
    audible = spectrum.rms > QUIET
    if not audible.any():
        return Mood(valence=0.0, arousal=-1.0, confidence=0.0)
    loudness = _place(20 * np.log10(float(spectrum.rms[audible].mean())), low=-35, high=-12)
    density = _place(len(onsets) / max(duration, 1.0), low=0.5, high=6)
    brightness = _place(float(np.log2(_brightness(spectrum, audible))), low=8, high=11)
    tempo = _place(rhythm.tempo, low=70, high=150) if rhythm.beats else -0.3
    mode = (1.0 if key.mode == "major" else -1.0) * key.confidence
    arousal = 0.35 * loudness + 0.3 * density + 0.15 * brightness + 0.2 * tempo
    valence = 0.55 * mode + 0.2 * tempo + 0.25 * brightness
    sure = MOST_CONFIDENT * (0.4 + 0.3 * key.confidence + 0.3 * rhythm.confidence)
    return Mood(
        valence=round(float(np.clip(valence, -1, 1)), 3),
        arousal=round(float(np.clip(arousal, -1, 1)), 3),
        confidence=round(sure * min(1.0, duration / 20), 3),
    )


def _place(value: float, *, low: float, high: float) -> float:
    """-1 at or below low, 1 at or above high."""
    return float(np.clip(2 * (value - low) / (high - low) - 1, -1, 1))


def _brightness(spectrum: Spectrum, audible: NDArray[np.bool_]) -> float:
    """Median spectral centroid in Hz."""
    return max(float(np.median(spectrum.centroid[audible])), 30.0)
