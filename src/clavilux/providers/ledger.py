"""The money: nothing is bought that is not written down here first, and nothing over the cap.

A purchase is a row of an SQLite file. It is reserved at what it can cost at most before the call,
and settled, released or put in doubt after it. The law is in the statement RESERVE: a row is only
inserted if it fits under the cap with all that is reserved, spent and in doubt, and if nobody is
buying, has bought or may have bought the same picture. Threads, several processes and `kill -9` at
any instruction cannot break it.

Whoever holds a row alone may change it: taking over a job gives the row another owner, and what the
one before still says is not heard. But for one thing: that it was paid is true whoever says it, so
anybody's `settle` counts. A row can become dearer by what comes late, and never be forgotten.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clavilux.interfaces import Ticket
from clavilux.model.codec import to_json
from clavilux.model.errors import ProviderError
from clavilux.model.order import Order
from clavilux.providers import ledger_queries as queries
from clavilux.providers.ledger_file import LedgerFile
from clavilux.providers.ledger_owner import Owner, this_process
from clavilux.providers.ledger_rows import Entry, Standing, Totals

DIED = "in flight when its process died"

LARGEST = 10**15
"""Millionths of a dollar in one row: whatever a provider says, sums must stay within 64 bits."""


class Ledger:
    """What was reserved and spent, in a file that threads and processes share."""

    def __init__(self, path: Path, *, now: Callable[[], float] = time.time) -> None:
        """Open a ledger, or begin one; `now` gives Unix time.

        Raises InputError where the file is damaged, newer or something else, and OutputError where
        it cannot be written, or was opened before this process was forked. What processes that
        died have left is put in doubt.
        """
        self.path = path.resolve()  # its companions lie beside the file, not beside a link to it
        self._file, self._now = LedgerFile(self.path), now
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
        `again`: the user wants it although it was or may have been bought. A job that a process
        left when it died is asked for first all the same: see `resumable`.

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
            "order": to_json(order), "amount": amount, "owner": self._owner.of_one_purchase(),
            "died": DIED, "again": again, "cap": _bounded(cap), "month_cap": _bounded(month_cap),
        }  # fmt: skip
        with self._file.writing() as db:
            made = db.execute(queries.RESERVE, values)
            if made.rowcount != 1:
                raise queries.refusal(db, values)
            return queries.entry(db, made.lastrowid)

    def submitted(self, entry: Entry, ticket: Ticket) -> None:
        """Write a job's id down, before anybody waits for it."""
        self._change(entry, "ticket = :ticket", unless="settled", ticket=ticket.id)

    def settle(
        self, entry: Entry, *, cost: int, usage: str = "", seconds: float | None = None
    ) -> None:
        """It is paid: `cost` as the provider says, be it more than was reserved.

        Of two who say so the first is kept, but at the higher cost; whoever holds the row by then.
        `seconds` of work by the provider's machine, where they are known.
        """
        values = {
            "id": entry.id, "cost": _believable(cost), "usage": usage, "seconds": seconds,
            "ended": self._now(),
        }  # fmt: skip
        with self._file.writing() as db:
            done = db.execute(
                "UPDATE purchases SET state = 'settled', cost = :cost, usage = :usage, "
                "seconds = :seconds, ended = :ended WHERE id = :id AND state <> 'settled'",
                values,
            )
            if done.rowcount == 0:
                db.execute("UPDATE purchases SET cost = max(cost, :cost) WHERE id = :id", values)

    def release(self, entry: Entry, *, why: str) -> None:
        """It is surely not billed: the money is free again."""
        self._end(entry, "released", why=why, unless="settled")

    def doubt(self, entry: Entry, *, why: str) -> None:
        """It may have been billed: it stays counted at what was reserved."""
        self._end(entry, "doubt", why=why, unless="settled', 'released")

    def resumable(self, order_key: str) -> Entry | None:
        """Take over the last purchase of an order, if it was left in doubt with a ticket.

        Its process died, or gave up waiting; this one may be the same. Exactly one caller is given
        the entry: it may collect, and must settle, release or doubt. Whoever had it before can
        only settle it.
        """
        self._sweep()
        with self._file.writing() as db:
            left = queries.last(db, order_key)
            if left is None or not left.resumable:
                return None
            db.execute(
                "UPDATE purchases SET state = 'live', owner = ?, why = '', ended = NULL "
                "WHERE id = ?",
                (self._owner.of_one_purchase(), left.id),
            )
            return queries.entry(db, left.id)

    def found(
        self, order_key: str, *, cost: int, usage: str = "", owner: str | None = None
    ) -> None:
        """The picture is in the store, so it was sold: what is in doubt about it is settled.

        For a process that died after the picture came and before it could settle. `owner`: of the
        entry that the picture was bought with, as its note in the store says. Where it is given,
        that purchase is settled and no other. Where it is not, the last one is: on a bucket that
        several machines share the picture may be another's, and ours, if it was billed too, is
        then counted at `cost` instead of at the most it can cost.
        """
        self._sweep()
        with self._file.writing() as db:
            row = queries.last(db, order_key)
            if row is None or (owner is None and row.state != "doubt"):
                return
            chosen = "id = :id" if owner is None else "order_key = :key AND owner = :owner"
            db.execute(
                "UPDATE purchases SET state = 'settled', cost = :cost, usage = :usage, "
                f"ended = :ended WHERE {chosen} AND state = 'doubt'",
                {
                    "id": row.id, "key": order_key, "owner": owner, "cost": _believable(cost),
                    "usage": usage, "ended": self._now(),
                },
            )  # fmt: skip

    def state(self, order_key: str) -> Standing:
        """How an order stands now; while it is "live", ask again."""
        self._sweep()
        with self._file.reading() as db:
            row = queries.last(db, order_key)
        if row is None or row.state == "released":
            return "none"
        return "resumable" if row.resumable else row.state

    def totals(self, account: str | None = None, *, month: bool = False) -> Totals:
        """Sums over an account, or over all; `month`: of this calendar month (UTC) alone."""
        self._sweep()
        of = _month(self._now()) if month else None
        with self._file.reading() as db:
            return queries.totals(db, account=account, month=of)

    def rows(
        self,
        account: str | None = None,
        *,
        section: str | None = None,
        since: float | None = None,
        limit: int | None = None,
    ) -> tuple[Entry, ...]:
        """Rows, the newest first: of an account, of a section, from a Unix time on, so many at
        most."""
        self._sweep()
        with self._file.reading() as db:
            return queries.rows(db, account=account, section=section, since=since, limit=limit)

    @property
    def _owner(self) -> Owner:
        return this_process(self.path)

    def _sweep(self) -> None:
        """Put in doubt what processes that died were buying; what has a ticket can be resumed."""
        with self._file.reading() as db:
            owners = queries.living(db)
        dead = [owner for owner in owners if not self._owner.lives(owner)]
        if not dead:
            return
        with self._file.writing() as db:
            db.executemany(
                "UPDATE purchases SET state = 'doubt', why = ?, ended = ? "
                "WHERE state = 'live' AND owner = ?",
                [(DIED, self._now(), owner) for owner in dead],
            )

    def _end(self, entry: Entry, state: str, *, why: str, unless: str) -> None:
        fields = "state = :state, why = :why, ended = :ended"
        self._change(entry, fields, unless=unless, state=state, why=why, ended=self._now())

    def _change(self, entry: Entry, fields: str, *, unless: str, **values: Any) -> None:
        """Where the row is still the entry's: whoever took it over knows better."""
        with self._file.writing() as db:
            db.execute(
                f"UPDATE purchases SET {fields} "
                f"WHERE id = :id AND owner = :owner AND state NOT IN ('{unless}')",
                {"id": entry.id, "owner": entry.owner, **values},
            )


def _believable(cost: int) -> int:
    return min(max(0, cost), LARGEST)


def _bounded(cap: int | None) -> int | None:
    """A cap that SQLite can count with: 64 bits hold four million million dollars."""
    return None if cap is None else min(cap, 2**62)


def _month(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m")
