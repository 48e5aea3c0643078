"""Everything that is wrong with a spec, each with line and column, and what is meant instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from pydantic import BaseModel, ValidationError

from clavilux import registry
from clavilux.direction.color_names import COLOR_NAMES
from clavilux.documents.explaining import straight, value_problem
from clavilux.documents.loading import Parsed, Place, TextError, Where, parse
from clavilux.model.correction import Correction, SectionMark, TempoMark
from clavilux.model.errors import PluginError
from clavilux.model.spec import RenderSpec, SectionSpec

MEET = 1e-3
"""Seconds: a section must begin this near to the end of the one before it."""

_BASIC = {
    "red": "#E62A1C", "blue": "#1E82D8", "green": "#2F8548", "yellow": "#F2E21B",
    "pink": "#FA3F8E", "cyan": "#2CD3CB",
}  # fmt: skip
"""Colours that people name and that have finer names in COLOR_NAMES."""

NAMED_COLORS = {**COLOR_NAMES, **_BASIC}


@dataclass(frozen=True, order=True)
class Problem:
    """Something wrong in a spec."""

    place: Place
    message: str
    field: str = ""
    """Where, in a reader's words: "section 'verse_1' palette 2"."""

    def told(self, name: str) -> str:
        """One line, as compilers write it."""
        field = f"{self.field}: " if self.field else ""
        return f"{name}:{self.place.line}:{self.place.column}: {shown(field + self.message)}"


def problems_of(text: str, *, folder: Path | None = None) -> tuple[Problem, ...]:
    """All that is wrong with a spec's text, in the order of its lines; nothing where it is fine.

    `folder`: where the spec lies, if its song is to be there.
    """
    try:
        parsed = parse(text)
    except TextError as error:
        place = error.place or Place(1, 1)
        return (Problem(place, error.problem),)
    found = [*_of_names(parsed), *_of_times(parsed), *_of_song(parsed, folder)]
    found += _of_correction(parsed)
    found += _of_fields(parsed, cross=bool(found))
    return tuple(sorted(dict.fromkeys(found)))


