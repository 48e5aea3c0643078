"""How many stills each section of tier 2 gets.

The rules, in order:

1. Every section has one still; a section longer than LONG_SECTION seconds has two. A repeated
   section (the second chorus) counts like the first: it shows its own variation.
2. Each emotional shift inside a section adds one.
3. The section of the climax adds one: the hero, the strongest picture of the video. (Where that
   section is shorter than ROOM seconds, its one still is the hero.)
4. A still needs room: a section has at most one per ROOM seconds, the hero apart, and never more
   than 8.
5. Over the whole song there are at least duration / 24 and at most duration / 12 stills: 10 to 20
   for four minutes. Too many: calm and crowded sections give theirs back, none below one, never
   the hero. Too few: the sections where one still stands longest get more, as rule 4 allows.
"""

from __future__ import annotations

from clavilux.model.base import Value
from clavilux.model.song import Analysis, Section

LONG_SECTION = 14.0
ROOM = 5.0
MOST_PER_SECTION = 8
FEWEST, MOST = 20, 40
"""The floor never asks for more than FEWEST, the ceiling never allows more than MOST."""


class StillPlan(Value):
    """The stills of one section."""

    label: str
    stills: int
    """How many, the hero among them."""
    hero: bool


def climax_index(analysis: Analysis) -> int:
    """Number of the section that holds the song's climax."""
    for index, section in enumerate(analysis.sections):
        if analysis.climax < section.end:
            return index
    return len(analysis.sections) - 1


def plan_stills(analysis: Analysis) -> tuple[StillPlan, ...]:
    """One plan per section, in order; the rules are this module's docstring."""
    hero = climax_index(analysis)
    sections = analysis.sections
    room = [_room(s, hero=i == hero) for i, s in enumerate(sections)]
    counts = [min(room[i], _wanted(s) + (i == hero)) for i, s in enumerate(sections)]
    least = [2 if i == hero and room[i] > 1 else 1 for i in range(len(sections))]
    floor = min(FEWEST, round(analysis.duration / 24))
    ceiling = max(1, min(MOST, round(analysis.duration / 12)))
    _thin(counts, least, sections, ceiling)
    _fill(counts, room, sections, floor)
    return tuple(
        StillPlan(label=s.label, stills=counts[i], hero=i == hero) for i, s in enumerate(sections)
    )


def _wanted(section: Section) -> int:
    return 1 + (section.duration > LONG_SECTION) + len(section.shifts)


def _room(section: Section, *, hero: bool) -> int:
    fit = int(section.duration / ROOM)
    return min(MOST_PER_SECTION, max(1, fit + (hero and fit > 0)))


def _thin(counts: list[int], least: list[int], sections: tuple[Section, ...], ceiling: int) -> None:
    """Take stills back until the total is at most `ceiling`, calm and crowded sections first."""
    while sum(counts) > ceiling:
        spare = [i for i, n in enumerate(counts) if n > least[i]]
        if not spare:
            return
        counts[min(spare, key=lambda i: (sections[i].energy - 0.5 * counts[i], i))] -= 1


def _fill(counts: list[int], room: list[int], sections: tuple[Section, ...], floor: int) -> None:
    """Add stills until the total is at least `floor`, where one stands for the longest first."""
    while sum(counts) < floor:
        open_ = [i for i, n in enumerate(counts) if n < room[i]]
        if not open_:
            return
        counts[max(open_, key=lambda i: (sections[i].duration / counts[i], -i))] += 1
