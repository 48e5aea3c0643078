"""Bars -> sections: where the song's parts begin, which sound alike, and how strong each is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.cluster import hierarchy
from scipy.spatial import distance

from clavilux.analysis.bars import Array, Bars
from clavilux.analysis.naming import Part, name_functions
from clavilux.analysis.novelty import likeness, novelty
from clavilux.model.song import Section

LEAST_SECONDS = 4.0
"""No section is shorter, unless the song is."""
BOUNDARY_COST = 0.35
"""Novelty that a boundary must bring."""
SLOPE_SHARE = 0.3
"""What novelty counts where a neighbouring bar line has more."""
LENGTH_WEIGHT, LENGTH_SPREAD = 0.3, 0.7
"""Weight and log standard deviation of the usual section length."""
ODD_COSTS = ((8, 0.0), (4, 0.0), (2, 0.1), (1, 0.2))
"""Cost of a length that is a multiple of so many bars and no more (79 % are multiples of 4)."""
SAME_GROUP = 0.55
"""Parts whose best aligned bars are more alike than this share a letter."""
SHIFT_SHARE, SHIFT_APART, MOST_SHIFTS = 0.6, 4.0, 3
"""A shift has this share of a boundary's novelty and keeps these seconds from others."""


def find_sections(bars: Bars) -> tuple[Section, ...]:
    """Sections that tile the song, on bar lines, named, grouped, with energies and shifts."""
    alike = likeness(bars)
    change = novelty(bars, alike)
    cuts = _choose_cuts(bars, change)
    groups = _group(cuts, alike)
    energies = _energies(bars, cuts)
    parts = _parts(bars, cuts, groups, energies)
    functions = name_functions(parts)
    counts: dict[str, int] = {}
    sections = []
    for index, (part, function) in enumerate(zip(parts, functions, strict=True)):
        counts[function] = counts.get(function, 0) + 1
        sections.append(
            Section(
                label=f"{function}_{counts[function]}",
                function=function,
                group=_letter(part.group),
                start=part.start,
                end=part.end,
                energy=round(part.energy, 3),
                shifts=_shifts(bars, change, cuts[index], cuts[index + 1]),
                confidence=round(float(np.clip(0.3 + 0.5 * change[cuts[index]], 0.1, 0.95)), 3),
            )
        )
    return tuple(sections)


def usual_length(duration: float) -> float:
    """Seconds of a typical section: 8 in a one-minute song, 17 in three, 20 in four minutes."""
    return float(np.clip(8 * (duration / 60) ** 0.65, 5, 90))


def _choose_cuts(bars: Bars, change: Array) -> NDArray[np.int64]:
    """Indices of edges, first and last included: the best sum of novelty and likely lengths."""
    count = len(bars)
    duration = float(bars.edges[-1])
    usual = usual_length(duration)
    highest = ndimage.maximum_filter1d(change, 3)
    change = np.where(change >= highest, change, SLOPE_SHARE * change)
    best = np.full(count + 1, -np.inf)
    back = np.zeros(count + 1, dtype=np.int64)
    best[0] = 0.0
    for end in range(1, count + 1):
        starts = np.arange(end)
        starts = starts[bars.edges[end] - bars.edges[starts] <= 6 * usual + 30]
        lengths = np.maximum(bars.edges[end] - bars.edges[starts], 1e-9)
        cost = LENGTH_WEIGHT * (np.log(lengths / usual) / LENGTH_SPREAD) ** 2
        cost = cost + (_odd_costs(end - starts) if bars.metric else 0.0)
        cost = np.where(lengths < min(LEAST_SECONDS, duration) - 1e-6, 1e6, cost)
        gain = change[end] - BOUNDARY_COST if end < count else 0.0
        values = best[starts] - cost + gain
        winner = int(np.argmax(values))
        best[end], back[end] = values[winner], starts[winner]
    cuts = [count]
    while cuts[-1] > 0:
        cuts.append(int(back[cuts[-1]]))
    return np.array(cuts[::-1])


def _odd_costs(lengths: NDArray[np.int64]) -> Array:
    costs = np.full(len(lengths), ODD_COSTS[-1][1])
    for multiple, cost in reversed(ODD_COSTS):
        costs = np.where(lengths % multiple == 0, cost, costs)
    return costs


def _group(cuts: NDArray[np.int64], alike: Array) -> list[int]:
    """A number per section, in order of appearance; alike sections share it."""
    count = len(cuts) - 1
    if count == 1:
        return [0]
    apart = np.zeros((count, count))
    for i in range(count):
        for j in range(i + 1, count):
            block = alike[cuts[i] : cuts[i + 1], cuts[j] : cuts[j + 1]]
            apart[i, j] = apart[j, i] = 1 - _best_diagonal(block)
    tree = hierarchy.linkage(distance.squareform(apart, checks=False), method="average")
    labels = hierarchy.fcluster(tree, 1 - SAME_GROUP, criterion="distance")
    order: dict[int, int] = {}
    return [order.setdefault(int(label), len(order)) for label in labels]


