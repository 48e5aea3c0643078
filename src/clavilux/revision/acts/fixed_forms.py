"""A sentence of a fixed form with what stands in it, and what it makes of a spec."""

from __future__ import annotations

from dataclasses import dataclass

from clavilux.model.spec import RenderSpec
from clavilux.revision.acts.sections import number_at
from clavilux.revision.difference import clock
from clavilux.revision.words.lexing import lexed
from clavilux.revision.words.moments import Hearing, Moment
from clavilux.revision.words.wishes import CannotBeDoneError


@dataclass(frozen=True)
class SectionChange:
    """What such a request makes."""

    spec: RenderSpec
    reading: str
    touched: frozenset[int]
    """Numbers of the sections it is about, in the new spec."""


@dataclass(frozen=True)
class Asked:
    """A request that fits a form, with what stands in it.

    An act gives None where that is not what the form is for.
    """

    said: dict[str, str]
    exactly: bool
    spec: RenderSpec
    hearing: Hearing

    def when(self, name: str = "at") -> Moment:
        return self.hearing.moment(self.said[name].lower(), exactly=self.exactly)

    @property
    def climax(self) -> float | None:
        heroes = any(section.hero for section in self.spec.sections)
        song = self.hearing.song if heroes else None
        return None if song is None else song.climax

    def label(self, at: int) -> str:
        return self.spec.sections[at].label


def sections_in(text: str, spec: RenderSpec) -> list[int] | None:
    """The numbers of the sections that a text names and nothing else; None if it says more."""
    found: set[int] = set()
    for token in lexed(text, spec):
        if token.kind == "missing":
            raise CannotBeDoneError(f"this song has no {token.value}")
        if token.kind == "scope" and isinstance(token.value, frozenset):
            found |= token.value
        elif token.kind not in ("filler", "break"):
            return None
    return sorted(found) or None


def one_in(text: str, spec: RenderSpec, *, at: float | None = None) -> int | None:
    """The one section that a text names; of several the one in which `at` is."""
    found = sections_in(text, spec)
    if found is None:
        return None
    sections = spec.sections
    if at is not None and not any(sections[i].start <= at < sections[i].end for i in found):
        labels = " or ".join(sections[i].label for i in found)
        there = sections[number_at(spec, at)].label
        raise CannotBeDoneError(f"{clock(at)} is in {there}, not in {labels}")
    if len(found) > 1 and at is not None:
        found = [i for i in found if sections[i].start <= at < sections[i].end]
    if len(found) > 1:
        labels = ", ".join(spec.sections[i].label for i in found)
        raise CannotBeDoneError(f"say which one of {labels}")
    return found[0]
