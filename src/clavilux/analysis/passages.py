"""The shape of the song across its sections: builds and the drops they lead to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.bars import Bars
from clavilux.analysis.drums import Drum
from clavilux.analysis.spectrum import FPS, Spectrum
from clavilux.model.song import Passage, Section

Array = NDArray[np.float64]

STEPS = 4
"""Parts of a bar in which rises are followed."""
SPANS = (16, 12, 8, 6, 4, 3, 2)
"""Bars a build may last."""
LEAP_DB = 5.0
"""The bass of a drop is this much louder than what comes before it."""
LOUDER_DB = 1.0
"""... and all of it this much."""
FULL = 0.55
"""A drop is stronger than this share of the song's bars."""
FADE = 0.12
"""A drop ends where the strength of two bars stays this much below its own."""
LEAST_TREND = 0.3
"""How clearly a build must rise: 1 is steadily and far."""
ONE_STEP = 0.55
"""A rise of which one step makes up more than this is an entry, not a build."""
EARLY = 0.12
"""Share of the rise that its second quarter must bring, or it begins later."""
LEAST_BARS, MOST_BARS = 4, 32
"""How long a drop lasts where the song goes on."""


def find_builds_and_drops(
    spectrum: Spectrum, bars: Bars, energy: Array, sections: tuple[Section, ...], snare: Drum
) -> tuple[Passage, ...]:
    """Builds and drops, from bar line to bar line. `energy`: (N,) strength of each bar, 0..1."""
    drops = [_within_part(drop, bars, sections) for drop in _find_drops(bars, energy)]
    turns = {edge for edge, _, _ in drops} | _section_edges(bars, sections)
    curves = _rising_curves(spectrum, bars, snare)
    builds = [b for edge in sorted(turns) if (b := _find_build(curves, edge, energy)) is not None]
    found = [_passage("drop", bars, *drop) for drop in drops]
    return tuple(
        [_passage("build", bars, *b) for b in _apart(builds, {edge for edge, _, _ in drops})]
        + found
    )


def _passage(kind: str, bars: Bars, first: int, last: int, strength: float) -> Passage:
    start, end = float(bars.edges[first]), float(bars.edges[last])
    return Passage.model_validate(
        {"kind": kind, "start": start, "end": end, "strength": round(float(strength), 3)}
    )


def _find_drops(bars: Bars, energy: Array) -> list[tuple[int, int, float]]:
    """First bar, end and strength of stretches of full sound that begin with a leap of the bass."""
    count = len(bars)
    if count < 5:
        return []
    edges = range(2, count - 1)
    leap, louder, after = (
        np.array([_mean(v, k, k + 2) - (_mean(v, k - 2, k) if back else 0) for k in edges])
        for v, back in ((bars.low, True), (bars.loudness, True), (energy, False))
    )
    enough = (leap > LEAP_DB) & (louder > LOUDER_DB) & (after >= np.quantile(energy, FULL))
    found: list[tuple[int, int, float]] = []
    for k, size, level in zip(np.flatnonzero(enough) + 2, leap[enough], after[enough], strict=True):
        if found and k < found[-1][1]:
            if k <= found[-1][0] + 2 and size > LEAP_DB * 2 * found[-1][2]:
                found[-1] = (int(k), found[-1][1], min(1.0, size / (2 * LEAP_DB)))
            continue
        found.append((int(k), _drop_end(energy, int(k), level), min(1.0, size / (2 * LEAP_DB))))
    return found


def _mean(values: Array, first: int, last: int) -> float:
    return float(values[max(first, 0) : last].mean())


def _drop_end(energy: Array, first: int, level: float) -> int:
    for bar in range(first + 2, min(first + MOST_BARS, len(energy))):
        if _mean(energy, bar, bar + 2) < level - FADE:
            return bar
    return min(first + MOST_BARS, len(energy))


