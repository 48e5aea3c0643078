"""A small band for tests: drums, chords and a bass at given times, and sounds that are no music."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

RATE = 22050
Samples = NDArray[np.float32]
CHORDS = ((0, 4, 7), (9, 0, 4), (5, 9, 0), (7, 11, 2))
"""Pitch classes of C, Am, F and G."""


class Band:
    """Samples to which sounds are added. The same calls give the same samples."""

    def __init__(self, seconds: float, *, rate: int = RATE, seed: int = 1) -> None:
        self.samples = np.zeros(round(seconds * rate), dtype=np.float32)
        self._rate = rate
        self._rng = np.random.default_rng(seed)

    def kick(self, times: Iterable[float], gain: float = 0.8) -> None:
        t = self._ramp(0.2)
        self._add(times, gain * np.sin(2 * np.pi * (50 * t + 4 * (1 - np.exp(-t / 0.03)))), t, 0.07)

    def snare(self, times: Iterable[float], gain: float = 0.5) -> None:
        t = self._ramp(0.2)
        body = 0.6 * np.sin(2 * np.pi * 190 * t) + self._rng.standard_normal(len(t))
        self._add(times, gain * 0.5 * body, t, 0.05)

    def hat(self, times: Iterable[float], gain: float = 0.15) -> None:
        t = self._ramp(0.1)
        noise = np.diff(self._rng.standard_normal(len(t) + 1))
        self._add(times, gain * noise, t, 0.02)

    def note(self, time: float, pitch: float, seconds: float, gain: float = 0.15) -> None:
        """A plucked or struck tone; pitch 69 is 440 Hz."""
        t = self._ramp(seconds)
        tones = sum(np.sin(2 * np.pi * _hertz(pitch) * k * t) / k**1.5 for k in range(1, 6))
        edges = np.minimum(1, np.minimum(t / 0.003, (seconds - t) / 0.02))
        self._add([time], gain * tones * np.exp(-t / 0.8) * np.maximum(edges, 0), t, np.inf)

    def pad(
        self, time: float, pitches: Iterable[float], seconds: float, gain: float = 0.06
    ) -> None:
        """A chord that swells and fades within a quarter of a second."""
        t = self._ramp(seconds + 0.2)
        tones = sum(np.sin(2 * np.pi * _hertz(p) * k * t) / k for p in pitches for k in (1, 2, 3))
        edges = np.clip(np.minimum(t, t[-1] - t) / 0.25, 0, 1)
        self._add([time], gain * tones * edges, t, np.inf)

    def chords(self, bars: NDArray[np.float64], *, low: int = 48, gain: float = 0.06) -> None:
        """A pad on every bar but the last, which ends the one before; and its root below."""
        for number, (start, end) in enumerate(pairwise(bars)):
            chord = CHORDS[number % 4]
            self.pad(start, [low + p for p in chord], end - start, gain)
            self.note(start, low - 12 + chord[0], end - start, 3 * gain)

    def _ramp(self, seconds: float) -> NDArray[np.float64]:
        return np.arange(round(seconds * self._rate)) / self._rate

    def _add(
        self,
        times: Iterable[float],
        sound: NDArray[np.float64],
        t: NDArray[np.float64],
        decay: float,
    ) -> None:
        sound = (sound * np.exp(-t / decay)).astype(np.float32)
        for time in times:
            start = round(float(time) * self._rate)
            part = self.samples[start : start + len(sound)]
            part += sound[: len(part)]


def rock(band: Band, beats: NDArray[np.float64], *, meter: int = 4, hats: int = 2) -> None:
    """Kick on the first of each bar and its middle, snare between, hats in even parts of beats."""
    places = np.arange(len(beats)) % meter
    band.kick(beats[(places == 0) | (places == 2 * (meter // 4))])
    band.snare(beats[places % 2 == 1] if meter == 4 else beats[places == meter - 2])
    band.hat(divided(beats, hats))


def divided(beats: NDArray[np.float64], parts: int) -> NDArray[np.float64]:
    """Times that part each beat evenly; the last beat is as long as the one before."""
    steps = np.arange(len(beats) * parts) / parts
    known = np.append(beats, 2 * beats[-1] - beats[-2])
    return np.interp(steps, np.arange(len(known)), known)


def rubato_piano(seconds: float, *, seed: int) -> Samples:
    """Notes whose distances wander between a fifth of a second and more than a second."""
    rng = np.random.default_rng(seed)
    band = Band(seconds, seed=seed)
    time, step = 0.3, 0.6
    while time < seconds - 0.1:
        for _ in range(rng.choice([1, 1, 2, 3])):
            pitch = 36 + 12 * rng.integers(1, 4) + rng.choice([0, 2, 4, 5, 7, 9, 11])
            band.note(time + abs(rng.normal(0, 0.01)), pitch, 2.0, rng.uniform(0.05, 0.2))
        step = float(np.clip(step * rng.lognormal(0, 0.35), 0.2, 1.2))
        time += step
    return band.samples


def applause(seconds: float, *, seed: int) -> Samples:
    """Many hands: a band of noise and single claps at random times."""
    rng = np.random.default_rng(seed)
    count = round(seconds * RATE)
    samples = 0.1 * _band_noise(rng, count, 700, 6000)
    clap = _band_noise(rng, 700, 800, 2500) * np.exp(-np.arange(700) / 180)
    for start in rng.integers(0, count - 700, round(40 * seconds)):
        samples[start : start + 700] += rng.uniform(0.1, 0.6) * clap
    return samples.astype(np.float32)


def speech(seconds: float, *, seed: int) -> Samples:
    """Syllables of uneven length, three to six a second, with pauses for breath."""
    rng = np.random.default_rng(seed)
    count = round(seconds * RATE)
    pitch = 120 * np.exp(0.15 * np.interp(np.arange(count), *_wander(rng, count)))
    buzz = 1 - 2 * (np.cumsum(pitch) / RATE % 1)
    samples, time, rest = 1e-4 * rng.standard_normal(count), 0.2, 2.0
    while time < seconds - 0.6:
        size = round(float(np.clip(rng.lognormal(np.log(0.22), 0.35), 0.08, 0.5)) * RATE)
        start = round(time * RATE)
        vowel = _formants(buzz[start : start + size], rng.uniform(300, 800), rng.uniform(900, 2200))
        samples[start : start + size] += vowel * np.hanning(len(vowel)) * rng.uniform(0.4, 1)
        time += size / RATE
        if time > rest:
            time += rng.uniform(0.2, 1.0)
            rest = time + rng.uniform(1, 4)
    return samples.astype(np.float32)


def random_hits(seconds: float, *, seed: int, rate: float = 3.0) -> Samples:
    """Drums at the times of a Poisson process."""
    rng = np.random.default_rng(seed)
    band = Band(seconds, seed=seed)
    times = np.sort(rng.uniform(0, seconds, round(rate * seconds)))
    for drum, time in zip(rng.integers(0, 3, len(times)), times, strict=True):
        (band.kick, band.snare, band.hat)[drum]([time], rng.uniform(0.2, 0.8))
    return band.samples


def _hertz(pitch: float) -> float:
    return float(440 * 2 ** ((pitch - 69) / 12))


def _wander(rng: np.random.Generator, count: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    places = np.arange(0, count + RATE, RATE // 4)
    return places, rng.standard_normal(len(places))


def _band_noise(
    rng: np.random.Generator, count: int, low: float, high: float
) -> NDArray[np.float64]:
    """Noise between two frequencies in Hz, of about unit variance."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hertz = np.fft.rfftfreq(count, 1 / RATE)
    noise = np.fft.irfft(spectrum * ((hertz > low) & (hertz < high)), count)
    return np.asarray(noise / noise.std())


def _formants(buzz: NDArray[np.float64], *centres: float) -> NDArray[np.float64]:
    spectrum, hertz = np.fft.rfft(buzz), np.fft.rfftfreq(len(buzz), 1 / RATE)
    shape = sum(1 / (1 + ((hertz - c) / 80) ** 2) for c in centres)
    return np.asarray(np.fft.irfft(spectrum * shape, len(buzz)))
