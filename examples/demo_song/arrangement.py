"""The score laid out in time: bar by bar, and what is true of the song."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo_song.score import BAR, BEAT, CHORDS, TAIL, TEMPO, Chord, Part


@dataclass(frozen=True)
class Truth:
    """What is played when, to hold an analysis against."""

    tempo: float
    """Beats per minute."""
    beats: tuple[float, ...]
    """Seconds."""
    downbeats: tuple[float, ...]
    """Seconds."""
    sections: tuple[tuple[str, float, float], ...]
    """Function, start and end in seconds; they tile the song."""


@dataclass(frozen=True)
class Bar:
    """One bar as the players see it."""

    start: float
    """Seconds."""
    part: Part
    index: int
    """Within its part."""
    chord: Chord
    following: Part | None

    @property
    def is_last(self) -> bool:
        return self.index == len(self.part.chords) - 1

    @property
    def before_chorus(self) -> bool:
        """Whether the next downbeat opens a chorus."""
        return self.is_last and self.following is not None and self.following.function == "chorus"

    def has(self, player: str) -> bool:
        return player in self.part.players.split()


@dataclass(frozen=True)
class Arrangement:
    """The score laid out in time."""

    parts: tuple[Part, ...]

    @property
    def bars(self) -> tuple[Bar, ...]:
        followers = (*self.parts[1:], None)
        places = [
            (part, i, name, after)
            for part, after in zip(self.parts, followers, strict=True)
            for i, name in enumerate(part.chords)
        ]
        return tuple(
            Bar(number * BAR, part, i, CHORDS[name], after)
            for number, (part, i, name, after) in enumerate(places)
        )

    @property
    def finale(self) -> float:
        """The time of the last chord, in seconds."""
        return len(self.bars) * BAR

    @property
    def seconds(self) -> float:
        return self.finale + TAIL

    def truth(self) -> Truth:
        count = len(self.bars)
        starts = np.cumsum([0.0, *(len(p.chords) * BAR for p in self.parts)])
        starts[-1] = self.seconds
        names = [p.function for p in self.parts]
        return Truth(
            tempo=TEMPO,
            beats=tuple(round(i * BEAT, 6) for i in range(4 * count + 1)),
            downbeats=tuple(round(i * BAR, 6) for i in range(count + 1)),
            sections=tuple(
                (name, round(float(a), 6), round(float(b), 6))
                for name, a, b in zip(names, starts, starts[1:], strict=False)
            ),
        )
