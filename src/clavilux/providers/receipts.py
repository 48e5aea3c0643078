"""What is written down of a purchase, beside its picture and in the ledger, to be read by a later
run: what it cost, and that the provider did not want to."""

from __future__ import annotations

import json

from clavilux.interfaces import Sold
from clavilux.model.errors import ProviderError, Trouble
from clavilux.model.money import MICROS
from clavilux.model.order import Order
from clavilux.providers.ledger_rows import Entry

REFUSED = "refused: "
"""How the ledger's words begin where the provider is not to be asked the same again."""

REFUSALS: frozenset[Trouble] = frozenset({"moderated", "filtered", "bad_request", "unusable"})
"""Troubles with this very order: other words may help."""

DISLIKED: frozenset[Trouble] = frozenset({"moderated", "filtered"})
"""Of these, those that are remembered even where they cost nothing."""


def receipt(order: Order, entry: Entry, sold: Sold, *, cost: int) -> bytes:
    """The note beside a picture, as JSON. `cost` in millionths of a dollar."""
    told = {
        "order": order.model_dump(mode="json", exclude_defaults=True), "usd": cost / MICROS,
        "micros": cost, "usage": sold.usage, "at": entry.at, "purchase": entry.owner,
    }  # fmt: skip
    return json.dumps(told).encode()


def read_receipt(note: bytes | None) -> tuple[str, int, str] | None:
    """The ledger's owner of a purchase, its cost in millionths of a dollar, and the provider's own
    account of it; None where a note does not say."""
    try:
        told = json.loads(note or b"null")
    except ValueError:
        return None
    told = told if isinstance(told, dict) else {}
    owner, cost = told.get("purchase"), told.get("micros")
    if not isinstance(owner, str) or type(cost) is not int:
        return None
    return owner, cost, str(told.get("usage", ""))


def words_for(error: ProviderError) -> str:
    """What the ledger keeps of a failure."""
    lasting = DISLIKED if error.billed == "no" else REFUSALS
    return f"{REFUSED if error.trouble in lasting else ''}{error}"


def refuse_as_before(words: str) -> None:
    """Raise the refusal that the ledger's words tell of, if they do. Nobody is asked twice for
    what he would not make, and may have charged for; and the same video shows the same pictures."""
    if words.startswith(REFUSED):
        said = words.removeprefix(REFUSED)
        raise ProviderError(f"{said} (in an earlier run)", trouble="moderated")
