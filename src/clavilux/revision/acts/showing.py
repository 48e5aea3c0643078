"""What is seen, in somebody's own words or as a scene: "show a lonely lighthouse in verse 1"."""

from __future__ import annotations

import re

from clavilux.documents.checking import shown
from clavilux.model.spec import RenderSpec, SectionSpec
from clavilux.revision.acts.fixed_forms import Asked, SectionChange, one_in, sections_in
from clavilux.revision.acts.restyle import scene_theme
from clavilux.revision.words.lexing import lexed
from clavilux.revision.words.vocabulary import TRANSITIONS
from clavilux.revision.words.wishes import CannotBeDoneError

LONGEST_THEME = 200
_OF_WISHES = re.compile(
    r"(?:more|less|fewer|no|not|never|another|other|different|any|only|also|me|us)\b", re.IGNORECASE
)
"""What begins so is about how much, or which, and no theme."""


def shows(asked: Asked) -> SectionChange | None:
    """A theme in words that mean nothing else here."""
    text = asked.said["text"].strip()
    what = sections_in(asked.said["what"], asked.spec)
    own = any(token.kind == "word" for token in lexed(text, asked.spec))
    if what is None or not own or _OF_WISHES.match(text):
        return None
    if len(text) > LONGEST_THEME:
        raise CannotBeDoneError(f"a theme has at most {LONGEST_THEME} characters")
    sections = [asked.spec.sections[i] for i in what]
    labels = ", ".join(section.label for section in sections)
    reading = f'{labels}: theme "{shown(text)}"'
    scenes = [section.label for section in sections if section.tier == 1]
    if scenes:
        reading += f"; stills show it, say use stills for {scenes[0]}"
    made = _each(asked.spec, frozenset(what), theme=text)
    return SectionChange(made, reading, frozenset(what))


def replaced(asked: Asked) -> SectionChange | None:
    """ "replace the dunes in chorus 1 with the ocean": where that scene is."""
    old, new = (_scene_in(asked.said[name], asked.spec) for name in ("old", "new"))
    if old is None or new is None:
        return None
    where = asked.said.get("what") or asked.said.get("where")
    within = None if where is None else sections_in(where, asked.spec)
    if where is not None and within is None:
        return None
    sections = asked.spec.sections
    found = [i for i in within or range(len(sections)) if sections[i].scene == old]
    if not found:
        raise CannotBeDoneError(f"no section there shows the scene {old}")
    made = tuple(
        _with(section, scene=new, theme=scene_theme(section, new, style=asked.spec.style))
        if i in found
        else section
        for i, section in enumerate(sections)
    )
    labels = ", ".join(asked.label(i) for i in found)
    spec = asked.spec.model_copy(update={"sections": made})
    return SectionChange(spec, f"{labels}: {new} instead of {old}", frozenset(found))


def between(asked: Asked) -> SectionChange | None:
    """ "crossfade between verse 1 and chorus 1": how the later of two neighbours begins."""
    pair = [one_in(asked.said[name], asked.spec) for name in ("a", "b")]
    a, b = pair
    if a is None or b is None:
        return None
    if b != a + 1:
        raise CannotBeDoneError(f"{asked.label(b)} does not follow {asked.label(a)}")
    name = TRANSITIONS[asked.said["mix"].lower()]
    made = _each(asked.spec, frozenset({b}), transition=name)
    return SectionChange(made, f"{asked.label(b)}: begins with {name}", frozenset({b}))


def _scene_in(text: str, spec: RenderSpec) -> str | None:
    tokens = [token for token in lexed(text, spec) if token.kind != "filler"]
    scenes = [token for token in tokens if token.kind == "scene"]
    return str(scenes[0].value) if len(tokens) == len(scenes) == 1 else None


def _each(spec: RenderSpec, numbers: frozenset[int], **fields: object) -> RenderSpec:
    sections = tuple(
        _with(section, **fields) if i in numbers else section
        for i, section in enumerate(spec.sections)
    )
    return spec.model_copy(update={"sections": sections})


def _with(section: SectionSpec, **fields: object) -> SectionSpec:
    return section.model_copy(update=fields)


_MIX = "|".join(sorted(TRANSITIONS, key=len, reverse=True))

SHOWING_FORMS = (
    (rf"(?:(?:a|an|use a|make a|do a) )?(?P<mix>{_MIX}) (?:between|from) (?P<a>.+?) "
     r"(?:and|to|into) (?P<b>.+)", between),
    (r"(?:show|let me see|let us see|i want to see|i'd like to see) (?P<text>.+) "
     r"(?:in|during|for|at|throughout) (?P<what>.+)", shows),
    (r"(?P<what>.+?) (?:should show|shows|should be about|is about) (?P<text>.+)", shows),
    (r"replace (?P<old>[\w -]+?)(?: (?:in|of) (?P<what>.+?))? (?:with|by) (?P<new>[\w -]+?)"
     r"(?: in (?P<where>.+))?", replaced),
)  # fmt: skip
"""Patterns, and what each does."""
