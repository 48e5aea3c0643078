"""Write the demo song: one minute of synth-pop, played by numpy and scipy alone.

    python examples/make_demo_song.py song.flac
    python examples/make_demo_song.py song.mp3 --seed 7 --truth truth.json

The same seed gives the same song. Another seed plays it with other hands: new velocities, another
arpeggio, other noise; the score stays. The file reads as a studio works: the score, the
instruments, the players who read the score, the mixer, the master, the tape.

Sounds are float64 arrays of shape (2, n), left and right, at RATE samples per second; the mixer
keeps them as float32.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d
from scipy.signal import butter, lfilter, oaconvolve, sosfilt

Sound = NDArray[np.float64]
Random = np.random.Generator

RATE = 44100
TEMPO = 128.0
BEAT = 60.0 / TEMPO
"""Seconds from beat to beat."""
BAR = 4 * BEAT
STEP = BEAT / 4
"""A sixteenth, in seconds."""
TAIL = 3.0
"""Seconds in which the last chord rings out."""
FADER_RANGE = 5.0
"""Decibels between a part of level 1 and one of level 0, before the players' own restraint."""
TITLE = "Lumia"

# --- The score -------------------------------------------------------------------------------


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


def lead_voices(chords: Sequence[Chord]) -> tuple[tuple[int, ...], ...]:
    """MIDI notes for each chord, in close position, each moving as little as it can."""
    voicings: list[tuple[int, ...]] = []
    for chord in chords:
        before = voicings[-1] if voicings else (57, 60, 64, 67)
        voicings.append(min(_close_positions(chord), key=partial(_motion, before)))
    return tuple(voicings)


def _close_positions(chord: Chord) -> Iterator[tuple[int, ...]]:
    for lowest in range(53, 62):
        if lowest % 12 in chord.tones:
            yield tuple(sorted(lowest + (tone - lowest) % 12 for tone in chord.tones))


def _motion(before: tuple[int, ...], after: tuple[int, ...]) -> int:
    return sum(abs(a - b) for a, b in zip(before, after, strict=True))


# --- Building blocks -------------------------------------------------------------------------


def hertz(note: float) -> float:
    """MIDI note number to frequency, A4 = 440 Hz."""
    return float(440.0 * 2.0 ** ((note - 69.0) / 12.0))


def clock(seconds: float) -> Sound:
    """The time of every sample, in seconds, shape (n,)."""
    return np.arange(round(seconds * RATE)) / RATE


def saw(frequency: float | Sound, seconds: float, *, phase: float = 0.0) -> Sound:
    """A saw wave, shape (n,), smoothed by PolyBLEP (Valimaki and Huovilainen 2007)."""
    step = np.broadcast_to(np.asarray(frequency) / RATE, round(seconds * RATE))
    turn = (phase + np.cumsum(step)) % 1.0
    wave = 2.0 * turn - 1.0
    after, before = turn < step, turn > 1.0 - step
    x = turn[after] / step[after]
    wave[after] -= 2.0 * x - x * x - 1.0
    x = (turn[before] - 1.0) / step[before]
    wave[before] -= x * x + 2.0 * x + 1.0
    return wave


def envelope(seconds: float, *, attack: float, decay: float, hold: float, release: float) -> Sound:
    """Attack, exponential decay to the level `hold`, and a release that ends at `seconds`."""
    t = clock(seconds)
    rise = np.minimum(t / max(attack, 1e-4), 1.0)
    fall = hold + (1.0 - hold) * np.exp(-np.maximum(t - attack, 0.0) / decay)
    end = np.clip((seconds - t) / max(release, 1e-4), 0.0, 1.0)
    return rise * fall * end * end * (3.0 - 2.0 * end)


@cache
def _butterworth(order: int, cutoff: float, kind: str) -> Sound:
    return np.asarray(butter(order, cutoff, kind, fs=RATE, output="sos"))


