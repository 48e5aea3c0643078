"""Click tracks: the barest rhythm there is, which no song in tools/songs is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

RATE = 22050
SECONDS = 50
DRIFTS = (0.0, 0.0, 0.003, 0.01)
EIGHTHS = (0.0, 0.0, 0.0, 0.3, 0.6)
"""Levels of clicks half-way between beats, against those of the beats."""

Samples = NDArray[np.float64]


@dataclass(frozen=True)
class ClickTrack:
    samples: NDArray[np.float32]
    beats: NDArray[np.float64]
    positions: NDArray[np.int64]
    meter: int


def make_click_track(seed: int) -> ClickTrack:
    """A metronome with accents: random tempo, meter, sounds, drift and first beat."""
    rng = np.random.default_rng([7, seed])
    meter = int(rng.choice([4, 4, 4, 3, 3, 5, 7]))
    beats = _beat_times(rng)
    first = int(rng.integers(meter)) if rng.random() < 0.4 else 0
    positions = (np.arange(len(beats)) + first) % meter
    samples = np.zeros(SECONDS * RATE)
    _strike(samples, beats, positions, rng)
    samples *= rng.uniform(0.1, 0.9) / np.abs(samples).max()
    if rng.random() < 0.3:
        samples += 0.002 * rng.standard_normal(len(samples))
    return ClickTrack(samples.astype(np.float32), beats, positions, meter)


def _beat_times(rng: Generator) -> NDArray[np.float64]:
    period = 60 / np.exp(rng.uniform(np.log(64), np.log(195)))
    drift = rng.choice(DRIFTS) * np.cumsum(rng.standard_normal(2000)) / 8
    beats = rng.uniform(0.05, 1.5) + np.cumsum(np.append(0.0, period * (1 + drift)))
    return np.asarray(beats[beats < SECONDS - 0.3])


def _strike(
    samples: Samples, beats: NDArray[np.float64], positions: NDArray[np.int64], rng: Generator
) -> None:
    down = _sound(str(rng.choice(["low", "low", "tick", "noise"])), rng)
    other = _sound(str(rng.choice(["tick", "tick", "noise"])), rng) * rng.uniform(0.2, 0.6)
    eighth = _sound("noise", rng) * rng.choice(EIGHTHS) * 0.2
    doubled, halved = rng.random() < 0.5, rng.random() < 0.3
    for index, beat in enumerate(beats):
        _add(samples, beat, down if positions[index] == 0 else other, rng)
        if positions[index] == 0 and doubled:
            _add(samples, beat, 0.6 * other, rng)
        if positions[index] == 2 and positions.max() == 3 and halved:
            _add(samples, beat, 0.6 * down, rng)
        if index + 1 < len(beats):
            _add(samples, (beat + beats[index + 1]) / 2, eighth, rng)


def _sound(kind: str, rng: Generator) -> Samples:
    time = np.arange(round(rng.uniform(0.03, 0.12) * RATE)) / RATE
    if kind == "low":
        hertz = rng.uniform(50, 120) * (1 + 0.5 * np.exp(-time / 0.01))
        return np.asarray(
            np.sin(2 * np.pi * hertz * time) * np.exp(-time / rng.uniform(0.015, 0.05))
        )
    if kind == "tick":
        fade = np.exp(-time / rng.uniform(0.004, 0.02))
        return np.asarray(np.sin(2 * np.pi * rng.uniform(700, 3500) * time) * fade)
    return np.asarray(rng.standard_normal(len(time)) * np.exp(-time / rng.uniform(0.006, 0.03)))


def _add(samples: Samples, seconds: float, sound: Samples, rng: Generator) -> None:
    start = round(seconds * RATE)
    room = min(len(sound), len(samples) - start)
    samples[start : start + room] += sound[:room] * rng.uniform(0.9, 1.1)
