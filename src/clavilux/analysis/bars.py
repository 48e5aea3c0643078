"""The song cut into bars (or even slices where there is no pulse), each described by vectors."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.envelopes import loudness_db
from clavilux.analysis.filters import span_means
from clavilux.analysis.rhythm import Rhythm
from clavilux.analysis.spectrum import FPS, LONG_FPS, Spectrum

Array = NDArray[np.float64]

SLICE_SECONDS = 2.0
"""Length of a slice where there are no bars."""
MOST_BARS = 1200
"""A longer song is described by pairs, fours, ... of bars, so that comparing all stays cheap."""
RHYTHM_STEPS, CHORD_STEPS = 8, 4
"""Parts of a bar in which flux and chroma are averaged."""


@dataclass(frozen=True)
class Bars:
    """N bars; every description is standardised to mean squared distance 2 between bars."""

    edges: Array
    """(N + 1,) seconds; the first is 0, the last the song's duration."""
    timbre: Array
    rhythm: Array
    chords: Array
    loudness: Array
    """(N,) decibels of full scale."""
    density: Array
    """(N,) mean onset strength."""
    low: Array
    high: Array
    """(N,) decibels of sub and bass, and of the highs."""
    vocals: Array
    """(N,) 0..1: how likely somebody sings; all 0 where nothing is known of it."""
    metric: bool
    """Whether the edges are downbeats."""

    def __len__(self) -> int:
        return len(self.edges) - 1


def describe(
    spectrum: Spectrum,
    rhythm: Rhythm,
    *,
    duration: float,
    voice: NDArray[np.float32] | None = None,
) -> Bars:
    """Cut the song at its downbeats and describe each bar.

    `voice`: (L,) at LONG_FPS, 0..1, how likely somebody sings.
    """
    edges = bar_edges(rhythm, duration=duration)
    low = _decibels(spectrum.bands[:, :2].max(axis=1, keepdims=True))
    high = _decibels(spectrum.bands[:, 4:])
    loudness = loudness_db(spectrum.rms)
    flux = spectrum.flux
    if voice is None or len(voice) == 0:
        voice = np.zeros(1, dtype=np.float32)
    return Bars(
        edges=edges,
        timbre=_standardise(_averages(spectrum.timbre, edges, steps=1, rate=LONG_FPS)),
        rhythm=_standardise(_averages(flux, edges, steps=RHYTHM_STEPS, rate=FPS)),
        chords=_standardise(
            _unit(_averages(spectrum.chroma, edges, steps=CHORD_STEPS, rate=LONG_FPS))
        ),
        loudness=_averages(loudness[:, None], edges, steps=1, rate=FPS)[:, 0],
        density=_averages(flux.mean(axis=1, keepdims=True), edges, steps=1, rate=FPS)[:, 0],
        low=_averages(low, edges, steps=1, rate=FPS)[:, 0],
        high=_averages(high, edges, steps=1, rate=FPS)[:, 0],
        vocals=_averages(voice[:, None], edges, steps=1, rate=LONG_FPS)[:, 0],
        metric=bool(rhythm.beats),
    )


def _decibels(power: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(10 * np.log10(1e-9 + power), dtype=np.float32)


def bar_edges(rhythm: Rhythm, *, duration: float) -> Array:
    """0, the downbeats, and the duration; a scrap at either end joins its neighbour."""
    downbeats = np.array([b.time for b in rhythm.beats if b.position == 0])
    if len(downbeats) < 4:
        count = max(1, round(duration / SLICE_SECONDS))
        edges = np.linspace(0, duration, count + 1)
    else:
        bar = float(np.median(np.diff(downbeats)))
        edges = _fill(downbeats, bar, duration=duration)
    step = 1
    while (len(edges) - 1) / step > MOST_BARS:
        step *= 2
    return np.append(edges[:-1:step], edges[-1])


def _fill(downbeats: Array, bar: float, *, duration: float) -> Array:
    """Edges no further apart than two bars, silence included."""
    points = [0.0, *downbeats, duration]
    edges = [0.0]
    for left, right in itertools.pairwise(points):
        whole = max(1, int((right - left) / bar + 0.25)) if right - left > 1.75 * bar else 1
        edges.extend(left + (right - left) * (k + 1) / whole for k in range(whole))
    clean = [0.0]
    for edge in edges[1:-1]:
        if edge - clean[-1] > 0.45 * bar and duration - edge > 0.45 * bar:
            clean.append(float(edge))
        elif len(clean) == 1 and 0 < edge <= 0.45 * bar:
            continue
    return np.array([*clean, duration])


def _averages(curves: NDArray[np.float32], edges: Array, *, steps: int, rate: float) -> Array:
    """(T, k) -> (N, steps * k): means over equal parts of each bar."""
    parts = np.arange(steps) / steps
    starts = (edges[:-1, None] + np.diff(edges)[:, None] * parts).ravel()
    index = np.round(np.append(starts, edges[-1]) * rate).astype(np.int64)
    low = np.clip(index[:-1], 0, len(curves) - 1)
    high = np.clip(np.maximum(index[1:], low + 1), 1, len(curves))
    return span_means(curves, low, high).reshape(len(edges) - 1, -1)


def _unit(rows: Array) -> Array:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6))


def _standardise(rows: Array) -> Array:
    """Centre; scale to mean squared length 1. Columns keep half of their own weight."""
    centred = rows - rows.mean(axis=0)
    spread = centred.std(axis=0)
    centred = centred / np.sqrt(np.maximum(spread, 1e-6))
    power = float(np.mean((centred**2).sum(axis=1)))
    return np.asarray(centred / np.sqrt(power)) if power > 1e-9 else np.zeros_like(centred)
