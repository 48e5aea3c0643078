"""What people ask for that a revision is not for, and what they can say instead."""

from __future__ import annotations

import re

from clavilux.direction.style import style_names
from clavilux.revision.words.phrases import without_quotes

_REFUSED: tuple[tuple[str, str], ...] = (
    (
        r"\bfade (?:in from|up from|to|out to|from) (?:black|white)\b|\bfade (?:in|out)(?: |$)",
        "sections begin with cut, dissolve or morph (cut into the chorus); to begin or end dark, "
        "make the intro or the outro darker",
    ),
    (
        r"\b(?:fewer|less|more|faster|quicker|slower) cuts?\b"
        r"|\bcuts? (?:faster|slower|more|less|on (?:every|each|the))\b",
        "how often the picture changes follows energy and stills: the verse calmer, the drop "
        "wilder, 3 stills in the verse; how a section begins is cut, dissolve or morph",
    ),
)
"""What would be taken for something else."""

_REFUSED_WISHES: tuple[tuple[str, str], ...] = (
    (
        r"\b(?:end|start|beginning|middle|half|part) of (?!the (?:song|video)\b)",
        "wishes are for whole sections: split one first, such as split verse_2 in half",
    ),
    (
        r"\bfrom\b[^,;.]{1,40}?\b(?:on|onwards?|to|until|till|through)\b"
        r"|\b(?:everything|everywhere|all) from\b",
        "name each section, or what there is to be at the end: verse_1, chorus_1 and solo_1 "
        "darker; the outro blue",
    ),
    (
        r"\ball but\b",
        "say it as: darker everywhere except chorus_1",
    ),
    (
        r"\bas \w+ as\b",
        "to have one section like another, say: chorus_2 like chorus_1, or same palette in "
        "all choruses",
    ),
    (
        r"\b(?:except|but not|apart from)\b[^;.]*?[,;] *(?:and |but )?there\b",
        "say the section again instead of 'there'",
    ),
    (
        r"\bi (?:really |do )?(?:like|love)\b",
        "what is not named stays as it is; say what is to change: darker, red, less grain",
    ),
)
"""What wishes would be taken for something else; as sentences about sections they are known."""

_HINTS: tuple[tuple[str, str], ...] = (
    (
        r"\b(undo|take (?:that|it) back|revert|go back|put it back|as it was|original)\b",
        "to take back the last change, use `clavilux undo SPEC`, or say undo in `clavilux chat`",
    ),
    (
        r"\b(lock|freeze|protect|(?:do not|don'?t) (?:touch|change))\b",
        "only what you name is changed, so nothing has to be locked; to leave a section out, say "
        "darker everywhere except the chorus",
    ),
    (
        r"\btransitions?\b.*\b(longer|shorter|slower|faster)\b"
        r"|\b(longer|shorter|slower|faster)\b.*\btransitions?\b",
        "a transition lasts as long as the music allows: longer where a section is calmer, shorter "
        "where it is wilder; or say hard cuts",
    ),
    (
        r"^(?:please )?(?:add|put|include)\b",
        "to have something seen, say: show a lonely lighthouse in verse 1",
    ),
    (
        r"\b(longer|shorter)\b",
        "a section is as long as its part of the song: say where it starts or ends (the intro ends "
        "at 0:20; make the intro 2 bars longer)",
    ),
    (
        r"\bdownbeat\b.*\boff\b",
        "say by how much, and where to: the downbeat 1 beat earlier, or later",
    ),
    (
        r"\b(?:another|different|other|new) style\b",
        f"name the style: {', '.join(name.replace('_', ' ') for name in style_names())}",
    ),
    (
        r"\b\d+:\d\d\b",
        "wishes are for whole sections: name one, or split one first, such as split verse_2 at "
        "1:05; a boundary is moved with: the bridge starts at 1:05",
    ),
    (
        r"\b\d+/8\b",
        "say how many beats a bar has as you would count it: 2 beats per bar, 6 beats per bar",
    ),
)


def refusal_of(request: str) -> str:
    """Why a request must not be read as what its words alone would say, or nothing."""
    return _said(_REFUSED, request)


def wish_refusal_of(request: str) -> str:
    """The same of what is no sentence about sections themselves."""
    return _said(_REFUSED_WISHES, request)


def hint_for(request: str) -> str:
    """What to say instead of a request that was not understood, or nothing."""
    return _said(_HINTS, request)


def _said(hints: tuple[tuple[str, str], ...], request: str) -> str:
    own = without_quotes(request)
    return next((hint for form, hint in hints if re.search(form, own, re.IGNORECASE)), "")