def shown(text: str) -> str:
    """Text of a spec on one line of a terminal, without what would steer the terminal."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)


def close_to(name: str, known: Iterable[str], *, most: int = 2) -> str:
    """ "; did you mean bloom?", or nothing."""
    close = difflib.get_close_matches(name.lower(), list(known), n=most)
    return f"; did you mean {' or '.join(close)}?" if close else ""


# --- What the fields hold ---------------------------------------------------------------------


def _of_fields(parsed: Parsed, *, cross: bool) -> Iterator[Problem]:
    """What the model refuses. `cross`: what does not fit together is told already."""
    try:
        RenderSpec.model_validate(parsed.plain)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False)
        inner = {one["loc"][:n] for one in errors for n in range(len(one["loc"]))}
        for one in errors:
            where = tuple(part for part in one["loc"] if part != "[key]")
            whole = one["type"] == "value_error" and where[-1:] in ((), *_numbers(where))
            counted = one["type"] == "too_short" and one["loc"] in inner
            if not (whole and cross) and not counted:
                place = _nearest(parsed, where, key=one["type"] == "extra_forbidden")
                yield Problem(place, _explained(one, where), _words(parsed, where))


def _numbers(where: Where) -> tuple[Where, ...]:
    """The end of the address of a whole section, or of the correction."""
    whole = len(where) == 2 and where[0] == "sections"
    return (where[-1:],) if whole or where == ("correction",) else ()


def _explained(error: Any, where: Where) -> str:
    message, value = str(error["msg"]).removeprefix("Value error, "), error.get("input")
    kind = error["type"]
    if kind == "extra_forbidden":
        hint = close_to(str(where[-1]), _fields_at(where[:-1]))
        return f"unknown field '{where[-1]}'{hint or '; remove it or correct its spelling'}"
    if kind == "missing":
        return f"'{where[-1]}' is missing" + _swallowed(str(where[-1]), value)
    if "palette" in where and kind == "value_error":
        return message + _color_hint(str(value))
    if "palette" in where and value is None:
        return "no colour here; put it in quotes, as # begins a comment"
    names = [part for part in where if isinstance(part, str)]
    return value_problem(kind, message, value, field=names[-1] if names else "")


def _swallowed(field: str, around: Any) -> str:
    """Which text holds a missing field, because its quote is not closed."""
    texts = around.items() if isinstance(around, dict) else ()
    inside = [name for name, text in texts if isinstance(text, str) and f" {field}:" in text]
    return f"; it is inside '{inside[0]}', whose quote is not closed" if inside else ""


def _color_hint(text: str) -> str:
    letters = straight(text).strip().lstrip("#")
    if len(letters) in (3, 6) and all(c in "0123456789abcdefABCDEF" for c in letters):
        full = letters if len(letters) == 6 else "".join(c * 2 for c in letters)
        return f"; did you mean '#{full.upper()}'?"
    close = difflib.get_close_matches(text.strip().lower(), NAMED_COLORS, n=1)
    return f"; {close[0]} is '{NAMED_COLORS[close[0]]}'" if close else ""


def _fields_at(where: Where) -> list[str]:
    """The names that a field may have at an address."""
    models: dict[Where, type[BaseModel]] = {
        (): RenderSpec,
        ("sections",): SectionSpec,
        ("correction",): Correction,
        ("correction", "tempo_map"): TempoMark,
        ("correction", "sections"): SectionMark,
    }
    names = tuple(part for part in where if isinstance(part, str))
    return list(models[names].model_fields) if names in models else []


def _words(parsed: Parsed, where: Where) -> str:
    """Where something is, for people: sections by their label, numbers from 1."""
    parts = list(where)
    said = []
    if len(parts) > 1 and parts[0] == "sections" and isinstance(parts[1], int):
        label = _at(parsed.plain, ("sections", parts[1], "label"))
        named = isinstance(label, str) and label
        said.append(f"section '{label}'" if named else f"section {parts[1] + 1}")
        parts = parts[2:]
    return " ".join([*said, *(str(p + 1) if isinstance(p, int) else str(p) for p in parts)])


def _at(plain: Any, where: Where) -> Any:
    for part in where:
        try:
            plain = plain[part]
        except (KeyError, IndexError, TypeError):
            return None
    return plain


def _nearest(parsed: Parsed, where: Where, *, key: bool = False) -> Place:
    """The place of a value, or of the nearest thing around it that the text has."""
    while where not in parsed.values and where:
        where, key = where[:-1], True
    return (parsed.keys if key else parsed.values)[where]


# --- What they name ---------------------------------------------------------------------------


def _of_names(parsed: Parsed) -> Iterator[Problem]:
    """Scenes, effects, transitions and trackers that do not exist, and impossible strengths."""
    tracker = parsed.plain.get("tracker")
    if isinstance(tracker, str) and tracker not in ("pointer", *registry.names("trackers")):
        yield _problem(parsed, ("tracker",), _unknown("tracker", tracker, ("pointer",)))
    for i, section in _sections(parsed):
        at: Where = ("sections", i)
        scene, effects = section.get("scene"), section.get("effects")
        if isinstance(scene, str) and scene not in registry.names("scenes"):
            yield _problem(parsed, (*at, "scene"), _unknown("scene", scene))
        for name, strength in effects.items() if isinstance(effects, dict) else ():
            where = (*at, "effects", name)
            if name not in registry.names("effects"):
                yield _problem(parsed, where, _unknown("effect", str(name)), key=True)
            elif isinstance(strength, int | float) and not 0 <= strength <= 4:
                yield _problem(parsed, where, f"strength {strength} is not 0..4")
        yield from _of_transition(parsed, (*at, "transition"), section.get("transition"))


def _of_transition(parsed: Parsed, where: Where, name: Any) -> Iterator[Problem]:
    if not isinstance(name, str) or name == "cut":
        return
    try:
        mixes = registry.get("effects", name).stage == "mix"
    except PluginError:
        mixes = False
    if not mixes:
        known = ("cut", "dissolve", "morph")
        hint = close_to(name, known) or f"; use {', '.join(known)}"
        yield _problem(parsed, where, f"'{name}' is no transition{hint}")


def _unknown(kind: str, name: str, more: tuple[str, ...] = ()) -> str:
    known = (*more, *registry.names(f"{kind}s"))  # type: ignore[arg-type]
    return f"there is no {kind} '{name}'{close_to(name, known) or '; known: ' + ', '.join(known)}"


def _sections(parsed: Parsed) -> Iterator[tuple[int, dict[str, Any]]]:
    sections = parsed.plain.get("sections")
    for i, section in enumerate(sections if isinstance(sections, list) else ()):
        if isinstance(section, dict):
            yield i, section


def _problem(parsed: Parsed, where: Where, message: str, *, key: bool = False) -> Problem:
    return Problem(_nearest(parsed, where, key=key), message, _words(parsed, where))


# --- What does not fit together ---------------------------------------------------------------


def _of_times(parsed: Parsed) -> Iterator[Problem]:
    """Labels that two sections have, sections that end before they start, gaps and overlaps."""
    labels: dict[str, int] = {}
    before: tuple[str, Any] | None = None
    for i, section in _sections(parsed):
        at: Where = ("sections", i)
        label, start, end = (section.get(name) for name in ("label", "start", "end"))
        if isinstance(label, str):
            if label in labels:
                yield _problem(
                    parsed, (*at, "label"), f"section {labels[label] + 1} has this label too"
                )
            labels.setdefault(label, i)
        if _number(start) and _number(end) and end <= start:
            yield _problem(parsed, (*at, "end"), f"it ends at {end}, before it starts ({start})")
        if before and _number(before[1]) and _number(start) and abs(before[1] - start) > MEET:
            said = f"{start}, but '{before[0]}' ends at {before[1]}; make both the same"
            yield _problem(parsed, (*at, "start"), said)
        before = (str(label), end)


def _of_correction(parsed: Parsed) -> Iterator[Problem]:
    """A tempo scale that is none: the model tells it only where the fields are right."""
    scale = _at(parsed.plain, ("correction", "tempo_scale"))
    if _number(scale) and scale not in (0.25, 0.5, 1, 2, 4):
        message = f"{scale:g} is not one of 0.25, 0.5, 1, 2, 4"
        yield _problem(parsed, ("correction", "tempo_scale"), message)


def _number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _of_song(parsed: Parsed, folder: Path | None) -> Iterator[Problem]:
    song = parsed.plain.get("song")
    if folder is None or not isinstance(song, str):
        return
    try:
        there = (folder / Path(song).expanduser()).is_file()
    except (OSError, ValueError, RuntimeError):
        there = False
    if not there:
        yield _problem(parsed, ("song",), f"there is no song '{song}' here")
