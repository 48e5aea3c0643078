"""Bars -> how much the music changes at each bar line, and which bars sound alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from clavilux.analysis.bars import Array, Bars

HALF_WIDTHS = (2, 4, 8)
"""Bars on each side of a bar line that are compared."""
LAG_WEIGHT, LOUDNESS_WEIGHT = 1.5, 0.8
"""Against 1 for each of timbre, rhythm and chords at all widths together."""
DIAGONAL = 4
"""Bars over which a repetition must hold."""


def likeness(bars: Bars) -> Array:
    """(N, N), 0..1: how alike two bars are in timbre, rhythm and chords."""
    parts = [_likeness(d) for d in (bars.timbre, bars.rhythm, bars.chords)]
    return np.asarray(0.4 * parts[0] + 0.25 * parts[1] + 0.35 * parts[2])


def _likeness(rows: Array) -> Array:
    """exp(-squared distance / the mean squared distance of unlike bars), 1 on the diagonal."""
    squares = (rows**2).sum(axis=1)
    distances = np.maximum(squares[:, None] + squares[None, :] - 2 * rows @ rows.T, 0)
    return np.asarray(np.exp(-distances))


def novelty(bars: Bars, alike: Array) -> Array:
    """(N + 1,) change at each edge, robustly scaled: 1 is a clear section boundary."""
    curves = [
        _scaled(np.sum([_checkerboard(_likeness(d), half) for half in HALF_WIDTHS], axis=0))
        for d in (bars.timbre, bars.rhythm, bars.chords)
    ]
    curves.append(LAG_WEIGHT * _scaled(_lag_novelty(alike)))
    curves.append(LOUDNESS_WEIGHT * _scaled(_jump(bars.loudness)))
    return np.asarray(np.sum(curves, axis=0) / (3 + LAG_WEIGHT + LOUDNESS_WEIGHT))


def _scaled(curve: Array) -> Array:
    """0 is the median, 1 the 95th percentile."""
    inner = curve[1:-1]
    if len(inner) == 0:
        return np.zeros_like(curve)
    middle, top = np.percentile(inner, (50, 95))
    scaled = (curve - middle) / (top - middle) if top - middle > 1e-6 else np.zeros_like(curve)
    return np.clip(scaled, 0, 2)


def _checkerboard(alike: Array, half: int) -> Array:
    """(N + 1,) likeness within the bars before and after each edge, less that across it.

    Foote, "Automatic audio segmentation using a measure of audio novelty", ICME 2000.
    """
    count = len(alike)
    sums = np.zeros((count + 1, count + 1))
    sums[1:, 1:] = alike.cumsum(axis=0).cumsum(axis=1)

    def mean(
        top: NDArray[np.int64],
        bottom: NDArray[np.int64],
        left: NDArray[np.int64],
        right: NDArray[np.int64],
    ) -> Array:
        area = np.maximum((bottom - top) * (right - left), 1)
        return np.asarray(
            (sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]) / area
        )

    edge = np.arange(count + 1)
    before, after = np.maximum(edge - half, 0), np.minimum(edge + half, count)
    within = 0.5 * (mean(before, edge, before, edge) + mean(edge, after, edge, after))
    across = mean(before, edge, edge, after)
    fullness = np.minimum(edge - before, after - edge) / half
    return np.asarray((within - across) * np.sqrt(fullness))


def _lag_novelty(alike: Array) -> Array:
    """(N + 1,) change of what each bar repeats, by its distance in time.

    After Serrà, Müller, Grosche and Arcos, "Unsupervised music structure annotation by time series
    structure features and segment similarity", IEEE Trans. Multimedia 2014.
    """
    count = len(alike)
    held = ndimage.correlate(alike, np.eye(DIAGONAL) / DIAGONAL, mode="nearest", origin=0)
    lags = np.zeros((count, 2 * count - 1))
    index = np.arange(count)
    for i in range(count):
        lags[i, count - 1 - i + index] = held[i]
    threshold = np.percentile(held, 88)
    repeats = np.where(lags > threshold, lags, 0)
    repeats = ndimage.gaussian_filter(repeats, (0, 1.0))
    sums = np.zeros((count + 1, repeats.shape[1]))
    np.cumsum(repeats, axis=0, out=sums[1:])
    edge = np.arange(count + 1)
    before, after = np.maximum(edge - DIAGONAL, 0), np.minimum(edge + DIAGONAL, count)
    left = (sums[edge] - sums[before]) / np.maximum(edge - before, 1)[:, None]
    right = (sums[after] - sums[edge]) / np.maximum(after - edge, 1)[:, None]
    change = np.linalg.norm(left - right, axis=1)
    change[[0, -1]] = 0
    return np.asarray(change)


def _jump(loudness: Array) -> Array:
    """(N + 1,) decibels between the two bars before and after each edge."""
    padded = np.pad(loudness, 2, mode="edge")
    pairs = 0.5 * (padded[1:] + padded[:-1])
    return np.abs(pairs[2:] - pairs[:-2])
