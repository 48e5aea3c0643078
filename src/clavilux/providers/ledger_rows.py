"""What the ledger says: its rows, its sums, and why it refuses a purchase."""

from __future__ import annotations

import shlex
import sqlite3
from dataclasses import dataclass
from typing import Literal

from clavilux.model.errors import BudgetError, ProviderError
from clavilux.model.money import dollars
from clavilux.model.order import Order

EntryState = Literal["live", "settled", "released", "doubt"]
"""live: being bought, counted at what is reserved. settled: paid, counted at its cost. released:
surely not billed, counted as nothing. doubt: may have been billed, counted at what is reserved."""

Standing = Literal["none", "live", "resumable", "doubt", "settled"]
"""How an order stands. none: free to be bought. live: somebody who lives is at it. resumable: who
was at it died, or gave up, with a ticket in hand. doubt and settled: as of a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row: a picture that was, is or may have been bought. Money in millionths of a dollar."""

    id: int
    at: float
    """Unix time of the reservation; the month it counts for is the one that this lies in, UTC."""
    account: str
    section: str
    provider: str
    model: str
    order_key: str
    order: str
    """The order as canonical JSON, so that a bill can be explained."""
    state: EntryState
    reserved: int
    cost: int | None
    """None until it is settled."""
    ticket: str | None
    """The provider's id of the job, for PictureSeller.collect."""
    usage: str
    why: str
    """Why it was released, or is in doubt."""
    owner: str
    """Which process holds it, and by which of its purchases: see ledger_owner.py."""
    seconds: float | None
    """Of work by the provider's machine, where it is known."""
    ended: float | None
    """Unix time at which it stopped being live."""

    @property
    def counted(self) -> int:
        """What it takes from the budget."""
        if self.state == "settled":
            return self.cost or 0
        return 0 if self.state == "released" else self.reserved

    @property
    def resumable(self) -> bool:
        """Whether the provider can be asked for it, if it is the last purchase of its order."""
        return self.state == "doubt" and self.ticket is not None

    @property
    def over(self) -> bool:
        """Whether it cost more than was reserved for it: a price list is wrong then."""
        return self.cost is not None and self.cost > self.reserved

    def what(self) -> Order:
        """The order that was sent."""
        return Order.model_validate_json(self.order)


COLUMNS = tuple(Entry.__dataclass_fields__)

COUNTED = "CASE state WHEN 'settled' THEN cost WHEN 'released' THEN 0 ELSE reserved END"
"""Entry.counted in SQL."""


def entry_of(row: sqlite3.Row) -> Entry:
    return Entry(**{name: row[name] for name in COLUMNS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over rows, in millionths of a dollar."""

    reserved: int = 0
    """For what is being bought."""
    spent: int = 0
    in_doubt: int = 0
    """Reserved for what may have been billed."""

    @property
    def counted(self) -> int:
        """What a cap is held against."""
        return self.reserved + self.spent + self.in_doubt

    def left(self, cap: int) -> int:
        """What is left of a budget; never under 0."""
        return max(0, cap - self.counted)


class BeingBoughtError(ProviderError):
    """Somebody is buying this very picture: wait, and it will be in the store."""

    def __init__(self, entry: Entry, *, section: str) -> None:
        """`section`: for which it is wanted now; two may ask for the same."""
        super().__init__(f"the picture for {section} is just being bought; wait for it")
        self.entry = entry


class InDoubtError(ProviderError):
    """This picture may have been paid already: it was in flight when something broke off."""

    def __init__(self, entry: Entry, *, section: str) -> None:
        super().__init__(
            f"the picture for {section} may have been paid already ({entry.why}); "
            f"{_buys_again(section)}",
            billed="maybe",
        )
        self.entry = entry


class AlreadyBoughtError(ProviderError):
    """This picture was paid, but nobody has it any more."""

    def __init__(self, entry: Entry, *, section: str) -> None:
        super().__init__(
            f"the picture for {section} was bought already for {dollars(entry.counted)} and "
            f"is not in the store any more; {_buys_again(section)}",
            billed="no",
        )
        self.entry = entry


def _buys_again(section: str) -> str:
    return (
        f"`clavilux retry REPORT --section {shlex.quote(section)}`, or --again with `clavilux "
        "render`, buys it again"
    )


def over_budget(amount: int, totals: Totals, *, cap: int, month: bool = False) -> BudgetError:
    """The next picture does not fit under a cap; says what there is, and what to do."""
    parts = [
        f"{dollars(money)} {word}"
        for money, word in (
            (totals.spent, "spent"),
            (totals.reserved, "in flight"),
            (totals.in_doubt, "in doubt"),
        )
        if money
    ]
    gone = f" ({', '.join(parts)})" if parts else ""
    name, advice = (
        (
            "this month's limit",
            "raise month_budget in config.toml (or CLAVILUX_MONTH_BUDGET), or wait for the next "
            "month",
        )
        if month
        else ("the budget", "raise --budget")
    )
    return BudgetError(
        f"the next picture may cost {dollars(amount)}, but {dollars(totals.left(cap))} of {name} "
        f"of {dollars(cap)} is left{gone}; {advice}"
    )
