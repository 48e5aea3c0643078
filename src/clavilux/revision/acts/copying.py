"""One section like another: "chorus 2 like chorus 1", "swap the scenes of intro and outro"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clavilux.model.spec import RenderSpec, SectionSpec
from clavilux.revision.acts.fixed_forms import Asked, SectionChange, one_in, sections_in
from clavilux.revision.words.wishes import CannotBeDoneError

LOOK = ("theme", "palette", "mood", "prompt", "tier", "scene", "effects")
"""What makes a section look as it does. Its energy is the music's, its times are its own."""

FIELDS: Mapping[str, tuple[str, ...]] = {
    "look": LOOK, "looks": LOOK, "style": LOOK, "everything": LOOK, "pictures": LOOK,
    "palette": ("palette",), "palettes": ("palette",), "colors": ("palette",),
    "colours": ("palette",), "color": ("palette",), "colour": ("palette",),
    "scene": ("scene", "theme"), "scenes": ("scene", "theme"), "theme": ("theme", "scene"),
    "themes": ("theme", "scene"), "effects": ("effects",), "prompt": ("prompt",),
    "prompts": ("prompt",), "mood": ("mood",), "moods": ("mood",), "energy": ("energy",),
    "energies": ("energy",), "tier": ("tier",), "transition": ("transition",),
    "transitions": ("transition",),
}  # fmt: skip
"""What can be copied -> the fields that it is."""


def alike(asked: Asked) -> SectionChange | None:
    """ "chorus 2 like chorus 1"."""
    what, like = (sections_in(asked.said[name], asked.spec) for name in ("what", "like"))
    if what is None or like is None:
        return None
    source = one_in(asked.said["like"], asked.spec)
    assert source is not None
    return _copied(asked, source, what, asked.said.get("field", "look"))


def all_alike(asked: Asked) -> SectionChange | None:
    """ "make all verses look the same": as the first of them does."""
    what = sections_in(asked.said["what"], asked.spec)
    if what is None:
        return None
    if len(what) < 2:
        raise CannotBeDoneError(
            f"{asked.label(what[0])} is the only one; say what it is to be like: verse 1 like the "
            "intro"
        )
    return _copied(asked, what[0], what, asked.said.get("field", "look"))


def _copied(asked: Asked, source: int, what: Sequence[int], field: str) -> SectionChange:
    like, targets = asked.spec.sections[source], [i for i in what if i != source]
    fields = {name: getattr(like, name) for name in FIELDS[field.lower()]}
    made = _with_fields(asked.spec, dict.fromkeys(targets, fields))
    labels = ", ".join(asked.label(i) for i in targets)
    told = "look" if FIELDS[field.lower()] == LOOK else field.lower()
    return SectionChange(made, f"{labels}: the {told} of {like.label}", frozenset(targets))


def swapped(asked: Asked) -> SectionChange | None:
    """ "swap the scenes of intro and outro"."""
    pair = [one_in(asked.said[name], asked.spec) for name in ("a", "b")]
    a, b = pair
    if a is None or b is None:
        return None
    if a == b:
        raise CannotBeDoneError("say which two sections: swap the scenes of verse_1 and chorus_1")
    field = asked.said.get("field", "look").lower()
    first, second = (asked.spec.sections[i] for i in (a, b))
    made = _with_fields(
        asked.spec,
        {
            a: {name: getattr(second, name) for name in FIELDS[field]},
            b: {name: getattr(first, name) for name in FIELDS[field]},
        },
    )
    told = "looks" if FIELDS[field] == LOOK else field
    return SectionChange(made, f"{first.label} and {second.label} swap {told}", frozenset({a, b}))


def _with_fields(spec: RenderSpec, fields: Mapping[int, Mapping[str, object]]) -> RenderSpec:
    sections = tuple(
        _with(section, fields[i]) if i in fields else section
        for i, section in enumerate(spec.sections)
    )
    return spec.model_copy(update={"sections": sections})


def _with(section: SectionSpec, fields: Mapping[str, object]) -> SectionSpec:
    made = section.model_copy(update=dict(fields))
    return made.model_copy(update={"stills": max(made.stills, int(made.tier != 1))})


_FIELD = rf"(?P<field>{'|'.join(sorted(FIELDS, key=len, reverse=True))})"

COPYING_FORMS = (
    (rf"(?:use|give|take|copy) the (?:same )?{_FIELD} (?:of|from) (?P<like>.+?) "
     r"(?:in|for|to|into|on) (?P<what>.+)", alike),
    (rf"give (?P<what>.+?) the (?:same )?{_FIELD} (?:of|from|as) (?P<like>.+)", alike),
    (rf"(?:give )?(?P<what>.+?) (?:gets?|uses?|has|should (?:get|use|have)|with) the (?:same )?"
     rf"{_FIELD} (?:of|from|as) (?P<like>.+)", alike),
    (r"(?:make |let |have )?(?P<what>.+?) (?:should )?(?:(?:to )?(?:look|looks|be) )?"
     r"(?:just |exactly )?(?:like|the same as|same as) (?P<like>.+)", alike),
    (rf"(?:use )?(?:the )?same {_FIELD} (?:in|for|across|on|throughout) (?P<what>.+)", all_alike),
    (r"(?:make |let |have )?(?P<what>.+?) (?:should )?(?:all )?(?:look |be )?(?:all )?"
     r"(?:the same|alike|identical)", all_alike),
    (rf"(?:swap|exchange|switch) (?:the )?{_FIELD} (?:of|between|in) (?P<a>.+?) (?:and|with) "
     r"(?P<b>.+)", swapped),
    (r"(?:swap|exchange|switch) (?P<a>.+?) (?:and|with) (?P<b>.+)", swapped),
)  # fmt: skip
"""Patterns, and what each does."""
