"""Keys, scales and chord progressions."""

from __future__ import annotations

import numpy as np

from songs.score import Bar, Chord
from songs.tables import read_table

TONICS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 10)
QUALITIES = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "sus": (0, 5, 7),
    "sus2": (0, 2, 7),
    "dim": (0, 3, 6),
    "add9": (0, 2, 4, 7),
    "9": (0, 2, 4, 7, 10),
    "m9": (0, 2, 3, 7, 10),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "aug": (0, 4, 8),
    "5": (0, 7),
}
"""Semitones above the root by chord symbol."""
ROMAN = {
    "I": 0,
    "bII": 1,
    "II": 2,
    "bIII": 3,
    "III": 4,
    "IV": 5,
    "bV": 6,
    "V": 7,
    "bVI": 8,
    "VI": 9,
    "bVII": 10,
    "VII": 11,
}
"""Semitones above the tonic of scale degrees."""

FAMILIES = read_table("progressions.toml")
"""By family: progressions in "major" and in "minor", and the share of songs in minor."""


def choose_key(family: str, rng: np.random.Generator) -> tuple[int, str]:
    """Tonic as pitch class, and mode."""
    minor = rng.random() < FAMILIES[family]["minor_share"]
    return int(rng.integers(12)), "minor" if minor else "major"


def scale(tonic: int, mode: str) -> list[int]:
    """Pitch classes of the key, ascending from the tonic."""
    return [(tonic + s) % 12 for s in (MAJOR if mode == "major" else MINOR)]


def choose_progression(family: str, mode: str, rng: np.random.Generator) -> list[str]:
    """Chord symbols relative to the tonic."""
    return str(rng.choice(FAMILIES[family][mode])).split()


def parse(symbol: str) -> tuple[int, tuple[int, ...]]:
    """A root in semitones above the tonic, and intervals: "bVIm7" -> 8, (0, 3, 7, 10)."""
    for name in sorted(ROMAN, key=len, reverse=True):
        if symbol.startswith(name):
            return ROMAN[name], QUALITIES[symbol[len(name) :]]
    raise ValueError(f"{symbol!r} is no chord symbol")


def lay_out(
    bars: list[Bar],
    symbols: list[str],
    tonic: int,
    rng: np.random.Generator,
    *,
    rate: float,
    push: float,
) -> list[Chord]:
    """Chords over the bars of a section; `rate` is chords per bar: 2, 1, 0.5.

    With a chance of `push` a chord sounds an eighth or a sixteenth before its beat. A loop keeps
    its pushes each time round, as players do.
    """
    early = [_earliness(k, push, rng) for k in range(len(symbols))]
    chords = []
    step = 0
    for n, bar in enumerate(bars):
        if rate < 1 and n % round(1 / rate):
            continue
        halves = _halves(bar.beats) if rate > 1 else [(0.0, float(bar.beats) / min(rate, 1))]
        for offset, length in halves:
            k = step % len(symbols)
            root, intervals = parse(symbols[k])
            beat = bar.start + offset
            ahead = 0.0 if step == 0 else early[k]
            chords.append(Chord(beat, length, (tonic + root) % 12, intervals, beat - ahead))
            step += 1
    return chords


def _earliness(k: int, push: float, rng: np.random.Generator) -> float:
    if rng.random() >= push:
        return 0.0
    return float(rng.choice((0.5, 0.25, 1.0), p=(0.8, 0.15, 0.05)))


def _halves(beats: int) -> list[tuple[float, float]]:
    first = float((beats + 1) // 2)
    return [(0.0, first), (first, beats - first)] if beats > 2 else [(0.0, float(beats))]


def chord_at(chords: list[Chord], beat: float, *, sounding: bool = False) -> Chord:
    """The chord of a moment; `sounding` counts anticipated ones from where they sound."""
    found = chords[0]
    for chord in chords:
        if (chord.sounds_at if sounding else chord.beat) > beat + 1e-6:
            break
        found = chord
    return found
