"""Chroma -> the key of the song."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.spectrum import Floats, Spectrum
from clavilux.model.song import Key

TONICS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
PROFILES: dict[Literal["major", "minor"], tuple[float, ...]] = {
    "major": (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0),
    "minor": (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0),
}
"""How well each degree fits a key. Temperley, "The Cognition of Basic Musical Structures", 2001."""
BASS_SHARE = 0.35
"""How much the bass counts beside the chords."""
SURE_MARGIN = 0.12
"""Difference of correlation to the runner-up that counts as certain."""


def find_key(spectrum: Spectrum) -> Key:
    """The key whose profile correlates best with the song's pitch classes."""
    classes = _pitch_classes(spectrum.chroma) + BASS_SHARE * _pitch_classes(spectrum.bass_chroma)
    if float(classes.std()) < 1e-6:
        return Key(tonic="C", mode="major", confidence=0.0)
    scores = {
        (tonic, mode): float(np.corrcoef(np.roll(profile, tonic), classes)[0, 1])
        for mode, profile in PROFILES.items()
        for tonic in range(12)
    }
    (best, first), (_, second) = sorted(scores.items(), key=lambda item: -item[1])[:2]
    sure = float(np.clip((first - second) / SURE_MARGIN, 0, 1) * np.clip(first / 0.8, 0, 1))
    return Key(tonic=TONICS[best[0]], mode=best[1], confidence=round(sure, 3))


def _pitch_classes(chroma: Floats) -> NDArray[np.float64]:
    """(12,) mean of the frames, each scaled to 1, loud frames and faint ones alike; 0 if silent."""
    totals = chroma.sum(axis=1, keepdims=True)
    audible = totals[:, 0] > 0.02
    if not audible.any():
        return np.zeros(12)
    return np.asarray((chroma[audible] / totals[audible]).mean(axis=0), dtype=np.float64)
