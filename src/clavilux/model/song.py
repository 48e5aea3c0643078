"""What is known of a song: the answer of the analysis, in float seconds."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clavilux.model.base import FloatArray, Value
from clavilux.model.correction import Correction

Function = Literal[
    "intro", "verse", "pre-chorus", "chorus", "bridge", "solo", "drop", "instrumental", "outro"
]
"""What a section does in the song."""

ENVELOPES = (
    "onset_strength",
    "loudness",
    "flux",
    "centroid",
    "sub",
    "bass",
    "low_mid",
    "mid",
    "high",
    "kick",
    "snare",
    "hat",
    "vocals",
)
"""The names of the envelopes every analysis holds."""

DRUMS = ("kick", "snare", "hat")
"""The onset classes: what strikes low, in the middle with noise, and high."""


class Song(Value):
    """The audio file as decoded, not as its header claims."""

    title: str
    duration: float = Field(ge=0)
    """Seconds, counted from decoded samples."""
    sample_rate: int = Field(gt=0)
    channels: int = Field(ge=1)
    codec: str
    digest: str
    """Of the file's bytes."""
    tagged: bool = True
    """Whether the file itself says its title; else it is the file's name."""

    def called(self, name: str) -> Song:
        """The same song in a file of another name, which is its title where it has no other."""
        return self if self.tagged else self.model_copy(update={"title": name})


class Beat(Value):
    """One beat of the grid."""

    time: float
    """Seconds."""
    bar: int
    """Number of the bar it belongs to; 0 is the first full bar, a pick-up has -1."""
    position: int = Field(ge=0)
    """0 is the downbeat, 1 the second beat of the bar, ..."""
    confidence: float = Field(default=1.0, ge=0, le=1)
    strength: float = Field(default=1.0, ge=0, le=1)
    """How strong the onset at this beat is, relative to the song."""

    @property
    def is_downbeat(self) -> bool:
        return self.position == 0


class Region(Value):
    """A stretch of the song with one kind of pulse, or none."""

    start: float
    end: float
    tempo: float = Field(ge=0)
    """Median beats per minute; 0 where no pulse is heard, and then it has no beats."""
    confidence: float = Field(ge=0, le=1)

    @property
    def has_pulse(self) -> bool:
        return self.tempo > 0


class Alternative(Value):
    """Another way to count the same song, that a person can choose without a new analysis."""

    name: Literal["half tempo", "double tempo", "off-beat", "shifted bar", "other meter"]
    tempo: float = Field(gt=0)
    """Beats per minute."""
    meter: int = Field(ge=1)
    likelihood: float = Field(ge=0, le=1)
    """Against the reading that was chosen: 1 is as likely, 0 is out of the question."""
    correction: Correction
    """What turns the chosen reading into this one."""


class Passage(Value):
    """A stretch with a shape of its own, across sections."""

    kind: Literal["build", "drop", "silence", "applause"]
    """build: energy rises to a turn; drop: the full sound that follows, from its first bar."""
    start: float
    end: float
    strength: float = Field(default=1.0, ge=0, le=1)


class Envelope(Value):
    """A quantity sampled evenly over the song: sample i is at i / rate seconds."""

    rate: float = Field(gt=0)
    """Samples per second."""
    values: FloatArray
    """0..1: 1 is the song's 99th percentile, 0 its floor (see each envelope's maker)."""

    def at(self, seconds: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Linear interpolation at any times, held flat outside the song."""
        if len(self.values) == 0:
            return np.zeros_like(np.asarray(seconds, dtype=np.float64))
        grid = np.arange(len(self.values)) / self.rate
        return np.asarray(np.interp(seconds, grid, self.values), dtype=np.float64)


class Key(Value):
    """Tonic and mode."""

    tonic: str
    """C, C#, D, ... B."""
    mode: Literal["major", "minor"]
    confidence: float = Field(ge=0, le=1)

    def __str__(self) -> str:
        return f"{self.tonic} {self.mode}"


class Mood(Value):
    """A heuristic estimate after Russell's circumplex model (1980)."""

    valence: float = Field(ge=-1, le=1)
    """-1 dark, sad; 1 bright, happy."""
    arousal: float = Field(ge=-1, le=1)
    """-1 calm; 1 agitated."""
    confidence: float = Field(ge=0, le=1)


class Section(Value):
    """A musical part of the song."""

    label: str
    """Function and occurrence: "chorus_2"."""
    function: Function
    group: str
    """Parts that sound alike share a letter: A, B, C..."""
    start: float
    end: float
    energy: float = Field(ge=0, le=1)
    """Relative to the song: 0 its calmest section, 1 its strongest."""
    shifts: tuple[float, ...] = ()
    """Times, in seconds, of emotional shifts inside the section."""
    confidence: float = Field(default=1.0, ge=0, le=1)
    mood: Mood | None = None
    """Of this section alone."""
    vocals: float = Field(default=0.0, ge=0, le=1)
    """Share of the section in which somebody seems to sing."""

    @property
    def duration(self) -> float:
        return self.end - self.start


class Analysis(Value):
    """Everything the director and the planner know of a song."""

    song: Song
    tempo: float = Field(ge=0)
    """Median beats per minute; 0 where there is no pulse."""
    tempo_confidence: float = Field(ge=0, le=1)
    meter: int = Field(ge=1)
    """Beats per bar."""
    beats: tuple[Beat, ...]
    onsets: tuple[float, ...]
    """Times of note onsets, in seconds."""
    envelopes: dict[str, Envelope]
    """By name, all of ENVELOPES."""
    sections: tuple[Section, ...]
    """Tile the song: the first starts at 0, the last ends at the duration."""
    climax: float
    """The time of the song's peak, in seconds."""
    key: Key
    mood: Mood
    regions: tuple[Region, ...] = ()
    """Tile the song: where it has a pulse, how fast, and how sure that is."""
    alternatives: tuple[Alternative, ...] = ()
    """Other readings of the rhythm, the likeliest first."""
    hits: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    """Times, in seconds, of the onsets of each class in DRUMS."""
    passages: tuple[Passage, ...] = ()
    """Builds, drops, silences and applause, by start."""

    @property
    def duration(self) -> float:
        return self.song.duration

    @property
    def downbeats(self) -> tuple[float, ...]:
        return tuple(b.time for b in self.beats if b.is_downbeat)

    @property
    def beat_period(self) -> float:
        """Seconds from beat to beat; half a second where there is no pulse."""
        return 60.0 / self.tempo if self.tempo > 0 else 0.5

    def section_at(self, seconds: float) -> Section:
        """The section that sounds at a time; the nearest one outside the song."""
        for section in self.sections:
            if seconds < section.end:
                return section
        return self.sections[-1]

    def nearest_downbeat(self, seconds: float, *, within: float = math.inf) -> float:
        """The downbeat nearest to a time, or the time itself if none is near enough."""
        nearest = min(self.downbeats, key=lambda t: abs(t - seconds), default=seconds)
        return nearest if abs(nearest - seconds) <= within else seconds
