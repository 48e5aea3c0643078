"""How a call can go wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Fault:
    """One way for a call to go wrong."""

    status: int = 0
    """Answer this instead of doing anything, with `body`; nothing is billed."""
    body: Any = None
    """JSON, or bytes as they are."""
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0
    """Seconds before anything is done."""
    stall: float = 0
    """Seconds after the sale, before the answer."""
    drop: Literal["", "before", "after", "half"] = ""
    """Close the connection: before or after the sale, or in the middle of the answer."""
    trickle: float = 0
    """Seconds between two bytes of the answer, which so never ends."""
    picture: Literal["", "garbage", "truncated", "huge", "text", "empty", "tiny"] = ""
    """What is sold is no usable picture; a well-formed answer all the same."""
    wire: Literal["", "garbage", "html", "wrong_type"] = ""
    """The answer's body or content type is not what the API says."""
    filtered: bool = False
    """Its filter dislikes the picture after it was made; each API has its own way to say so."""


NOTHING = Fault()

COMMON: dict[str, Fault] = {
    "drop_before": Fault(drop="before"),
    "drop_after": Fault(drop="after"),
    "half": Fault(drop="half"),
    "garbage": Fault(wire="garbage"),
    "html": Fault(wire="html"),
    "wrong_type": Fault(wire="wrong_type"),
    "picture_garbage": Fault(picture="garbage"),
    "picture_truncated": Fault(picture="truncated"),
    "picture_huge": Fault(picture="huge"),
    "picture_text": Fault(picture="text"),
    "picture_empty": Fault(picture="empty"),
    "picture_tiny": Fault(picture="tiny"),
    "server_error": Fault(500, {"error": {"message": "The server had an error."}}),
    "bad_gateway": Fault(502, b"<html>502 Bad Gateway</html>"),
    "overloaded": Fault(503, {"error": {"message": "Overloaded."}}, {"retry-after": "1"}),
}
"""Faults that any HTTP service has, by name."""
