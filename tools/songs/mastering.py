"""What happens to a finished mix: compression, loudness, old tapes, bad phones."""

from __future__ import annotations

import numpy as np
from scipy import ndimage, signal

from songs.score import RATE, Floats


def master(mix: Floats, loudness: float, rng: np.random.Generator) -> Floats:
    """The mix as released; `loudness` is 0 (untouched) to 1 (a clipped wall)."""
    sound = mix / (np.max(np.abs(mix)) + 1e-9)
    if rng.random() < 0.3 + 0.6 * loudness:
        sound = compress(
            sound,
            ratio=float(rng.uniform(1.5, 2 + 5 * loudness)),
            threshold=float(rng.uniform(-28, -12)),
        )
    sound = smile(sound, float(rng.normal(2.0, 1.5)), float(rng.normal(5.0, 2.5)))
    sound = tilt(sound, float(rng.normal(0, 1.5)))
    sound = _wear(sound, rng)
    drive = 10 ** (float(rng.uniform(0, 4 + 14 * loudness)) / 20)
    sound = sound / (np.max(np.abs(sound)) + 1e-9)
    sound = np.tanh(drive * sound) if rng.random() < 0.6 else np.clip(drive * sound, -1, 1)
    level = 10 ** (float(_level(rng)) / 20)
    return np.asarray(level * sound / (np.max(np.abs(sound)) + 1e-9), dtype=np.float32)


def _level(rng: np.random.Generator) -> float:
    """Peak in dB of full scale: most are near 0, a few very quiet."""
    return float(rng.uniform(-3, 0) if rng.random() < 0.75 else rng.uniform(-30, -3))


def compress(sound: Floats, *, ratio: float, threshold: float) -> Floats:
    """Feed-forward compression of a 12 ms level, threshold in dB below the loudest moment."""
    hop = 128
    n = len(sound) // hop * hop
    power = np.mean(sound[:n].reshape(-1, hop) ** 2, axis=1)
    level = 10 * np.log10(ndimage.uniform_filter1d(power, 3) + 1e-9)
    over = np.maximum(level - (np.percentile(level, 99) + threshold), 0)
    cut = over * (1 - 1 / ratio)
    held = np.maximum(cut, signal.lfilter([0.06], [1, -0.94], cut))
    gain = 10 ** (
        -np.interp(np.arange(len(sound)), np.arange(len(held)) * hop + hop / 2, held) / 20
    )
    return np.asarray(sound * gain, dtype=np.float32)


def smile(sound: Floats, bottom: float, top: float) -> Floats:
    """Below 150 Hz up by `bottom` dB and above 2.5 kHz by `top` dB: what producers do to a mix."""
    low = signal.sosfilt(signal.butter(1, 150, fs=RATE, output="sos"), sound)
    high = signal.sosfilt(signal.butter(1, 2500, btype="high", fs=RATE, output="sos"), sound)
    lift = [10 ** (g / 20) - 1 for g in (bottom, top)]
    return np.asarray(sound + lift[0] * low + lift[1] * high, dtype=np.float32)


def tilt(sound: Floats, decibels: float) -> Floats:
    """Treble up, bass down by `decibels` each, about 700 Hz."""
    low = signal.sosfilt(signal.butter(1, 700, fs=RATE, output="sos"), sound)
    up = 10 ** (decibels / 20)
    return np.asarray(low / up + (sound - low) * up, dtype=np.float32)


def _wear(sound: Floats, rng: np.random.Generator) -> Floats:
    """Now and then: narrow band, vinyl, crowd, offset."""
    n = len(sound)
    if rng.random() < 0.07:
        sound = _lowpass(sound, float(rng.choice((3400, 4500, 6000, 7500))))
    if rng.random() < 0.05:
        sound = np.asarray(sound - _lowpass(sound, float(rng.uniform(60, 250))), dtype=np.float32)
    if rng.random() < 0.05:
        crackle = (rng.random(n) < 0.0006) * rng.normal(0, 0.15, n)
        sound = sound + _lowpass((crackle + rng.normal(0, 0.004, n)).astype(np.float32), 7000)
    if rng.random() < 0.04:
        swell = np.interp(np.arange(n), np.linspace(0, n, 12), rng.uniform(0.006, 0.03, 12))
        sound = sound + swell.astype(np.float32) * _lowpass(
            rng.standard_normal(n).astype(np.float32), 2500
        )
    elif rng.random() < 0.1:
        sound = sound + np.float32(10 ** rng.uniform(-4.5, -2.7)) * rng.standard_normal(n).astype(
            np.float32
        )
    if rng.random() < 0.02:
        sound = sound + np.float32(rng.uniform(-0.1, 0.1))
    return np.asarray(sound, dtype=np.float32)


def _lowpass(sound: Floats, edge: float) -> Floats:
    return np.asarray(
        signal.sosfilt(signal.butter(4, edge, fs=RATE, output="sos"), sound), dtype=np.float32
    )
