"""A guess at the mood. There is no truth to train on: simple rules, modest confidence."""

from __future__ import annotations

import numpy as np

from clavilux.analysis.envelopes import QUIET
from clavilux.analysis.rhythm import Rhythm
from clavilux.analysis.spectrum import FPS, LONG_FPS, Spectrum
from clavilux.model.song import Key, Mood, Section

MOST_CONFIDENT = 0.6
OF_SECTION = 0.7
"""A section's mood is less sure than the song's."""
CONTRAST = 0.3
"""What a section's energy against the others' adds to its arousal."""
TRIADS = ((0, 4, 7), (0, 3, 7))


def guess_mood(
    spectrum: Spectrum, *, rhythm: Rhythm, key: Key, onsets: tuple[float, ...], duration: float
) -> Mood:
    """Arousal: loudness, density, brightness and tempo; valence: mode, tempo and brightness.

    The signs follow Gabrielsson and Lindström's review in Juslin and Sloboda (eds.), "Handbook of
    Music and Emotion" (2010); the weights are ours.
    """
    mode = (1.0 if key.mode == "major" else -1.0) * key.confidence
    return _mood(spectrum, (0.0, duration), rhythm=rhythm, key=key, onsets=onsets, mode=mode)


def guess_section_mood(
    spectrum: Spectrum, section: Section, *, rhythm: Rhythm, key: Key, onsets: tuple[float, ...]
) -> Mood:
    """The same of one section, its energy against the others' and its own chords added."""
    mode = (1.0 if key.mode == "major" else -1.0) * key.confidence
    chords = _chord_colour(spectrum, section)
    span = (section.start, section.end)
    mood = _mood(
        spectrum, span, rhythm=rhythm, key=key, onsets=onsets, mode=0.5 * mode + 0.5 * chords
    )
    arousal = float(np.clip(mood.arousal + CONTRAST * (2 * section.energy - 1), -1, 1))
    return Mood(
        valence=mood.valence,
        arousal=round(arousal, 3) if mood.confidence > 0 else -1.0,
        confidence=round(OF_SECTION * mood.confidence, 3),
    )


def _mood(
    spectrum: Spectrum,
    span: tuple[float, float],
    *,
    rhythm: Rhythm,
    key: Key,
    onsets: tuple[float, ...],
    mode: float,
) -> Mood:
    start, end = span
    part = slice(round(start * FPS), max(round(end * FPS), round(start * FPS) + 1))
    rms, centroid = spectrum.rms[part], spectrum.centroid[part]
    audible = rms > QUIET
    if not audible.any():
        return Mood(valence=0.0, arousal=-1.0, confidence=0.0)
    inside = np.searchsorted(np.array(onsets), (start, end))
    loudness = _place(20 * np.log10(float(rms[audible].mean())), low=-35, high=-12)
    density = _place(float(np.diff(inside)[0]) / max(end - start, 1.0), low=0.5, high=6)
    hertz = max(float(np.median(centroid[audible])), 30.0)
    brightness = _place(float(np.log2(hertz)), low=8, high=11)
    tempo = _place(rhythm.tempo, low=70, high=150) if rhythm.beats else -0.3
    arousal = 0.35 * loudness + 0.3 * density + 0.15 * brightness + 0.2 * tempo
    valence = 0.55 * mode + 0.2 * tempo + 0.25 * brightness
    sure = MOST_CONFIDENT * (0.4 + 0.3 * key.confidence + 0.3 * rhythm.confidence)
    return Mood(
        valence=round(float(np.clip(valence, -1, 1)), 3),
        arousal=round(float(np.clip(arousal, -1, 1)), 3),
        confidence=round(sure * min(1.0, (end - start) / 20), 3),
    )


def _place(value: float, *, low: float, high: float) -> float:
    """-1 at or below low, 1 at or above high."""
    return float(np.clip(2 * (value - low) / (high - low) - 1, -1, 1))


def _chord_colour(spectrum: Spectrum, section: Section) -> float:
    """-1 where minor triads sound all the time, 1 where major ones do."""
    first = round(section.start * LONG_FPS)
    chroma = spectrum.chroma[first : max(round(section.end * LONG_FPS), first + 1)]
    length = np.linalg.norm(chroma, axis=1, keepdims=True)
    chroma = chroma[length[:, 0] > 0.02] / length[length[:, 0] > 0.02]
    if len(chroma) == 0:
        return 0.0
    major, minor = (
        sum(np.roll(chroma, -step, axis=1) for step in triad).max(axis=1) for triad in TRIADS
    )
    return float(np.clip(4 * (major - minor).mean(), -1, 1))
