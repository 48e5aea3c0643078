"""Who plays what: substitutes for MMA's programs, drum kits, leads."""

from __future__ import annotations

import numpy as np

from arranged.accompaniment import Track
from arranged.playing import is_bass

# General MIDI level 1 program numbers, counted from 0.
PIANOS, ORGANS = (0, 1, 2, 4, 5, 6, 7), (16, 17, 18, 19, 20, 21)
GUITARS, BASSES = (24, 25, 26, 27, 28, 29, 30), (32, 33, 34, 35, 36, 37)
SYNTH_BASSES = (38, 39, 87)
STRINGS, CHOIRS = (48, 49, 50, 51), (52, 53, 54)
BRASS, SYNTH_LEADS, PADS = (61, 62, 63), (80, 81, 82, 84, 86, 87), (88, 89, 90, 91, 92, 94, 95)
MALLETS = (11, 12, 13, 46, 108)
COMPS = {
    "band": PIANOS + ORGANS + GUITARS + GUITARS + STRINGS + BRASS,
    "electronic": (62, 63, 80, 81, 84, 87, 88, 90, 4, 5, 38, 50, 51, 11, 27),
    "jazz": (0, 0, 1, 4, 5, 11, 17, 18, 24, 26, 26, 61),
    "latin": (0, 0, 1, 2, 24, 24, 25, 26, 12, 11, 61, 21),
    "folk": (24, 25, 25, 105, 0, 21, 22, 15, 46, 27, 48),
}
"""Programs for chords by kind of band."""
SUSTAINED = STRINGS + CHOIRS + PADS + ORGANS
KITS = {
    "band": (0, 0, 1, 2, 8, 8, 9, 16, 16, 17, 24),
    "electronic": (24, 24, 25, 25, 16, 0, 8),
    "jazz": (32, 32, 33, 40, 40, 0, 8),
    "latin": (0, 1, 8, 32, 33),
    "folk": (0, 1, 8, 40, 32, 16),
}
LEADS = {
    "band": (*GUITARS, 65, 66, 80, 81, 53, 54, 52, 40, 73, 56, 0, 22),
    "electronic": (80, 81, 82, 84, 85, 86, 87, 53, 54, 98, 11, 4),
    "jazz": (65, 66, 64, 67, 56, 59, 57, 71, 11, 26, 0, 73),
    "latin": (56, 57, 73, 65, 66, 24, 0, 53, 40, 22),
    "folk": (40, 110, 22, 73, 72, 105, 25, 21, 53, 71),
}
SUNG = frozenset({52, 53, 54, 85})
"""Programs that are voices."""
SUBSTITUTED = 0.5
"""How often a track gets another program than MMA's."""


def choose_program(track: Track, band: str, rng: np.random.Generator) -> int:
    """The program that plays a track in one song."""
    if rng.random() >= SUBSTITUTED:
        return track.program
    if is_bass(track):
        synths = band == "electronic" or rng.random() < 0.1
        return _draw(SYNTH_BASSES if synths else BASSES, rng)
    if "sus" in track.name.lower() or track.program in SUSTAINED:
        return _draw(SUSTAINED, rng)
    return _draw(COMPS[band], rng)


def choose_kit(band: str, rng: np.random.Generator) -> int:
    """A drum kit's number in bank 128."""
    return _draw(KITS[band], rng)


def choose_lead(band: str, rng: np.random.Generator) -> int:
    return _draw(LEADS[band], rng)


def _draw(options: tuple[int, ...], rng: np.random.Generator) -> int:
    return int(options[int(rng.integers(len(options)))])
