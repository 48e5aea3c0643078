"""A spec's text with other values in it: a person's comments, order and quotes stay."""

from __future__ import annotations

import copy
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarfloat import ScalarFloat
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from clavilux.documents.differences import Change, differences, is_section
from clavilux.documents.loading import Where, parse_spec
from clavilux.documents.splicing import (
    NoBlocksError,
    with_section,
    with_sections_of,
    without_section,
)
from clavilux.documents.writing import section_block
from clavilux.model.errors import SpecError
from clavilux.model.spec import RenderSpec, SectionSpec

WIDTH = 96
_FLOW = ("palette", "effects", "taps")
"""Written side by side."""

Way = Callable[[str, list[Change]], str]
"""How a text is changed: from it and the changes to the new one."""


def rewritten(text: str, before: RenderSpec, after: RenderSpec, *, name: str) -> str:
    """The text of `before` as one of `after`: only what differs between the two is touched.

    Where nothing differs, the text itself. Raises SpecError where the text cannot be changed
    without a loss, which then is not written.
    """
    changes = differences(before, after)
    if not changes:
        return text
    plain = text.lstrip("\ufeff \t\r\n").startswith("{") and Path(name).suffix == ".json"
    for way in (_in_json, _in_yaml) if plain else (_by_lines, _in_yaml):
        made = _formed(way, text, changes)
        if made is not None and _reads_as(made, after):
            return made
    raise SpecError(f"{name} is written in a way that cannot be changed here; edit it by hand")


def _formed(way: Way, text: str, changes: list[Change]) -> str | None:
    """The text changed in a way, its mark and its line ends as they were; None where that fails."""
    try:
        made = way(text.removeprefix("\ufeff"), changes)
    except (NoBlocksError, YAMLError, LookupError, TypeError, AttributeError, ValueError):
        return None
    if "\r\n" in text:
        made = made.replace("\r\n", "\n").replace("\n", "\r\n")
    return "\ufeff" + made if text.startswith("\ufeff") else made


def _reads_as(text: str, spec: RenderSpec) -> bool:
    try:
        return parse_spec(text, name="") == spec
    except SpecError:
        return False


def _by_lines(text: str, changes: list[Change]) -> str:
    """Whole sections by their lines, fields in the document that this makes."""
    whole = [change for change in changes if is_section(change[0])]
    if whole:
        text = text.replace("\r\n", "\n")
    for where, section in whole:
        at = int(where[1])
        if section is None:
            text = without_section(text, at)
        else:
            text = with_section(text, at, section, width=_width(text))
    rest = [change for change in changes if not is_section(change[0])]
    if not rest:
        return text
    touched = {int(where[1]) for where, _ in rest if where[0] == "sections"}
    return with_sections_of(text, _in_yaml(text, rest), touched=touched)


def _in_json(text: str, changes: list[Change]) -> str:
    document = json.loads(text)
    for where, value in changes:
        _put(document, where, value)
    indent = re.search(r"\n( +)\S", text)
    made = json.dumps(document, indent=len(indent[1]) if indent else None, ensure_ascii=False)
    return made + ("\n" if text.endswith("\n") else "")


def _in_yaml(text: str, changes: list[Change]) -> str:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = _width(text)
    yaml.indent(mapping=2, **_dashes(text))
    document = yaml.load(text)
    _exact_floats(document)
    for where, value in changes:
        _put(document, where, value)
    buffer = io.StringIO()
    yaml.dump(document, buffer)
    return buffer.getvalue()


def _exact_floats(node: Any) -> None:
    """Long numbers with exponents as plain ones: the library would write fewer digits."""
    pairs = node.items() if isinstance(node, CommentedMap) else enumerate(node)
    for name, value in list(pairs):
        if isinstance(value, CommentedMap | CommentedSeq):
            _exact_floats(value)
        elif isinstance(value, ScalarFloat) and _has_long_exponent(value):
            node[name] = float(value)


def _has_long_exponent(value: ScalarFloat) -> bool:
    return bool(getattr(value, "_exp", None)) and len(repr(float(value))) > 12


def _width(text: str) -> int:
    return max(WIDTH, max((len(line) for line in text.splitlines()), default=0))


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
    if is_section(where):
        _put_section(parent, int(name), value)
    elif value is None:
        parent.pop(name, None)
    elif isinstance(parent, CommentedMap):
        _set(parent, name, value)
    else:
        parent[name] = value


def _put_section(sections: Any, at: int, section: dict[str, Any] | None) -> None:
    if section is None:
        del sections[at]
    else:
        made = section_block(section) if isinstance(sections, CommentedSeq) else section
        sections.insert(at, made)


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
