"""Clauses that belong together: lists of colours and of sections, and wishes that share a place."""

from __future__ import annotations

from dataclasses import replace

from clavilux.revision.words.clause import Clause
from clavilux.revision.words.wishes import NotUnderstoodError


def joined(clauses: list[Clause]) -> list[Clause]:
    """ "red and gold" is one wish, "verse and chorus" are sections of one."""
    made: list[Clause] = []
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


def _continues_colors(before: Clause, clause: Clause) -> bool:
    both = before.sections is not None and clause.sections is not None
    if not before.asks or not clause.asks or both or before.ends_with_section:
        return False
    return before.asks[-1].kind == "color" == clause.asks[0].kind


def _with_colors(before: Clause, clause: Clause) -> Clause:
    last, more = before.asks[-1], clause.asks[0]
    both = replace(last, colors=last.colors + more.colors, words=f"{last.words} and {more.words}")
    before.asks[-1:] = [both, *clause.asks[1:]]
    _merge(before, clause, asks=False)
    return before


def _continues_sections(before: Clause, clause: Clause) -> bool:
    """Whether two clauses are one: a list of sections goes on, before or after the wish."""
    if before.asks and not clause.asks:
        return before.ends_with_section or bool(clause.excluded)
    return not before.asks


def _merge(before: Clause, clause: Clause, *, asks: bool = True) -> None:
    if clause.sections is not None:
        before.sections = (before.sections or frozenset()) | clause.sections
    before.excluded |= clause.excluded
    before.rest |= clause.rest
    before.asks += clause.asks if asks else []
    before.ends_with_section = clause.ends_with_section
    before.modified |= clause.modified


def _inherit_modifiers(made: list[Clause], clause: Clause) -> None:
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


def share_sections(clauses: list[Clause], here: frozenset[int] | None) -> None:
    """A wish without sections is for those named last, or those that the sentence ends with."""
    last = Clause(sections=here)
    for i, clause in enumerate(clauses):
        if not clause.placed:
            like = (None if last.placed else _ahead(clauses[i + 1 :])) or last
            clause.sections, clause.excluded = like.sections, like.excluded
            clause.rest = like.rest
        last = clause


def _ahead(clauses: list[Clause]) -> Clause | None:
    """The clause after these whose sections are meant for them too."""
    for clause in clauses:
        if clause.sections is not None or clause.excluded:
            return None if clause.begins_with_section else clause
    return None