def lowpass(sound: Sound, cutoff: float, *, order: int = 2) -> Sound:
    """Butterworth, cutoff in Hz."""
    return np.asarray(sosfilt(_butterworth(order, cutoff, "low"), sound))


def highpass(sound: Sound, cutoff: float, *, order: int = 2) -> Sound:
    """Butterworth, cutoff in Hz."""
    return np.asarray(sosfilt(_butterworth(order, cutoff, "high"), sound))


def treble(sound: Sound, corner: float, *, gain: float) -> Sound:
    """A gentle shelf that lifts what lies above the corner, in Hz, by a factor."""
    return sound + (gain - 1.0) * highpass(sound, corner, order=1)


def bandpass(sound: Sound, low: float, high: float) -> Sound:
    """Butterworth, edges in Hz."""
    return np.asarray(sosfilt(butter(1, (low, high), "band", fs=RATE, output="sos"), sound))


def swept_lowpass(
    sound: Sound, cutoff: Sound, *, resonance: float = 1.2, block: int = 256
) -> Sound:
    """A biquad (Bristow-Johnson's cookbook) whose cutoff in Hz, one per sample, may move."""
    out, state = np.empty_like(sound), np.zeros((len(sound), 2))
    for start in range(0, sound.shape[-1], block):
        angle = 2.0 * np.pi * min(cutoff[start], 0.45 * RATE) / RATE
        alpha, cosine = np.sin(angle) / (2.0 * resonance), np.cos(angle)
        b = np.array([0.5, 1.0, 0.5]) * (1.0 - cosine)
        a = np.array([1.0 + alpha, -2.0 * cosine, 1.0 - alpha])
        span = slice(start, start + block)
        out[:, span], state = lfilter(b, a, sound[:, span], zi=state)
    return out


def pan(sound: Sound, position: float) -> Sound:
    """Mono (n,) to stereo with constant power; -1 is left, 1 is right."""
    angle = (position + 1.0) * np.pi / 4.0
    return np.stack([np.cos(angle) * sound, np.sin(angle) * sound]) * np.sqrt(2.0)


# --- The instruments -------------------------------------------------------------------------


def kick(hands: Random, *, weight: float = 1.0) -> Sound:
    t = clock(0.42)
    pitch = 47.0 + 55.0 * np.exp(-t / 0.035) + 190.0 * np.exp(-t / 0.006)
    body = np.sin(2.0 * np.pi * np.cumsum(pitch) / RATE) * np.exp(-t / 0.11)
    click = highpass(hands.normal(size=len(t)), 2500.0) * np.exp(-t / 0.004) * 0.4
    fade = np.clip((0.42 - t) / 0.05, 0.0, 1.0)
    return pan(np.tanh(1.8 * weight * body + click) * fade, 0.0)


def snare(hands: Random) -> Sound:
    """A drum, its wires, and a clap of four hands on top."""
    t = clock(0.32)
    drum = np.sin(2 * np.pi * 188 * t + 3 * np.exp(-t / 0.01)) * np.exp(-t / 0.06)
    drum += 0.5 * np.sin(2 * np.pi * 331 * t) * np.exp(-t / 0.04)
    sides = []
    for _ in range(2):
        wires = highpass(hands.normal(size=len(t)), 1800.0) * np.exp(-t / 0.085)
        claps = sum(np.exp(-np.maximum(t - d, 0) / 0.012) * (t >= d) for d in (0, 0.009, 0.019))
        tail = (t >= 0.027) * np.exp(-np.maximum(t - 0.027, 0) / 0.09)
        clap = bandpass(hands.normal(size=len(t)), 900.0, 3200.0) * (claps + 1.4 * tail)
        sides.append(0.7 * drum + 0.22 * wires + 0.35 * clap)
    return np.tanh(1.1 * np.stack(sides)) * np.clip((0.32 - t) / 0.05, 0.0, 1.0)


