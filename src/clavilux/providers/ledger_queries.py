"""What the ledger asks of its table, each time within a transaction or for one look.

Every query finds its rows by an index, so that years of purchases make none of them slow; sums are
taken from the indexes alone (see SCHEMA in ledger_file.py).
"""

from __future__ import annotations

import sqlite3
from typing import Any

from clavilux.model.errors import ProviderError
from clavilux.providers.ledger_rows import (
    COUNTED,
    AlreadyBoughtError,
    BeingBoughtError,
    Entry,
    InDoubtError,
    Totals,
    entry_of,
    over_budget,
)

UNASKED = """
SELECT 1 FROM purchases WHERE state = 'doubt' AND ticket IS NOT NULL AND why = :died AND id =
    (SELECT max(id) FROM purchases WHERE order_key = :key AND state <> 'released')
"""
"""A job whose process died, and that nobody has asked for since: it may be finished by now."""

RESERVE = f"""
INSERT INTO purchases
    (at, month, account, section, provider, model, order_key, "order", state, reserved, owner)
SELECT :at, :month, :account, :section, :provider, :model, :key, :order, 'live', :amount, :owner
WHERE NOT EXISTS (SELECT 1 FROM purchases WHERE order_key = :key AND state = 'live')
    AND NOT EXISTS ({UNASKED})
    AND (:again OR NOT EXISTS
        (SELECT 1 FROM purchases WHERE order_key = :key AND state IN ('doubt', 'settled')))
    AND (:cap IS NULL OR :amount <= :cap -
        (SELECT coalesce(sum({COUNTED}), 0) FROM purchases WHERE account = :account))
    AND (:month_cap IS NULL OR :amount <= :month_cap -
        (SELECT coalesce(sum({COUNTED}), 0) FROM purchases WHERE month = :month))
"""


def entry(db: sqlite3.Connection, id: int | None) -> Entry:
    return entry_of(db.execute("SELECT * FROM purchases WHERE id = ?", (id,)).fetchone())


def last(db: sqlite3.Connection, key: str) -> Entry | None:
    """The row that decides about an order: the live one, or else the last that counts."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM purchases WHERE order_key = ? AND state <> 'released' "
        "ORDER BY state = 'live' DESC, id DESC LIMIT 1",
        (key,),
    ).fetchone()
    return None if row is None else entry_of(row)


def living(db: sqlite3.Connection) -> set[str]:
    """The owners of what is being bought."""
    found = db.execute("SELECT DISTINCT owner FROM purchases WHERE state = 'live'")
    return {row["owner"] for row in found}


def rows(
    db: sqlite3.Connection,
    *,
    account: str | None,
    section: str | None,
    since: float | None,
    limit: int | None,
) -> tuple[Entry, ...]:
    """The newest first."""
    where, values = _where(account=account, section=section)
    if since is not None:
        first = "SELECT min(+id) FROM purchases WHERE at >= :since"  # +: by the index of times
        where += f" AND at >= :since AND id >= ({first})"
    query = f"SELECT * FROM purchases {where} ORDER BY id DESC LIMIT :limit"
    values |= {"since": since, "limit": -1 if limit is None else limit}
    return tuple(entry_of(row) for row in db.execute(query, values))


def totals(db: sqlite3.Connection, *, account: str | None, month: str | None) -> Totals:
    where, values = _where(account=account, month=month)
    query = f"SELECT state, coalesce(sum({COUNTED}), 0) AS money FROM purchases {where} GROUP BY 1"
    sums = {row["state"]: row["money"] for row in db.execute(query, values)}
    return Totals(
        reserved=sums.get("live", 0), spent=sums.get("settled", 0), in_doubt=sums.get("doubt", 0)
    )


def refusal(db: sqlite3.Connection, values: dict[str, Any]) -> ProviderError:
    """Why RESERVE inserted nothing, in the same transaction."""
    row = last(db, values["key"])
    if row is not None and row.state == "live":
        return BeingBoughtError(row, section=values["section"])
    unasked = db.execute(UNASKED, values).fetchone() is not None
    if row is not None and (unasked or not values["again"]):
        error = InDoubtError if row.state == "doubt" else AlreadyBoughtError
        return error(row, section=values["section"])
    amount, cap, month_cap = values["amount"], values["cap"], values["month_cap"]
    sums = totals(db, account=values["account"], month=None)
    if cap is not None and amount > cap - sums.counted:
        return over_budget(amount, sums, cap=cap)
    sums = totals(db, account=None, month=values["month"])
    return over_budget(amount, sums, cap=month_cap, month=True)


def _where(**equal: str | None) -> tuple[str, dict[str, Any]]:
    """A clause of those columns that something is said about: "or it is NULL" would hide the
    indexes from the planner."""
    values: dict[str, Any] = {name: value for name, value in equal.items() if value is not None}
    return "WHERE " + " AND ".join(["1", *(f"{name} = :{name}" for name in values)]), values
