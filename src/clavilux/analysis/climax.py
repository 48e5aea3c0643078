"""Where the song peaks: the first downbeat of its last strongest part."""

from __future__ import annotations

import numpy as np

from clavilux.analysis.bars import Bars
from clavilux.analysis.structure import find_climax as strongest_bar
from clavilux.model.song import Passage, Section

CHORUS, REPEATED, LATE = 0.15, 0.15, 0.6
"""What it adds to a section's energy to be a chorus, to come back, and to be the last."""


def find_climax(bars: Bars, sections: tuple[Section, ...], turns: tuple[Passage, ...]) -> float:
    """Seconds, on a bar line where there are any. `turns`: the song's builds and drops.

    Listeners name the beginning of the final chorus or drop rather than the loudest moment, so
    the part is chosen first; a song of one part or two peaks at its strongest bar.
    """
    if len(sections) < 3:
        return strongest_bar(bars)
    chosen = sections[int(np.argmax([_appeal(s, sections) for s in sections]))]
    middle = (chosen.start + chosen.end) / 2
    for drop in (turn for turn in turns if turn.kind == "drop"):
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
