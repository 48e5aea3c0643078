"""A spec's text with other values in it: a person's comments, order and quotes stay."""

from __future__ import annotations

import copy
import io
import json
import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from clavilux.documents.loading import Where, parse_spec
from clavilux.model.errors import SpecError
from clavilux.model.spec import RenderSpec, SectionSpec

WIDTH = 96
_FLOW = ("palette", "effects", "taps")
"""Written side by side."""


def rewritten(text: str, before: RenderSpec, after: RenderSpec, *, name: str) -> str:
    """The text of `before` as one of `after`: only what differs between the two is touched.

    Where nothing differs, the text itself. Both have as many sections. Raises SpecError where the
    text cannot be changed without a loss, which then is not written.
    """
    changes = differences(before, after)
    if not changes:
        return text
    if len(before.sections) != len(after.sections):
        raise SpecError(f"{name}: sections cannot be added or taken away by a revision")
    plain = text.lstrip("\ufeff \t\r\n").startswith("{") and Path(name).suffix == ".json"
    made = _in_json(text, changes) if plain else _in_yaml(text, changes)
    if "\r\n" in text:
        made = made.replace("\r\n", "\n").replace("\n", "\r\n")
    if text.startswith("\ufeff"):
        made = "\ufeff" + made.removeprefix("\ufeff")
    if parse_spec(made, name=name) != after:
        raise SpecError(f"{name} is written in a way that cannot be changed here; edit it by hand")
    return made


Change = tuple[Where, Any]
"""A field and its new value; None where it goes back to the usual and is left out."""


def differences(before: RenderSpec, after: RenderSpec) -> list[Change]:
    """Every field that differs: of the whole, of sections, of their effects."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    changes = _fields(old, new, (), leave_out=("sections", "correction"))
    usual = RenderSpec.model_fields["correction"].get_default(call_default_factory=True)
    if after.correction != before.correction:
        correction = after.correction.model_dump(mode="json", exclude_defaults=True)
        changes.append((("correction",), None if after.correction == usual else correction))
    for i, (a, b) in enumerate(zip(old["sections"], new["sections"], strict=False)):
        at: Where = ("sections", i)
        changes += _fields(a, b, at, leave_out=("effects",))
        for name in {**a["effects"], **b["effects"]}:
            if a["effects"].get(name) != b["effects"].get(name):
                changes.append(((*at, "effects", name), b["effects"].get(name)))
    return changes


def _fields(
    old: dict[str, Any], new: dict[str, Any], at: Where, *, leave_out: tuple[str, ...]
) -> list[Change]:
    return [
        ((*at, name), new[name]) for name in new if name not in leave_out and old[name] != new[name]
    ]


def _in_json(text: str, changes: list[Change]) -> str:
    document = json.loads(text.removeprefix("\ufeff"))
    for where, value in changes:
        _put(document, where, value)
    indent = re.search(r"\n( +)\S", text)
    made = json.dumps(document, indent=len(indent[1]) if indent else None, ensure_ascii=False)
    return made + ("\n" if text.endswith("\n") else "")


def _in_yaml(text: str, changes: list[Change]) -> str:
    yaml = YAML()
    yaml.preserve_quotes = True
    longest = max((len(line) for line in text.splitlines()), default=0)
    yaml.width = max(WIDTH, longest)
    yaml.indent(mapping=2, **_dashes(text))
    document = yaml.load(text.removeprefix("\ufeff"))
    for where, value in changes:
        _put(document, where, value)
    buffer = io.StringIO()
    yaml.dump(document, buffer)
    return buffer.getvalue()


def _dashes(text: str) -> dict[str, int]:
    """How deep the dashes of the sections are indented."""
    found = re.search(r"^sections:[^\n]*\n(?:\s*#[^\n]*\n|\s*\n)*( *)-( +)", text, re.MULTILINE)
    if found is None:
        return {"sequence": 4, "offset": 2}
    return {"sequence": len(found[1]) + 1 + len(found[2]), "offset": len(found[1])}


def _put(document: Any, where: Where, value: Any) -> None:
    """Set a field, or leave it out; what an alias shares with others is copied first."""
    parent = document
    for part in where[:-1]:
        if isinstance(parent, dict) and part not in parent:
            parent[part] = _flowing(CommentedMap(), part)
        elif getattr(getattr(parent[part], "anchor", None), "value", None):
            parent[part] = _own(parent[part])
        if part in _FLOW and isinstance(parent[part], CommentedMap) and not parent[part]:
            parent[part].fa.set_flow_style()
        parent = parent[part]
    name = where[-1]
    if value is None:
        parent.pop(name, None)
    elif isinstance(parent, CommentedMap):
        _set(parent, name, value)
    else:
        parent[name] = value


def _own(shared: Any) -> Any:
    made = copy.deepcopy(shared)
    made.yaml_set_anchor(None, always_dump=False)
    return made


def _set(parent: CommentedMap, name: Any, value: Any) -> None:
    """As the writer of specs would write it; a comment behind the old value stays there."""
    made = _dressed(value, name, parent.get(name))
    if name in parent or not isinstance(name, str):
        parent[name] = made
        return
    order = list(SectionSpec.model_fields)
    place = len(parent)
    if name in order and "label" in parent:
        later = set(order[order.index(name) + 1 :])
        place = next((i for i, key in enumerate(parent) if key in later), place)
    parent.insert(place, name, made)


def _dressed(value: Any, name: Any, old: Any) -> Any:
    made: Any
    if isinstance(value, list):
        made = CommentedSeq(_dressed(v, name, None) for v in value)
        if name == "palette" and isinstance(old, list):
            quote = next((type(v) for v in old if type(v) is not str), DoubleQuotedScalarString)
            made = CommentedSeq(quote(v) for v in value)
        return _flowing(made, name, old)
    if isinstance(value, dict):
        made = CommentedMap({k: _dressed(v, k, None) for k, v in value.items()})
        return _flowing(made, name, old)
    if isinstance(value, str) and not value.isprintable():
        return DoubleQuotedScalarString(value)
    if isinstance(value, str) and type(old).__name__.endswith("QuotedScalarString"):
        return type(old)(value)
    return value


def _flowing(made: Any, name: Any, old: Any = None) -> Any:
    """Side by side, where it was, or where it usually is."""
    flow = old.fa.flow_style() if hasattr(old, "fa") else name in (*_FLOW, "time", "tempo")
    if flow or (flow is None and name in _FLOW):
        made.fa.set_flow_style()
    return made
