"""What is wrong with a text that is no YAML, in a sentence, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ruamel.yaml.error import YAMLError

Spot = tuple[int, int]
"""Line and column, from 0."""

_ODD_BLANKS = re.compile("[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff]")
_CURLY = re.compile("[\u2018\u2019\u201c\u201d]")


def syntax_problem(error: YAMLError, text: str) -> tuple[str, Spot | None]:
    """The sentence for a YAML error, and where to look; None where that is not known."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if line.startswith(("<<<<<<< ", ">>>>>>> ")):
            return "a merge conflict is not resolved here; keep one of the two versions", (
                number,
                0,
            )
    said = " ".join(str(getattr(error, "problem", None) or getattr(error, "reason", "")).split())
    spot, start = _spot(error, "problem_mark"), _spot(error, "context_mark")
    for words, tell in _PROBLEMS:
        if words in said:
            return tell(said, lines, spot, start)
    if odd := _odd_blank(lines, spot, start):
        return odd
    return said or "it is not valid YAML", spot


def _spot(error: YAMLError, name: str) -> Spot | None:
    mark = getattr(error, name, None)
    return (mark.line, mark.column) if mark is not None else None


def _line(lines: list[str], spot: Spot | None) -> str:
    return lines[spot[0]] if spot is not None and spot[0] < len(lines) else ""


def _odd_blank(lines: list[str], *spots: Spot | None) -> tuple[str, Spot] | None:
    for spot in spots:
        found = _ODD_BLANKS.search(_line(lines, spot))
        if spot is not None and found:
            return "a blank that is none, as web pages have; type it anew", (spot[0], found.start())
    return None


Told = tuple[str, Spot | None]
_Tell = Callable[[str, list[str], Spot | None, Spot | None], Told]
"""What the parser said, the lines, the place, and where what holds it began."""


def _character(said: str, lines: list[str], spot: Spot | None, start: Spot | None) -> Told:
    if "\\t" in said:
        return "a tab; YAML is indented with blanks, two for each step", spot
    mark = _line(lines, spot)[spot[1] : spot[1] + 1] if spot else ""
    return f"a text cannot begin with {mark} in YAML; put it in quotes", spot


def _twice(said: str, lines: list[str], spot: Spot | None, start: Spot | None) -> Told:
    name = re.search(r'key "([^"]*)"', said)
    return f"'{name[1] if name else '?'}' is here a second time; keep one of them", spot


def _end(said: str, lines: list[str], spot: Spot | None, start: Spot | None) -> Told:
    return "this quote is never closed; close it at the end of the text", start or spot


def _alias(said: str, lines: list[str], spot: Spot | None, start: Spot | None) -> Told:
    name = re.search(r"'([^']*)'", said)
    known = name[1] if name else "?"
    return (
        f"undefined alias: nothing is called &{known}; a text that begins with * needs quotes",
        spot,
    )


def _colon(said: str, lines: list[str], spot: Spot | None, start: Spot | None) -> Told:
    if odd := _odd_blank(lines, spot):
        return odd
    line = _line(lines, spot)
    field, _, value = line.partition(": ")
    if ": " in value or value.endswith(":"):
        return f'a text with a colon in it needs quotes: {field.strip(" -")}: "..."', spot
    return "this line is indented unlike the one before it; " + _COLUMNS, spot


_COLUMNS = "the fields of a section begin in one column"


def _no_colon(said: str, lines: list[str], spot: Spot | None, start: Spot | None) -> Told:
    """The key that has no colon is where the context begins."""
    if odd := _odd_blank(lines, start, spot):
        return odd
    line = _line(lines, start).strip(" -")
    if found := re.match(r"([\w-]+)\s*=\s*(.*)", line):
        return f"write {found[1]}: {found[2]}, with a colon", start
    if found := re.match(r"([\w-]+):(\S.*)", line):
        return f"a blank is missing after the colon: {found[1]}: {found[2]}", start
    return "a colon is missing: a line is a field, a colon, a blank and a value", start


def _block(said: str, lines: list[str], spot: Spot | None, start: Spot | None) -> Told:
    if odd := _odd_blank(lines, spot):
        return odd
    line = _line(lines, spot)
    if re.search(r":\s*'[^']*'\s*\S", line):
        return "the quote is closed before this; write '' for an apostrophe inside '...'", spot
    if re.search(r':\s*"[^"]*"\s*\S', line):
        return 'the quote is closed before this; write \\" for a quote inside "..."', spot
    if found := re.search(r":\s*([\[{]).*[\]}]\s*\S", line):
        return f"a text that begins with {found[1]} needs quotes", spot
    return "this line is indented unlike its neighbours; " + _COLUMNS, spot


def _dash(said: str, lines: list[str], spot: Spot | None, start: Spot | None) -> Told:
    return "a text that begins with - needs quotes; a list begins on a line of its own", spot


