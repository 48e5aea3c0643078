"""What changes between two specs, section by section, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clavilux.direction.color_names import color_name
from clavilux.documents.checking import shown
from clavilux.documents.rewriting import differences
from clavilux.model.spec import RenderSpec

LONGEST = 160
"""Characters of a value that are shown."""


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
        return f"{shown(self.field)}: {_said(self.old)} -> {_said(self.new)}"


def differences_in_words(before: RenderSpec, after: RenderSpec) -> tuple[Difference, ...]:
    """Every field that differs, in the order of the spec."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    found = []
    for where, _ in differences(before, after):
        section = before.sections[int(where[1])].label if where[0] == "sections" else ""
        path = where[2:] if section else where
        was, gets = _value(old, where), _value(new, where)
        if path == ("correction",):
            for name in gets:
                if was[name] != gets[name]:
                    found.append(Difference("", f"correction {name}", was[name], gets[name]))
            continue
        if path[0] == "effects":
            path, was = path[1:], 1.0 if was is None else was
            gets = 1.0 if gets is None else gets
        found.append(Difference(section, " ".join(map(str, path)), was, gets))
    return tuple(found)


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