def _within_part(
    drop: tuple[int, int, float], bars: Bars, sections: tuple[Section, ...]
) -> tuple[int, int, float]:
    """The drop, ended where a part that sounds different begins."""
    first, last, strength = drop
    now = bars.edges[first] + 0.01
    group = next((s.group for s in sections if s.start <= now < s.end), "")
    for section in sections:
        edge = int(np.abs(bars.edges - section.start).argmin())
        if edge >= first + LEAST_BARS and section.group != group:
            return first, min(last, edge), strength
    return drop


def _section_edges(bars: Bars, sections: tuple[Section, ...]) -> set[int]:
    return {int(np.abs(bars.edges - s.start).argmin()) for s in sections[1:]}


def _rising_curves(spectrum: Spectrum, bars: Bars, snare: Drum) -> Array:
    """(N * STEPS, 4) highs, brightness, density and snare strokes; 1 is a clear rise of each."""
    edges = np.interp(
        np.arange(len(bars) * STEPS + 1) / STEPS, np.arange(len(bars) + 1), bars.edges
    )
    frames = np.clip(np.round(edges * FPS).astype(np.intp), 0, spectrum.frames)
    high = 10 * np.log10(1e-9 + spectrum.bands[:, 3:].sum(axis=1))
    bright = np.log2(np.maximum(spectrum.centroid, 60.0))
    columns = [
        _averages(curve, frames) / scale
        for curve, scale in ((high, 8.0), (bright, 1.2), (spectrum.flux.mean(axis=1), 0.08))
    ]
    strokes = np.histogram(np.array(snare.times), bins=np.maximum.accumulate(edges))[0]
    return np.stack([*columns, np.minimum(strokes, 4) / 3.0], axis=1)


def _averages(curve: NDArray[np.float32], frames: NDArray[np.intp]) -> Array:
    sums = np.zeros(len(curve) + 1)
    np.cumsum(curve, out=sums[1:])
    low = np.minimum(frames[:-1], len(curve) - 1)
    high = np.maximum(frames[1:], low + 1)
    return np.asarray((sums[high] - sums[low]) / (high - low))


def _find_build(curves: Array, edge: int, energy: Array) -> tuple[int, int, float] | None:
    """The best build that ends at a bar line: first bar, end, strength."""
    if edge >= len(energy):
        return None
    best: tuple[int, int, float] | None = None
    for span in SPANS:
        first = edge - span
        if first < 0 or energy[edge] < _mean(energy, first, edge - span // 2):
            continue
        trend = _trend(curves[first * STEPS : edge * STEPS])
        if trend > LEAST_TREND and (best is None or trend > best[2] + 0.05):
            best = (first, edge, min(trend, 1.0))
    return best


def _trend(curves: Array) -> float:
    """How steadily and how far the curves rise together: the mean of the two best, 0..1."""
    count = len(curves)
    time = np.linspace(-1, 1, count)
    quarter = max(1, count // 4)
    rises = curves[-quarter:].mean(axis=0) - curves[:quarter].mean(axis=0)
    centred = curves - curves.mean(axis=0)
    spread = np.sqrt((centred**2).mean(axis=0)) * np.sqrt((time**2).mean())
    steady = (centred * time[:, None]).mean(axis=0) / np.maximum(spread, 1e-6)
    pooled = curves[: count // 2 * 2].reshape(-1, 2, curves.shape[1]).mean(axis=1)
    step = np.diff(pooled, axis=0).max(axis=0) / np.maximum(rises, 1e-6)
    early = curves[count // 4 : count // 2].mean(axis=0) - curves[:quarter].mean(axis=0)
    gradual = (step < ONE_STEP) & (early > EARLY * rises)
    score = np.clip(rises, 0, 1) * np.clip(steady, 0, 1) * gradual
    return float(np.sort(score)[-2:].mean())


def _apart(builds: list[tuple[int, int, float]], drops: set[int]) -> list[tuple[int, int, float]]:
    """Builds that do not overlap: those that lead to a drop first, then the strongest."""
    kept: list[tuple[int, int, float]] = []
    for build in sorted(builds, key=lambda b: (b[1] not in drops, -b[2])):
        if all(build[1] <= other[0] or build[0] >= other[1] for other in kept):
            kept.append(build)
    return sorted(kept)
