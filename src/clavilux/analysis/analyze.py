"""Samples or their features -> Analysis: the list of steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.bars import describe
from clavilux.analysis.climax import find_climax
from clavilux.analysis.envelopes import measure_envelopes
from clavilux.analysis.harmony import find_key
from clavilux.analysis.mood import guess_mood, guess_section_mood
from clavilux.analysis.onsets import find_onsets
from clavilux.analysis.passages import find_builds_and_drops
from clavilux.analysis.players import find_players
from clavilux.analysis.rhythm import find_rhythm
from clavilux.analysis.spectrum import Spectrum, measure
from clavilux.analysis.stillness import find_applause, find_silences
from clavilux.analysis.structure import bar_energy, find_sections
from clavilux.model.song import Analysis, Song

if TYPE_CHECKING:
    from clavilux.interfaces import TrackedBeats


def analyze(song: Song, samples: NDArray[np.float32]) -> Analysis:
    """Everything known of a song. `samples`: mono, shape (n,), at 22050 Hz, about -1..1."""
    return interpret(song, measure(samples))


def interpret(song: Song, spectrum: Spectrum, *, heard: TrackedBeats | None = None) -> Analysis:
    """What the features of a song tell. A Measurer makes them while the file is being read.

    `heard`: beats of another tracker than the built-in one. Raises PluginError where they break the
    rules of interfaces.TrackedBeats.
    """
    duration = song.duration
    rhythm = find_rhythm(spectrum, duration=duration, heard=heard)
    onsets = find_onsets(spectrum, duration=duration)
    silences = find_silences(spectrum, duration=duration)
    still = silences + find_applause(spectrum, silences, duration=duration)
    players = find_players(spectrum, rhythm, still, duration=duration)
    bars = describe(spectrum, rhythm, duration=duration, voice=players.voice)
    sections = find_sections(bars)
    moves = find_builds_and_drops(
        spectrum, bars, bar_energy(bars), sections, players.drums["snare"]
    )
    key = find_key(spectrum, starts=tuple(s.start for s in sections))
    mood = guess_mood(spectrum, rhythm=rhythm, key=key, onsets=onsets, duration=duration)
    return Analysis(
        song=song,
        tempo=round(rhythm.tempo, 3),
        tempo_confidence=round(rhythm.confidence, 3),
        meter=rhythm.meter,
        beats=rhythm.beats,
        regions=rhythm.regions,
        alternatives=rhythm.alternatives,
        onsets=onsets,
        envelopes=measure_envelopes(
            spectrum, duration=duration, players=players.curves(spectrum.frames)
        ),
        sections=tuple(
            section.model_copy(
                update={
                    "vocals": players.sung_share(section),
                    "mood": guess_section_mood(
                        spectrum, section, rhythm=rhythm, key=key, onsets=onsets
                    ),
                }
            )
            for section in sections
        ),
        climax=find_climax(bars, sections, moves),
        key=key,
        mood=mood,
        hits=players.hits,
        passages=tuple(sorted(still + moves, key=lambda p: (p.start, p.end))),
    )
