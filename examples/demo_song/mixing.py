"""The mixer: channels, faders, ducking under the kick, echo and reverb, and the master.

It keeps sounds as float32.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d
from scipy.signal import oaconvolve

from demo_song.arrangement import Arrangement
from demo_song.score import BEAT, STEP
from demo_song.synthesis import RATE, Random, Sound, clock, highpass, lowpass

FADER_RANGE = 5.0
"""Decibels between a part of level 1 and one of level 0, before the players' own restraint."""


@dataclass
class Channel:
    """One strip of the mixer."""

    level: float
    """Gain."""
    room: float = 0.0
    """Send to the reverb, a gain."""
    echo: float = 0.0
    """Send to the delay, a gain."""
    duck: float = 0.0
    """How far the kick pushes it down, 0..1."""
    sound: NDArray[np.float32] = field(default_factory=lambda: np.zeros((2, 0), np.float32))


class Mixer:
    """Channels by name; players lay sounds into them."""

    def __init__(self, seconds: float) -> None:
        self.length = round(seconds * RATE)
        self.channels = {
            "kick": Channel(0.47, room=0.02),
            "snare": Channel(0.54, room=0.16),
            "hats": Channel(0.42, room=0.05),
            "cymbals": Channel(0.34, room=0.2),
            "toms": Channel(0.30, room=0.2),
            "bass": Channel(0.31, duck=0.75),
            "pad": Channel(0.13, room=0.35, duck=0.45),
            "wall": Channel(0.125, room=0.25, duck=0.7),
            "arp": Channel(0.13, room=0.2, echo=0.45, duck=0.35),
            "lead": Channel(0.215, room=0.3, echo=0.35, duck=0.15),
            "answer": Channel(0.24, room=0.4, echo=0.4, duck=0.25),
            "voice": Channel(0.36, room=0.4, echo=0.3, duck=0.1),
            "keys": Channel(0.15, room=0.4, echo=0.25),
            "effects": Channel(0.50, room=0.25),
        }
        for channel in self.channels.values():
            channel.sound = np.zeros((2, self.length), np.float32)
        self.kicks: list[float] = []

    def lay(self, name: str, sound: Sound, at: float, *, gain: float = 1.0) -> None:
        """Add a sound to a channel at a time in seconds."""
        start = max(0, round(at * RATE))
        end = min(self.length, start + sound.shape[1])
        self.channels[name].sound[:, start:end] += gain * sound[:, : end - start]

    def ride(self, song: Arrangement) -> None:
        """The hand on the faders: quiet parts a little quieter still."""
        levels = np.array([bar.part.level for bar in song.bars])
        starts = np.array([bar.start for bar in song.bars])
        at = np.clip(np.searchsorted(starts, clock(song.seconds), "right") - 1, 0, None)
        curve = uniform_filter1d(10.0 ** (FADER_RANGE / 20.0 * (levels[at] - 1.0)), RATE // 25)
        for channel in self.channels.values():
            channel.sound *= curve.astype(np.float32)

    def mix(self, hands: Random) -> Sound:
        """Everything through ducking, reverb and delay into one stereo sound."""
        pump = self._pump()
        dry, room, echo = (np.zeros((2, self.length), np.float32) for _ in range(3))
        for channel in self.channels.values():
            sound = channel.sound * (channel.level * (1.0 - channel.duck * pump))
            dry += sound
            room += channel.room * sound
            echo += channel.echo * sound
        delayed = ping_pong(echo)
        return dry + delayed + reverb(room + 0.3 * delayed, hands)

    def _pump(self) -> NDArray[np.float32]:
        """0 where nothing ducks, 1 at a kick, falling back within a beat: shape (n,)."""
        t = clock(0.9 * BEAT)
        dip = np.minimum(t / 0.004, 1.0) * np.exp(-((t / 0.17) ** 1.6))
        out = np.zeros(self.length + len(dip))
        for time in self.kicks:
            start = round(time * RATE)
            span = slice(start, start + len(dip))
            out[span] = np.maximum(out[span], dip)
        return out[: self.length].astype(np.float32)


def ping_pong(sound: Sound) -> Sound:
    """Echoes a dotted eighth apart that jump from side to side and grow darker."""
    out = np.zeros_like(sound)
    echo = highpass(sound, 350.0)
    step = round(3 * STEP * RATE)
    for _ in range(5):
        echo = lowpass(np.pad(echo, ((0, 0), (step, 0)))[::-1, : sound.shape[1]], 4500.0, order=1)
        echo = 0.55 * echo
        out += echo * np.array([[1.0], [0.8]])
    return out


def reverb(sound: Sound, hands: Random, *, seconds: float = 2.4) -> Sound:
    """Convolution with decaying noise: a hall whose treble dies first."""
    t = clock(seconds)
    noise = hands.normal(size=(2, len(t)))
    low, high = lowpass(noise, 1800.0), highpass(noise, 1800.0)
    hall = low * np.exp(-t / 0.38) + 0.6 * high * np.exp(-t / 0.2)
    hall *= np.minimum(t / 0.012, 1.0)
    hall = np.pad(highpass(hall, 180.0), ((0, 0), (round(0.018 * RATE), 0)))
    hall /= np.sqrt((hall**2).sum(axis=1, keepdims=True))
    return np.stack([oaconvolve(*pair)[: sound.shape[1]] for pair in zip(sound, hall, strict=True)])


def master(sound: Sound, *, drive: float = 1.15, ceiling: float = 0.89) -> Sound:
    """Rumble out, warm saturation, a look-ahead limiter, and a fade in the last moment."""
    sound = highpass(np.tanh(0.5 * drive * sound) / 0.5, 28.0)
    peaks = np.abs(sound).max(axis=0)
    window = round(0.006 * RATE)
    gain = ceiling / np.maximum(maximum_filter1d(peaks, 2 * window + 1), ceiling)
    gain = uniform_filter1d(gain, window)
    fade = np.clip((sound.shape[1] - np.arange(sound.shape[1])) / (0.8 * RATE), 0.0, 1.0)
    return np.clip(sound * gain * fade, -ceiling, ceiling)
