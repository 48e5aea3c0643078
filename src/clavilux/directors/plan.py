"""What a language model is asked to fill in: its view of the video, in words, colours and numbers.

It holds nothing that reaches beyond pictures: no paths, addresses, times, keys or seeds. Whatever
is left empty is left to the style.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from clavilux.directors.strict import CHOICES, strict_schema
from clavilux.directors.wording import cleaned, plain
from clavilux.model.base import Value
from clavilux.model.color import HexColor

TRANSITIONS = ("dissolve", "morph", "cut")
MOST_PROBLEMS = 12
"""That a model is told of at once."""


def _words(limit: int) -> BeforeValidator:
    """Makes what a model said harmless, and at most so many characters long."""
    return BeforeValidator(lambda said: cleaned(said, limit=limit) if _is_text(said) else said)


def _is_text(said: object) -> bool:
    return isinstance(said, str)


def _one_of(name: str) -> Any:
    return Field(json_schema_extra={CHOICES: name})


class _Part(Value):
    """The docstrings below the fields are sent along, as descriptions."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    @model_validator(mode="after")
    def _chosen(self, info: ValidationInfo) -> _Part:
        """Every field with choices says one of them, or nothing where "" is one."""
        choices: Mapping[str, Sequence[Any]] = info.context or {}
        for name, field in type(self).model_fields.items():
            extra = field.json_schema_extra
            allowed = choices.get(str(extra.get(CHOICES))) if isinstance(extra, dict) else None
            if allowed is not None and getattr(self, name) not in allowed:
                said = ", ".join(str(one) or '""' for one in allowed)
                raise ValueError(f"'{name}' must be one of: {said}")
        return self


class EffectStrength(_Part):
    name: Annotated[str, _one_of("effects")]
    strength: Annotated[float, Field(ge=0, le=4, allow_inf_nan=False)]
    """0 off, 1 the usual, 2 strong."""


class Motif(_Part):
    group: Annotated[str, _one_of("groups")]
    """Letter of the sections that sound alike."""
    motif: Annotated[str, _words(120)]
    """A thing that is seen whenever such a section returns, in a few words."""


class SectionPlan(_Part):
    label: Annotated[str, _one_of("labels")]
    """As given."""
    theme: Annotated[str, _words(200)]
    """What is seen, in a few words: a subject, not a feeling."""
    prompt: Annotated[str, _words(800)]
    """How it looks, for an image model: light, lens, material, composition. No names of people,
    artists or brands; no text in the picture."""
    mood: Annotated[str, _words(120)]
    palette: Annotated[tuple[HexColor, ...], Field(max_length=8)]
    """Four colours as #RRGGBB: dark ground, body, light, accent. 2 to 8 are possible, [] leaves
    them to the style."""
    tier: Annotated[Literal[1, 2], _one_of("tiers")]
    """1: the scene, drawn in motion from the music, best where the music carries the picture.
    2: still pictures of theme and prompt in motion, best where something is told."""
    scene: Annotated[str, _one_of("scenes")]
    """What tier 1 draws; "" leaves it to the style."""
    energy: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
    """How strongly the picture moves, 0 to 1."""
    effects: Annotated[tuple[EffectStrength, ...], Field(max_length=32)]
    """Only those that should differ from the style; [] for none."""
    transition: Annotated[str, _one_of("transitions")]
    """How the section begins."""

    @field_validator("palette")
    @classmethod
    def _some(cls, palette: tuple[str, ...]) -> tuple[str, ...]:
        if len(palette) == 1:
            raise ValueError("a palette has 2 to 8 colours, or none")
        return palette


class DirectorsPlan(_Part):
    """A whole video, as a model sees it."""

    through_line: Annotated[str, _words(400)]
    """What the video tells from its first to its last section, in a sentence or two."""
    style: Annotated[str, _one_of("styles")]
    """The look that suits it best; it fills in whatever is left empty."""
    global_style: Annotated[str, _words(300)]
    """The look that all pictures share: medium, light, texture. A comma-separated list."""
    motifs: Annotated[tuple[Motif, ...], Field(max_length=26)]
    """One for each group that returns; [] for none."""
    hero: Annotated[str, _words(200)]
    """What the strongest picture of the video shows, at the climax."""
    sections: Annotated[tuple[SectionPlan, ...], Field(max_length=200)]
    """Every section of the song, in the order given."""

    @model_validator(mode="after")
    def _all_sections(self, info: ValidationInfo) -> DirectorsPlan:
        wanted = tuple((info.context or {}).get("labels", ()))
        got = tuple(section.label for section in self.sections)
        if wanted and got != wanted:
            raise ValueError(
                f"'sections' must be these, once each and in this order: {', '.join(wanted)}"
            )
        return self


class PlanError(ValueError):
    """An answer is no plan; says what is wrong in lines that a model can act on."""


def plan_schema(choices: Mapping[str, Sequence[str | int]]) -> dict[str, Any]:
    """What servers are told to enforce."""
    return strict_schema(DirectorsPlan, choices=choices)


def read_plan(text: str, choices: Mapping[str, Sequence[str | int]]) -> DirectorsPlan:
    """The plan in an answer. Raises PlanError."""
    if not text.strip():
        raise PlanError("the answer is empty")
    try:
        return DirectorsPlan.model_validate(json_in(text), context=choices)
    except ValidationError as error:
        raise PlanError(_problems(error)) from None


def json_in(text: str) -> Any:
    """The answer's JSON; some models think aloud before it, or put it into a fence."""
    for some in (text, text[text.find("{") : text.rfind("}") + 1]):
        try:
            return json.loads(some)
        except (ValueError, RecursionError):
            continue
    raise PlanError("the answer is not JSON; answer with one JSON object and nothing else")


def _problems(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    lines = []
    for problem in found[:MOST_PROBLEMS]:
        where = ".".join(plain(str(part))[:40] for part in problem["loc"])
        message = plain(problem["msg"]).removeprefix("Value error, ")
        lines.append(f"{where}: {message}" if where else message)
    more = len(found) - MOST_PROBLEMS
    return "\n".join([*lines, *([f"and {more} more"] if more > 0 else [])])
