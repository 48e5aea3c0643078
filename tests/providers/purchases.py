"""Purchases that tests of the ledger make."""

from __future__ import annotations

from pathlib import Path

from clavilux.model.order import Order
from clavilux.providers.ledger import Ledger
from clavilux.providers.ledger_rows import Entry


def order(name: str = "a", **fields: object) -> Order:
    usual: dict[str, object] = {
        "provider": "openai", "model": "m", "prompt": f"picture {name}", "width": 64, "height": 64,
    }  # fmt: skip
    return Order.model_validate({**usual, **fields})


def buy(ledger: Ledger, name: str = "a", amount: int = 100, **options: object) -> Entry:
    usual: dict[str, object] = {"account": "song", "section": f"part_{name}", "cap": 1000}
    return ledger.reserve(order(name), amount=amount, **{**usual, **options})  # type: ignore[arg-type]


def buy_in(path: Path, name: str) -> None:
    """In another process."""
    buy(Ledger(path), name)


DEAD = "7.0"
"""The token of a process that ended."""


def left_by(ledger: Ledger, entry: Entry, *, owner: str = f"{DEAD}.1") -> None:
    """As if another process had made the entry."""
    with ledger._file.writing() as db:
        db.execute("UPDATE purchases SET owner = ? WHERE id = ?", (owner, entry.id))
