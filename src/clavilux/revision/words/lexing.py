"""A request as a row of meanings: words looked up, the longest phrase first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from clavilux import registry
from clavilux.direction.style import style_names
from clavilux.documents.checking import NAMED_COLORS
from clavilux.model.spec import RenderSpec
from clavilux.revision.words import vocabulary as v
from clavilux.revision.words.section_names import learn_sections
from clavilux.revision.words.vocabulary import Kind, Vocabulary

LONGEST_REQUEST = 2000
LONGEST_PHRASE = 5

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


def lexed(request: str, spec: RenderSpec) -> list[Token]:
    """The request's tokens; `word` is what has no meaning here."""
    known = vocabulary_for(spec)
    raw = _raw(request)
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
        elif mark in ",;.!?":
            tokens.append(Token(mark, "break"))
        elif mark not in "=:'()":
            tokens.append(Token(mark, "word"))
    return tokens


def vocabulary_for(spec: RenderSpec) -> Vocabulary:
    """Every phrase that means something for this spec: its sections, what is installed."""
    labels = tuple(section.label for section in spec.sections)
    heroes = frozenset(i for i, section in enumerate(spec.sections) if section.hero)
    return _vocabulary(labels, heroes, registry.names("scenes"), registry.names("effects"))


@lru_cache(maxsize=16)
def _vocabulary(
    labels: tuple[str, ...],
    heroes: frozenset[int],
    scenes: tuple[str, ...],
    effects: tuple[str, ...],
) -> Vocabulary:
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
    for name in scenes:
        learn([name, f"{name} scene", f"scene {name}"], "scene", name)
    for name in effects:
        learn([name], "transition" if name in v.TRANSITIONS else "effect", name)
    for name in style_names():
        words = name.replace("_", " ")
        learn([words, f"{words} style", f"style {words}"], "style", name)
    learn(v.MORE, "more")
    learn(v.LESS, "less")
    learn(v.OFF, "off")
    learn(v.RETRY, "retry")
    learn(v.REST, "rest")
    learn(v.HERO, "hero")
    learn(v.KEEP, "keep")
    for thing in v.THINGS:
        learn([thing], "thing", thing)
    learn(v.EXCEPT, "except")
    learn(["stronger"], "more", "stronger")
    learn(v.EVERYWHERE, "scope", frozenset(range(len(labels))))
    _learn_corrections(known)
    learn_sections(known, labels, heroes)
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
        (("half", "half as strong", "halve"), ("half", 0.5)),
        (("double", "twice", "twice as strong", "double the"), ("double", 2.0)),
    ):
        for phrase in phrases:
            known[tuple(phrase.split())] = meaning  # type: ignore[assignment]
