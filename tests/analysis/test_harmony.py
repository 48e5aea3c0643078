"""Keys: tuning, relative keys told apart by where phrases start, and silence."""

from __future__ import annotations

import numpy as np
import pytest

from clavilux.analysis.harmony import describe, find_key, key_chances, tuning
from clavilux.analysis.learned import table
from clavilux.analysis.spectrum import measure

RATE = 22050
MINOR, MAJOR = (0, 3, 7), (0, 4, 7)


def chords(progression: list[tuple[int, tuple[int, ...]]], *, cents: float = 0) -> np.ndarray:
    """Two seconds each: a triad over its bass, `root` in half-tones above middle C."""
    time = np.arange(2 * RATE) / RATE
    sound = []
    for root, kind in progression:
        notes = [root - 24, *(root + step for step in kind)]
        hertz = [261.63 * 2 ** ((n + cents / 100) / 12) for n in notes]
        tones = [np.sin(2 * np.pi * f * h * time) / h for f in hertz for h in (1, 2, 3)]
        sound.append(0.08 * np.sum(tones, axis=0) * np.exp(-time / 2))
    return np.concatenate(sound).astype(np.float32)


CADENCE = [(0, MAJOR), (5, MAJOR), (7, MAJOR), (0, MAJOR)] * 3


@pytest.mark.parametrize("cents", [-40, -20, 0, 30, 45])
def test_a_song_off_pitch_has_the_same_key(cents: float) -> None:
    spectrum = measure(chords(CADENCE, cents=cents))
    assert tuning(spectrum.pitches.sum(axis=0)) * 20 == pytest.approx(cents, abs=6)
    key = find_key(spectrum)
    assert (key.tonic, key.mode) == ("C", "major")


def test_relative_keys_differ_by_where_phrases_start() -> None:
    """The same four chords, vi IV I V against I V vi IV."""
    minor = [(-3, MINOR), (-7, MAJOR), (0, MAJOR), (-5, MAJOR)] * 4
    major = [(0, MAJOR), (-5, MAJOR), (-3, MINOR), (-7, MAJOR)] * 4
    starts = (0.0, 8.0, 16.0, 24.0)
    in_minor = find_key(measure(chords(minor)), starts=starts)
    in_major = find_key(measure(chords(major)), starts=starts)
    assert (in_minor.tonic, in_minor.mode) == ("A", "minor")
    assert (in_major.tonic, in_major.mode) == ("C", "major")


def test_chances_are_chances_and_turn_with_the_tonic() -> None:
    rows = describe(*_pitches(CADENCE), starts=(0.0,))
    assert rows is not None
    chances = key_chances(rows, table("key_weights"))
    assert chances.sum() == pytest.approx(1) and chances.min() >= 0
    moved = key_chances(np.roll(rows, 3, axis=1), table("key_weights"))
    assert np.allclose(np.roll(chances, 3, axis=1), moved)


def _pitches(progression: list[tuple[int, tuple[int, ...]]]) -> tuple[np.ndarray, np.ndarray]:
    spectrum = measure(chords(progression))
    return spectrum.pitches, spectrum.bass_pitches


def test_silence_has_no_key() -> None:
    assert find_key(measure(np.zeros(5 * RATE, dtype=np.float32))).confidence == 0
