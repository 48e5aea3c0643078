"""A request cut where one wish may end and the next begin; texts in quotes are never cut."""

from __future__ import annotations

import re
from collections.abc import Sequence

from clavilux.revision.words.phrases import QUOTED

_BREAK = re.compile(r"\s*[,;]\s*(?:and\s+)?(?:then\s+)?|[.!?]\s+|\s+(?:and\s+then|and|then|but)\s+")


def pieces_of(request: str) -> list[str]:
    """Pieces of a request, those that break it included: joined, they are the request."""
    closed = [found.span() for found in QUOTED.finditer(request)]
    pieces, start = [], 0
    for found in _BREAK.finditer(request):
        if any(a <= found.start() < b for a, b in closed):
            continue
        pieces += [request[start : found.start()], found[0]]
        start = found.end()
    return [piece for piece in (*pieces, request[start:]) if piece]


def joined(pieces: Sequence[str]) -> str:
    """Pieces as one text again."""
    return "".join(pieces)
