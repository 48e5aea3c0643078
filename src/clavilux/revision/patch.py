"""A change of a spec as RFC 6902 operations, and the fence around what they may touch.

Of RFC 6902, `add`, `replace`, `remove` and `test` are known; `move` and `copy` have no use here and
are refused. Paths are JSON pointers (RFC 6901) into the whole spec, its usual values included.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field

from clavilux.documents.checking import shown
from clavilux.documents.differences import differences, is_section, pairs_of, place_before
from clavilux.model import codec
from clavilux.model.base import Value
from clavilux.model.errors import SpecError
from clavilux.model.spec import RenderSpec

MOST = 500
"""Operations in a patch."""

_SECTION = r"/sections/(?:0|[1-9]\d{0,3})"
LOOKS = (
    r"/(?:global_style|quality|grading)"
    rf"|{_SECTION}/(?:theme|palette|mood|prompt|tier|scene|energy|stills|transition|effects)"
    rf"|{_SECTION}/palette/[0-7]"
    rf"|{_SECTION}/effects/[A-Za-z0-9_.-]{{1,64}}"
)
"""Paths that a language model may write to: what is seen, and nothing else."""

EDITS = (
    LOOKS + r"|/(?:title|style|likeness|seed|named_sections|through_line)"
    rf"|{_SECTION}/(?:label|start|end|hero)"
    r"|/(?:correction|times_follow)(?:/[a-z_]{1,32})?"
    rf"|{_SECTION}"
)
"""Paths that a person may write to. Never the song, the version of the format, or a tracker. Whole
sections are added and removed, not replaced."""


class PatchError(SpecError):
    """A patch that touches what it must not, or does not fit the spec."""


class Operation(Value):
    """One step."""

    op: Literal["add", "replace", "remove", "test"]
    path: str = Field(max_length=200)
    value: Any = None


class Patch(Value):
    """Steps in their order: all of them happen, or none."""

    operations: tuple[Operation, ...] = Field(max_length=MOST)

    def applied_to(self, spec: RenderSpec, *, fence: str = EDITS) -> RenderSpec:
        """The spec that a patch makes, checked as a whole.

        Raises PatchError where a path lies outside the fence or names nothing, SpecError where the
        result is no spec.
        """
        plain = spec.model_dump(mode="json")
        for operation in self.operations:
            _apply(operation, plain, fence)
        return codec.read(RenderSpec, plain, what="the changed spec")


def patch_between(before: RenderSpec, after: RenderSpec) -> Patch:
    """The patch that makes one spec into another."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    pairs, made = pairs_of(before, after), []
    for where, value in differences(before, after):
        path = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in where)
        was = place_before(where, pairs)
        had = None if was is None else _found(old, was)
        gets = value if is_section(where) else _found(new, where)
        if gets is None:
            made.append(Operation(op="remove", path=path))
        else:
            new_one = had is None or is_section(where)
            op: Literal["add", "replace"] = "add" if new_one else "replace"
            made.append(Operation(op=op, path=path, value=gets))
    return Patch(operations=tuple(made))


def _found(plain: Any, where: tuple[str | int, ...]) -> Any:
    for part in where:
        if isinstance(plain, dict) and part not in plain:
            return None
        plain = plain[part]
    return plain


def _apply(operation: Operation, plain: Any, fence: str) -> None:
    path, value = operation.path, operation.value
    inside = re.fullmatch(fence, path) and not (
        operation.op == "replace" and re.fullmatch(_SECTION, path)
    )
    if operation.op != "test" and not inside:
        raise PatchError(f"a revision must not touch '{shown(path)}'")
    _refuse_control(value, path)
    parent, name = _parent(plain, path)
    here = name in parent if isinstance(parent, dict) else 0 <= name < len(parent)
    if operation.op == "test":
        if not here or parent[name] != value:
            raise PatchError(f"'{shown(path)}' is not what the revision expects; it has changed")
    elif operation.op != "add" and not here:
        raise PatchError(f"there is no '{shown(path)}' in this spec")
    elif operation.op == "remove":
        del parent[name]
    elif operation.op == "add" and isinstance(parent, list):
        parent.insert(name, value)
    else:
        parent[name] = value


def _parent(plain: Any, path: str) -> tuple[Any, Any]:
    """What a path's last part is looked up in, and that part."""
    if not path.startswith("/"):
        raise PatchError(f"'{shown(path)}' is not a path; it begins with /")
    *parts, last = (p.replace("~1", "/").replace("~0", "~") for p in path[1:].split("/"))
    for part in parts:
        if isinstance(plain, list) and part.isdecimal() and int(part) < len(plain):
            plain = plain[int(part)]
        elif isinstance(plain, dict) and part in plain:
            plain = plain[part]
        else:
            raise PatchError(f"there is no '{shown(path)}' in this spec")
    if isinstance(plain, list):
        if not last.isdecimal() or int(last) > len(plain):
            raise PatchError(f"there is no '{shown(path)}' in this spec")
        return plain, int(last)
    if not isinstance(plain, dict):
        raise PatchError(f"there is no '{shown(path)}' in this spec")
    return plain, last


def _refuse_control(value: Any, path: str) -> None:
    """Text that would steer a terminal has no place in a spec."""
    for text in _texts(value):
        if any(not c.isprintable() and c not in "\n\t" for c in text):
            raise PatchError(f"'{shown(path)}': the text holds control characters")


def _texts(value: Any) -> list[str]:
    found, open_ = [], [value]
    while open_:
        one = open_.pop()
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, dict):
            open_ += [*one, *one.values()]
        elif isinstance(one, list | tuple):
            open_ += one
    return found
