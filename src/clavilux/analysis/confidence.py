"""How sure the beats are, place by place, and where there is no pulse at all."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.attacks import Times
from clavilux.analysis.counting import FRAME_LATENCY, Count
from clavilux.analysis.spectrum import FPS, Floats
from clavilux.analysis.tracked import Tracked
from clavilux.model.song import Region

AROUND_BEATS = 8
"""Beats on each side that tell how sure one is."""
REGULAR_BEATS = 48
"""Beats over which the evenness of the pulse is judged."""
LEAST_CLARITY = 0.24
"""Below this confidence there is no pulse worth cutting to."""
LEAST_SECONDS = 6.0
"""A shorter stretch without pulse is carried by its neighbours."""
TEMPO_STEP = 0.06
"""Relative change of tempo that begins a new region."""


def beat_confidence(count: Count, tracked: Tracked, curves: Floats) -> NDArray[np.float64]:
    """(n,) 0..1: onsets stand out at the beats, the pulse is even, the tracker is sure of it."""
    sure = _clarity(count.times, curves) * _regularity(count.times, tracked)
    return sure * _around(np.interp(count.times, tracked.times, tracked.sure))


def _clarity(times: Times, curves: Floats) -> NDArray[np.float64]:
    """How far onsets at the beats around each beat exceed those between them."""
    onsets = curves[:, :5].max(axis=1)
    on = _around(peak_near(onsets, times))
    between = _around(_peak_between(onsets, times))
    return np.clip((on - between) / np.maximum(on, 0.1) * 1.5, 0.0, 1.0)


def _around(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over AROUND_BEATS on each side, of those there are."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    index = np.arange(len(values))
    low, high = (
        np.maximum(index - AROUND_BEATS, 0),
        np.minimum(index + AROUND_BEATS + 1, len(values)),
    )
    return np.asarray((sums[high] - sums[low]) / (high - low))


def _regularity(times: Times, tracked: Tracked) -> NDArray[np.float64]:
    """Few of the tracked beats around may differ from the last by more than its tracker's slack.

    Players and machines stay below 4 %; what a tracker makes of rubato or rain is above 10 %.
    """
    uneven = np.abs(np.diff(tracked.times, 2)) > tracked.slack
    width = min(REGULAR_BEATS, len(uneven))
    share = np.convolve(uneven, np.ones(width) / width, mode="same")
    at = np.searchsorted(tracked.times[1:-1], times)
    return np.clip(1.3 - 10 * share[np.clip(at, 0, len(share) - 1)], 0.0, 1.0)


def peak_near(curve: Floats, times: Times) -> NDArray[np.float64]:
    """The greatest value within a frame of each time."""
    frames = np.round((times + FRAME_LATENCY) * FPS).astype(np.int64)
    near = [np.clip(frames + step, 0, len(curve) - 1) for step in (-1, 0, 1)]
    return np.asarray(np.max([curve[i] for i in near], axis=0), dtype=np.float64)


def _peak_between(curve: Floats, times: Times) -> NDArray[np.float64]:
    """The mean of peak_near over the places between each beat and the next, but for the half."""
    period = np.diff(times, append=2 * times[-1] - times[-2])
    places = [
        peak_near(curve, times + part * period) for part in (1 / 6, 0.3, 0.38, 0.62, 0.7, 5 / 6)
    ]
    return np.asarray(np.mean(places, axis=0))


def has_pulse(
    times: Times, sure: NDArray[np.float64], sounds: NDArray[np.bool_], *, is_steady: bool
) -> NDArray[np.bool_]:
    """(n,) which beats are more than a guess. `sounds`: which are not in silence.

    A steady grid that is sure on the whole holds in its quiet stretches too.
    """
    if float(np.mean(sure[sounds])) < LEAST_CLARITY:
        return np.zeros(len(times), dtype=np.bool_)
    if is_steady:
        return sounds
    return sounds & _without_scraps(sure >= LEAST_CLARITY, times)


def regions(
    times: Times, sure: NDArray[np.float64], pulse: NDArray[np.bool_], *, duration: float
) -> tuple[Region, ...]:
    """The song in stretches of one kind of pulse. `pulse`: which beats are kept."""
    tempo = 60 / np.diff(times, append=2 * times[-1] - times[-2])
    cuts = [0, *_changes(pulse, tempo), len(times)]
    edges = [0.0, *(float(times[c]) for c in cuts[1:-1]), duration]
    found = [
        Region(
            start=round(start, 4),
            end=round(end, 4),
            tempo=round(float(np.median(tempo[first:last])), 3) if pulse[first] else 0.0,
            confidence=round(float(np.mean(sure[first:last])), 3),
        )
        for (first, last), (start, end) in zip(
            itertools.pairwise(cuts), itertools.pairwise(edges), strict=True
        )
    ]
    return tuple(r for r in found if r.end > r.start)


def _without_scraps(alive: NDArray[np.bool_], times: Times) -> NDArray[np.bool_]:
    """Stretches shorter than LEAST_SECONDS take the state of those around."""
    smooth = alive.copy()
    for state in (False, True):
        edges = np.flatnonzero(np.diff(smooth.astype(np.int8))) + 1
        for first, last in itertools.pairwise([0, *edges, len(smooth)]):
            inner = first > 0 and last < len(smooth)
            long = times[last - 1] - times[first] >= LEAST_SECONDS
            if smooth[first] == state and inner and not long:
                smooth[first:last] = not state
    return smooth


def _changes(alive: NDArray[np.bool_], tempo: NDArray[np.float64]) -> list[int]:
    """Beats at which the pulse begins, ends, or takes another tempo."""
    changes: list[int] = []
    start = 0
    for i in range(1, len(tempo)):
        held = tempo[max(start, i - AROUND_BEATS) : i]
        ahead = tempo[i : i + 4]
        moved = abs(np.median(ahead) / np.median(held) - 1) > TEMPO_STEP and len(ahead) == 4
        if alive[i] != alive[i - 1] or (moved and i - start >= 4 and alive[i]):
            changes.append(i)
            start = i
    return changes
