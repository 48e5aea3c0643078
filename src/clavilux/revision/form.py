"""The form of changes that a language model fills in, and the patch that is made of it.

This is the fence: sections, fields and values of the spec at hand and nothing else. A model may
touch what is seen. It cannot name the song, times, seeds or money, nor ask for AI video, which is
the dearest there is: that is for a person to say.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator

from clavilux import registry
from clavilux.directors.plan import TRANSITIONS
from clavilux.directors.wording import cleaned, plain, shortened
from clavilux.documents.checking import close_to
from clavilux.model.base import Value
from clavilux.model.spec import RenderSpec, SectionSpec
from clavilux.revision.patch import LOOKS, Operation, Patch, PatchError, patch_between

EVERYWHERE = "everywhere"
WHOLE_VIDEO = "whole video"

MOST_CHANGES = 200
"""In one answer; "everywhere" is one."""

TEXTS = ("theme", "mood", "prompt", "scene", "transition", "global_style")
NUMBERS = ("tier", "energy", "stills")
_NAMES = ("scene", "transition")
"""Texts that are one of what there is; the others are words for pictures."""


class Change(Value):
    """One thing to be changed; the value is in the field that fits."""

    section: str
    field: str
    text: str = ""
    number: float = 0.0
    colors: tuple[str, ...] = ()

    @field_validator("text")
    @classmethod
    def _shown(cls, text: str) -> str:
        """Text that would steer a terminal is no slip; it is told to the model, not mended."""
        if any(not c.isprintable() and c not in "\n\t" for c in text):
            raise ValueError("the text holds control characters")
        return text


class Filled(Value):
    """A form as it comes back."""

    changes: tuple[Change, ...] = Field(max_length=MOST_CHANGES)
    not_understood: str = ""

    @property
    def reason(self) -> str:
        """Why nothing is changed, in a line that may be shown."""
        return shortened(plain(self.not_understood), limit=300)


def form_for(spec: RenderSpec) -> dict[str, Any]:
    """JSON Schema of the form: names and types alone, as every server can enforce."""
    text, number = {"type": "string"}, {"type": "number"}
    labels = [section.label for section in spec.sections]
    change = {
        "section": {"type": "string", "enum": [EVERYWHERE, WHOLE_VIDEO, *labels]},
        "field": {"type": "string", "enum": [*TEXTS, *NUMBERS, "palette", "effect"]},
        "text": text,
        "number": number,
        "colors": {"type": "array", "items": text},
    }
    return _table({"changes": {"type": "array", "items": _table(change)}, "not_understood": text})


def _table(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def patch_of(filled: Filled, spec: RenderSpec) -> Patch:
    """The least patch that does what a form says; empty where all of it is so already.

    Raises SpecError, in words that a model can act on, where a change does not fit the spec, and
    pydantic.ValidationError where they are too many.
    """
    labels = [section.label for section in spec.sections]
    made: list[Operation] = []
    for change in filled.changes:
        if change.field == "global_style":
            made.append(Operation(op="replace", path="/global_style", value=_words(change)))
            continue
        everywhere = change.section == EVERYWHERE
        if not everywhere and change.section not in labels:
            raise PatchError(
                f"there is no section '{change.section[:64]}'; there are {', '.join(labels)}"
            )
        for i in range(len(labels)) if everywhere else [labels.index(change.section)]:
            made.append(_operation(change, i))
    after = Patch(operations=tuple(made)).applied_to(spec, fence=LOOKS)
    pairs = zip(spec.sections, after.sections, strict=True)
    whole = after.model_copy(update={"sections": tuple(_with_stills(a, b) for a, b in pairs)})
    return patch_between(spec, whole)


def _with_stills(before: SectionSpec, after: SectionSpec) -> SectionSpec:
    """Stills are shown in tier 2, and tier 2 shows at least one: as the rules have it."""
    if after.tier == before.tier == 1 and after.stills > before.stills:
        return after.model_copy(update={"tier": 2})
    if after.tier != 1 and after.stills == 0:
        return after.model_copy(update={"stills": 1})
    return after


def _operation(change: Change, section: int) -> Operation:
    at = f"/sections/{section}"
    if change.field == "effect":
        _refuse_unknown("effect", change.text, registry.names("effects"))
        return Operation(op="add", path=f"{at}/effects/{change.text}", value=change.number)
    return Operation(op="replace", path=f"{at}/{change.field}", value=_value(change))


def _value(change: Change) -> Any:
    if change.field == "palette":
        return list(change.colors)
    if change.field in NUMBERS:
        if change.field == "tier" and change.number not in (1, 2):
            raise PatchError("the tier is 1 or 2; AI video is for a person to ask for")
        whole = change.field != "energy" and change.number.is_integer()
        return int(change.number) if whole else change.number
    if change.field in _NAMES:
        known = TRANSITIONS if change.field == "transition" else registry.names("scenes")
        _refuse_unknown(change.field, change.text, known)
        return change.text
    return _words(change)


def _words(change: Change) -> str:
    """Words for pictures, without the addresses and markup that some image tools obey.

    Raises PatchError where nothing else is in them. Their length is checked with the spec.
    """
    words = cleaned(change.text, limit=len(change.text))
    if change.text.strip() and not words:
        raise PatchError(f"{change.field}: say it in words, without addresses and markup")
    return words


def _refuse_unknown(what: str, name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        raise PatchError(
            f"there is no {what} '{name[:64]}'{close_to(name[:64], known)}; "
            f"there are {', '.join(known)}"
        )
