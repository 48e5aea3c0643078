"""Beats on frames -> beats on the music: on attacks, smoothed to steady tempi, completed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.attacks import Times

STIFFNESS = 0.3
"""How much straightness (L1 of second differences) counts against closeness to the attacks."""
CLOSE_SECONDS = 0.004
"""Attacks within this of the grid pull in proportion, others with constant force."""
ROUNDS = 12
STEADY_SHARE, STEADY_SECONDS = 0.7, 0.012
"""A song is made to a click if this share of its clear attacks lies this close to one line."""
EVEN_SHARE, EVEN_SECONDS = 0.8, 0.045
"""... and if this share of its beats differs by less than this from the median one."""


def steady(measured: Times, weights: Times) -> tuple[float, float] | None:
    """(period, time of a beat or half-beat) in seconds if one tempo fits the whole song.

    Works on times alone, so that beats the tracker missed, added or moved by half do not matter.
    """
    if len(measured) < 16 or weights.sum() < 4 or not _is_even(measured):
        return None
    period = _strongest_period(measured, weights)  # of half-beats, from here on
    phase = np.angle(np.sum(weights * np.exp(2j * np.pi * measured / period)))
    origin = float(phase / (2 * np.pi) * period)
    miss = np.zeros(len(measured))
    for _ in range(ROUNDS):
        number = np.round((measured - origin) / period)
        miss = np.abs(measured - origin - number * period)
        pull = weights / np.maximum(miss, CLOSE_SECONDS)
        period, origin = (float(v) for v in np.polyfit(number, measured, 1, w=np.sqrt(pull)))
    share = weights[miss < STEADY_SECONDS].sum() / weights.sum()
    return (2 * period, origin) if share >= STEADY_SHARE else None


def _is_even(measured: Times) -> bool:
    """Whether nearly all beats are as long as the median beat, give or take a snap."""
    lengths = np.diff(measured)
    usual = np.median(lengths)
    return bool(np.mean(np.abs(lengths - usual) < EVEN_SECONDS) > EVEN_SHARE)


def _strongest_period(measured: Times, weights: Times) -> float:
    """The period within 3 % of half the median interval at which attacks agree best in phase."""
    usual = 2 / float(np.median(np.diff(measured)))
    span = float(measured[-1] - measured[0])
    step = 0.2 / max(span, 1.0)
    candidates = np.arange(0.97 * usual, 1.03 * usual, step)
    turned = weights * np.exp(-2j * np.pi * candidates[0] * measured)
    turn = np.exp(-2j * np.pi * step * measured)
    strength = np.zeros(len(candidates))
    for i in range(len(candidates)):  # turning on is ten times as fast as exp anew
        strength[i] = abs(turned.sum())
        turned *= turn
    return float(1 / candidates[int(np.argmax(strength))])


def straighten(measured: Times, weights: Times) -> Times:
    """The grid nearest to the measured attacks whose tempo changes seldom.

    Trend filtering (Kim, Koh, Boyd and Gorinevsky, SIAM Review 2009) with a Huber loss, by
    iteratively reweighted least squares. Tempo steps, as songs made to a click have, stay sharp.
    """
    count = len(measured)
    if count < 4:
        return measured.copy()
    from scipy.linalg import solveh_banded  # slow to import, and steady songs need none

    grid = measured.copy()
    for _ in range(ROUNDS):
        miss = np.abs(grid - measured)
        pull = (weights + 0.01) / np.maximum(miss, CLOSE_SECONDS)
        bend = STIFFNESS / np.maximum(np.abs(np.diff(grid, 2)), 2e-4)
        grid = solveh_banded(_banded(pull, bend), pull * measured)
    return np.asarray(grid)


def _banded(pull: Times, bend: Times) -> NDArray[np.float64]:
    """diag(pull) + D' diag(bend) D, D the second difference, in upper banded form (3, n)."""
    bands = np.zeros((3, len(pull)))
    bands[2] = pull
    bands[2, :-2] += bend
    bands[2, 1:-1] += 4 * bend
    bands[2, 2:] += bend
    bands[1, 1:-1] += -2 * bend
    bands[1, 2:] += -2 * bend
    bands[0, 2:] += bend
    return bands


def complete(times: Times, *, duration: float) -> Times:
    """Carry the grid on to the song's start and end at its first and last tempo."""
    if len(times) < 2:
        return times
    first, last = (float(np.median(np.diff(part))) for part in (times[:9], times[-9:]))
    lead = max(int((times[0] + 0.02) // first), 0)
    trail = max(int((duration - times[-1]) // last), 0)
    early = times[0] - first * np.arange(lead, 0, -1)
    late = times[-1] + last * np.arange(1, trail + 1)
    full = np.concatenate([early, times, late])
    return np.asarray(np.maximum(full[(full < duration) & (full > -0.02)], 0.0))