def _comma(said: str, lines: list[str], spot: Spot | None, start: Spot | None) -> Told:
    before = lines[max(0, (spot or (0, 0))[0] - 2) : (spot or (0, 0))[0] + 1]
    if any(mark in line for line in before for mark in ("[#", ", #", "[ #")):
        return "expected a closing ]; colours need quotes, as # begins a comment", start or spot
    open_ = _line(lines, start)[start[1] : start[1] + 1] if start else "["
    if "stream end" in said:
        return f"expected a closing bracket: this {open_} is never closed", start or spot
    return f"expected a comma before this, or the end of the {open_} it is in", spot


def _second(said: str, lines: list[str], spot: Spot | None, start: Spot | None) -> Told:
    return "--- begins another document; a render spec is one, remove what is too much", spot


def _start(said: str, lines: list[str], spot: Spot | None, start: Spot | None) -> Told:
    return "this does not go on as what stands before it began; it may be a line too much", spot


def _tag(said: str, lines: list[str], spot: Spot | None, start: Spot | None) -> Told:
    return "a text that begins with ! needs quotes; tags mean nothing in a render spec", spot


def _control(said: str, lines: list[str], spot: Spot | None, start: Spot | None) -> Told:
    return "special characters are not allowed: a control character is in here; remove it", spot


_PROBLEMS: tuple[tuple[str, _Tell], ...] = (
    ("cannot start any token", _character),
    ("duplicate key", _twice),
    ("unexpected end of stream", _end),
    ("undefined alias", _alias),
    ("mapping values are not allowed", _colon),
    ("could not find expected ':'", _no_colon),
    ("expected <block end>", _block),
    ("sequence entries are not allowed", _dash),
    ("expected ',' or", _comma),
    ("another document", _second),
    ("<document start>", _start),
    ("could not determine a constructor", _tag),
    ("special characters are not allowed", _control),
)
"""Words of the parser -> what they mean. From the texts of ruamel.yaml's scanner and parser."""


# --- Values ----------------------------------------------------------------------------------


def value_problem(kind: str, message: str, value: Any, *, field: str) -> str:
    """What pydantic says of a value, in words for people.

    `kind` and `message` are pydantic's, `field` the last name of where it is.
    """
    if kind in ("float_parsing", "int_parsing", "float_type", "int_type", "int_from_float"):
        return _number_problem(value)
    if kind in ("tuple_type", "list_type"):
        return _LISTS.get(field, "write it as a list: [a, b]")
    if kind == "dict_type":
        return "write it as {bloom: 1, grain: 0.5}"
    if kind in ("model_type", "model_attributes_type"):
        return "write its fields, one a line, each with a colon"
    if kind == "string_type":
        return _text_problem(value, field)
    if kind == "literal_error" and field == "clavilux":
        return "the format of this file is 1; a newer Clavilux may have written another"
    if kind == "string_too_long":
        return f"{message.replace('String should have', 'it may have')}; this has {len(value)}"
    if kind == "too_short":
        return re.sub(r"\w+ should have (at least \d+) item.*", r"\1 is needed", message)
    if kind == "bool_parsing":
        return "write true or false"
    return message


_LISTS = {
    "sections": "write the sections as a list, each with a dash: - label: verse_1",
    "palette": "write the colours as a list: ['#112233', '#AABBCC']",
    "taps": "write the times as a list: [0.5, 1.0]",
    "tempo_map": "write the marks as a list: [{time: 0, tempo: 96}]",
}


def _number_problem(value: Any) -> str:
    if value is None:
        return "a number is missing here"
    text = str(value).strip()
    if found := re.fullmatch(r"(?:(\d+):)?(\d+):(\d\d(?:\.\d+)?)", text):
        seconds = 3600 * int(found[1] or 0) + 60 * int(found[2]) + float(found[3])
        return f"times are in seconds: write {seconds:g} for {text}"
    if re.fullmatch(r"-?\d+,\d+", text):
        return f"write {text.replace(',', '.')}, with a point"
    if found := re.fullmatch(r"(-?\d+(?:\.\d+)?) ?%", text):
        return f"write {float(found[1]) / 100:g} for {text}"
    if found := re.fullmatch(r"(-?\d+(?:\.\d+)?) ?(?:s|sec|seconds|ms|bpm|bars?|beats?)", text):
        return f"write the number alone: {found[1]}"
    return f"'{text[:40]}' is no number"


def _text_problem(value: Any, field: str) -> str:
    if value is None:
        return "nothing stands here; write '' where there is to be nothing"
    if isinstance(value, dict | list | tuple):
        return "write a text here, in quotes if it has brackets or colons"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if re.fullmatch(r"\d{6}", text) and field == "palette":
        return f"write it as '#{text}'"
    return f"put {text} in quotes, as it is to be a text"


def straight(text: str) -> str:
    """A text without the curly quotes that word processors put around it."""
    return _CURLY.sub("", text)