def hat(hands: Random, *, decay: float) -> Sound:
    """A closed hat decays in 0.03 s, an open one in 0.2 s."""
    t = clock(6.0 * decay)
    metal = sum(np.sign(np.sin(2 * np.pi * f * t)) for f in (3170, 4183, 5440, 6713, 8019, 9201))
    sides = [metal * 0.1 + hands.normal(size=len(t)) * 0.4 for _ in range(2)]
    fade = np.clip((t[-1] - t) / 0.01, 0.0, 1.0)
    return highpass(np.stack(sides), 7200.0, order=3) * np.exp(-t / decay) * fade


def crash(hands: Random) -> Sound:
    t = clock(3.2)
    ring = sum(np.sin(2 * np.pi * f * t) for f in hands.uniform(2200.0, 9000.0, 24)) / 14.0
    sides = [ring + hands.normal(size=len(t)) * 0.55 for _ in range(2)]
    shape = (1.0 - np.exp(-t / 0.002)) * np.exp(-t / 0.75) * np.clip((3.2 - t) / 0.5, 0, 1)
    return highpass(np.stack(sides), 2600.0) * shape


def tom(note: float) -> Sound:
    t = clock(0.45)
    pitch = hertz(note) * (1.0 + 0.7 * np.exp(-t / 0.03))
    wave = np.sin(2 * np.pi * np.cumsum(pitch) / RATE) * np.exp(-t / 0.16)
    return pan(np.tanh(1.5 * wave) * np.clip((0.45 - t) / 0.05, 0, 1), (note - 45.0) / 14.0)


def impact(hands: Random) -> Sound:
    """The boom under the first beat of a chorus."""
    t = clock(2.0)
    boom = np.sin(2 * np.pi * np.cumsum(36.0 + 40.0 * np.exp(-t / 0.08)) / RATE)
    dust = lowpass(hands.normal(size=len(t)), 900.0) * 0.5
    return pan((boom * np.exp(-t / 0.45) + dust * np.exp(-t / 0.25)), 0.0)


def riser(hands: Random, *, seconds: float) -> Sound:
    """Noise that climbs and swells until the downbeat, with a siren far inside."""
    t = clock(seconds)
    x = t / seconds
    noise = hands.normal(size=(2, len(t)))
    wind = swept_lowpass(noise, 300.0 * 30.0**x, resonance=2.0)
    siren = saw(hertz(50.0) * 4.0**x, seconds)
    swell = x**2.2 * np.clip((seconds - t) / 0.02, 0.0, 1.0)
    return (0.35 * highpass(wind, 250.0) + 0.10 * lowpass(siren, 3000.0)) * swell


@cache
def bass(note: int, *, seconds: float, bite: float) -> Sound:
    """A saw over a sine; `bite`, 0..1, opens the filter."""
    t = clock(seconds)
    wave = saw(hertz(note), seconds) + 0.6 * saw(1.004 * hertz(note), seconds, phase=0.4)
    growl = lowpass(wave, 330.0) + lowpass(wave, 500.0 + 1900.0 * bite) * (
        0.25 + 0.75 * np.exp(-t / 0.11)
    )
    deep = np.sin(2 * np.pi * hertz(note) * t)
    shape = envelope(seconds, attack=0.004, decay=0.25, hold=0.7, release=0.03)
    return pan(np.tanh(0.55 * growl + 0.75 * deep) * shape, 0.0)


def ensemble(note: int, hands: Random, *, seconds: float, voices: int, spread: float) -> Sound:
    """Detuned saws across the stereo field; `spread` is the largest detuning in cents."""
    out = np.zeros((2, round(seconds * RATE)))
    for place in np.linspace(-1.0, 1.0, voices):
        frequency = hertz(note + place * spread / 100.0 + hands.normal() * 0.01)
        position = place if hands.random() < 0.5 else -place
        out += pan(saw(frequency, seconds, phase=hands.random()), 0.9 * position)
    return out / np.sqrt(voices)


