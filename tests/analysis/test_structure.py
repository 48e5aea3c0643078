"""Sections, names, key and climax of made songs."""

from __future__ import annotations

import numpy as np
import pytest

from clavilux.analysis.harmony import find_key
from clavilux.analysis.naming import Part, name_functions
from clavilux.analysis.spectrum import measure

RATE = 22050
MINOR, MAJOR = (0, 3, 7), (0, 4, 7)


def chord(root: int, kind: tuple[int, ...], seconds: float, *, level: float) -> np.ndarray:
    """A triad over its bass; `root` in half-tones above middle C."""
    time = np.arange(round(seconds * RATE)) / RATE
    notes = [root - 24, *(root + step for step in kind)]
    tones = [
        np.sin(2 * np.pi * 261.63 * 2 ** (n / 12) * h * time) / h for n in notes for h in (1, 2, 3)
    ]
    return level * np.sum(tones, axis=0) * np.exp(-time / 2) / len(notes)


def part(
    chords: list[tuple[int, tuple[int, ...]]], *, bars: int, level: float, drums: float
) -> np.ndarray:
    """Bars of two seconds, a chord each, with kicks and snares."""
    rng = np.random.default_rng(1)
    fade = np.exp(-np.arange(3000) / 600)
    kick = np.sin(2 * np.pi * 60 * np.arange(3000) / RATE) * fade
    snare = rng.standard_normal(3000) * fade * 0.5
    sound = [chord(*chords[i % len(chords)], 2.0, level=level) for i in range(bars)]
    for bar in sound:
        for beat in range(4):
            at = round(beat * 0.5 * RATE)
            bar[at : at + 3000] += drums * (kick if beat % 2 == 0 else snare)
    return np.concatenate(sound)


def song() -> tuple[np.ndarray, list[float]]:
    """Intro 4 bars, verse 8, chorus 8, verse 8, chorus 8, outro 4: C major; starts in seconds."""
    calm = [(0, MAJOR), (9 - 12, MINOR)]
    verse = [(0, MAJOR), (9 - 12, MINOR), (5, MAJOR), (7, MAJOR)]
    chorus = [(5, MAJOR), (7, MAJOR), (0, MAJOR), (0, MAJOR)]
    parts = [
        part(calm, bars=4, level=0.1, drums=0.03),
        part(verse, bars=8, level=0.15, drums=0.2),
        part(chorus, bars=8, level=0.4, drums=0.5),
        part(verse, bars=8, level=0.15, drums=0.2),
        part(chorus, bars=8, level=0.4, drums=0.5),
        part(calm, bars=4, level=0.1, drums=0.03),
    ]
    starts = np.cumsum([0, *(len(p) / RATE for p in parts[:-1])])
    return np.concatenate(parts), [float(s) for s in starts]


@pytest.fixture(scope="module")
def made(analyse):  # type: ignore[no-untyped-def]
    samples, starts = song()
    return analyse(samples), starts


def test_boundaries_are_found_on_downbeats(made) -> None:  # type: ignore[no-untyped-def]
    analysis, starts = made
    found = np.array([s.start for s in analysis.sections])
    for start in starts:
        assert np.abs(found - start).min() < 0.1
    assert len(found) <= len(starts) + 2
    downs = np.array(analysis.downbeats)
    assert all(np.abs(downs - start).min() < 1e-6 for start in found[1:])


def test_parts_that_sound_alike_share_a_letter_and_a_name(made) -> None:  # type: ignore[no-untyped-def]
    analysis, starts = made
    verse, chorus, again, final = (analysis.section_at(t + 8) for t in starts[1:5])
    assert verse.group == again.group != chorus.group == final.group
    assert {verse.function, again.function} == {"verse"}
    assert {chorus.function, final.function} <= {"chorus", "drop"}
    assert analysis.sections[0].function == "intro"
    assert analysis.sections[-1].function == "outro"


def test_energy_and_climax_are_in_the_chorus(made) -> None:  # type: ignore[no-untyped-def]
    analysis, starts = made
    assert analysis.section_at(starts[2] + 8).energy > analysis.section_at(starts[1] + 8).energy
    assert starts[4] - 0.1 <= analysis.climax < starts[5]
    energies = [s.energy for s in analysis.sections]
    assert min(energies) < 0.1 and max(energies) > 0.9


@pytest.mark.parametrize(
    ("tonic", "mode", "shift"),
    [
        ("C", "major", 0),
        ("D", "major", 2),
        ("G#", "major", -4),
        ("A", "minor", 0),
        ("E", "minor", -5),
    ],
)
def test_the_key_of_a_cadence_is_found(tonic: str, mode: str, shift: int) -> None:
    major = [(0, MAJOR), (5, MAJOR), (7, MAJOR), (0, MAJOR)]
    minor = [(-3, MINOR), (2, MINOR), (4, MAJOR), (-3, MINOR)]
    chords = major if mode == "major" else minor
    sound = [chord(root + shift, kind, 1.0, level=0.3) for root, kind in chords * 3]
    key = find_key(measure(np.concatenate(sound).astype(np.float32)))
    assert (key.tonic, key.mode) == (tonic, mode)


def test_functions_follow_repetition_and_energy() -> None:
    plan = [(0, 0.2), (1, 0.5), (2, 0.9), (1, 0.5), (2, 0.9), (3, 0.4), (2, 1.0), (4, 0.1)]
    parts = [
        Part(start=10.0 * i, end=10.0 * i + 10, group=g, energy=e, low_db=-20)
        for i, (g, e) in enumerate(plan)
    ]
    assert name_functions(parts) == [
        "intro", "verse", "chorus", "verse", "chorus", "bridge", "chorus", "outro",
    ]  # fmt: skip


def test_one_part_is_instrumental() -> None:
    only = Part(start=0, end=3, group=0, energy=0.5, low_db=-20)
    assert name_functions([only]) == ["instrumental"]
