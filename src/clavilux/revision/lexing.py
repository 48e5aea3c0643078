"""A request as a row of meanings: words looked up, the longest phrase first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from clavilux import registry
from clavilux.direction.style import style_names
from clavilux.documents.checking import NAMED_COLORS
from clavilux.model.spec import RenderSpec
from clavilux.revision import vocabulary as v
from clavilux.revision.vocabulary import Kind, Meaning

LONGEST_REQUEST = 2000
LONGEST_PHRASE = 5

_UNQUOTED = re.compile(
    r"""\b((?:prompt|theme|mood|title|global style)\b[^"\u201c=:]{0,60})[=:]\s*"""
    r"""(?!["\u201c\s])([^"\u201c]+)$""",
    re.IGNORECASE,
)
"""A text that goes on to the end of the request."""

_TOKEN = re.compile(
    r"""["\u201c]([^"\u201d]*)["\u201d]"""  # quoted
    r"|(\#[0-9a-fA-F]{6}\b)"
    r"|(\d+:\d\d(?:\.\d+)?)"  # a time
    r"|(\d+(?:st|nd|rd|th)\b)"
    r"|([+-]?\d+(?:\.\d+)?|[+-]?\.\d+)(?:\s?(%|ms|milliseconds|s|sec|seconds)(?![a-z]))?"
    r"|([^\W\d_][\w'-]*)"
    r"|(\S)"
)


@dataclass(frozen=True)
class Token:
    """A piece of a request with its meaning."""

    text: str
    kind: Kind
    value: object = None


Vocabulary = dict[tuple[str, ...], Meaning]


def lexed(request: str, spec: RenderSpec) -> list[Token]:
    """The request's tokens; `word` is what has no meaning here."""
    known = vocabulary_for(spec)
    raw = _raw(_UNQUOTED.sub(r'\1 "\2"', request))
    tokens: list[Token] = []
    at = 0
    while at < len(raw):
        for length in range(min(LONGEST_PHRASE, len(raw) - at), 0, -1):
            words = tuple(token.text.lower() for token in raw[at : at + length])
            looked_up = all(t.kind in ("word", "number") for t in raw[at : at + length])
            if looked_up and words in known:
                kind, value = known[words]
                said = " ".join(token.text for token in raw[at : at + length])
                tokens.append(Token(said, kind, value))
                break
        else:
            length = 1
            tokens.append(raw[at])
        at += length
    return tokens


def _raw(request: str) -> list[Token]:
    tokens = []
    for found in _TOKEN.finditer(request):
        quoted, color, clock, ordinal, number, unit, word, mark = found.groups()
        text = found[0]
        if quoted is not None:
            tokens.append(Token(quoted.strip(), "text", quoted.strip()))
        elif color:
            tokens.append(Token(text, "color", color.upper()))
        elif clock:
            minutes, seconds = clock.split(":")
            tokens.append(Token(text, "seconds", 60 * int(minutes) + float(seconds)))
        elif number and unit in ("ms", "milliseconds"):
            tokens.append(Token(text, "milliseconds", float(number)))
        elif number and unit == "%":
            tokens.append(Token(text, "number", float(number) / 100))
        elif number and unit:
            tokens.append(Token(text, "seconds", float(number)))
        elif number:
            tokens.append(Token(number, "number", float(number)))
        elif word or ordinal:
            parts = (word or ordinal).replace("_", " ").split()
            tokens += [Token(part, "word") for part in parts]
        elif mark in ",;.":
            tokens.append(Token(mark, "break"))
        elif mark not in "=:!'()?":
            tokens.append(Token(mark, "word"))
    return tokens


def vocabulary_for(spec: RenderSpec) -> Vocabulary:
    """Every phrase that means something for this spec: its sections, what is installed."""
    known: Vocabulary = {}

    def learn(phrases: Iterable[str], kind: Kind, value: object = None) -> None:
        for phrase in phrases:
            known[tuple(phrase.lower().replace("_", " ").split())] = (kind, value)

    learn(v.FILLERS, "filler")
    for number, word in enumerate(v.NUMBERS, start=1):
        learn([word], "number", float(number))
    learn(v.BREAKS, "break")
    tables: tuple[tuple[Kind, Mapping[str, object]], ...] = (
        ("amount", v.AMOUNTS), ("color", NAMED_COLORS), ("look", v.LOOKS), ("energy", v.ENERGY),
        ("effect", v.EFFECTS), ("transition", v.TRANSITIONS), ("tier", v.TIERS),
        ("field", v.TEXTS),
    )  # fmt: skip
    for kind, table in tables:
        for phrase, value in table.items():
            learn([phrase], kind, value)
    for name in registry.names("scenes"):
        learn([name, f"{name} scene", f"scene {name}"], "scene", name)
    for name in registry.names("effects"):
        learn([name], "transition" if name in v.TRANSITIONS else "effect", name)
    for name in style_names():
        words = name.replace("_", " ")
        learn([words, f"{words} style", f"style {words}"], "style", name)
    learn(v.MORE, "more")
    learn(v.LESS, "less")
    learn(v.OFF, "off")
    learn(v.RETRY, "retry")
    learn(v.REST, "rest")
    learn(v.EXCEPT, "except")
    learn(["stronger"], "more", "stronger")
    learn(v.EVERYWHERE, "scope", frozenset(range(len(spec.sections))))
    _learn_corrections(known)
    _learn_sections(known, spec)
    return known


def _learn_corrections(known: Vocabulary) -> None:
    for phrases, meaning in (
        (("half tempo", "half time", "half the tempo", "halve the tempo"), ("tempo", 0.5)),
        (("double tempo", "double time", "double the tempo"), ("tempo", 2.0)),
        (("the beats", "all beats", "every beat", "beat grid"), ("beats", None)),
        (("the downbeat", "downbeat", "downbeats", "the one", "bar lines"), ("bars", None)),
        (("beats per bar", "beats to the bar", "to the bar"), ("meter", None)),
        (("later",), ("later", 1)),
        (("earlier", "sooner"), ("later", -1)),
        (("starts at", "start at", "begins at", "begin at"), ("starts", None)),
        (("half", "half as strong", "halve"), ("half", 0.5)),
        (("double", "twice", "twice as strong", "double the"), ("double", 2.0)),
    ):
        for phrase in phrases:
            known[tuple(phrase.split())] = meaning  # type: ignore[assignment]


def _learn_sections(known: Vocabulary, spec: RenderSpec) -> None:
    """Sections by label, by kind, by number: "chorus", "both verses", "second verse", "section 3".

    A part of a song that this one does not have is known as such, so that it can be said.
    """
    labels = [section.label for section in spec.sections]
    of_kind: dict[str, list[int]] = {}
    for i, label in enumerate(labels):
        head, _, number = label.rpartition("_")
        kind = head if head and number.isdigit() else label
        of_kind.setdefault(kind.lower().replace("_", " "), []).append(i)
    names = {**{kind: kind for kind in of_kind}, **v.SECTION_NAMES}
    for name, kind in names.items():
        _learn_kind(known, name, tuple(of_kind.get(kind, ())))
    for name, edge in (("intro", 0), ("opening", 0), ("beginning", 0), ("start", 0)):
        if "intro" not in of_kind:
            known[(name,)] = ("scope", frozenset({edge}))
    for name in ("outro", "ending", "end"):
        if "outro" not in of_kind:
            known[(name,)] = ("scope", frozenset({len(labels) - 1}))
    for i, label in enumerate(labels):
        one: Meaning = ("scope", frozenset({i}))
        known[tuple(label.lower().replace("_", " ").split())] = one
        known[("section", str(i + 1))] = one
    known[("last", "section")] = ("scope", frozenset({len(labels) - 1}))
    known[("first", "section")] = ("scope", frozenset({0}))
    heroes = frozenset(i for i, section in enumerate(spec.sections) if section.hero)
    known[("climax",)] = ("scope", heroes) if heroes else ("missing", "climax")


def _learn_kind(known: Vocabulary, name: str, found: tuple[int, ...]) -> None:
    words = tuple(name.split())
    many = tuple(v.PLURALS.get(name, name + "s").split())
    every: Meaning = ("scope", frozenset(found)) if found else ("missing", name)
    for phrase in (words, many, ("all", *many), ("every", *words), ("each", *words)):
        known[phrase] = every
    known[("both", *many)] = every if len(found) == 2 else ("missing", f"both {' '.join(many)}")
    for n, (ordinal, number) in enumerate(zip(v.ORDINALS, v.NUMBERS, strict=True)):
        there: Meaning = ("missing", f"{name} {n + 1}")
        if n < len(found):
            there = ("scope", frozenset({found[n]}))
        digit, short = str(n + 1), f"{n + 1}{('st', 'nd', 'rd', *['th'] * 6)[n]}"
        for phrase in ((ordinal, *words), (short, *words), (*words, digit), (*words, number)):
            known[phrase] = there
    if found:
        known[("last", *words)] = known[("final", *words)] = ("scope", frozenset({found[-1]}))
    for a, b in pairwise(range(len(v.ORDINALS))):
        if b < len(found):
            pair: Meaning = ("scope", frozenset({found[a], found[b]}))
            known[(v.ORDINALS[a], "and", v.ORDINALS[b], *words)] = pair
            known[(*words, str(a + 1), "and", str(b + 1))] = pair
            known[(*many, str(a + 1), "and", str(b + 1))] = pair
