"""Bars -> sections: where the song's parts begin, which sound alike, and how strong each is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.bars import Array, Bars
from clavilux.analysis.grouping import group, join
from clavilux.analysis.naming import Part, name_functions
from clavilux.analysis.novelty import likeness, novelty
from clavilux.analysis.segmentation import choose_cuts
from clavilux.model.song import Section

SHIFT_SHARE, SHIFT_APART, MOST_SHIFTS = 0.6, 4.0, 3
"""A shift has this share of a boundary's novelty and keeps these seconds from others."""

CLEAR_SPREAD = 0.3
"""Sections whose energies, or voices, differ less than this are brought nearer together."""


def find_sections(bars: Bars) -> tuple[Section, ...]:
    """Sections that tile the song, on bar lines, named, grouped, with energies and shifts."""
    alike = likeness(bars)
    change = novelty(bars, alike)
    cuts = choose_cuts(bars, change)
    groups, _ = group(cuts, alike)
    cuts, groups = join(cuts, groups, edges=bars.edges, change=change)
    energies = _energies(bars, cuts)
    parts = _parts(bars, cuts, groups, energies)
    functions, margins = name_functions(parts)
    sung = np.clip(section_means(bars, cuts, bars.vocals), 0, 1)
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
                vocals=round(float(sung[index]), 3),
                confidence=_confidence(margins[index]),
            )
        )
    return tuple(sections)


def _confidence(margin: float) -> float:
    """How likely the section's name is right, from the margin over other names.

    A logistic fit to the 376 sections of 35 made songs whose parts are known. In fifths by
    confidence, of sections with 0.44, 0.61, 0.73, 0.85 and 0.95 on average, these shares were
    right: 0.38, 0.67, 0.73, 0.88 and 0.92.
    """
    odds = np.clip(margin, 1e-3, 1 - 1e-3)
    return round(float(1 / (1 + np.exp(0.14 - 0.65 * np.log(odds / (1 - odds))))), 3)


def _energies(bars: Bars, cuts: NDArray[np.int64]) -> Array:
    """(sections,) 0..1 from loudness, onset density, highs and lows."""
    return _relative(section_means(bars, cuts, bar_energy(bars)))


def _relative(values: Array) -> Array:
    """0..1 of their own range; values that hardly differ stay near the middle."""
    spread = float(np.ptp(values))
    if spread < 1e-6:
        return np.full(len(values), 0.5)
    reach = min(1.0, spread / CLEAR_SPREAD)
    return np.asarray(0.5 + reach * ((values - values.min()) / spread - 0.5))


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
    sung = _relative(section_means(bars, cuts, bars.vocals))
    return [
        Part(
            start=float(bars.edges[cuts[i]]),
            end=float(bars.edges[cuts[i + 1]]),
            group=groups[i],
            energy=float(np.clip(energies[i], 0, 1)),
            low_db=float(low[i]),
            vocals=float(sung[i]),
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
