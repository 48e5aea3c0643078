"""When beats fall: steady, as people play, slowing down, changing."""

from __future__ import annotations

import numpy as np

from songs.genre import Genre
from songs.score import Bar, Clock, Doubles

RITARDANDO_SHARE = 0.35
"""How often music by people slows down at its end."""


def make_clock(
    genre: Genre,
    tempo: float,
    bars: list[Bar],
    rng: np.random.Generator,
    *,
    start: float,
    ends: bool,
) -> Clock:
    """A clock whose beat 0 is at `start` seconds and which covers all bars and four beats more.

    Human songs wander by a random walk that is drawn back to the tempo; a few songs change tempo
    between sections or ramp slowly; `ends` says that the music comes to its end in the last bar.
    """
    total = round(bars[-1].start + bars[-1].beats) + 4
    factor = np.ones(total)
    human = rng.random() < genre.drift
    if human:
        factor *= _wander(total, float(10 ** rng.uniform(-2.6, -1.75)), rng)
        if ends and rng.random() < RITARDANDO_SHARE:
            factor *= _slow_down(total, 4 + int(rng.integers(2, 7)), float(rng.uniform(0.65, 0.9)))
    if rng.random() < 0.02:
        factor *= np.linspace(1, rng.uniform(0.9, 1.12), total)
    elif rng.random() < 0.03:
        factor[_a_boundary(bars, rng) :] *= rng.uniform(0.9, 1.12)
    times = start + np.concatenate([[0.0], np.cumsum(60 / (tempo * factor))])
    swing = float(rng.uniform(*genre.swing))
    return Clock(times.astype(np.float64), 0, swing, genre.swing_unit)


def _wander(beats: int, spread: float, rng: np.random.Generator) -> Doubles:
    """Factors about 1 with standard deviation `spread`, each leaning on those before it."""
    memory = 0.93
    walk = np.zeros(beats)
    for k in range(1, beats):
        walk[k] = memory * walk[k - 1] + rng.normal(0, spread * np.sqrt(1 - memory**2))
    return np.asarray(np.exp(walk), dtype=np.float64)


def _slow_down(beats: int, last: int, to: float) -> Doubles:
    factor = np.ones(beats)
    factor[-last:] = np.linspace(1, to, last)
    return factor


def _a_boundary(bars: list[Bar], rng: np.random.Generator) -> int:
    starts = [b.start for b in bars if b.number == 0 and b.section > 0] or [bars[-1].start]
    return round(starts[int(rng.integers(len(starts)))])
