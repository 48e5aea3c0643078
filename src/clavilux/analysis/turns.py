"""Where the music turns: changes of sound and harmony that last, which composers put on bar lines.

A kick on every beat does not tell the first of four; that the chorus begins on it does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.attacks import Times
from clavilux.analysis.filters import span_means
from clavilux.analysis.spectrum import FPS, LONG_FPS, Floats, Spectrum

STEPS_PER_BEAT = 2
SIDE_BEATS = 8
"""Beats before and after a moment that are compared."""
BEATS_PER_TURN = 16
"""The strongest moments are turns, one for so many beats."""
NATS_PER_SECOND = 1.0
"""What all turns together are worth, for each second of the song: on 52 real songs anything from
0.6 to 1.5 put 51 first beats right, and 0 put 49."""
QUIET = 0.02
"""Share of the song's usual strength below which a step is silent: that music stops or starts again
says little of bars."""
CLEAR = 0.8
"""Mean distance of a song's turns, against the spread of all its steps, from which they count in
full; half of it is noise. Of 56 real songs the median is 1.2 and the least 0.7; a metronome's
is 0.2 to 0.4."""
MOST = 1.5
"""No turn counts for more than this many usual ones: music that stops is no stronger a sign."""
NEAR = 0.2
"""A turn belongs to a beat that is no further from it than this part of a beat."""


@dataclass(frozen=True)
class Turns:
    """Moments and their weights."""

    times: Times
    """(n,) seconds, ascending."""
    nats: Times
    """(n,) what a count gains that begins a bar there."""

    def gains(self, times: Times, meter: int) -> Floats:
        """(len(times), meter): what beats at these times gain at each position: on 0 only."""
        gains = np.zeros((len(times), meter), dtype=np.float32)
        if len(self.times) == 0:
            return gains
        nearest = np.round(np.interp(self.times, times, np.arange(len(times)))).astype(np.int64)
        periods = np.diff(times, append=2 * times[-1] - times[-2])
        hit = np.abs(times[nearest] - self.times) < NEAR * periods[nearest]
        np.add.at(gains[:, 0], nearest[hit], self.nats[hit])
        return gains


def find_turns(spectrum: Spectrum, beats: Times) -> Turns:
    """The turns of a song, on a raster of half beats. `beats`: seconds, the grid completed."""
    steps = np.arange((len(beats) - 1) * STEPS_PER_BEAT + 1) / STEPS_PER_BEAT
    raster = np.interp(steps, np.arange(len(beats)), beats)
    side = SIDE_BEATS * STEPS_PER_BEAT
    change = _change(_describe(spectrum, raster), side) * _goes_on(spectrum, raster)
    peaks = np.flatnonzero((change > 0) & (change >= _highest(change, side // 2)))
    most = max(4, len(beats) // BEATS_PER_TURN)
    chosen = np.sort(peaks[np.argsort(-change[peaks], kind="stable")[:most]])
    if len(chosen) == 0:
        return Turns(raster[:0], change[:0])
    weights = np.minimum(change[chosen], MOST * np.median(change[chosen]))
    clear = np.clip(2 * float(np.mean(change[chosen])) / CLEAR - 1, 0, 1)
    total = NATS_PER_SECOND * clear * float(beats[-1] - beats[0])
    return Turns(raster[chosen], total * weights / weights.sum())


def _goes_on(spectrum: Spectrum, raster: Times) -> NDArray[np.bool_]:
    """(steps,) whether something sounds both before and after each step's start."""
    strength = _averages(spectrum.rms[:, None], raster, rate=FPS)[:, 0]
    sounds = strength > QUIET * float(np.percentile(strength, 90))
    return np.asarray(sounds & np.concatenate([[False], sounds[:-1]]))


def _describe(spectrum: Spectrum, raster: Times) -> Floats:
    """(steps, 36) timbre and chroma of each step, both of the same spread in all."""
    chroma = _averages(spectrum.chroma, raster)
    chroma /= np.linalg.norm(chroma, axis=1, keepdims=True) + 1e-6
    return np.hstack([_evened(part) for part in (_averages(spectrum.timbre, raster), chroma)])


def _evened(rows: Floats) -> Floats:
    """Of mean 0, and together of the same spread however many columns there are."""
    rows = rows - rows.mean(axis=0)
    rows /= np.float32(np.sqrt(rows.shape[1]) * rows.std() + 1e-6)
    return rows


def _averages(rows: Floats, raster: Times, *, rate: float = LONG_FPS) -> Floats:
    """(steps, k) means of rows, `rate` a second, from each time of the raster to the next."""
    ends = np.append(raster, 2 * raster[-1] - raster[-2])
    index = np.clip(np.round(ends * rate).astype(np.int64), 0, len(rows))
    first, last = np.minimum(index[:-1], len(rows) - 1), index[1:]
    return span_means(rows, first, np.maximum(last, first + 1)).astype(np.float32)


def _change(rows: Floats, side: int) -> NDArray[np.float64]:
    """(steps,) distance between the means of `side` rows before and from each on."""
    count = len(rows)
    at = np.arange(count)
    first, last = np.maximum(at - side, 0), np.minimum(at + side, count)
    squares = np.zeros(count)
    for column in rows.T:
        sums = np.concatenate([[0.0], np.cumsum(column, dtype=np.float64)])
        before = (sums[at] - sums[first]) / np.maximum(at - first, 1)
        squares += ((sums[last] - sums[at]) / (last - at) - before) ** 2
    change = np.sqrt(squares * np.minimum(at - first, last - at) / side)
    change[: 2 * STEPS_PER_BEAT] = 0
    return np.asarray(change)


def _highest(curve: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """(n,) the greatest value within `reach` of each."""
    padded = np.pad(curve, reach)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    return np.asarray(windows.max(axis=1))
