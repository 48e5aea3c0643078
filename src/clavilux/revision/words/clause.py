"""One clause: what is wished between two breaks, how strongly, and in which sections."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from clavilux.revision.words.lexing import Token
from clavilux.revision.words.modifiers import Modifiers
from clavilux.revision.words.wishes import ASKS, Ask, NotUnderstoodError

_DESCRIBING = frozenset({"color", "look", "energy", "style", "scene", "tier"})
"""Asks that may stand before a section as what it is like now: "make the red chorus blue"."""

_ADDING = frozenset({"add", "bring", "give", "use", "with", "have"})
"""Words after which "no" and "less", said of an effect before, are over."""


@dataclass
class Clause:
    """What stands between two breaks."""

    sections: frozenset[int] | None = None
    excluded: frozenset[int] = frozenset()
    rest: bool = False
    asks: list[Ask] = field(default_factory=list)
    ends_with_section: bool = False
    begins_with_section: bool = False
    modified: bool = False
    keeps: bool = False
    """It says what is to stay as it is."""

    @property
    def placed(self) -> bool:
        """Whether it says where."""
        return self.sections is not None or self.rest or bool(self.excluded)


def clause_of(tokens: Sequence[Token], *, everything: frozenset[int]) -> Clause:
    """Tokens without a break between them, read. `everything`: all sections, by number.

    Raises NotUnderstoodError.
    """
    clause = Clause()
    told = telling(tokens)
    _refuse_tangle(tokens)
    excluding = False
    for token in told:
        if token.kind == "except":
            excluding = True
        elif token.kind == "scope":
            assert isinstance(token.value, frozenset)
            if excluding:
                clause.excluded |= token.value
            else:
                clause.sections = _wider(clause.sections, token.value, everything)
        elif token.kind == "rest":
            clause.rest = True
    _hold(tokens, clause)
    kinds = [t.kind for t in told]
    clause.begins_with_section = kinds[0] in ("scope", "rest")
    clause.ends_with_section = kinds[-1] in ("scope", "rest")
    return clause


def _wider(
    sections: frozenset[int] | None, more: frozenset[int], everything: frozenset[int]
) -> frozenset[int]:
    """Sections and more of them; but "everything in verse 1" is verse 1."""
    if sections is None or sections == everything:
        return more
    return sections if more == everything else sections | more


def _refuse_tangle(tokens: Sequence[Token]) -> None:
    """Raise NotUnderstoodError for a clause in which it is not clear what is wished for what:
    "verse red chorus blue", "make the red chorus blue", "change red to blue"."""
    row = "".join(
        "s" if t.kind == "scope" else "d" if t.kind in _DESCRIBING else "a"
        for t in telling(tokens)
        if t.kind == "scope" or t.kind in ASKS
    )
    of_effect = any(t.kind in ("effect", "transition") for t in tokens)
    if re.search("ds+d" if not of_effect else "[ad]s+[ad]+s|s[ad]+s+[ad]", row):
        raise NotUnderstoodError(
            "put a comma between one wish and the next; what a section is like now need not be said"
        )
    for first, word, second in zip(tokens, tokens[1:], tokens[2:], strict=False):
        turns = word.text.lower() in ("to", "into", "with", "for")
        if turns and first.kind == second.kind == "color":
            raise NotUnderstoodError(
                f"name the colours that there are to be: {second.text}, or {second.text} and gold"
            )


def _hold(tokens: Sequence[Token], clause: Clause) -> None:
    """Put the asks of a clause into it, each with the modifiers of the clause."""
    modifiers = Modifiers(tokens)
    adds = any(t.kind == "filler" and t.text.lower() in _ADDING for t in tokens)
    clause.modified = modifiers.any or adds
    asked = [t for t in tokens if t.kind in ASKS and not modifiers.swallowed(t)]
    asked = modifiers.completed(asked)
    colors = tuple(str(t.value) for t in asked if t.kind == "color")
    if colors:
        words = " and ".join(t.text for t in asked if t.kind == "color")
        clause.asks.append(modifiers.on(Ask("color", None, words, colors=colors)))
    for token in asked:
        if token.kind == "field":
            clause.asks.append(_text(token, tokens))
        elif token.kind != "color":
            clause.asks.append(modifiers.on(Ask(token.kind, token.value, token.text)))
    texts = [t for t in tokens if t.kind == "text"]
    if texts and not any(ask.kind == "field" for ask in clause.asks):
        raise NotUnderstoodError(
            f'say what "{texts[0].text}" is: prompt = "...", theme = "...", mood = "..."'
        )
    if any(t.kind == "keep" for t in tokens):
        _keep(clause)
    modifiers.refuse_leftover(clause.asks, placed=clause.placed or clause.keeps)
    modifiers.refuse_mixture(clause.asks)


def _keep(clause: Clause) -> None:
    """ "keep the zoom in the chorus" asks for nothing; "keep it dark" might."""
    if any(ask.kind != "effect" or ask.number is not None for ask in clause.asks):
        raise NotUnderstoodError(
            "what is not named stays as it is; say what is to change: darker, red, less grain"
        )
    clause.asks, clause.keeps, clause.modified = [], True, False


def _text(token: Token, tokens: Sequence[Token]) -> Ask:
    after = [t for t in tokens[list(tokens).index(token) :] if t.kind == "text"]
    if not after:
        raise NotUnderstoodError(f'say it as {token.text} = "..."')
    return Ask("field", (token.value, after[0].value), token.text)


def telling(tokens: Sequence[Token]) -> list[Token]:
    """The tokens that mean something."""
    return [token for token in tokens if token.kind != "filler"]
