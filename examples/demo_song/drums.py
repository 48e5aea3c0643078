"""Drums, cymbals and noises, each from nothing but sines and noise."""

from __future__ import annotations

import numpy as np

from demo_song.synthesis import (
    RATE,
    Random,
    Sound,
    bandpass,
    clock,
    hertz,
    highpass,
    lowpass,
    pan,
    saw,
    swept_lowpass,
)


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
