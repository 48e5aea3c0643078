"""Sections split, merged, moved, renamed and put in: the video keeps its pictures as far as it can.

A section is known by its label, and a label that stays keeps its pictures. So where one becomes
two, the first keeps label and pictures; where two become one, one of them stays and reaches over
the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from clavilux.direction.style import built_in_style
from clavilux.model.functions import function_named
from clavilux.model.spec import RenderSpec, SectionSpec
from clavilux.planning.shots import still_count
from clavilux.revision.acts.restyle import restyled
from clavilux.revision.difference import clock
from clavilux.revision.words.wishes import CannotBeDoneError

Measure = Callable[[Sequence[float]], Sequence[float]]
"""Edges of sections in seconds -> the energy between each two, 0..1."""

SHORTEST = 0.5
"""Seconds: a section is not made shorter than this."""
MOST_STILLS = 8
LONGEST_LABEL = 64

_LOOKS = ("theme", "palette", "mood", "prompt", "tier", "scene", "energy", "effects", "transition")
_WORDS = ("theme", "prompt", "palette")
"""What the pictures of two sections have in common if they are variations of one."""


def split(spec: RenderSpec, at: int, time: float, *, climax: float | None) -> RenderSpec:
    """A section becomes two that look alike. `climax`: seconds, where it is known.

    Several stills are shared out by time, in their order, so that no other is needed; of one, the
    second half needs another. The half with the climax has the hero. Raises CannotBeDoneError
    where a half would be too short.
    """
    section = spec.sections[at]
    _refuse_short(section.label, section.start, time, section.end)
    share = (time - section.start) / (section.end - section.start)
    middle = (section.start + section.end) / 2 if climax is None else climax
    hero = (section.hero and middle < time, section.hero and middle >= time)
    stills = _shared(section, share, hero)
    label = label_beside(section.label, _labels(spec))
    halves = (
        _with(section, end=time, hero=hero[0], stills=stills[0]),
        _with(section, label=label, start=time, hero=hero[1], stills=stills[1]),
    )
    return _replaced(spec, at, at + 1, halves)


def _shared(section: SectionSpec, share: float, hero: tuple[bool, bool]) -> tuple[int, int]:
    """How many stills each half shows; together as many as before, where there are enough."""
    if section.tier == 1:
        return (
            (section.stills, section.stills) if not section.hero else (int(hero[0]), int(hero[1]))
        )
    count = still_count(section)
    first = min(max(1, round(count * share)), max(1, count - 1))
    return first, max(1, count - first)


def merged(spec: RenderSpec, first: int, last: int, *, keep: int) -> RenderSpec:
    """The sections from `first` to `last` become one, which is the one at `keep`.

    Stills of the same words come along. It begins as the first one did, and holds the climax if one
    of them did.
    """
    parts, kept = spec.sections[first : last + 1], spec.sections[keep]
    alike = [part for part in parts if all(getattr(part, w) == getattr(kept, w) for w in _WORDS)]
    stills = kept.stills
    if kept.tier != 1:
        stills = min(MOST_STILLS, sum(still_count(part) for part in alike if part.tier != 1))
    hero = any(part.hero for part in parts)
    made = _with(
        kept, start=parts[0].start, end=parts[-1].end, hero=hero,
        stills=max(stills, int(hero)), transition=parts[0].transition,
    )  # fmt: skip
    return _replaced(spec, first, last + 1, (made,))


def removed(spec: RenderSpec, at: int) -> tuple[RenderSpec, SectionSpec]:
    """A section goes, and the one before it (or after the first) lasts for its time; that one too.

    Raises CannotBeDoneError where it is the only one.
    """
    if len(spec.sections) == 1:
        raise CannotBeDoneError(f"{spec.sections[0].label} is all there is")
    other = at - 1 if at else 1
    spec = merged(spec, min(at, other), max(at, other), keep=other)
    return spec, spec.sections[min(at, other)]


def moved(spec: RenderSpec, at: int, time: float) -> RenderSpec:
    """A section begins at another time, and the one before it ends there."""
    before, section = spec.sections[at - 1 : at + 1]
    earliest, latest = before.start + SHORTEST, section.end - SHORTEST
    if not earliest <= time <= latest:
        raise CannotBeDoneError(
            f"{section.label} can start from {clock(earliest)} to {clock(latest)}, "
            "where its neighbours are"
        )
    return _replaced(spec, at - 1, at + 1, (_with(before, end=time), _with(section, start=time)))


def renamed(spec: RenderSpec, at: int, name: str) -> RenderSpec:
    """A section has another label; nothing else of it changes."""
    others = [label for i, label in enumerate(_labels(spec)) if i != at]
    return _replaced(spec, at, at + 1, (_with(spec.sections[at], label=label_for(name, others)),))


def inserted(
    spec: RenderSpec,
    name: str,
    start: float,
    end: float | None,
    *,
    climax: float | None,
    measure: Measure | None = None,
) -> tuple[RenderSpec, int]:
    """A section that was not there begins inside another one; its number too.

    It lasts to the end of that one or to `end`, and then the other goes on. It looks like the first
    one of its kind, or as the video's style has that kind at the energy that is measured there, or
    like what it was cut from.
    """
    at = number_at(spec, start)
    label = label_for(name, _labels(spec))
    made = split(spec, at, start, climax=climax)
    if end is not None:
        if not start < end <= made.sections[at + 1].end:
            raise CannotBeDoneError(
                f"a {name} from {clock(start)} is over by {clock(made.sections[at + 1].end)}, "
                f"where {spec.sections[at].label} ends"
            )
        if end < made.sections[at + 1].end:
            made = split(made, at + 1, end, climax=climax)
    fresh = _with(made.sections[at + 1], label=label)
    if measure is not None:
        edges = [*(section.start for section in made.sections), made.sections[-1].end]
        fresh = _with(fresh, energy=measure(edges)[at + 1])
    made = _replaced(made, at + 1, at + 2, (_dressed(fresh, spec, at + 1),))
    if len(made.sections) == len(spec.sections) + 2:
        after = label_beside(spec.sections[at].label, _labels(spec))
        made = _replaced(made, at + 2, at + 3, (_with(made.sections[at + 2], label=after),))
    return made, at + 1


def _dressed(section: SectionSpec, spec: RenderSpec, number: int) -> SectionSpec:
    """A new section as one of its kind looks in this video."""
    kind = kind_of(section.label)
    like = next((other for other in spec.sections if kind_of(other.label) == kind), None)
    if like is not None:
        looks = {name: getattr(like, name) for name in _LOOKS}
        return _with(section, **looks, stills=max(like.stills, int(section.hero)))
    if built_in_style(spec.style) is None:
        return section
    return restyled(section, spec.style, number=number, seed=spec.seed)


# --- Places and labels -----------------------------------------------------------------------


def number_at(spec: RenderSpec, time: float) -> int:
    """The number of the section in which a time is. Raises CannotBeDoneError."""
    for i, section in enumerate(spec.sections):
        if section.start <= time < section.end:
            return i
    raise CannotBeDoneError(f"the video has no {clock(time)}; it ends at "
                             f"{clock(spec.sections[-1].end)}")  # fmt: skip


def kind_of(label: str) -> str:
    """ "chorus_2" and "chorus_2b" are of the kind "chorus"."""
    found = re.fullmatch(r"(.+)_\d+[a-z]?", label)
    return found[1] if found else label


def label_beside(label: str, others: Sequence[str]) -> str:
    """A label for the second half of a section: chorus_1 -> chorus_1b, bridge -> bridge_2."""
    found = re.fullmatch(r"(.*\d)[a-z]?", label)
    if found:
        for letter in "bcdefghijklmnopqrstuvwxyz":
            if (made := found[1] + letter) not in others and len(made) <= LONGEST_LABEL:
                return made
    return _numbered(kind_of(label), others, first=2)


def label_for(name: str, others: Sequence[str]) -> str:
    """A label that says a name: the next free one of its kind. Raises CannotBeDoneError.

    A name with a number is meant as it is, and must be free.
    """
    words = re.sub(r"[^\w-]+", "_", name.strip().lower()).strip("_")
    if not words or len(words) > LONGEST_LABEL - 4:
        raise CannotBeDoneError("a section's name has 1 to 60 letters")
    if re.search(r"\d[a-z]?$", words):
        words = re.sub(r"(?<=[^\d_])(\d+[a-z]?)$", r"_\1", words)
        if words in others:
            raise CannotBeDoneError(f"there is a {words} already")
        return words
    function = function_named(name)
    known = function is not None and words.replace("_", "-") == function
    return _numbered(str(function) if known else words, others, first=1)


def _numbered(kind: str, others: Sequence[str], *, first: int) -> str:
    kind, number = kind[: LONGEST_LABEL - 6], first
    while f"{kind}_{number}" in others:
        number += 1
    return f"{kind}_{number}"


def _labels(spec: RenderSpec) -> list[str]:
    return [section.label for section in spec.sections]


def _refuse_short(label: str, start: float, time: float, end: float) -> None:
    if not start + SHORTEST <= time <= end - SHORTEST:
        raise CannotBeDoneError(f"{label} goes from {clock(start)} to {clock(end)}; say a time "
                                 "inside it")  # fmt: skip


def _with(section: SectionSpec, **fields: object) -> SectionSpec:
    return section.model_copy(update=fields)


def _replaced(
    spec: RenderSpec, first: int, end: int, sections: Sequence[SectionSpec]
) -> RenderSpec:
    made = (*spec.sections[:first], *sections, *spec.sections[end:])
    return spec.model_copy(update={"sections": made})
