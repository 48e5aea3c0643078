"""Purchases that tests of the ledger make."""

from __future__ import annotations

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
