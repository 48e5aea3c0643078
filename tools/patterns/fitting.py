"""Weights that make the true alignment the likeliest: multinomial logistic regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from patterns.examples import Example, Floats, count
from patterns.windows import Window, draw_windows

TEMPER = 0.1
"""Neighbouring frames say the same: what counting says is taken this lightly."""
BATCH = 32


@dataclass(frozen=True)
class Training:
    """How weights are fitted."""

    beats: int = 16
    per_song: int = 6
    alignments: int = 48
    rounds: int = 5
    rate: float = 0.005
    pull: float = 0.001
    """Strength of the pull towards the counted weights."""


def fit(
    examples: list[Example], weights: Floats, *, seed: int, training: Training = Training()
) -> NDArray[np.float32]:
    """(CELLS, CURVES, LEVELS) in nats, by Adam (Kingma and Ba, ICLR 2015) from the counts."""
    counted = np.moveaxis(TEMPER * count(examples, weights), 2, 0)
    fitted = _Adam(np.ascontiguousarray(counted, dtype=np.float32))
    tempo = _Adam(np.array([0.0, -1.0], dtype=np.float32))
    for number in range(training.rounds):
        rng = np.random.default_rng([seed, number])
        drawn = draw_windows(
            examples, weights, rng,
            beats=training.beats, per_song=training.per_song, alignments=training.alignments,
        )  # fmt: skip
        rate = training.rate / (1 + 0.7 * number)
        order = rng.permutation(len(drawn))
        right = 0
        for batch in np.array_split(order, max(1, len(order) // BATCH)):
            right += _learn([drawn[i] for i in batch], fitted, tempo, rate, training.pull)
        print(f"round {number}: {right / len(drawn):.3f} of {len(drawn)} right", flush=True)
    return fitted.values


class _Adam:
    """Parameters and the running moments of their gradient."""

    def __init__(self, start: NDArray[np.float32]) -> None:
        self.values, self.start = start.copy(), start
        self._mean, self._square = np.zeros_like(start), np.zeros_like(start)
        self._steps = 0

    def step(self, gradient: NDArray[np.float32], rate: float) -> None:
        self._steps += 1
        self._mean += 0.1 * (gradient - self._mean)
        self._square += 0.01 * (gradient**2 - self._square)
        mean = self._mean / (1 - 0.9**self._steps)
        square = self._square / (1 - 0.99**self._steps)
        self.values -= rate * mean / (np.sqrt(square) + 1e-7)


def _learn(batch: list[Window], fitted: _Adam, tempo: _Adam, rate: float, pull: float) -> int:
    """One step; answers for how many windows the true alignment was the likeliest before it.

    The tempo's weights take the blame for mere slowness or haste, so that the patterns need not.
    """
    gradient, slope = np.zeros_like(fitted.values), np.zeros(2)
    right = 0
    for window in batch:
        powers = np.stack([window.octaves, window.octaves**2]) * (window.seconds / 8)
        scores = _scores(fitted.values, window.levels, window.places) + tempo.values @ powers
        likely = np.exp(scores - scores.max())
        likely /= likely.sum()
        right += int(np.argmax(likely) == 0)
        likely[0] -= 1
        likely *= window.weight / len(batch)
        _spread(gradient, window.levels, window.places, likely)
        slope += powers @ likely
    fitted.step(gradient + pull * (fitted.values - fitted.start), rate)
    tempo.step(slope.astype(np.float32), 10 * rate)
    return right


@njit(fastmath=True, nogil=True, cache=True)
def _scores(weights, levels, places):  # type: ignore[no-untyped-def]
    scores = np.zeros(len(places))
    for a in range(len(places)):
        for t in range(len(levels)):
            for curve in range(levels.shape[1]):
                scores[a] += weights[places[a, t], curve, levels[t, curve]]
    return scores


@njit(fastmath=True, nogil=True, cache=True)
def _spread(gradient, levels, places, shares):  # type: ignore[no-untyped-def]
    for a in range(len(places)):
        if abs(shares[a]) > 1e-4:
            for t in range(len(levels)):
                for curve in range(levels.shape[1]):
                    gradient[places[a, t], curve, levels[t, curve]] += shares[a]