@cache
def lead(note: int, *, seconds: float) -> Sound:
    """The singer of the chorus: two saws and a hollow one, with a late vibrato."""
    t = clock(seconds)
    vibrato = 1.0 + 0.006 * np.sin(2 * np.pi * 5.6 * t) * np.clip((t - 0.18) / 0.2, 0.0, 1.0)
    scoop = 1.0 - 0.03 * np.exp(-t / 0.018)
    pitch = hertz(note) * vibrato * scoop
    left = saw(pitch * 1.003, seconds) + 0.5 * saw(pitch * 0.5, seconds, phase=0.3)
    right = saw(pitch * 0.997, seconds, phase=0.5) + 0.5 * saw(pitch * 0.5, seconds, phase=0.3)
    shape = envelope(seconds, attack=0.008, decay=0.3, hold=0.72, release=0.06)
    return treble(lowpass(np.stack([left, right]), 7500.0), 1800.0, gain=1.8) * shape


def voice(note: int, *, seconds: float, vowel: Sequence[float]) -> Sound:
    """A wordless singer: a glottal saw through three formants, given in Hz."""
    t = clock(seconds)
    vibrato = 1.0 + 0.009 * np.sin(2 * np.pi * 5.1 * t) * np.clip((t - 0.15) / 0.3, 0.0, 1.0)
    source = lowpass(saw(hertz(note) * vibrato, seconds), 6000.0)
    gains = (1.0, 0.7, 0.35)
    throat = sum(
        g * bandpass(source, f * 0.92, f * 1.08) for g, f in zip(gains, vowel, strict=True)
    )
    shape = envelope(seconds, attack=0.05, decay=0.5, hold=0.8, release=0.12)
    breathy = treble(throat + 0.12 * source, 1500.0, gain=2.5)
    return pan(breathy * shape, 0.0)


@cache
def pluck(note: int, *, seconds: float, position: float) -> Sound:
    t = clock(seconds)
    wave = saw(hertz(note), seconds) - saw(hertz(note), seconds, phase=0.35)
    tone = lowpass(wave, 1300.0) + 1.3 * lowpass(wave, 9000.0) * np.exp(-t / 0.045)
    shape = envelope(seconds, attack=0.002, decay=0.12, hold=0.0, release=0.02)
    return pan(tone * shape, position)


def keys(note: int, *, seconds: float, velocity: float) -> Sound:
    """An electric piano by frequency modulation (Chowning 1973)."""
    t = clock(seconds)
    turn = 2 * np.pi * hertz(note) * t
    tine = np.sin(14.0 * turn) * np.exp(-t / 0.05) * 0.6 * velocity
    tone = np.sin(turn + 1.6 * velocity * np.exp(-t / 0.5) * np.sin(turn) + tine)
    shape = envelope(seconds, attack=0.003, decay=0.9, hold=0.0, release=0.1)
    tremolo = 0.25 * np.sin(2 * np.pi * 4.2 * t)
    return np.stack([tone * (1.0 + tremolo), tone * (1.0 - tremolo)]) * shape


# --- The mixer -------------------------------------------------------------------------------


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


# --- The players -----------------------------------------------------------------------------


def play_drums(song: Arrangement, mixer: Mixer, hands: Random) -> None:
    kit = {
        "kick": kick(hands),
        "snare": snare(hands),
        "closed": hat(hands, decay=0.028),
        "open": hat(hands, decay=0.13),
        "crash": crash(hands),
    }
    for bar in song.bars:
        _play_kick(bar, mixer, kit["kick"])
        _play_snare(bar, mixer, kit["snare"], hands)
        _play_hats(bar, mixer, kit, hands)
        if bar.has("crash") and bar.index % 4 == 0:
            mixer.lay("cymbals", kit["crash"], bar.start, gain=0.9 if bar.index == 0 else 0.6)
        if bar.is_last and bar.following and bar.has("snare"):
            _play_fill(bar, mixer, hands)
    mixer.lay("kick", kit["kick"], song.finale)
    mixer.lay("cymbals", kit["crash"], song.finale, gain=0.8)


