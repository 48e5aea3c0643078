"""A request's tokens as asks: what is to change, how strongly, and in which sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from clavilux.revision.asks import ASKS, Ask, CannotBeDoneError, NotUnderstoodError
from clavilux.revision.lexing import Token
from clavilux.revision.modifiers import Modifiers


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
    clauses = _joined([_clause(part) for part in _split(tokens)])
    _share_sections(clauses, here)
    if not everywhere and any(_is_unplaced(clause) for clause in clauses):
        raise CannotBeDoneError("say for which sections that is, or say it last")
    everything = frozenset(range(count))
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
    placed = clause.sections is not None or clause.rest or clause.excluded
    return not placed and any(not ask.is_global for ask in clause.asks)


def _refuse_unknown(tokens: Sequence[Token]) -> None:
    missing = [str(token.value) for token in tokens if token.kind == "missing"]
    if missing:
        raise NotUnderstoodError(f"this song has no {' and no '.join(missing)}")
    unknown = list(dict.fromkeys(t.text for t in tokens if t.kind == "word"))
    if unknown:
        raise NotUnderstoodError(f"these words mean nothing here: {', '.join(unknown[:12])}")


def _split(tokens: Sequence[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "break":
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if any(t.kind != "filler" for t in part)]


# --- One clause ------------------------------------------------------------------------------


def _clause(tokens: Sequence[Token]) -> _Clause:
    clause = _Clause()
    telling = [token for token in tokens if token.kind != "filler"]
    excluding = False
    for token in telling:
        if token.kind == "except":
            excluding = True
        elif token.kind == "scope":
            assert isinstance(token.value, frozenset)
            if excluding:
                clause.excluded |= token.value
            else:
                clause.sections = (clause.sections or frozenset()) | token.value
        elif token.kind == "rest":
            clause.rest = True
    _hold(telling, clause)
    kinds = [t.kind for t in telling]
    clause.begins_with_section = kinds[0] in ("scope", "rest")
    clause.ends_with_section = kinds[-1] in ("scope", "rest")
    return clause


def _hold(tokens: Sequence[Token], clause: _Clause) -> None:
    """Put the asks of a clause into it, each with the modifiers of the clause."""
    modifiers = Modifiers(tokens)
    clause.modified = modifiers.any
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
    placed = clause.sections is not None or clause.rest or bool(clause.excluded)
    modifiers.refuse_leftover(clause.asks, placed=placed or clause.keeps)
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
    return before.asks[-1].kind == "color" == clause.asks[0].kind and len(clause.asks) == 1


def _with_colors(before: _Clause, clause: _Clause) -> _Clause:
    last, more = before.asks[-1], clause.asks[0]
    both = replace(last, colors=last.colors + more.colors, words=f"{last.words} and {more.words}")
    before.asks[-1] = both
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


def _share_sections(clauses: list[_Clause], last: frozenset[int] | None) -> None:
    """A wish without sections is for those named last, or those that the sentence ends with."""
    for i, clause in enumerate(clauses):
        if clause.sections is None and not clause.rest and not clause.excluded:
            ahead = _ahead(clauses[i + 1 :]) if last is None else None
            clause.sections = last if ahead is None else ahead.sections
            clause.excluded = frozenset() if ahead is None else ahead.excluded
        last = clause.sections if clause.sections is not None else last


def _ahead(clauses: list[_Clause]) -> _Clause | None:
    """The clause after these whose sections are meant for them too."""
    for clause in clauses:
        if clause.sections is not None or clause.excluded:
            return None if clause.begins_with_section else clause
    return None
