"""Plays tracks with a soundfont, drums exactly when they should sound."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import tinysoundfont
from songs.score import RATE, Doubles, Floats

DRUM_BANK = 128
VOLUME, SOUNDS_OFF = 7, 120
"""MIDI controllers."""
GRID = 64
"""Samples to which the ends of notes are rounded: fewer, longer blocks are faster."""
LATEST = 0.025
"""Seconds within which a drum's attack is looked for."""


@dataclass(frozen=True)
class Sound:
    """A note in time: seconds, MIDI pitch and velocity 1..127."""

    start: float
    end: float
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Voice:
    """Sounds on one program or drum kit. `volume` is 0..1, `tuning` in semitones."""

    program: int
    drums: bool
    sounds: tuple[Sound, ...]
    volume: float = 0.8
    tuning: float = 0.0


class Sampler:
    """A soundfont in memory. Not for several threads at once."""

    def __init__(self, soundfont: Path) -> None:
        self._synth = tinysoundfont.Synth(samplerate=RATE)
        self._font = self._synth.sfload(str(soundfont), max_voices=200)
        self._attacks: dict[tuple[int, int], float] = {}

    def play(self, voices: list[Voice], length: int) -> Floats:
        """(length,) mono of all voices together."""
        events: list[tuple[int, int, int, int, int]] = []
        for channel, voice in enumerate(voices):
            events += self._events(channel, voice)
        for channel, voice in enumerate(voices):  # after _events, whose probes use channel 0
            self._select(channel, voice)
        out = np.zeros((length, 2), np.float32)
        view = out.data.cast("B")
        at = 0
        for sample, _, channel, pitch, velocity in sorted(events):
            until = min(max(sample, 0), length)
            if until > at:
                self._synth.generate_simple(until - at, view[at * 8 : until * 8])
                at = until
            if velocity:
                self._synth.noteon(channel, pitch, velocity)
            else:
                self._synth.noteoff(channel, pitch)
        if at < length:
            self._synth.generate_simple(length - at, view[at * 8 :])
        self._silence(range(len(voices)))
        return np.asarray(out.mean(axis=1), dtype=np.float32)

    def attack(self, kit: int, pitch: int) -> float:
        """Seconds from a drum's note to the moment a quarter of its first peak is reached."""
        if (kit, pitch) not in self._attacks:
            probe = Voice(kit, True, (Sound(0.0, 0.5, pitch, 110),), volume=1.0)
            level = np.abs(self._probe(probe))
            peak = float(level.max())
            found = int(np.argmax(level > 0.25 * peak)) if peak > 0 else 0
            self._attacks[kit, pitch] = found / RATE
        return self._attacks[kit, pitch]

    def _probe(self, voice: Voice) -> Floats:
        self._select(0, voice)
        self._synth.noteon(0, voice.sounds[0].pitch, voice.sounds[0].velocity)
        data = self._synth.generate_simple(round(LATEST * RATE))
        self._silence(range(1))
        stereo = np.frombuffer(data, np.float32).reshape(-1, 2)
        return np.asarray(stereo.mean(axis=1), dtype=np.float32)

    def _select(self, channel: int, voice: Voice) -> None:
        bank = DRUM_BANK if voice.drums else 0
        self._synth.program_select(channel, self._font, bank, voice.program, voice.drums)
        self._synth.control_change(channel, VOLUME, round(127 * min(voice.volume, 1.0)))
        self._synth.set_tuning(channel, voice.tuning)

    def _silence(self, channels: Iterable[int]) -> None:
        """Stops what still rings; a block is rendered so that it is gone."""
        for channel in channels:
            self._synth.control_change(channel, SOUNDS_OFF, 0)
        self._synth.generate_simple(RATE // 10)

    def _events(self, channel: int, voice: Voice) -> list[tuple[int, int, int, int, int]]:
        """Sample, order (ends first), channel, pitch, velocity (0 ends)."""
        events = []
        for s in voice.sounds:
            early = self.attack(voice.program, s.pitch) if voice.drums else 0.0
            start = round((s.start - early) * RATE)
            end = max(round(s.end * RATE / GRID) * GRID, start + GRID)
            events.append((start, 1, channel, s.pitch, s.velocity))
            events.append((end, 0, channel, s.pitch, 0))
        return events


@lru_cache(maxsize=2)
def load_sampler(soundfont: Path) -> Sampler:
    """A soundfont is large: it is read once."""
    return Sampler(soundfont)


def to_sounds(
    starts: Doubles, ends: Doubles, pitches: list[int], levels: Doubles
) -> tuple[Sound, ...]:
    """Sounds of parallel arrays; `levels` are 0..1."""
    velocities = np.clip(np.round(levels * 127), 1, 127).astype(int)
    return tuple(
        Sound(float(a), float(b), int(p), int(v))
        for a, b, p, v in zip(starts, ends, pitches, velocities, strict=True)
    )