def _play_kick(bar: Bar, mixer: Mixer, drum: Sound) -> None:
    if not bar.has("kick"):
        return
    steps = [0, 4, 8, 12] if bar.has("floor") or bar.part.function == "outro" else [0, 6, 8, 11]
    if bar.has("octave") and bar.index % 2:
        steps.append(15)
    for step in steps:
        time = bar.start + step * STEP
        mixer.kicks.append(time)
        soft = 0.75 if step % 4 else 1.0
        mixer.lay("kick", drum, time, gain=soft * (0.55 + 0.45 * bar.part.level))


def _play_snare(bar: Bar, mixer: Mixer, drum: Sound, hands: Random) -> None:
    if not bar.has("snare"):
        return
    for step in (4, 12):
        force = (0.5 + 0.5 * bar.part.level) * hands.uniform(0.94, 1.0)
        mixer.lay("snare", drum, bar.start + step * STEP, gain=force)
    if bar.index % 2:
        mixer.lay("snare", drum, bar.start + 7 * STEP, gain=0.13 * hands.uniform(0.7, 1.3))


def _play_hats(bar: Bar, mixer: Mixer, kit: dict[str, Sound], hands: Random) -> None:
    busy = bar.has("floor") or (bar.has("shaker") and bar.index >= 2)
    if not (bar.has("hats") or busy):
        return
    for step in range(0, 16, 1 if busy else 2):
        accent = (1.0, 0.35, 0.7, 0.4)[step % 4] * hands.uniform(0.8, 1.1)
        late = abs(hands.normal()) * 0.0015
        time = bar.start + step * STEP + late
        mixer.lay("hats", kit["closed"], time, gain=accent * (0.4 + 0.6 * bar.part.level))
        if bar.has("floor") and step % 4 == 2:
            mixer.lay("hats", kit["open"], time, gain=0.75 * hands.uniform(0.9, 1.1))


def _play_fill(bar: Bar, mixer: Mixer, hands: Random) -> None:
    """Toms down the last two beats of a part."""
    notes = (53, 53, 50, 50, 47, 45, 43, 41)
    for i, note in enumerate(notes):
        if i in (1, 3) and hands.random() < 0.5:
            continue
        force = (0.55 + 0.06 * i) * hands.uniform(0.9, 1.05) * bar.part.level
        mixer.lay("toms", tom(note), bar.start + (8 + i) * STEP, gain=force)


def play_bass(song: Arrangement, mixer: Mixer, hands: Random) -> None:
    """Eighths with octave jumps in the chorus, syncopation in the verse, one note in the bridge."""
    for bar in (b for b in song.bars if b.has("bass")):
        if bar.part.function == "bridge":
            line = [(0, 15.5, 0)]
        elif bar.has("floor"):
            line = [(s, 1.9, 12 if s in (6, 14) else 0) for s in range(0, 16, 2)]
        else:
            line = [(0, 5.5, 0), (6, 1.8, 0), (8, 2.8, 0), (11, 2.8, 0), (14, 1.8, 7)]
        for step, length, jump in line:
            note = bass(bar.chord.bass + jump, seconds=length * STEP, bite=bar.part.level**2)
            force = (0.6 + 0.4 * bar.part.level) * hands.uniform(0.92, 1.0)
            mixer.lay("bass", note, bar.start + step * STEP, gain=force)
    last = bass(CHORDS[LAST_CHORD].bass, seconds=TAIL, bite=0.2) * np.exp(-clock(TAIL) / 0.6)
    mixer.lay("bass", last, song.finale)


