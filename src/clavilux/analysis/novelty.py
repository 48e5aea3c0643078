"""Bars -> how much the music changes at each bar line, and which bars sound alike."""

from __future__ import annotations

import numpy as np

from clavilux.analysis.bars import Array, Bars

REACH = 4
"""Bars on each side of a bar line that are compared: the usual phrase."""
TIMBRE_WEIGHT, RHYTHM_WEIGHT, CHORDS_WEIGHT = 2.0, 1.0, 0.5
"""Of each kind of novelty. Chords change inside a section as much as at its ends."""
LOUDNESS_WEIGHT, VOCALS_WEIGHT = 0.8, 1.0
CLEAR_VOICE = 0.7
"""Summed change of singing, over three widths, that is a clear sign; less weighs less."""
LIKENESS_SHARES = (0.4, 0.25, 0.35)
"""What timbre, rhythm and chords count in how alike two bars are."""
ECHO_SHARE = 0.5
"""What the novelty of its repeats counts for a bar line that has clear ones."""
ECHO_RANK, ECHO_SCALE, MOST_ECHO = 0.9, 0.08, 3.0
"""Bar lines whose surroundings are among this share of the most alike are repeats; the weight of
each grows by e with every ECHO_SCALE of likeness above that."""


def likeness(bars: Bars) -> Array:
    """(N, N), 0..1: how alike two bars are in timbre, rhythm and chords."""
    kinds = (bars.timbre, bars.rhythm, bars.chords)
    alike = np.zeros((len(bars), len(bars)))
    for rows, share in zip(kinds, LIKENESS_SHARES, strict=True):
        alike += share * _likeness(rows)
    return alike


def _likeness(rows: Array) -> Array:
    """exp(-squared distance / the mean squared distance of unlike bars), 1 on the diagonal."""
    squares = (rows**2).sum(axis=1)
    distances = np.maximum(squares[:, None] + squares[None, :] - 2 * rows @ rows.T, 0)
    return np.asarray(np.exp(-distances))


def novelty(bars: Bars, alike: Array) -> Array:
    """(N + 1,) change at each edge, robustly scaled: 1 is a clear section boundary."""
    singing = np.sum([_jump(bars.vocals, width) for width in (1, 2, 4)], axis=0)
    curves = (
        (_checkerboard(_likeness(bars.timbre)), TIMBRE_WEIGHT),
        (_checkerboard(_likeness(bars.rhythm)), RHYTHM_WEIGHT),
        (_checkerboard(_likeness(bars.chords)), CHORDS_WEIGHT),
        (_jump(bars.loudness, 2), LOUDNESS_WEIGHT),
        (singing, VOCALS_WEIGHT * min(_span(singing)[1] / CLEAR_VOICE, 1.0)),
    )
    heard = [(curve, weight) for curve, weight in curves if _span(curve)[1] > 1e-6]
    if not heard:
        return np.zeros(len(bars) + 1)
    change = np.sum([weight * _scaled(curve) for curve, weight in heard], axis=0)
    return _echoed(np.asarray(change / sum(weight for _, weight in heard)), alike)


def _span(curve: Array) -> tuple[float, float]:
    """The median, and how far above it the 95th percentile is."""
    inner = curve[1:-1] if len(curve) > 2 else curve
    middle, top = np.percentile(inner, (50, 95))
    return float(middle), float(top - middle)


def _scaled(curve: Array) -> Array:
    """0 is the median, 1 the 95th percentile, 2 the most."""
    middle, span = _span(curve)
    return np.clip((curve - middle) / span, 0, 2)


def _checkerboard(alike: Array) -> Array:
    """(N + 1,) likeness within the REACH bars before and after each edge, less that across it.

    Foote, "Automatic audio segmentation using a measure of audio novelty", ICME 2000.
    """
    count = len(alike)
    sums = np.zeros((count + 1, count + 1))
    sums[1:, 1:] = alike.cumsum(axis=0).cumsum(axis=1)
    edge = np.arange(count + 1)
    before, after = np.maximum(edge - REACH, 0), np.minimum(edge + REACH, count)
    left, right = np.maximum(edge - before, 1), np.maximum(after - edge, 1)
    first = (sums[edge, edge] - 2 * sums[before, edge] + sums[before, before]) / left**2
    second = (sums[after, after] - 2 * sums[edge, after] + sums[edge, edge]) / right**2
    across = sums[edge, after] - sums[before, after] - sums[edge, edge] + sums[before, edge]
    fullness = np.minimum(edge - before, after - edge) / REACH
    contrast = 0.5 * (first + second) - across / (left * right)
    return np.asarray(contrast * np.sqrt(fullness))


def _jump(values: Array, width: int) -> Array:
    """(N + 1,) difference of the means over `width` bars before and after each edge."""
    count = len(values)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    edge = np.arange(count + 1)
    before, after = np.maximum(edge - width, 0), np.minimum(edge + width, count)
    left = (sums[edge] - sums[before]) / np.maximum(edge - before, 1)
    right = (sums[after] - sums[edge]) / np.maximum(after - edge, 1)
    jump = np.abs(right - left)
    jump[[0, -1]] = 0
    return np.asarray(jump)


def _echoed(change: Array, alike: Array) -> Array:
    """Repeats share their boundaries: each edge's novelty, mixed with that of edges like it.

    The averaging is that of non-local means (Buades, Coll and Morel, CVPR 2005), which denoises a
    picture by what repeats in it.
    """
    like = _surroundings(alike)
    known = like[like >= 0]
    if len(known) == 0:
        return change
    above = like - np.quantile(known, ECHO_RANK)
    weights = np.where(above > 0, np.minimum(np.expm1(above / ECHO_SCALE), MOST_ECHO), 0)
    total = weights.sum(axis=1)
    share = ECHO_SHARE * np.minimum(total / MOST_ECHO, 1)
    return np.asarray((1 - share) * change + share * (weights @ change) / np.maximum(total, 1e-9))


def _surroundings(alike: Array) -> Array:
    """(N + 1, N + 1) mean likeness of the REACH bars before and after two edges, bar for bar.

    -1 where the edges are less than REACH apart or have fewer than REACH bars in common.
    """
    count = len(alike)
    sums = np.zeros((count + 1, count + 1))
    shared = np.zeros((count + 1, count + 1))
    for step in range(-REACH, REACH):
        low, high = max(0, -step), min(count + 1, count - step)
        part = slice(low + step, high + step)
        sums[low:high, low:high] += alike[part, part]
        shared[low:high, low:high] += 1
    edge = np.arange(count + 1)
    far = np.abs(edge[:, None] - edge[None, :]) >= REACH
    return np.asarray(np.where(far & (shared >= REACH), sums / np.maximum(shared, 1), -1.0))
