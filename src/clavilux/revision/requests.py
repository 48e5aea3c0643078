"""Plain requests in English -> a changed spec, by rules: this works without any model."""

from __future__ import annotations

from clavilux.documents.checking import shown
from clavilux.model.correction import Correction
from clavilux.model.errors import InputError
from clavilux.model.spec import RenderSpec
from clavilux.revision.acts.changing import Changed, changed
from clavilux.revision.acts.section_requests import section_change
from clavilux.revision.words.clauses import asks_of
from clavilux.revision.words.hints import hint_for, refusal_of, wish_refusal_of
from clavilux.revision.words.lexing import LONGEST_REQUEST, lexed
from clavilux.revision.words.moments import Hearing, Listen
from clavilux.revision.words.phrases import in_known_words
from clavilux.revision.words.sentences import joined, pieces_of
from clavilux.revision.words.wishes import CannotBeDoneError, NotUnderstoodError, examples

MOST_PIECES = 15
"""Of a request that what is said about sections themselves may be made of: a list of eight."""


class RequestError(InputError):
    """A request that is not understood; it says what, and what could be said instead."""


class OutOfReachError(RequestError):
    """A request that cannot be done, or not be read by anybody: nobody needs to read it again."""


def by_rules(request: str, spec: RenderSpec, *, listen: Listen | None = None) -> Changed:
    """The spec as a request wants it: all of what it says, or RequestError and nothing.

    `listen` gives the song as it was heard, for bar lines: without it, times are taken as they are
    said. Raises what it raises too.
    """
    if len(request) > LONGEST_REQUEST:
        raise OutOfReachError(f"a request has at most {LONGEST_REQUEST} characters")
    if any(not c.isprintable() and not c.isspace() for c in request):
        raise OutOfReachError("the request holds control characters")
    try:
        request = in_known_words(request)
        if refusal := refusal_of(request):
            raise NotUnderstoodError(refusal)
        return _changed(request, spec, Hearing(spec, listen))
    except NotUnderstoodError as error:
        sections = ", ".join(section.label for section in spec.sections[:12])
        clear = isinstance(error, CannotBeDoneError)
        said = str(error) if clear else hint_for(request) or str(error)
        raise (OutOfReachError if clear else RequestError)(
            f"{shown(said)}. Nothing is changed. Say what and where ({sections}), {examples()}"
        ) from None


def _changed(request: str, spec: RenderSpec, hearing: Hearing) -> Changed:
    """What is about sections themselves is done where it stands, sentence by sentence; what stands
    between is read as a whole."""
    pieces = pieces_of(request)
    done = Changed(spec, Correction(), ())
    here: frozenset[int] | None = None
    waiting = at = 0
    while at < len(pieces):
        end = _end_of_change(pieces, at, done.spec, hearing)
        if end == at:
            at += 1
            continue
        done = _wished(joined(pieces[waiting:at]), done, here, more=True)
        made = section_change(joined(pieces[at:end]), done.spec, hearing)
        assert made is not None
        done = Changed(made.spec, done.correction, (*done.readings, made.reading))
        here, at, waiting = made.touched, end, end
    return _wished(joined(pieces[waiting:]), done, here, more=False)


def _end_of_change(pieces: list[str], at: int, spec: RenderSpec, hearing: Hearing) -> int:
    """Where what begins at a piece, and is about sections themselves, ends: the longest text that
    has such a form; `at` where none has."""
    for end in range(min(len(pieces), at + MOST_PIECES), at, -1):
        if section_change(joined(pieces[at:end]), spec, hearing) is not None:
            return end
    return at


def _wished(request: str, done: Changed, here: frozenset[int] | None, *, more: bool) -> Changed:
    """With the wishes of a text too, which are for the sections `here` unless it names others.

    `more`: something about sections follows it.
    """
    if not request.strip(" ,;.!?") and (more or done.readings):
        return done
    if refusal := wish_refusal_of(request):
        raise NotUnderstoodError(refusal)
    tokens = lexed(request, done.spec)
    asks = asks_of(tokens, count=len(done.spec.sections), here=here, everywhere=not more)
    made = changed(done.spec, asks)
    again, before = (bool(one.correction.model_fields_set) for one in (made, done))
    if again and before:
        raise NotUnderstoodError("say what is about the rhythm in one sentence")
    correction = made.correction if again else done.correction
    return Changed(made.spec, correction, (*done.readings, *made.readings))
