"""A request's tokens as asks: what is to change, how strongly, and in which sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from clavilux.revision.lexing import Token
from clavilux.revision.vocabulary import EXAMPLES, Kind

GLOBAL_FIELDS = ("title", "global_style", "quality")
GLOBAL: frozenset[Kind] = frozenset({"tempo", "beats", "bars", "meter"})
"""Asks about the whole song, which need no sections."""

_ASKS: frozenset[Kind] = frozenset(
    {
        "effect", "look", "color", "style", "scene", "energy", "tier", "transition", "retry",
        "stills", "tempo", "beats", "bars", "meter", "field", "starts",
    }
)  # fmt: skip


class NotUnderstoodError(Exception):
    """What could not be made sense of, in a sentence."""


@dataclass(frozen=True)
class Ask:
    """One wish."""

    kind: Kind
    value: object
    words: str
    amount: float = 1.0
    """How strongly; 1 the usual."""
    more: int = 0
    """1 more, -1 less, 0 neither said."""
    off: bool = False
    number: float | None = None
    """A plain number that came with it."""
    colors: tuple[str, ...] = ()
    sections: frozenset[int] | None = None
    """None: not said."""

    @property
    def is_global(self) -> bool:
        return self.kind in GLOBAL or (self.kind == "field" and self.value in GLOBAL_FIELDS)


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


def asks_of(tokens: Sequence[Token], *, count: int) -> tuple[Ask, ...]:
    """The wishes of a request on a spec of `count` sections, each with its sections.

    A wish without sections is for those named last, or for those that the same sentence names
    after it, or for all. Raises NotUnderstoodError: everything must make sense, or nothing does.
    """
    _refuse_unknown(tokens)
    clauses = _joined([_clause(part) for part in _split(tokens)])
    _share_sections(clauses)
    everything = frozenset(range(count))
    mentioned = frozenset().union(*(c.sections or () for c in clauses))
    asks = []
    for clause in clauses:
        wanted = everything if clause.sections is None else clause.sections
        wanted = everything - mentioned if clause.rest else wanted
        asks += [replace(ask, sections=wanted - clause.excluded) for ask in clause.asks]
    if not asks:
        raise NotUnderstoodError("this names nothing to change")
    return tuple(asks)


def examples() -> str:
    """What can be said, for whoever was not understood."""
    return "for example: " + "; ".join(EXAMPLES)


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
    modifiers = _Modifiers(tokens)
    clause.modified = modifiers.any
    asked = [t for t in tokens if t.kind in _ASKS and not modifiers.swallowed(t)]
    asked = modifiers.completed(asked)
    colors = tuple(str(t.value) for t in asked if t.kind == "color")
    if colors:
        words = " and ".join(t.text for t in asked if t.kind == "color")
        clause.asks.append(Ask("color", None, words, colors=colors))
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
    modifiers.refuse_leftover(clause)
    modifiers.refuse_mixture(clause)


def _text(token: Token, tokens: Sequence[Token]) -> Ask:
    after = [t for t in tokens[list(tokens).index(token) :] if t.kind == "text"]
    if not after:
        raise NotUnderstoodError(f'say it as {token.text} = "..."')
    return Ask("field", (token.value, after[0].value), token.text)


class _Modifiers:
    """More, less, off, a bit, half, 1.5: how a clause wants what it asks for."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        kinds = [t.kind for t in tokens]
        self.off = "off" in kinds
        self.less = "less" in kinds
        self.more = "more" in kinds
        self.amount = 1.0
        for token in tokens:
            if token.kind == "amount":
                self.amount *= float(str(token.value))
        self.factor = next((float(str(t.value)) for t in tokens if t.kind in ("half", "double")), 0)
        kinds_of_number = ("number", "milliseconds", "seconds")
        self.numbers = [float(str(t.value)) for t in tokens if t.kind in kinds_of_number]
        self.number = self.numbers[0] if self.numbers else None
        self.later = next((int(str(t.value)) for t in tokens if t.kind == "later"), 0)
        self._uses_number = False

    @property
    def any(self) -> bool:
        return bool(self.off or self.less or self.more or self.factor or self.numbers)

    def swallowed(self, token: Token) -> bool:
        """ "stronger" beside an effect says how strong, and is no wish of its own."""
        effect = any(t.kind in ("effect", "transition") for t in self._tokens)
        return token.kind == "energy" and effect and token.text.lower() == "stronger"

    def completed(self, asked: list[Token]) -> list[Token]:
        """ "stronger" alone is about energy; "15 ms later" about the beats; "3 stills" a number."""
        kinds = {t.kind for t in asked}
        if not asked and any(t.kind == "more" and t.value == "stronger" for t in self._tokens):
            return [Token("stronger", "energy", 1)]
        if self.later and not kinds & {"bars", "starts"}:
            return [*asked, Token("the beats", "beats")] if "beats" not in kinds else asked
        if self.number is not None and "tier" in kinds:
            return [Token(t.text, "stills") if t.value == 2 else t for t in asked]
        return asked

    def on(self, ask: Ask) -> Ask:
        if ask.kind in ("beats", "bars"):
            size = 1.0 if self.number is None else self.number
            if not self.later or (ask.kind == "beats" and self.number is None):
                raise NotUnderstoodError("say by how much: beats 15 ms later, downbeat 1 later")
            unit = [t.kind for t in self._tokens if t.kind in ("number", "seconds")]
            if ask.kind == "beats" and unit:
                size *= 1000
                if unit[0] == "number":
                    raise NotUnderstoodError("say the beats in milliseconds: beats 15 ms later")
            self._uses_number = True
            return replace(ask, number=size * self.later)
        more = -1 if self.less else int(self.more)
        amount = self.amount * (2.0 if self.factor == 2.0 else 1.0)
        if self.factor:
            more = 1 if self.factor > 1 else -1
        takes = ask.kind in ("effect", "stills", "energy", "meter", "starts", "transition")
        number = self.number if takes else None
        self._uses_number |= number is not None
        return replace(ask, amount=amount, more=more, off=self.off, number=number)

    def refuse_leftover(self, clause: _Clause) -> None:
        """Raise NotUnderstoodError for a number that nothing takes."""
        if self.numbers and not self._uses_number:
            raise NotUnderstoodError(f"it is not clear what {self.numbers[0]:g} is for")
        if clause.asks or clause.sections is not None or clause.rest or clause.excluded:
            return
        words = " ".join(t.text for t in self._tokens)
        raise NotUnderstoodError(f"it is not clear what '{words}' is about")

    def refuse_mixture(self, clause: _Clause) -> None:
        """Raise NotUnderstoodError where "less" could be meant for one wish or for another."""
        kinds = {ask.kind for ask in clause.asks}
        several = len(clause.asks) > 1 and kinds != {"effect"}
        both = (self.more and self.less) or (self.off and (self.more or self.less))
        if both or len(self.numbers) > 1 or (several and (self.any or self.amount != 1)):
            raise NotUnderstoodError("put a comma or 'and' between one wish and the next")


# --- Several clauses -------------------------------------------------------------------------


def _joined(clauses: list[_Clause]) -> list[_Clause]:
    """ "red and gold" is one wish, "verse and chorus" are sections of one."""
    made: list[_Clause] = []
    for clause in clauses:
        if made and _continues_colors(made[-1], clause):
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


def _share_sections(clauses: list[_Clause]) -> None:
    """A wish without sections is for those named last, or those that the sentence ends with."""
    last: frozenset[int] | None = None
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
