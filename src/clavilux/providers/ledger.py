"""The money: nothing is bought that is not written down here first, and nothing over the cap.

A purchase is a row of an SQLite file. It is reserved at what it can cost at most before the call,
and settled, released or put in doubt after it. The law is in the statement RESERVE: a row is only
inserted if it fits under the cap with all that is reserved, spent and in doubt, and if nobody is
buying, has bought or may have bought the same picture. Threads, several processes and `kill -9` at
any instruction cannot break it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clavilux.interfaces import Ticket
from clavilux.model.codec import to_json
from clavilux.model.errors import ProviderError
from clavilux.model.order import Order
from clavilux.providers.ledger_file import LedgerFile
from clavilux.providers.ledger_owner import Owner, this_process
from clavilux.providers.ledger_rows import (
    COUNTED,
    AlreadyBoughtError,
    BeingBoughtError,
    Entry,
    InDoubtError,
    Standing,
    Totals,
    entry_of,
    over_budget,
)

DIED = "in flight when its process died"

LARGEST = 10**15
"""Millionths of a dollar in one row: whatever a provider says, sums must stay within 64 bits."""

RESERVE = f"""
INSERT INTO purchases
    (at, month, account, section, provider, model, order_key, "order", state, reserved, owner)
SELECT :at, :month, :account, :section, :provider, :model, :key, :order, 'live', :amount, :owner
WHERE NOT EXISTS (SELECT 1 FROM purchases WHERE order_key = :key AND state = 'live')
    AND (:again OR NOT EXISTS
        (SELECT 1 FROM purchases WHERE order_key = :key AND state IN ('doubt', 'settled')))
    AND (:cap IS NULL OR :amount <= :cap -
        (SELECT coalesce(sum({COUNTED}), 0) FROM purchases WHERE account = :account))
    AND (:month_cap IS NULL OR :amount <= :month_cap -
        (SELECT coalesce(sum({COUNTED}), 0) FROM purchases WHERE month = :month))
"""

RESUMABLE = """
SELECT * FROM purchases AS this WHERE order_key = :key AND ticket IS NOT NULL AND owner <> :owner
    AND state IN ('live', 'doubt') AND NOT EXISTS (
        SELECT 1 FROM purchases WHERE order_key = :key AND state <> 'released' AND id > this.id)
