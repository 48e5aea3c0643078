"""What instruments are built of: pitch, time, a wave, envelopes, filters, the stereo field.

Sounds are float64 arrays at RATE samples per second: (2, n), left and right, or mono, (n,).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt

Sound = NDArray[np.float64]
Random = np.random.Generator
RATE = 44100


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
