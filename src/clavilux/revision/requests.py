"""Plain requests in English -> a changed spec, by rules: this works without any model."""

from __future__ import annotations

from clavilux.documents.checking import shown
from clavilux.model.errors import InputError
from clavilux.model.spec import RenderSpec
from clavilux.revision.changing import Changed, changed
from clavilux.revision.clauses import NotUnderstoodError, asks_of, examples
from clavilux.revision.lexing import LONGEST_REQUEST, lexed


class RequestError(InputError):
    """A request that is not understood; it says what, and what could be said instead."""


def by_rules(request: str, spec: RenderSpec) -> Changed:
    """The spec as a request wants it: all of what it says, or RequestError and nothing."""
    if len(request) > LONGEST_REQUEST:
        raise RequestError(f"a request has at most {LONGEST_REQUEST} characters")
    if any(not c.isprintable() and not c.isspace() for c in request):
        raise RequestError("the request holds control characters")
    try:
        return changed(spec, asks_of(lexed(request, spec), count=len(spec.sections)))
    except NotUnderstoodError as error:
        sections = ", ".join(section.label for section in spec.sections[:12])
        raise RequestError(
            f"{shown(str(error))}. Nothing is changed. "
            f"Say what and where ({sections}), {examples()}"
        ) from None