def _best_diagonal(block: Array) -> float:
    """Mean likeness along the best alignment that covers the shorter section."""
    if block.shape[0] > block.shape[1]:
        block = block.T
    rows, columns = block.shape
    means = [
        float(np.mean(np.diagonal(block, offset)[:rows])) for offset in range(columns - rows + 1)
    ]
    return max(means)


def _energies(bars: Bars, cuts: NDArray[np.int64]) -> Array:
    """(sections,) 0..1 from loudness, onset density, highs and lows."""
    raw = section_means(bars, cuts, bar_energy(bars))
    spread = float(raw.max() - raw.min())
    if spread < 1e-6:
        return np.full(len(raw), 0.5)
    reach = min(1.0, spread / 0.3)  # sections that hardly differ stay near the middle
    return np.asarray(0.5 + reach * ((raw - raw.min()) / spread - 0.5))


def bar_energy(bars: Bars) -> Array:
    """(N,) strength of each bar, about 0..1 over the song's own range."""
    floor = float(np.percentile(bars.loudness, 95)) - 30
    loudness = np.clip((bars.loudness - floor) / 30, 0, 1)
    density = bars.density / max(float(np.percentile(bars.density, 95)), 1e-3)
    high, low = (
        np.clip((v - float(np.percentile(v, 95)) + 30) / 30, 0, 1) for v in (bars.high, bars.low)
    )
    return np.asarray(loudness + 0.35 * np.clip(density, 0, 1) + 0.3 * high + 0.25 * low) / 1.9


def section_means(bars: Bars, cuts: NDArray[np.int64], values: Array) -> Array:
    """(sections,) means of a value per bar, weighted by the bars' lengths."""
    lengths = np.maximum(np.diff(bars.edges), 1e-9)
    sums = np.add.reduceat(values * lengths, cuts[:-1])
    return np.asarray(sums / np.add.reduceat(lengths, cuts[:-1]))


def _parts(bars: Bars, cuts: NDArray[np.int64], groups: list[int], energies: Array) -> list[Part]:
    low = section_means(bars, cuts, bars.low)
    return [
        Part(
            start=float(bars.edges[cuts[i]]),
            end=float(bars.edges[cuts[i + 1]]),
            group=groups[i],
            energy=float(np.clip(energies[i], 0, 1)),
            low_db=float(low[i]),
        )
        for i in range(len(groups))
    ]


def _shifts(bars: Bars, change: Array, first: int, last: int) -> tuple[float, ...]:
    """Edges inside a section where the music changes almost as at a boundary, strongest first."""
    start, end = bars.edges[first], bars.edges[last]
    chosen: list[float] = []
    inner = np.arange(first + 1, last)
    for edge in inner[np.argsort(-change[inner], kind="stable")]:
        time = float(bars.edges[edge])
        clear = min([time - start, end - time, *(abs(time - other) for other in chosen)])
        if change[edge] >= SHIFT_SHARE and clear >= SHIFT_APART and len(chosen) < MOST_SHIFTS:
            chosen.append(time)
    return tuple(sorted(chosen))


def _letter(group: int) -> str:
    """A, B, ... Z, AA, AB, ..."""
    letters = ""
    group += 1
    while group > 0:
        group, rest = divmod(group - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


@dataclass(frozen=True)
class Climax:
    """Weights of the climax search, per standard deviation of each curve."""

    density: float = 0.6
    high: float = 0.4
    low: float = 0.3
    position: float = 0.5


def find_climax(bars: Bars, *, weights: Climax = Climax()) -> float:
    """The start of the bar from which the next six seconds are the song's strongest."""
    lengths = np.diff(bars.edges)
    span = int(np.clip(round(6.0 / max(float(np.median(lengths)), 1e-3)), 1, len(bars)))

    def ahead(values: Array) -> Array:
        padded = np.pad(values, (0, span - 1), mode="edge")
        means = np.convolve(padded, np.ones(span) / span, mode="valid")
        spread = float(values.std())
        return np.asarray((means - values.mean()) / spread) if spread > 1e-6 else 0 * means

    score = (
        ahead(bars.loudness)
        + weights.density * ahead(bars.density)
        + weights.high * ahead(bars.high)
        + weights.low * ahead(bars.low)
        + weights.position * np.linspace(-1, 1, len(bars))
    )
    return float(bars.edges[int(np.argmax(score))])
