"""Instruments with a pitch, as a note of a length: subtractive, formants, FM."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from demo_song.synthesis import (
    RATE,
    Random,
    Sound,
    bandpass,
    clock,
    envelope,
    hertz,
    lowpass,
    pan,
    saw,
    treble,
)


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
