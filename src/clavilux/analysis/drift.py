"""How far a chain of beats strays from even time: what tells music from what is only tracked."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.attacks import Times

CHAIN_BEATS = 49
"""Tracked beats over which the pulse should go straight on, or evenly faster or slower."""
LEAP = 0.12
"""A greater relative change of tempo parts the chain."""
SIDE_BEATS = 8
"""Intervals before and after a beat whose means are compared to find such changes."""


def straying(times: Times) -> NDArray[np.float64]:
    """(n,) seconds by which a chain of beats strays from the parabolas that fit it best.

    What a tracker makes of music stays within its raster; what it makes of speech or rain, beat by
    beat, drifts, and the further the longer: as a random walk of tempo does, by count ** 1.5.
    A part between sudden changes of tempo that is too short is taken to drift on so.
    """
    parts = itertools.pairwise([0, *_leaps(times), len(times)])
    return np.concatenate([_straying_of(times[first:last]) for first, last in parts])


def _leaps(times: Times) -> list[int]:
    """Beats at which the tempo changes by LEAP from the beats before to those after."""
    if len(times) <= 2 * SIDE_BEATS:
        return []
    usual = np.lib.stride_tricks.sliding_window_view(np.diff(times), SIDE_BEATS).mean(axis=1)
    change = np.abs(np.log(usual[SIDE_BEATS:] / usual[:-SIDE_BEATS]))
    around = np.pad(change, SIDE_BEATS)
    highest = np.lib.stride_tricks.sliding_window_view(around, 2 * SIDE_BEATS + 1).max(axis=1)
    leaps = np.flatnonzero((change > np.log1p(LEAP)) & (change == highest)) + SIDE_BEATS
    return [int(beat) for beat in leaps]


def _straying_of(times: Times) -> NDArray[np.float64]:
    """Of the stretches that a beat is in the middle or at an end of, the best is what counts."""
    count = len(times)
    width = min(CHAIN_BEATS, count)
    if width < 4:
        return np.full(count, 1.0)
    basis, _ = np.linalg.qr(np.vander(np.linspace(-1, 1, width), 3))
    even = np.linspace(times[0], times[-1], count)
    windows = np.lib.stride_tricks.sliding_window_view(times - even, width)
    misses = windows - (windows @ basis) @ basis.T
    stray = np.sqrt((misses**2).sum(axis=1) / (width - 3)) * (CHAIN_BEATS / width) ** 1.5
    index = np.arange(count)
    starts = [np.clip(index - back, 0, count - width) for back in (0, width // 2, width - 1)]
    return np.asarray(np.min([stray[s] for s in starts], axis=0))
