"""Timbre, frequency, seconds -> samples: wave tables whose partials dull, plus simple FM."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from songs.score import RATE, Doubles, Floats
from songs.timbres import Timbre

SIZE = 2048
"""Samples in a wave table."""
ORGAN = {1: 1.0, 2: 0.8, 3: 0.5, 4: 0.6, 6: 0.25, 8: 0.3}
"""Drawbars: level by partial."""


def render(
    timbre: Timbre, frequency: float, seconds: float, rng: np.random.Generator, *, lfo: float = 2.0
) -> Floats:
    """One note with its attack and natural decay but without its release; peak about 1.

    `lfo` is the rate in Hz of brightness that moves with the tempo.
    """
    n = max(64, round(seconds * RATE))
    t = np.arange(n, dtype=np.float32) / np.float32(RATE)
    sound = np.zeros(n, np.float32)
    for k in range(timbre.unison):
        cents = timbre.detune * (k - (timbre.unison - 1) / 2) / max(1, timbre.unison - 1)
        phase = _phase(
            frequency * 2 ** (cents / 1200),
            t,
            timbre.vibrato,
            start=float(rng.random()) if k else 0.0,
        )
        sound += (
            _fm(timbre, frequency, phase, t)
            if timbre.wave == "fm"
            else _table(timbre, frequency, phase, t, lfo)
        )
    sound *= _envelope(timbre, t, frequency) / np.float32(np.sqrt(timbre.unison))
    if timbre.noise:
        burst = min(n, round(0.03 * RATE))
        sound[:burst] += (
            timbre.noise
            * rng.standard_normal(burst).astype(np.float32)
            * np.exp(-t[:burst] / 0.006)
        )
    return np.asarray(timbre.gain * sound, dtype=np.float32)


def _phase(frequency: float, t: Floats, vibrato: float, *, start: float) -> Floats:
    """Cycles; in float64 while it is summed, for a low note's tune."""
    phase = start + frequency * t.astype(np.float64)
    if vibrato:
        depth = frequency * vibrato / 1200 * np.log(2) / (2 * np.pi * 5.3)
        phase -= depth * np.cos(2 * np.pi * 5.3 * t) * np.minimum(t / 0.4, 1)
    return np.asarray(phase % 1.0, dtype=np.float32)


def _table(timbre: Timbre, frequency: float, phase: Floats, t: Floats, lfo: float) -> Floats:
    at = (phase * SIZE).astype(np.int32) & (SIZE - 1)
    bright = wave_table(timbre.wave, round(frequency, 1), timbre.bright)
    kind, time = timbre.change
    if kind == "none":
        return np.asarray(bright[at], dtype=np.float32)
    dull = wave_table(timbre.wave, round(frequency, 1), timbre.dull)
    if kind == "decay":
        mix = np.exp(-t / np.float32(time))
    elif kind == "swell":
        mix = 1 - np.exp(-t / np.float32(time))
    else:
        mix = (0.5 - 0.5 * np.cos(2 * np.pi * lfo * time * t)).astype(np.float32)
    low = dull[at]
    return np.asarray(low + mix * (bright[at] - low), dtype=np.float32)


@lru_cache(maxsize=4096)
def wave_table(wave: str, frequency: float, cutoff: float) -> Floats:
    """(SIZE,) one cycle without partials above the Nyquist frequency, root mean square 0.35."""
    count = max(1, min(int(0.45 * RATE / frequency), 200))
    h = np.arange(1, count + 1, dtype=np.float64)
    level = _partials(wave, h) / np.sqrt(1 + (h * frequency / max(cutoff, 1.5 * frequency)) ** 4)
    return table_of(
        level, phases=np.zeros(count) if wave == "square" else (h * h * 0.7) % (2 * np.pi)
    )


def table_of(level: Doubles, *, phases: Doubles) -> Floats:
    """A cycle of partials 1, 2, 3... of these levels and phases, root mean square 0.35."""
    spectrum = np.zeros(SIZE // 2 + 1, np.complex128)
    spectrum[1 : len(level) + 1] = level * np.exp(1j * phases)
    cycle = np.fft.irfft(spectrum)
    return np.asarray(0.35 * cycle / (np.sqrt(np.mean(cycle**2)) + 1e-12), dtype=np.float32)


def _partials(wave: str, h: Doubles) -> Doubles:
    odd = h % 2 == 1
    if wave == "saw":
        return 1 / h
    if wave == "square":
        return np.where(odd, 1 / h, 0)
    if wave == "pulse":
        return np.asarray(np.abs(np.sin(np.pi * h * 0.25)) / h)
    if wave == "triangle":
        return np.where(odd, 1 / h**2, 0)
    if wave == "organ":
        return np.array([ORGAN.get(int(k), 0.0) for k in h])
    if wave == "string":
        return np.asarray(np.abs(np.sin(np.pi * h * 0.17)) / h**0.9 + 0.05 / h)
    if wave == "reed":
        return np.asarray(np.where(odd, 1.0, 0.6) / h**0.8)
    return np.asarray(h == 1, dtype=np.float64)


def _fm(timbre: Timbre, frequency: float, phase: Floats, t: Floats) -> Floats:
    """Two-operator frequency modulation (Chowning 1973) whose depth falls faster than its level."""
    turn = np.float32(2 * np.pi) * phase
    depth = timbre.index * np.exp(-t / np.float32(max(timbre.decay, 0.1) * 0.4))
    modulator = (2 * np.pi * ((timbre.ratio * frequency * t.astype(np.float64)) % 1)).astype(
        np.float32
    )
    return np.asarray(0.5 * np.sin(turn + depth * np.sin(modulator)), dtype=np.float32)


def _envelope(timbre: Timbre, t: Floats, frequency: float) -> Floats:
    rise = 1 - np.exp(-t / np.float32(timbre.attack * 0.5))
    if timbre.decay:
        rise *= np.exp(-t / np.float32(timbre.decay * (220 / max(frequency, 55)) ** 0.35))
    return np.asarray(rise, dtype=np.float32)
