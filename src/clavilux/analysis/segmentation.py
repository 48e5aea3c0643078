"""Novelty -> section boundaries: the best trade between change and the usual length of sections."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.bars import Array, Bars

Cuts = NDArray[np.int64]
"""Indices of bar edges where sections begin, and the last edge."""

LEAST_SECONDS = 4.0
"""No section is shorter, unless the song is."""
BOUNDARY_COST = 0.2
"""Novelty that a boundary must bring."""
SLOPE_SHARE = 0.4
"""What novelty counts where a neighbouring bar line has more."""
LENGTH_WEIGHT, LENGTH_SPREAD = 0.25, 0.7
"""Weight and log standard deviation of the usual section length."""
USUAL_BARS = 8
"""43 % of the sections of the 912 Harmonix songs; 79 % are multiples of 4."""
USUAL_SECONDS = (9.0, 24.0)
"""Eight bars that last less or more than this are counted as twice or half as long."""
ODD_COSTS = ((4, 0.0), (2, 0.12), (1, 0.25))
"""Cost of a length that is a multiple of so many bars and no more."""
SHORT_SECONDS, MIX_SECONDS = 85.0, 600.0
"""A shorter song has shorter sections in proportion; a longer recording is a mix of songs, ..."""
MIX_GROWTH = 0.65
"""... with sections longer by this power of its length."""


def usual_length(bars: Bars) -> float:
    """Seconds of a typical section: eight bars in a song, longer in a mix."""
    length = USUAL_BARS * float(np.median(np.diff(bars.edges)))
    while length > USUAL_SECONDS[1]:
        length /= 2
    while 0 < length < USUAL_SECONDS[0]:
        length *= 2
    duration = float(bars.edges[-1])
    growth = min(duration / SHORT_SECONDS, 1) * max(duration / MIX_SECONDS, 1) ** MIX_GROWTH
    return float(max(length * growth, 1.0))


def choose_cuts(bars: Bars, change: Array) -> Cuts:
    """The edges that together bring the most novelty at likely lengths (dynamic programming)."""
    count, duration = len(bars), float(bars.edges[-1])
    usual = usual_length(bars)
    gain = _peaks(change) - BOUNDARY_COST
    gain[-1] = 0.0
    odd = _odd_costs(count) if bars.metric else np.zeros(count + 1)
    least = min(LEAST_SECONDS, duration) - 1e-6
    best = np.full(count + 1, -np.inf)
    back = np.zeros(count + 1, dtype=np.int64)
    best[0] = 0.0
    for end in range(1, count + 1):
        first = int(np.searchsorted(bars.edges, bars.edges[end] - 6 * usual - 30))
        starts = np.arange(min(first, end - 1), end)
        lengths = np.maximum(bars.edges[end] - bars.edges[starts], 1e-9)
        cost = LENGTH_WEIGHT * (np.log(lengths / usual) / LENGTH_SPREAD) ** 2 + odd[end - starts]
        values = best[starts] - np.where(lengths < least, 1e6, cost) + gain[end]
        winner = int(np.argmax(values))
        best[end], back[end] = values[winner], starts[winner]
    cuts = [count]
    while cuts[-1] > 0:
        cuts.append(int(back[cuts[-1]]))
    return np.array(cuts[::-1])


def _peaks(change: Array) -> Array:
    """The novelty of local maxima; slopes count for less."""
    padded = np.pad(change, 1, constant_values=-np.inf)
    highest = np.maximum(np.maximum(padded[:-2], padded[2:]), change)
    return np.asarray(np.where(change >= highest, change, SLOPE_SHARE * change))


def _odd_costs(count: int) -> Array:
    """(count + 1,) cost of a section of so many bars."""
    lengths = np.arange(count + 1)
    costs = np.zeros(count + 1)
    for multiple, cost in reversed(ODD_COSTS):
        costs = np.where(lengths % multiple == 0, cost, costs)
    return costs
