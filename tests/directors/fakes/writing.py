"""What a fake model answers: a plan, or changes of one, and ways to spoil them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

Plan = dict[str, Any]
Spoil = Callable[[Plan], Any]
"""Turns a good plan into what is sent: JSON of any kind, or text as it is."""

PALETTES = (
    ["#0B0B1A", "#4A1E8A", "#FFE9C7", "#FF7A59"],
    ["#06141B", "#0E4D5C", "#EAF7E6", "#49C6A8"],
    ["#1A0505", "#7A1E1E", "#FFF3D6", "#E8A13A"],
)

ALLOWED = {"type", "enum", "items", "properties", "required", "additionalProperties", "description"}
"""Keywords that every server enforces."""


class SchemaError(ValueError):
    """A schema that strict servers refuse."""


def check_schema(node: Any, *, where: str = "schema") -> None:
    """Refuse what strict mode refuses."""
    if not isinstance(node, dict) or not isinstance(node.get("type"), str):
        raise SchemaError(f"{where}: no type")
    if strange := set(node) - ALLOWED:
        raise SchemaError(f"{where}: {sorted(strange)} not permitted")
    if "enum" in node and not node["enum"]:
        raise SchemaError(f"{where}: empty enum")
    if node["type"] == "array":
        check_schema(node.get("items"), where=f"{where}.items")
    if node["type"] == "object":
        if node.get("additionalProperties") is not False:
            raise SchemaError(f"{where}: additionalProperties must be false")
        if node.get("required") != list(node.get("properties", {})):
            raise SchemaError(f"{where}: every property must be required")
        for name, field in node["properties"].items():
            check_schema(field, where=f"{where}.{name}")


def facts_in(text: str) -> dict[str, Any]:
    """The facts of a question."""
    facts = json.loads(text[text.index("{") :])
    assert isinstance(facts, dict)
    return facts


def good_plan(facts: dict[str, Any], schema: dict[str, Any]) -> Plan:
    """A plan that keeps the schema, and says what it was told of the brief."""
    fields = schema["properties"]
    style = fields["style"]["enum"][0]
    scenes = [s for s in fields["sections"]["items"]["properties"]["scene"]["enum"] if s]
    sections = [
        {
            "label": section["label"],
            "theme": f"an astronaut on step {number + 1}",
            "prompt": "wide shot, rim light, brushed metal",
            "mood": "hopeful",
            "palette": PALETTES[number % len(PALETTES)],
            "tier": 2 if number % 2 else 1,
            "scene": scenes[number % len(scenes)],
            "energy": section["energy"],
            "effects": [{"name": "pulse", "strength": 1.5}],
            "transition": "morph",
        }
        for number, section in enumerate(facts["sections"])
    ]
    groups = list(dict.fromkeys(section["group"] for section in facts["sections"]))
    return {
        "through_line": f"alone at first, then home; {facts.get('brief', '')}",
        "style": style,
        "global_style": "35 mm film, cold light",
        "motifs": [{"group": group, "motif": f"a red kite {group}"} for group in groups],
        "hero": "the astronaut opens the visor to the sun",
        "sections": sections,
    }


def good_answer(text: str, schema: dict[str, Any]) -> Plan:
    """A plan, or a change of one: whatever the question wants."""
    facts = facts_in(text)
    return good_changes(facts) if "request" in facts else good_plan(facts, schema)


def good_changes(facts: dict[str, Any]) -> Plan:
    """A change that says what was asked for, in the first section and in all of them."""
    first = facts["plan"]["sections"][0]["label"]
    usual = {"text": "", "number": 0, "colors": []}
    asked = f"{facts['request']}, in light"
    return {
        "changes": [
            {**usual, "section": first, "field": "theme", "text": asked},
            {**usual, "section": "everywhere", "field": "palette", "colors": PALETTES[1]},
        ],
        "not_understood": "",
    }


def title_in(text: str) -> str:
    """What a question is about, for the bill."""
    facts = facts_in(text)
    return str(facts["request"] if "request" in facts else facts["song"]["title"])


def as_text(plan: Any) -> str:
    return plan if isinstance(plan, str) else json.dumps(plan)


def count_tokens(text: str) -> int:
    """About what a tokenizer finds, never more than there are bytes."""
    size = len(text.encode())
    return min(size, size // 3 + hashlib.sha256(text.encode()).digest()[0] % 10)
