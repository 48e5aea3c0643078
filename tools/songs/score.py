"""The nouns of a generated song: what is played when, before it sounds.

Positions are in beats of the tactus, from the song's first beat (0.0); a `Clock` turns them into
seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Feel = Literal["straight", "swing", "triplet"]

RATE = 22050
"""Samples per second of everything that sounds."""


@dataclass(frozen=True)
class TrainingSong:
    """A song and everything that is true of it. Times are seconds from the first sample."""

    samples: Floats
    """(n,) mono at RATE."""
    beats: Doubles
    """(b,) the true beats, ascending, through parts without drums too."""
    positions: NDArray[np.int64]
    """(b,) place of each beat in its bar, 0 is the downbeat."""
    meter: int
    feel: Feel
    genre: str
    sections: tuple[tuple[float, float, str], ...]
    """Start, end and function of each section, in order."""
    vocals: tuple[tuple[float, float], ...]
    """Spans in which a lead voice sings, in order."""
    hits: dict[str, Doubles]
    """Times of "kick", "snare" (claps and rim shots too) and "hat" (ride and shaker too)."""
    key: tuple[str, str]
    """Tonic ("C", "C#" ...) and "major" or "minor"."""
    climax: float


@dataclass(frozen=True)
class Note:
    """A pitched note. `velocity` is 0..1, `pitch` a MIDI number."""

    beat: float
    length: float
    pitch: int
    velocity: float
    late: float = 0.0
    """Seconds after the moment its beat names: strums, people."""


@dataclass(frozen=True)
class Hit:
    """A stroke on a drum; `velocity` is 0..1."""

    beat: float
    drum: str
    velocity: float
    late: float = 0.0


@dataclass(frozen=True)
class Chord:
    """A harmony from `beat` to `beat + length`; `sounds_at` is earlier where it is anticipated."""

    beat: float
    length: float
    root: int
    """Pitch class, 0 is C."""
    intervals: tuple[int, ...]
    """Semitones above the root, ascending from 0."""
    sounds_at: float

    def pitches(self, *, around: int) -> list[int]:
        """MIDI pitches in close position, centred near `around`."""
        tones = sorted((self.root + i) % 12 for i in self.intervals)
        return sorted(around - 6 + (t - (around - 6)) % 12 for t in tones)


@dataclass(frozen=True)
class Bar:
    """One bar: `number` counts in its section."""

    start: float
    beats: int
    section: int
    number: int


@dataclass(frozen=True)
class SectionPlan:
    """A section before it is played. `energy` is 0..1; `layers` are the parts that play."""

    function: str
    bars: int
    energy: float
    layers: frozenset[str]
    half_time: bool = False
    ends_with: str = "nothing"
    """What its last bar does: "fill", "stop", "roll", "drop-out" or "nothing"."""

    def with_bars(self, bars: int) -> SectionPlan:
        return replace(self, bars=bars)


@dataclass(frozen=True)
class Clock:
    """Beats to seconds: `times[k]` is beat `first + k`; straight lines between and beyond."""

    times: Doubles
    first: int = 0
    swing: float = 0.5
    """Where the off-beat falls in its pair: 0.5 is straight, 2/3 is triplet swing."""
    swing_unit: float = 1.0
    """Length in beats of the pair that swings: 1 for eighths, 0.5 for sixteenths."""

    def seconds(self, beat: float) -> float:
        """When `beat` sounds, swing included."""
        place = self._swung(beat) - self.first
        k = min(max(int(np.floor(place)), 0), len(self.times) - 2)
        return float(self.times[k] + (place - k) * (self.times[k + 1] - self.times[k]))

    def _swung(self, beat: float) -> float:
        if self.swing == 0.5:
            return beat
        pair = np.floor(beat / self.swing_unit)
        part = beat / self.swing_unit - pair
        if part < 0.5:
            warped = part * 2 * self.swing
        else:
            warped = self.swing + (part - 0.5) * 2 * (1 - self.swing)
        return float((pair + warped) * self.swing_unit)


@dataclass
class Part:
    """What one player plays, and how it goes into the mix."""

    name: str
    notes: list[Note]
    sound: str
    """Name of a timbre, see `timbres`."""
    gain: float = 1.0
    reverb: float = 0.2
    delay: float = 0.0
    duck: float = 0.0
    """How far the kick pushes it down, 0..1."""
    drive: float = 0.0
    """Waveshaping of the whole part: 0 is clean, 10 is a wall."""
    spans: list[tuple[float, float]] = field(default_factory=list)
    """For a lead voice: its phrases, in beats."""
