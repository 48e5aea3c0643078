"""What changes between two specs, section by section, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clavilux.direction.color_names import color_name
from clavilux.documents.checking import shown
from clavilux.documents.differences import differences, is_section, pairs_of, place_before
from clavilux.model.spec import RenderSpec

LONGEST = 160
"""Characters of a value that are shown."""

SECTION = "section"
"""The field of a difference that is a whole section, new or gone."""


@dataclass(frozen=True)
class Difference:
    """One field that changes."""

    section: str
    """Its label as it was; "" for the whole video."""
    field: str
    old: Any
    new: Any

    @property
    def told(self) -> str:
        """One line: "bloom 1 -> 1.5"."""
        if self.field == SECTION:
            return f"a new section, {_span(self.new)}" if self.new else "this section goes"
        return f"{shown(self.field)}: {_said(self.old)} -> {_said(self.new)}"


def differences_in_words(before: RenderSpec, after: RenderSpec) -> tuple[Difference, ...]:
    """Every field that differs, in the order of the spec."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    pairs, found = pairs_of(before, after), []
    for where, value in differences(before, after):
        if is_section(where):
            there = old if value is None else new
            label = there["sections"][where[1]]["label"]
            gone = None if value else there["sections"][where[1]]
            found.append(Difference(label, SECTION, gone, value))
            continue
        if where == ("times_follow",):
            continue  # it follows the correction, which is told
        was_at = place_before(where, pairs)
        assert was_at is not None
        section = before.sections[int(was_at[1])].label if where[0] == "sections" else ""
        was, gets = _value(old, was_at), _value(new, where)
        found += _of_field(section, where[2:] if section else where, was, gets)
    return tuple(found)


def _of_field(section: str, path: tuple[str | int, ...], was: Any, gets: Any) -> list[Difference]:
    if path == ("correction",):
        return [
            Difference("", f"correction {name}", was[name], gets[name])
            for name in gets
            if was[name] != gets[name]
        ]
    if path[0] == "effects":
        path = path[1:]
        was, gets = (1.0 if value is None else value for value in (was, gets))
    return [Difference(section, " ".join(map(str, path)), was, gets)]


def _span(section: dict[str, Any]) -> str:
    return f"from {clock(section['start'])} to {clock(section['end'])}"


def clock(seconds: float) -> str:
    """62.5 -> "1:02.5"."""
    minutes, rest = divmod(round(seconds, 3), 60)
    whole = f"{rest:06.3f}".rstrip("0").rstrip(".")
    return f"{int(minutes)}:{whole}"


def _value(plain: Any, where: tuple[str | int, ...]) -> Any:
    for part in where:
        if isinstance(plain, dict) and part not in plain:
            return None
        plain = plain[part]
    return plain


def _said(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list) and value and all(_is_color(v) for v in value):
        return ", ".join(f"{color_name(v)} {v}" for v in value)
    if isinstance(value, list) and len(value) > 4:
        return f"{len(value)} values"
    text = shown(str(value))
    if isinstance(value, str):
        text = f'"{text}"' if text else "nothing"
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def _is_color(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 7 and value.startswith("#")