"""
"""The last purchase of an order, if another process left it with a ticket."""


class Ledger:
    """What was reserved and spent, in a file that threads and processes share."""

    def __init__(self, path: Path, *, now: Callable[[], float] = time.time) -> None:
        """Open a ledger, or begin one; `now` gives Unix time.

        Raises InputError where the file is damaged, newer or something else, and OutputError where
        it cannot be written. What processes that died have left is put in doubt.
        """
        self._file, self._now = LedgerFile(path), now
        self.path = path
        self._sweep()

    def reserve(
        self,
        order: Order,
        *,
        account: str,
        section: str,
        amount: int,
        cap: int | None,
        month_cap: int | None = None,
        again: bool = False,
    ) -> Entry:
        """Set money aside for a picture, or refuse. Only who holds the entry may make the call.

        `amount`: what it can cost at most. `cap`: for all rows of the account; `month_cap`: for
        all rows of this calendar month (UTC); both in millionths of a dollar, None for no limit.
        `again`: the user wants it although it was or may have been bought.

        Raises BudgetError, BeingBoughtError, InDoubtError or AlreadyBoughtError.
        """
        if amount < 0:
            raise ProviderError("a price below zero cannot be reserved", trouble="bad_request")
        amount = min(amount, LARGEST)
        self._sweep()
        at = self._now()
        values = {
            "at": at, "month": _month(at), "account": account, "section": section,
            "provider": order.provider, "model": order.model, "key": order.key,
            "order": to_json(order), "amount": amount, "owner": self._owner.token,
            "again": again, "cap": _bounded(cap), "month_cap": _bounded(month_cap),
        }  # fmt: skip
        with self._file.writing() as db:
            made = db.execute(RESERVE, values)
            if made.rowcount != 1:
                raise _refusal(db, values)
            return _entry(db, made.lastrowid)

    def submitted(self, entry: Entry, ticket: Ticket) -> None:
        """Write a job's id down, before anybody waits for it."""
        self._change(entry, "ticket = :ticket", unless="settled", ticket=ticket.id)

    def settle(
        self, entry: Entry, *, cost: int, usage: str = "", seconds: float | None = None
    ) -> None:
        """It is paid: `cost` as the provider says, be it more than was reserved. Once.

        `seconds` of work by the provider's machine, where they are known.
        """
        self._end(
            entry, "settled", "cost = :cost, usage = :usage, seconds = :seconds", unless="settled",
            cost=_believable(cost), usage=usage, seconds=seconds,
        )  # fmt: skip

    def release(self, entry: Entry, *, why: str) -> None:
        """It is surely not billed: the money is free again."""
        self._end(entry, "released", "why = :why", unless="settled", why=why)

    def doubt(self, entry: Entry, *, why: str) -> None:
        """It may have been billed: it stays counted at what was reserved."""
        self._end(entry, "doubt", "why = :why", unless="settled', 'released", why=why)

    def resumable(self, order_key: str) -> Entry | None:
        """Take over the last purchase of an order that another process left with a ticket.

        That process is dead, or gave up. Exactly one caller is given the entry: it may collect,
        and must settle, release or doubt.
        """
        with self._file.writing() as db:
            row = self._left_with_a_ticket(db, order_key)
            if row is None:
                return None
            mine = {"id": row["id"], "owner": self._owner.token}
            db.execute(
                "UPDATE purchases SET state = 'live', owner = :owner, ended = NULL WHERE id = :id",
                mine,
            )
            return _entry(db, row["id"])

    def found(self, order_key: str, *, cost: int, usage: str = "") -> None:
        """The picture is in the store, so it was sold: what is in doubt about it is settled.

        For a process that died after the picture came and before it could settle.
        """
        self._sweep()
        with self._file.writing() as db:
            row = _last(db, order_key)
            left = self._left_with_a_ticket(db, order_key)
            if row is None or (row["state"] != "doubt" and left is None):
                return
            db.execute(
                "UPDATE purchases SET state = 'settled', cost = ?, usage = ?, ended = ? "
                "WHERE id = ?",
                (_believable(cost), usage, self._now(), row["id"]),
            )

    def state(self, order_key: str) -> Standing:
        """How an order stands now; while it is "live", ask again."""
        self._sweep()
        with self._file.writing() as db:
            row = _last(db, order_key)
            if row is None:
                return "none"
            if self._left_with_a_ticket(db, order_key) is not None:
                return "resumable"
        standing: Standing = row["state"]
        return standing

    def totals(self, account: str | None = None, *, month: bool = False) -> Totals:
        """Sums over an account, or over all; `month`: of this calendar month (UTC) alone."""
        self._sweep()
        with self._file.reading() as db:
            return _totals(db, account=account, month=_month(self._now()) if month else None)

    def rows(
        self, account: str | None = None, *, since: float | None = None, limit: int | None = None
    ) -> tuple[Entry, ...]:
        """Rows, the newest first: of an account, from a Unix time on, so many at most."""
        self._sweep()
        query = """SELECT * FROM purchases WHERE (:account IS NULL OR account = :account)
            AND (:since IS NULL OR at >= :since) ORDER BY id DESC LIMIT :limit"""
        values = {"account": account, "since": since, "limit": -1 if limit is None else limit}
        with self._file.reading() as db:
            return tuple(entry_of(row) for row in db.execute(query, values))

    @property
    def _owner(self) -> Owner:
        return this_process(self.path)

    def _left_with_a_ticket(self, db: sqlite3.Connection, key: str) -> sqlite3.Row | None:
        row: sqlite3.Row | None = db.execute(
            RESUMABLE, {"key": key, "owner": self._owner.token}
        ).fetchone()
        if row is None or (row["state"] == "live" and self._owner.lives(row["owner"])):
            return None
        return row

    def _sweep(self) -> None:
        """Put in doubt what processes that died were buying; what has a ticket can be resumed."""
        with self._file.reading() as db:
            left = db.execute(
                "SELECT DISTINCT owner FROM purchases WHERE state = 'live' AND ticket IS NULL"
            ).fetchall()
        dead = [row["owner"] for row in left if not self._owner.lives(row["owner"])]
        if not dead:
            return
        with self._file.writing() as db:
            db.executemany(
                "UPDATE purchases SET state = 'doubt', why = ?, ended = ? "
                "WHERE state = 'live' AND ticket IS NULL AND owner = ?",
                [(DIED, self._now(), owner) for owner in dead],
            )

    def _end(self, entry: Entry, state: str, change: str, *, unless: str, **values: Any) -> None:
        fields = f"state = :state, ended = :ended, {change}"
        self._change(entry, fields, unless=unless, state=state, ended=self._now(), **values)

    def _change(self, entry: Entry, fields: str, *, unless: str, **values: Any) -> None:
        with self._file.writing() as db:
            db.execute(
                f"UPDATE purchases SET {fields} WHERE id = :id AND state NOT IN ('{unless}')",
                {"id": entry.id, **values},
            )


def _believable(cost: int) -> int:
    return min(max(0, cost), LARGEST)


def _bounded(cap: int | None) -> int | None:
    """A cap that SQLite can count with: 64 bits hold four million million dollars."""
    return None if cap is None else min(cap, 2**62)


def _month(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m")


def _entry(db: sqlite3.Connection, id: int | None) -> Entry:
    return entry_of(db.execute("SELECT * FROM purchases WHERE id = ?", (id,)).fetchone())


def _last(db: sqlite3.Connection, key: str) -> sqlite3.Row | None:
    """The row that decides about an order: the live one, or else the last that counts."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM purchases WHERE order_key = ? AND state <> 'released' "
        "ORDER BY state = 'live' DESC, id DESC LIMIT 1",
        (key,),
    ).fetchone()
    return row


def _totals(db: sqlite3.Connection, *, account: str | None, month: str | None) -> Totals:
    query = f"""SELECT state, coalesce(sum({COUNTED}), 0) AS money FROM purchases
        WHERE (:account IS NULL OR account = :account) AND (:month IS NULL OR month = :month)
        GROUP BY state"""
    values = {"account": account, "month": month}
    sums = {row["state"]: row["money"] for row in db.execute(query, values)}
    return Totals(
        reserved=sums.get("live", 0), spent=sums.get("settled", 0), in_doubt=sums.get("doubt", 0)
    )


def _refusal(db: sqlite3.Connection, values: dict[str, Any]) -> ProviderError:
    """Why RESERVE inserted nothing, in the same transaction."""
    row = _last(db, values["key"])
    if row is not None and row["state"] == "live":
        return BeingBoughtError(entry_of(row))
    if row is not None and not values["again"]:
        entry = entry_of(row)
        return InDoubtError(entry) if entry.state == "doubt" else AlreadyBoughtError(entry)
    amount, cap, month_cap = values["amount"], values["cap"], values["month_cap"]
    totals = _totals(db, account=values["account"], month=None)
    if cap is not None and amount > cap - totals.counted:
        return over_budget(amount, totals, cap=cap)
    totals = _totals(db, account=None, month=values["month"])
    return over_budget(amount, totals, cap=month_cap, month=True)
