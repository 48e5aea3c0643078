"""The score: chords, the parts of the song, who plays in them, and the melodies."""

from __future__ import annotations

from dataclasses import dataclass

TITLE = "Lumia"
TEMPO = 128.0
BEAT = 60.0 / TEMPO
"""Seconds from beat to beat."""
BAR = 4 * BEAT
STEP = BEAT / 4
"""A sixteenth, in seconds."""
TAIL = 3.0
"""Seconds in which the last chord rings out."""


@dataclass(frozen=True)
class Chord:
    bass: int
    """MIDI note number of the bass."""
    tones: tuple[int, ...]
    """Pitch classes above it; 0 is C."""


CHORDS = {
    "Dm9": Chord(38, (2, 4, 5, 9)),
    "Bbmaj7": Chord(34, (10, 2, 5, 9)),
    "F": Chord(41, (5, 7, 9, 0)),
    "C/E": Chord(40, (0, 2, 4, 7)),
    "C": Chord(36, (0, 2, 4, 7)),
    "F/A": Chord(33, (5, 7, 9, 0)),
    "Gm9": Chord(31, (7, 9, 10, 2)),
    "Am7": Chord(33, (9, 0, 4, 7)),
    "A7": Chord(33, (9, 1, 4, 7)),
}
VERSE = ("Dm9", "Bbmaj7", "F", "C/E")
CHORUS = ("Bbmaj7", "C", "Dm9", "F/A")
BRIDGE = ("Gm9", "Bbmaj7", "Am7", "A7")


@dataclass(frozen=True)
class Part:
    """A section of the song, one chord to a bar."""

    function: str
    chords: tuple[str, ...]
    level: float
    """How hard everybody plays, 0..1."""
    players: str
    """Who plays, by name."""


SCORE = (
    Part("intro", VERSE, 0.55, "pad arp shaker"),
    Part("verse", VERSE, 0.62, "kick snare hats bass pad voice"),
    Part("chorus", CHORUS, 0.90, "kick snare hats bass wall arp lead floor crash"),
    Part("verse", VERSE, 0.66, "kick snare hats bass pad voice arp"),
    Part("chorus", CHORUS, 0.92, "kick snare hats bass wall arp lead floor crash"),
    Part("bridge", BRIDGE, 0.50, "pad arp keys voice bass"),
    Part("chorus", CHORUS * 2, 1.0, "kick snare hats bass wall arp lead floor crash octave answer"),
    Part("outro", ("Bbmaj7", "C"), 0.60, "kick hats bass pad arp keys"),
)
LAST_CHORD = "Dm9"

# Melodies: (bar, beat, length in beats, MIDI note).
Melody = tuple[tuple[int, float, float, int], ...]
HOOK: Melody = (
    (0, 0.0, 0.7, 77), (0, 0.75, 0.7, 77), (0, 1.5, 0.5, 79), (0, 2.0, 0.95, 81),
    (0, 3.0, 0.45, 79), (0, 3.5, 0.5, 77),
    (1, 0.0, 0.7, 79), (1, 0.75, 0.7, 76), (1, 1.5, 1.4, 72), (1, 3.0, 0.45, 74),
    (1, 3.5, 0.5, 76),
    (2, 0.0, 0.7, 77), (2, 0.75, 0.7, 77), (2, 1.5, 0.5, 79), (2, 2.0, 0.95, 81),
    (2, 3.0, 0.45, 84), (2, 3.5, 0.5, 81),
    (3, 0.0, 0.7, 79), (3, 0.75, 0.7, 77), (3, 1.5, 2.1, 77),
)  # fmt: skip
ANSWER: Melody = (
    (0, 2.5, 0.4, 86), (0, 3.0, 0.9, 89), (1, 2.0, 0.4, 88), (1, 2.5, 1.4, 84),
    (2, 2.5, 0.4, 86), (2, 3.0, 0.9, 89), (3, 2.0, 0.4, 93), (3, 2.5, 0.4, 91), (3, 3.0, 0.9, 89),
)  # fmt: skip
VERSE_TUNE: Melody = (
    (0, 1.0, 0.5, 69), (0, 1.5, 0.5, 69), (0, 2.0, 0.5, 72), (0, 2.5, 1.2, 69),
    (1, 1.0, 0.5, 67), (1, 1.5, 0.5, 65), (1, 2.0, 0.5, 67), (1, 2.5, 1.2, 62),
    (2, 0.5, 0.5, 65), (2, 1.0, 0.5, 67), (2, 1.5, 0.5, 69), (2, 2.0, 0.5, 72), (2, 2.5, 1.3, 74),
    (3, 0.5, 0.5, 72), (3, 1.0, 0.5, 69), (3, 1.5, 1.0, 67), (3, 2.5, 1.4, 64),
)  # fmt: skip
BRIDGE_TUNE: Melody = (
    (0, 0.0, 3.0, 70), (0, 3.0, 1.0, 69), (1, 0.0, 3.0, 74), (1, 3.0, 1.0, 72),
    (2, 0.0, 2.0, 76), (2, 2.0, 2.0, 72), (3, 0.0, 3.8, 73),
)  # fmt: skip
