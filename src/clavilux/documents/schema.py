"""The JSON Schema of a render spec, for editors: what they complete, explain and underline."""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from importlib.metadata import entry_points
from typing import Any

from pydantic import BaseModel

from clavilux.direction.style import style_names
from clavilux.model.correction import Correction, SectionMark, TempoMark
from clavilux.model.spec import RenderSpec, SectionSpec

FILE_NAME = "render-spec.schema.json"
EDITOR_LINE = "# yaml-language-server: $schema="
"""Before a path or an address, the first line of a spec: editors look there for its schema."""

_MODELS: tuple[type[BaseModel], ...] = (
    RenderSpec, SectionSpec, Correction, TempoMark, SectionMark,
)  # fmt: skip


def spec_schema() -> dict[str, Any]:
    """Draft 2020-12, of our own model: the same on every machine.

    Styles, scenes, effects and transitions complete to the built-in ones, but others are allowed:
    plugins bring their own.
    """
    schema = RenderSpec.model_json_schema()
    tables = {**schema["$defs"], "RenderSpec": schema}
    for model in _MODELS:
        for name, said in _field_docs(model).items():
            tables[model.__name__]["properties"][name]["description"] = said
    section = schema["$defs"]["SectionSpec"]["properties"]
    strength = {"type": "number", "minimum": 0, "maximum": 4}
    schema["properties"]["style"].update(_one_of(style_names()))
    schema["properties"]["tracker"].update(_one_of(("pointer", *built_in("trackers"))))
    section["scene"].update(_one_of(built_in("scenes")))
    section["transition"].update(_one_of(("cut", "dissolve", "morph")))
    section["effects"]["additionalProperties"] = strength
    section["effects"]["properties"] = {
        name: {**strength, "description": about} for name, about in effect_abouts().items()
    }
    section["palette"]["items"]["pattern"] = "^#[0-9A-Fa-f]{6}$"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Clavilux render spec",
    }


def schema_text() -> str:
    """The schema as a file."""
    return json.dumps(spec_schema(), indent=2, ensure_ascii=False) + "\n"


def built_in(kind: str) -> tuple[str, ...]:
    """The names of our own plugins of a kind; none of them is loaded."""
    found = entry_points(group=f"clavilux.{kind}")
    return tuple(sorted({e.name for e in found if e.value.startswith("clavilux.")}))


def effect_abouts() -> dict[str, str]:
    """What each of our own effects does, in a sentence."""
    found = entry_points(group="clavilux.effects")
    ours = {e.name: e for e in found if e.value.startswith("clavilux.")}
    return {name: str(ours[name].load().about) for name in sorted(ours)}


def _one_of(names: tuple[str, ...]) -> dict[str, Any]:
    return {"anyOf": [{"enum": list(names)}, {"type": "string"}]}


def _field_docs(model: type[BaseModel]) -> dict[str, str]:
    """What stands under each field of a model in its source."""
    (kind,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(kind, ast.ClassDef)
    docs = {}
    for field, below in zip(kind.body, kind.body[1:], strict=False):
        said = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
        if said and isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            docs[field.target.id] = " ".join(inspect.cleandoc(str(below.value.value)).split())  # type: ignore[attr-defined]
    return docs