def play_chords(song: Arrangement, mixer: Mixer, hands: Random) -> None:
    """Pads in the quiet parts, a wall of saws in the choruses."""
    chords = [*(bar.chord for bar in song.bars), CHORDS[LAST_CHORD]]
    voicings = lead_voices(chords)
    for bar, notes in zip(song.bars, voicings, strict=False):
        if bar.has("wall"):
            _play_wall(bar, notes, mixer, hands)
        else:
            _play_pad(bar, notes, mixer, hands)
    last = sum(ensemble(n, hands, seconds=TAIL, voices=6, spread=12.0) for n in voicings[-1])
    shape = envelope(TAIL, attack=0.006, decay=0.7, hold=0.0, release=0.5)
    mixer.lay("pad", swept_lowpass(last, 400.0 + 5000.0 * shape) * shape, song.finale, gain=1.3)


def _play_pad(bar: Bar, notes: Sequence[int], mixer: Mixer, hands: Random) -> None:
    level, seconds = bar.part.level, BAR + 0.25
    shape = envelope(seconds, attack=0.06, decay=1.0, hold=0.85, release=0.3)
    chord = sum(ensemble(n, hands, seconds=seconds, voices=4, spread=9.0) for n in notes)
    mixer.lay("pad", lowpass(chord, 600.0 + 5000.0 * level**2) * shape, bar.start, gain=level)


def _play_wall(bar: Bar, notes: Sequence[int], mixer: Mixer, hands: Random) -> None:
    seconds = BAR + 0.02
    shape = envelope(seconds, attack=0.006, decay=0.5, hold=0.8, release=0.04)
    tones = [*notes, notes[-1] + 12] if bar.has("octave") else list(notes)
    chord = sum(ensemble(n, hands, seconds=seconds, voices=5, spread=16.0) for n in tones)
    bright = treble(highpass(lowpass(chord, 11000.0), 170.0), 1500.0, gain=2.2)
    mixer.lay("wall", bright * shape, bar.start, gain=bar.part.level)


