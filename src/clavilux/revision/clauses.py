"""A request's tokens as asks: what is to change, how strongly, and in which sections."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from clavilux.revision.asks import ASKS, Ask, CannotBeDoneError, NotUnderstoodError
from clavilux.revision.lexing import Token
from clavilux.revision.modifiers import Modifiers

_DESCRIBING = frozenset({"color", "look", "energy", "style", "scene", "tier"})
"""Asks that may stand before a section as what it is like now: "make the red chorus blue"."""

_ADDING = frozenset({"add", "bring", "give", "use", "with", "have"})
"""Words after which "no" and "less", said of an effect before, are over."""


@dataclass
class _Clause:
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


def asks_of(
    tokens: Sequence[Token],
    *,
    count: int,
    here: frozenset[int] | None = None,
    everywhere: bool = True,
) -> tuple[Ask, ...]:
    """The wishes of a request on a spec of `count` sections, each with its sections.

    A wish without sections is for those named last (at first, `here`), or for those that the same
    sentence names after it, or for all, if that is what it may mean (`everywhere`). Raises
    NotUnderstoodError: everything must make sense, or nothing does.
    """
    _refuse_unknown(tokens)
    everything = frozenset(range(count))
    parts = _split(_with_exceptions(tokens))
    clauses = _joined([_clause(part, everything=everything) for part in parts])
    _share_sections(clauses, here)
    if not everywhere and any(_is_unplaced(clause) for clause in clauses):
        raise CannotBeDoneError("say for which sections that is, or say it last")
    mentioned = frozenset().union(*(c.sections or () for c in clauses))
    asks = []
    for clause in clauses:
        wanted = everything if clause.sections is None else clause.sections
        if clause.rest and not mentioned:
            raise NotUnderstoodError("say what the rest is beside: the chorus red, the rest blue")
        wanted = everything - mentioned if clause.rest else wanted
        asks += [replace(ask, sections=wanted - clause.excluded) for ask in clause.asks]
    if not asks:
        raise NotUnderstoodError("this names nothing to change")
    return tuple(asks)


def _is_unplaced(clause: _Clause) -> bool:
    return not clause.placed and any(not ask.is_global for ask in clause.asks)


def _refuse_unknown(tokens: Sequence[Token]) -> None:
    missing = [str(token.value) for token in tokens if token.kind == "missing"]
    if missing:
        raise NotUnderstoodError(f"this song has no {' and no '.join(missing)}")
    unknown = list(dict.fromkeys(t.text for t in tokens if t.kind == "word"))
    if unknown:
        raise NotUnderstoodError(f"these words mean nothing here: {', '.join(unknown[:12])}")


def _with_exceptions(tokens: Sequence[Token]) -> list[Token]:
    """ "everything but the verses red", "darker everywhere without the chorus": an exception, said
    with words that mean something else elsewhere."""
    made = list(tokens)
    for i, token in enumerate(tokens):
        after = _telling(_up_to_break(tokens[i + 1 :]))
        if not after or after[0].kind != "scope":
            continue
        before = _telling(_up_to_break(tokens[:i][::-1]))
        asks = [any(t.kind in ASKS for t in side) for side in (before, after)]
        keeps = any(t.kind == "keep" for t in before)
        of_several = bool(before) and before[0].kind == "scope" and not all(asks) and not keeps
        word = token.text.lower()
        if (word == "without" and token.kind == "off") or (word == "but" and of_several):
            made[i] = Token(token.text, "except")
    return made


def _up_to_break(tokens: Sequence[Token]) -> list[Token]:
    return list(takewhile(lambda token: token.kind != "break", tokens))


def _telling(tokens: Sequence[Token]) -> list[Token]:
    return [token for token in tokens if token.kind != "filler"]


def _split(tokens: Sequence[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "break":
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if any(t.kind != "filler" for t in part)]


# --- One clause ------------------------------------------------------------------------------


def _clause(tokens: Sequence[Token], *, everything: frozenset[int]) -> _Clause:
    clause = _Clause()
    telling = _telling(tokens)
    _refuse_tangle(tokens)
    excluding = False
    for token in telling:
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
    kinds = [t.kind for t in telling]
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
        for t in _telling(tokens)
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


def _hold(tokens: Sequence[Token], clause: _Clause) -> None:
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


def _keep(clause: _Clause) -> None:
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


# --- Several clauses -------------------------------------------------------------------------


def _joined(clauses: list[_Clause]) -> list[_Clause]:
    """ "red and gold" is one wish, "verse and chorus" are sections of one."""
    made: list[_Clause] = []
    for clause in clauses:
        if made and made[-1].keeps and clause.sections is not None:
            made[-1] = clause  # what is kept needs nothing done
        elif made and clause.keeps and made[-1].asks:
            made[-1].excluded |= clause.sections or frozenset()
        elif made and _continues_colors(made[-1], clause):
            made[-1] = _with_colors(made[-1], clause)
        elif made and _continues_sections(made[-1], clause):
            _merge(made[-1], clause)
        else:
            _inherit_modifiers(made, clause)
            made.append(clause)
    for i, clause in enumerate(made):
        if not clause.asks and (i + 1 == len(made)):
            raise NotUnderstoodError("it is not said what is to change there")
    return made


def _continues_colors(before: _Clause, clause: _Clause) -> bool:
    both = before.sections is not None and clause.sections is not None
    if not before.asks or not clause.asks or both or before.ends_with_section:
        return False
    return before.asks[-1].kind == "color" == clause.asks[0].kind


def _with_colors(before: _Clause, clause: _Clause) -> _Clause:
    last, more = before.asks[-1], clause.asks[0]
    both = replace(last, colors=last.colors + more.colors, words=f"{last.words} and {more.words}")
    before.asks[-1:] = [both, *clause.asks[1:]]
    _merge(before, clause, asks=False)
    return before


def _continues_sections(before: _Clause, clause: _Clause) -> bool:
    """Whether two clauses are one: a list of sections goes on, before or after the wish."""
    if before.asks and not clause.asks:
        return before.ends_with_section or bool(clause.excluded)
    return not before.asks


def _merge(before: _Clause, clause: _Clause, *, asks: bool = True) -> None:
    if clause.sections is not None:
        before.sections = (before.sections or frozenset()) | clause.sections
    before.excluded |= clause.excluded
    before.rest |= clause.rest
    before.asks += clause.asks if asks else []
    before.ends_with_section = clause.ends_with_section
    before.modified |= clause.modified


def _inherit_modifiers(made: list[_Clause], clause: _Clause) -> None:
    """ "less grain and bloom": less of both."""
    if clause.modified or not made or not made[-1].asks:
        return
    last = made[-1].asks[-1]
    if last.kind != "effect":
        return
    clause.asks = [
        replace(ask, more=last.more, off=last.off, amount=last.amount, number=last.number)
        if ask.kind == "effect"
        else ask
        for ask in clause.asks
    ]


def _share_sections(clauses: list[_Clause], here: frozenset[int] | None) -> None:
    """A wish without sections is for those named last, or those that the sentence ends with."""
    last = _Clause(sections=here)
    for i, clause in enumerate(clauses):
        if not clause.placed:
            like = (None if last.placed else _ahead(clauses[i + 1 :])) or last
            clause.sections, clause.excluded = like.sections, like.excluded
            clause.rest = like.rest
        last = clause


def _ahead(clauses: list[_Clause]) -> _Clause | None:
    """The clause after these whose sections are meant for them too."""
    for clause in clauses:
        if clause.sections is not None or clause.excluded:
            return None if clause.begins_with_section else clause
    return None
