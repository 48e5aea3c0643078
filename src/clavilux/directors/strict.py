"""The JSON Schema of a pydantic model, in the subset that every server can enforce.

OpenAI's strict mode wants every property required and no others allowed; Anthropic and the grammars
of local servers know no bounds of numbers and lengths. So the schema says names, types and choices
alone, and the bounds are checked when the answer is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

KEPT = ("type", "enum", "items", "properties", "description")
"""Keywords that go out. The rest would be refused by one server or another."""

CHOICES = "choices"
"""A field that has this in its json_schema_extra takes one of the choices of that name."""


def strict_schema(
    model: type[BaseModel], *, choices: Mapping[str, Sequence[str | int]]
) -> dict[str, Any]:
    """`choices`: by name, what fields may say; see CHOICES. Raises ValueError for a model that
    needs more than objects, lists, texts, numbers and choices."""
    whole = model.model_json_schema()
    return _strict(whole, whole.get("$defs", {}), choices)


def _strict(
    node: Mapping[str, Any],
    known: Mapping[str, Any],
    choices: Mapping[str, Sequence[str | int]],
) -> dict[str, Any]:
    if "$ref" in node:
        target = known[node["$ref"].rpartition("/")[2]]
        node = {**target, **{k: v for k, v in node.items() if k != "$ref"}}
    if not isinstance(node.get("type"), str):
        raise ValueError(f"a schema without one plain type cannot be enforced: {sorted(node)}")
    kept = {name: node[name] for name in KEPT if name in node}
    if CHOICES in node:
        kept["enum"] = list(choices[node[CHOICES]])
    if "items" in kept:
        kept["items"] = _strict(kept["items"], known, choices)
    if kept["type"] == "object":
        if "properties" not in kept:
            raise ValueError("a table with any keys cannot be enforced; use a list of pairs")
        fields = {
            name: _strict(field, known, choices) for name, field in kept["properties"].items()
        }
        kept |= {"properties": fields, "required": list(fields), "additionalProperties": False}
    return kept