def play_arpeggio(song: Arrangement, mixer: Mixer, hands: Random) -> None:
    """Sixteenths over the chord, swelling from bar to bar outside the chorus."""
    pattern = hands.permutation(8)
    for bar in (b for b in song.bars if b.has("arp")):
        ladder = [60 + (tone - 60) % 12 + up for up in (0, 12) for tone in sorted(bar.chord.tones)]
        opening = (bar.index + 1) / len(bar.part.chords)
        swells = bar.part.function in ("intro", "verse", "bridge")
        presence = 0.5 + 0.4 * opening if swells else 1.0
        for step in range(16):
            note = ladder[pattern[step % 8]] if step % 4 else ladder[step // 4]
            force = (1.0 if step % 4 == 0 else 0.65) * hands.uniform(0.8, 1.0)
            sound = pluck(note, seconds=0.3, position=0.6 * (-1) ** step)
            time = bar.start + step * STEP
            mixer.lay("arp", sound, time, gain=force * presence * bar.part.level)


def play_melodies(song: Arrangement, mixer: Mixer, hands: Random) -> None:
    for bar in song.bars:
        if bar.has("lead"):
            for time, seconds, note in _sing(HOOK, bar):
                mixer.lay("lead", lead(note, seconds=seconds), time, gain=hands.uniform(0.9, 1.0))
                if bar.has("octave"):
                    mixer.lay("lead", lead(note + 12, seconds=seconds), time, gain=0.3)
        if bar.has("answer") and bar.index >= 4:
            for time, seconds, note in _sing(ANSWER, bar):
                mixer.lay("answer", lead(note, seconds=seconds), time, gain=0.8)
        if bar.has("voice"):
            _play_voice(bar, mixer, hands)
        if bar.has("keys"):
            _play_keys(bar, mixer, hands)


def _sing(melody: Melody, bar: Bar) -> Iterator[tuple[float, float, int]]:
    """(time, seconds, note) of a four-bar melody in this bar."""
    for number, beat, length, note in melody:
        if number == bar.index % 4:
            yield bar.start + beat * BEAT, length * BEAT, note


def _play_voice(bar: Bar, mixer: Mixer, hands: Random) -> None:
    in_bridge = bar.part.function == "bridge"
    vowel = (420.0, 900.0, 2500.0) if in_bridge else (700.0, 1150.0, 2600.0)
    for time, seconds, note in _sing(BRIDGE_TUNE if in_bridge else VERSE_TUNE, bar):
        sound = voice(note, seconds=seconds + 0.08, vowel=vowel)
        mixer.lay("voice", sound, time + 0.006, gain=hands.uniform(0.85, 1.0))


def _play_keys(bar: Bar, mixer: Mixer, hands: Random) -> None:
    tones = sorted(60 + (tone - 60) % 12 for tone in bar.chord.tones)
    for i, (step, length) in enumerate(((0, 8), (3, 5), (6, 6), (10, 6))):
        for note in tones if i == 0 else (tones[-i], tones[-i] + 12):
            force = hands.uniform(0.6, 0.8) * (1.0 if i == 0 else 0.8)
            sound = keys(note, seconds=length * STEP + 0.4, velocity=force)
            mixer.lay("keys", sound, bar.start + step * STEP, gain=force)


def play_transitions(song: Arrangement, mixer: Mixer, hands: Random) -> None:
    """Risers and a snare roll before a chorus, a boom on it."""
    roll = snare(hands)
    for bar in song.bars:
        if bar.before_chorus:
            mixer.lay("effects", riser(hands, seconds=2 * BAR), bar.start - BAR, gain=0.6)
            mixer.lay("effects", impact(hands), bar.start + BAR, gain=0.7)
        if bar.before_chorus and bar.part.function == "bridge":
            for step in range(16):
                mixer.lay(
                    "snare", roll, bar.start + step * STEP, gain=0.12 + 0.5 * (step / 15) ** 2
                )
    mixer.lay("effects", impact(hands), 0.0, gain=0.5)
    mixer.lay("effects", impact(hands), song.finale, gain=0.6)


# --- The tape --------------------------------------------------------------------------------


def make_song(seed: int = 1) -> tuple[NDArray[np.float32], Truth]:
    """The song, shape (2, n), float32 within -1..1 at RATE, and what is played when."""
    hands = np.random.default_rng(seed)
    song = Arrangement(SCORE)
    mixer = Mixer(song.seconds)
    for play in (
        play_drums, play_bass, play_chords, play_arpeggio, play_melodies, play_transitions,
    ):  # fmt: skip
        play(song, mixer, hands)
    mixer.ride(song)
    return master(mixer.mix(hands)).astype(np.float32), song.truth()


CODECS = {".flac": "flac", ".wav": "pcm_s16le", ".mp3": "libmp3lame", ".m4a": "aac"}


def write_song(path: Path, sound: NDArray[np.float32]) -> None:
    """Encode with the codec that the file's extension asks for."""
    import av

    with av.open(str(path), "w") as container:
        container.metadata["title"] = TITLE
        stream = container.add_stream(CODECS[path.suffix.lower()], rate=RATE, layout="stereo")
        if stream.name in ("libmp3lame", "aac"):
            stream.bit_rate = 256_000
        for start in range(0, sound.shape[1], RATE):
            block = np.ascontiguousarray(sound[:, start : start + RATE])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = RATE, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the demo song.")
    parser.add_argument("song", type=Path, help="a .flac, .wav, .mp3 or .m4a file")
    parser.add_argument("--seed", type=int, default=1, help="who plays (default: 1)")
    parser.add_argument("--truth", type=Path, help="also write beats and sections to this JSON")
    arguments = parser.parse_args()
    if arguments.song.suffix.lower() not in CODECS:
        parser.error(f"'{arguments.song}' must end in one of {', '.join(CODECS)}")
    sound, truth = make_song(arguments.seed)
    write_song(arguments.song, sound)
    if arguments.truth:
        arguments.truth.write_text(json.dumps(asdict(truth), indent=1) + "\n")
    print(f"{arguments.song}: {sound.shape[1] / RATE:.1f} s, {truth.tempo:g} beats per minute")


if __name__ == "__main__":
    main()
