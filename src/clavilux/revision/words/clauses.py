"""A request's tokens as asks: what is to change, how strongly, and in which sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

from clavilux.revision.words.clause import Clause, clause_of, telling
from clavilux.revision.words.joining import joined, share_sections
from clavilux.revision.words.lexing import Token
from clavilux.revision.words.wishes import ASKS, Ask, CannotBeDoneError, NotUnderstoodError


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
    clauses = joined([clause_of(part, everything=everything) for part in parts])
    share_sections(clauses, here)
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


def _is_unplaced(clause: Clause) -> bool:
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
        after = telling(_up_to_break(tokens[i + 1 :]))
        if not after or after[0].kind != "scope":
            continue
        before = telling(_up_to_break(tokens[:i][::-1]))
        asks = [any(t.kind in ASKS for t in side) for side in (before, after)]
        keeps = any(t.kind == "keep" for t in before)
        of_several = bool(before) and before[0].kind == "scope" and not all(asks) and not keeps
        word = token.text.lower()
        if (word == "without" and token.kind == "off") or (word == "but" and of_several):
            made[i] = Token(token.text, "except")
    return made


def _up_to_break(tokens: Sequence[Token]) -> list[Token]:
    return list(takewhile(lambda token: token.kind != "break", tokens))


def _split(tokens: Sequence[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "break":
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if any(t.kind != "filler" for t in part)]
