"""Samples -> Analysis: the list of steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.bars import describe
from clavilux.analysis.envelopes import measure_envelopes
from clavilux.analysis.harmony import find_key
from clavilux.analysis.mood import guess_mood
from clavilux.analysis.onsets import find_onsets
from clavilux.analysis.rhythm import find_rhythm
from clavilux.analysis.spectrum import measure
from clavilux.analysis.structure import find_climax, find_sections
from clavilux.model.song import Analysis, Song


def analyze(song: Song, samples: NDArray[np.float32]) -> Analysis:
    """Everything known of a song. `samples`: mono, shape (n,), at 22050 Hz, about -1..1."""
    duration = song.duration
    if not np.isfinite(samples.sum(dtype=np.float64)):
        samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
    spectrum = measure(samples)
    rhythm = find_rhythm(spectrum, samples, duration=duration)
    onsets = find_onsets(spectrum, samples, duration=duration)
    bars = describe(spectrum, rhythm, duration=duration)
    key = find_key(spectrum)
    return Analysis(
        song=song,
        tempo=round(rhythm.tempo, 3),
        tempo_confidence=round(rhythm.confidence, 3),
        meter=rhythm.meter,
        beats=rhythm.beats,
        onsets=onsets,
        envelopes=measure_envelopes(spectrum, duration=duration),
        sections=find_sections(bars),
        climax=find_climax(bars),
        key=key,
        mood=guess_mood(spectrum, rhythm=rhythm, key=key, onsets=onsets, duration=duration),
    )
