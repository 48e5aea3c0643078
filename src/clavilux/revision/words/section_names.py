"""What people call the sections of a spec: by label, by kind, by number."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from clavilux.revision.acts.sections import kind_of
from clavilux.revision.words import vocabulary as v
from clavilux.revision.words.vocabulary import Meaning, Vocabulary

Group = frozenset[int]
"""The sections that count as one: chorus_1 and what was split off it, chorus_1b."""


def learn_sections(known: Vocabulary, labels: Sequence[str], heroes: frozenset[int]) -> None:
    """Sections by label, by kind, by number: "chorus", "both verses", "second verse", "section 3".

    A part of a song that this one does not have is known as such, so that it can be said. `heroes`:
    numbers of the sections that hold the climax.
    """
    of_kind = _groups(labels)
    for name, kind in {**{kind: kind for kind in of_kind}, **v.SECTION_NAMES}.items():
        _learn_kind(known, name, of_kind.get(kind, ()))
    _learn_ends(known, of_kind, last=len(labels) - 1)
    for i, label in enumerate(labels):
        one: Meaning = ("scope", frozenset({i}))
        words = tuple(label.lower().replace("_", " ").split())
        known[words] = known[_apart(words)] = one
        known[("section", str(i + 1))] = one
    known[("last", "section")] = ("scope", frozenset({len(labels) - 1}))
    known[("first", "section")] = ("scope", frozenset({0}))
    known[("climax",)] = ("scope", heroes) if heroes else ("missing", "climax")


def _groups(labels: Sequence[str]) -> dict[str, tuple[Group, ...]]:
    """Kind -> its sections in the order of the song, split ones together."""
    found: dict[str, dict[str, Group]] = {}
    for i, label in enumerate(labels):
        kind = kind_of(label).lower().replace("_", " ")
        number = label.rstrip("abcdefghijklmnopqrstuvwxyz") if kind_of(label) != label else label
        groups = found.setdefault(kind, {})
        groups[number] = groups.get(number, frozenset()) | {i}
    return {kind: tuple(groups.values()) for kind, groups in found.items()}


def _apart(words: tuple[str, ...]) -> tuple[str, ...]:
    """ "chorus 1b" as it is read where it is written with a blank: "chorus 1 b"."""
    last = words[-1]
    split = len(words) > 1 and last[-1].isalpha() and last[:-1].isdigit()
    return (*words[:-1], last[:-1], last[-1]) if split else words


def _learn_ends(known: Vocabulary, of_kind: dict[str, tuple[Group, ...]], *, last: int) -> None:
    """The start and the end of a song that has no intro or outro by name."""
    known[("start",)] = ("scope", frozenset({0}))
    if "intro" not in of_kind:
        for name in ("intro", "opening", "beginning"):
            known[(name,)] = ("scope", frozenset({0}))
    if "outro" not in of_kind:
        for name in ("outro", "ending", "end"):
            known[(name,)] = ("scope", frozenset({last}))


def _learn_kind(known: Vocabulary, name: str, found: tuple[Group, ...]) -> None:
    words = tuple(name.split())
    many = tuple(v.PLURALS.get(name, name + "s").split())
    every: Meaning = ("scope", frozenset().union(*found)) if found else ("missing", name)
    for phrase in (words, many, ("all", *many), ("all", "the", *many), ("every", *words),
                   ("each", *words)):  # fmt: skip
        known[phrase] = every
    known[("both", *many)] = every if len(found) == 2 else ("missing", f"both {' '.join(many)}")
    for n, (ordinal, number) in enumerate(zip(v.ORDINALS, v.NUMBERS, strict=True)):
        there: Meaning = ("missing", f"{name} {n + 1}")
        if n < len(found):
            there = ("scope", found[n])
        digit, short = str(n + 1), f"{n + 1}{('st', 'nd', 'rd', *['th'] * 6)[n]}"
        for phrase in ((ordinal, *words), (short, *words), (*words, digit), (*words, number)):
            known[phrase] = there
    if found:
        known[("last", *words)] = known[("final", *words)] = ("scope", found[-1])
    if len(found) > 1:
        known[("last", "two", *many)] = ("scope", found[-1] | found[-2])
        known[("first", "and", "last", *words)] = ("scope", found[0] | found[-1])
        known[("first", "two", *many)] = ("scope", found[0] | found[1])
    for a, b in combinations(range(min(len(v.ORDINALS), len(found))), 2):
        pair: Meaning = ("scope", found[a] | found[b])
        known[(v.ORDINALS[a], "and", v.ORDINALS[b], *words)] = pair
        known[(*words, str(a + 1), "and", str(b + 1))] = pair
        known[(*many, str(a + 1), "and", str(b + 1))] = pair
