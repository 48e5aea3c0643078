"""What requests about the sections themselves do: each is a form that was filled in."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from itertools import pairwise

from clavilux.analysis.resection import section_energies
from clavilux.model.spec import RenderSpec
from clavilux.revision.acts import sections as change
from clavilux.revision.acts.fixed_forms import Asked, SectionChange, one_in, sections_in
from clavilux.revision.acts.sections import kind_of, number_at
from clavilux.revision.difference import clock
from clavilux.revision.words.moments import CLOSE, Moment
from clavilux.revision.words.vocabulary import NUMBERS, ORDINALS, SECTION_NAMES
from clavilux.revision.words.wishes import CannotBeDoneError

_QUOTES = " \"'\u201c\u201d"
NEAR_BOUNDARY = 2.0
"""Seconds: a boundary is called by a time this near to it."""


def _is_kind(name: str) -> bool:
    return name.lower().replace("_", " ") in SECTION_NAMES


def split_at(asked: Asked) -> SectionChange | None:
    moment = asked.when()
    return _split(asked, moment)


def _split(asked: Asked, moment: Moment) -> SectionChange | None:
    what = asked.said.get("what", "")
    if what:
        at = one_in(what, asked.spec, at=moment.seconds)
    else:
        at = number_at(asked.spec, moment.seconds)
    if at is None:
        return None
    made = change.split(asked.spec, at, moment.seconds, climax=asked.climax)
    before, (first, second) = asked.spec.sections[at], made.sections[at : at + 2]
    reading = f"{first.label}: split at {moment.told}; {second.label} goes on in the same look"
    if before.tier != 1 and first.stills + second.stills > max(1, before.stills):
        reading += f", with another picture ({first.label} keeps its own)"
    elif before.tier != 1:
        reading += f", with {second.stills} of its {before.stills} pictures"
    return SectionChange(made, reading, frozenset({at, at + 1}))


def split_in_half(asked: Asked) -> SectionChange | None:
    at = one_in(asked.said["what"], asked.spec)
    if at is None:
        return None
    section = asked.spec.sections[at]
    middle = asked.hearing.near((section.start + section.end) / 2, exactly=asked.exactly)
    return _split(asked, middle)


def split_in_many(asked: Asked) -> SectionChange | None:
    if sections_in(asked.said["what"], asked.spec) is None:
        return None
    raise CannotBeDoneError("a section is split in two: in half, or at a time, and then again")


def split_after(asked: Asked) -> SectionChange | None:
    at = one_in(asked.said["what"], asked.spec)
    if at is None:
        return None
    start, unit = asked.spec.sections[at].start, asked.said["unit"].rstrip("s")
    return _split(asked, asked.hearing.later(start, _number(asked.said["n"]), unit))


def merge(asked: Asked) -> SectionChange | None:
    found = sections_in(asked.said["what"], asked.spec)
    into = None
    if asked.said.get("into"):
        into = one_in(asked.said["into"], asked.spec)
        found = None if into is None or found is None else sorted({*found, into})
    return None if found is None else _merged(asked, found, into)


def _merged(asked: Asked, found: list[int], into: int | None = None) -> SectionChange:
    spec = asked.spec
    if len(found) < 2:
        raise CannotBeDoneError("say which two sections: merge verse_1 and chorus_1")
    gap = next(((a, b) for a, b in pairwise(found) if b != a + 1), None)
    if gap is not None:
        between = ", ".join(asked.label(i) for i in range(gap[0] + 1, gap[1]))
        raise CannotBeDoneError(
            f"{asked.label(gap[0])} and {asked.label(gap[1])} are no neighbours; {between} between"
        )
    hero = next((i for i in found if spec.sections[i].hero), found[0])
    keep = hero if into is None else into
    made = change.merged(spec, found[0], found[-1], keep=keep)
    one = made.sections[found[0]]
    gone = " and ".join(asked.label(i) for i in found if i != keep)
    told = f"{one.label} reaches from {clock(one.start)} to {clock(one.end)} and keeps its look; "
    reading = f"{told}{gone} {'goes' if len(found) == 2 else 'go'}"
    return SectionChange(made, reading, frozenset({found[0]}))


def unbound_at(asked: Asked) -> SectionChange | None:
    return _merged(asked, _around(asked, asked.said["at"]))


def _around(asked: Asked, when: str) -> list[int]:
    """The two sections that meet near a time."""
    time = asked.hearing.moment(when.lower(), exactly=True).seconds
    starts = [section.start for section in asked.spec.sections][1:]
    near = min(starts, key=lambda t: abs(t - time), default=None)
    if near is None or abs(near - time) > NEAR_BOUNDARY:
        known = ", ".join(clock(t) for t in starts)
        raise CannotBeDoneError(f"no section begins near {clock(time)}, but at {known}")
    number = starts.index(near)
    return [number, number + 1]


def unbound_between(asked: Asked) -> SectionChange | None:
    found = sections_in(asked.said["what"], asked.spec)
    return None if found is None else _merged(asked, found)


def unbound_beside(step: int, asked: Asked) -> SectionChange | None:
    at = one_in(asked.said["what"], asked.spec)
    if at is None:
        return None
    if not 0 <= at + step < len(asked.spec.sections):
        raise CannotBeDoneError("there is no section on that side")
    return _merged(asked, sorted((at, at + step)))


def remove(asked: Asked) -> SectionChange | None:
    found = sections_in(asked.said["what"], asked.spec)
    if found is None or len(found) == len(asked.spec.sections) > 1:
        return None
    at = one_in(asked.said["what"], asked.spec)
    assert at is not None
    made, other = change.removed(asked.spec, at)
    reading = f"{asked.label(at)} goes; {other.label} lasts from {clock(other.start)} to "
    return SectionChange(made, reading + clock(other.end), frozenset({max(0, at - 1)}))


def move(asked: Asked) -> SectionChange | None:
    """The start or the end of a section, to a time."""
    at = _edge(asked)
    return None if at is None else _moved(asked, at, asked.when())


def move_by(asked: Asked) -> SectionChange | None:
    """The start or the end of a section, by bars, beats or seconds."""
    at = _edge(asked)
    if at is None:
        return None
    back = asked.said["way"] in ("earlier", "sooner", "shorter", "late", "long")
    number = _number(asked.said["n"]) * (-1 if back else 1)
    unit = asked.said["unit"].rstrip("s")
    start = asked.spec.sections[at].start
    return _moved(asked, at, asked.hearing.later(start, number, unit))


def _edge(asked: Asked) -> int | None:
    """The section whose start is the edge that a form names."""
    at = one_in(asked.said["what"], asked.spec)
    if at is None:
        return None
    ends = asked.said.get("edge", "start").startswith(("end", "stop", "finish"))
    at += ends or asked.said.get("way") in ("longer", "shorter", "long", "short")
    if at == 0:
        raise CannotBeDoneError(f"{asked.label(0)} starts with the song")
    if at == len(asked.spec.sections):
        raise CannotBeDoneError(f"{asked.label(at - 1)} ends with the song")
    return at


def move_boundary(asked: Asked) -> SectionChange | None:
    return _moved(asked, _around(asked, asked.said["old"])[1], asked.when())


def _moved(asked: Asked, at: int, moment: Moment) -> SectionChange:
    if abs(asked.spec.sections[at].start - moment.seconds) < CLOSE:
        raise CannotBeDoneError(f"{asked.label(at)} starts there already, at {moment.told}")
    made = change.moved(asked.spec, at, moment.seconds)
    return SectionChange(made, f"{asked.label(at)}: starts at {moment.told}", frozenset({at}))


def rename(asked: Asked) -> SectionChange | None:
    at = one_in(asked.said["what"], asked.spec)
    return None if at is None else _renamed(asked, at, asked.said["name"])


def call(asked: Asked) -> SectionChange | None:
    """ "call verse 2 bridge": the most words that are a section, and the rest is the name."""
    words = asked.said["both"].split()
    for length in range(len(words) - 1, 0, -1):
        name = re.sub(r"^(?:as )?(?:(?:a|an|the) )?", "", " ".join(words[length:]))
        found = sections_in(" ".join(words[:length]), asked.spec) if name else None
        if found and len(found) < max(2, len(asked.spec.sections)):
            at = one_in(" ".join(words[:length]), asked.spec)
            return None if at is None else _renamed(asked, at, name)
    return None


def is_a(asked: Asked) -> SectionChange | None:
    return rename(asked) if _is_kind(asked.said["name"]) else None


def _renamed(asked: Asked, at: int, name: str) -> SectionChange:
    made = change.renamed(asked.spec, at, name.strip(_QUOTES))
    label = made.sections[at].label
    return SectionChange(
        made, f"{asked.label(at)} is called {label}; its look stays", frozenset({at})
    )


def insert(asked: Asked) -> SectionChange | None:
    own = asked.said.get("own", "").strip(_QUOTES)
    name = own or _new_kind(asked.said["name"], asked.spec) or asked.said["name"]
    if not own and not _is_kind(name) and not name.startswith(('"', "\u201c")):
        return None
    name = SECTION_NAMES.get(name.lower().replace("_", " "), name.strip(_QUOTES))
    start = asked.when()
    end = asked.when("end") if "end" in asked.said else None
    starts = [section.start for section in asked.spec.sections]
    there = next((i for i, t in enumerate(starts) if abs(t - start.seconds) < CLOSE), None)
    if there is not None:
        if kind_of(asked.label(there)) == name:
            raise CannotBeDoneError(f"{asked.label(there)} begins there already")
        return _renamed(asked, there, name)
    song = asked.hearing.song
    made, at = change.inserted(
        asked.spec, name, start.seconds, None if end is None else end.seconds,
        climax=asked.climax, measure=None if song is None else partial(section_energies, song),
    )  # fmt: skip
    new, cut = made.sections[at], made.sections[at - 1]
    reading = f"{new.label}: a new section from {start.told} to {clock(new.end)}, cut from "
    return SectionChange(made, reading + cut.label, frozenset({at}))


def starts(asked: Asked) -> SectionChange | None:
    """A section that is there starts elsewhere; one that is not, begins there."""
    name = _new_kind(asked.said["what"], asked.spec)
    if name and asked.said["edge"].startswith(("start", "begin")):
        return insert(replace(asked, said={**asked.said, "name": name}))
    return move(asked)


def place(asked: Asked) -> SectionChange | None:
    """ "the drop is at 2:10": there, if there is none yet; else it might be moved, or another."""
    name = _new_kind(asked.said["what"], asked.spec)
    if name:
        return insert(replace(asked, said={**asked.said, "name": name}))
    at = one_in(asked.said["what"], asked.spec)
    if at is None:
        return None
    label, when = asked.label(at), asked.said["at"]
    raise CannotBeDoneError(
        f"say {label} starts at {when}, or there is another {kind_of(label)} at {when}"
    )


def _new_kind(text: str, spec: RenderSpec) -> str | None:
    """The kind of a section that a text names and the spec has not: "the drop", "second drop"."""
    found = re.fullmatch(rf"(?:(?:an?|the) )?(?:({'|'.join(ORDINALS)}) )?(.+)", text.lower())
    if found is None or not _is_kind(found[2]):
        return None
    kind = SECTION_NAMES[found[2].replace("_", " ")]
    there = len({s.label.rstrip("bcdefgh") for s in spec.sections if kind_of(s.label) == kind})
    wanted = ORDINALS.index(found[1]) if found[1] else 0
    return kind if there == wanted else None


def _number(text: str) -> float:
    text = text.lower()
    if text in ("a", "an"):
        return 1.0
    if text.startswith("half"):
        return 0.5
    return float(NUMBERS.index(text) + 1) if text in NUMBERS else float(text)
