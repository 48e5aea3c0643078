"""How much each made song counts, so that on the average beats stand out as in real songs."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from patterns.examples import Example, Floats, on_beat_ratio

TARGET = (0.8, 0.7, 0.6, 0.7, 0.65)
"""Mean log2 ratio of low, low-mid, mid, high and all onsets on beats to those half-way between,
a little above that of 56 real songs (0.6, 0.5, 0.4, 0.5, 0.5), whose off-beats mislead less."""
MOST = 6.0
"""No song counts for more than this many."""


def song_weights(examples: list[Example]) -> Floats:
    """(songs,) weights of mean 1, the nearest to equal ones that meet TARGET.

    Exponential tilting: of all weights with these means, those of least relative entropy
    (Csiszár, "I-divergence geometry of probability distributions", Annals of Probability 1975).
    """
    ratios = np.array([on_beat_ratio(one) for one in examples])[:, : len(TARGET)] - TARGET

    def cost(tilt: Floats) -> float:
        powers = ratios @ tilt
        return float(np.logaddexp.reduce(powers) + 0.02 * (tilt @ tilt))

    tilt = minimize(cost, np.zeros(len(TARGET))).x
    weights = np.exp(ratios @ tilt)
    weights = np.minimum(weights / weights.mean(), MOST)
    return np.asarray(weights / weights.mean())
