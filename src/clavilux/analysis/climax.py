"""Where the song peaks: the first downbeat of its last strongest part."""

from __future__ import annotations

import numpy as np

from clavilux.analysis.bars import Array, Bars
from clavilux.model.song import Passage, Section

CHORUS, REPEATED, LATE = 0.15, 0.15, 0.6
"""What it adds to a section's energy to be a chorus, to come back, and to be the last."""

AHEAD_SECONDS = 6.0
"""For so long a bar and what follows must be strong where there are no parts to choose from."""
DENSITY, HIGH, LOW, POSITION = 0.6, 0.4, 0.3, 0.5
"""What onsets, highs, lows and lateness count then, each by its spread, against 1 for loudness."""


def find_climax(bars: Bars, sections: tuple[Section, ...], passages: tuple[Passage, ...]) -> float:
    """Seconds, on a bar line where there are any. `passages`: the song's builds and drops.

    Listeners name the beginning of the final chorus or drop rather than the loudest moment, so
    the part is chosen first; a song of one part or two peaks at its strongest bar.
    """
    if len(sections) < 3:
        return _strongest_bar(bars)
    chosen = sections[int(np.argmax([_appeal(s, sections) for s in sections]))]
    middle = (chosen.start + chosen.end) / 2
    for drop in (p for p in passages if p.kind == "drop"):
        goes_on = drop.start < chosen.start < drop.end and _is_alike(drop, chosen, sections)
        if goes_on or chosen.start < drop.start < middle:
            return drop.start
    return chosen.start


def _appeal(section: Section, sections: tuple[Section, ...]) -> float:
    alike = sum(other.group == section.group for other in sections)
    late = section.start / max(sections[-1].end, 1e-9)
    is_chorus = section.function in ("chorus", "drop")
    return section.energy + CHORUS * is_chorus + REPEATED * (alike > 1) + LATE * late


def _is_alike(drop: Passage, chosen: Section, sections: tuple[Section, ...]) -> bool:
    """Whether the drop begins in a part that sounds like the chosen one."""
    return any(s.group == chosen.group and s.start - 1 < drop.start < s.end - 1 for s in sections)


def _strongest_bar(bars: Bars) -> float:
    """The start of the bar from which the next AHEAD_SECONDS are the song's strongest."""
    usual = max(float(np.median(np.diff(bars.edges))), 1e-3)
    span = int(np.clip(round(AHEAD_SECONDS / usual), 1, len(bars)))

    def ahead(values: Array) -> Array:
        padded = np.pad(values, (0, span - 1), mode="edge")
        means = np.convolve(padded, np.ones(span) / span, mode="valid")
        spread = float(values.std())
        return np.asarray((means - values.mean()) / spread) if spread > 1e-6 else 0 * means

    score = (
        ahead(bars.loudness)
        + DENSITY * ahead(bars.density)
        + HIGH * ahead(bars.high)
        + LOW * ahead(bars.low)
        + POSITION * np.linspace(-1, 1, len(bars))
    )
    return float(bars.edges[int(np.argmax(score))])
