"""Years of purchases make nothing slow: every query finds its rows by an index."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress

import pytest
from purchases import buy, order

from clavilux.interfaces import Ticket
from clavilux.model.errors import BudgetError
from clavilux.providers.ledger import Ledger

ROWS = 3000

FILL = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
INSERT INTO purchases (at, month, account, section, provider, model, order_key, "order", state,
    reserved, cost, owner)
SELECT 1.6e9 + i * 3600, strftime('%Y-%m', 1.6e9 + i * 3600, 'unixepoch'), 'song ' || (i / 20),
    'part ' || (i % 500), 'shop', 'm', 'key ' || i, ?, 'settled', 100, 70, '7.0.' || i FROM n
"""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    ledger = Ledger(tmp_path_factory.mktemp("full") / "ledger.sqlite3")
    with ledger._file.writing() as db:
        db.execute(FILL, (ROWS, order().model_copy(update={"prompt": "x" * 700}).model_dump_json()))
    return ledger


def live(ledger: Ledger) -> None:
    """A whole life, with a refusal."""
    entry = buy(ledger, "life", again=True, month_cap=10**9)
    ledger.submitted(entry, Ticket(id="job"))
    ledger.doubt(entry, why="no answer")
    taken = ledger.resumable(entry.order_key)
    assert taken is not None
    ledger.settle(taken, cost=1)
    ledger.found(entry.order_key, cost=1)
    with suppress(BudgetError):
        buy(ledger, "other", amount=1001)


ACTS: dict[str, Callable[[Ledger], object]] = {
    "a life": live,
    "state": lambda ledger: ledger.state("key 7"),
    "found": lambda ledger: ledger.found("key 7", cost=1, owner="7.0.7"),
    "the newest": lambda ledger: ledger.rows(limit=50),
    "of a song": lambda ledger: ledger.rows("song 3", limit=50),
    "of a section": lambda ledger: ledger.rows(section="part 3", limit=50),
    "since then": lambda ledger: ledger.rows(since=1.6e9 + (ROWS - 9) * 3600, limit=50),
    "since tomorrow": lambda ledger: ledger.rows(since=9e9, limit=50),
    "sums of a song": lambda ledger: ledger.totals("song 3"),
    "sums of a month": lambda ledger: ledger.totals(month=True),
}

STEP = 50
"""Instructions of SQLite's machine between two counts."""


@pytest.mark.parametrize("act", ACTS)
def test_nothing_takes_longer_in_a_long_ledger(full: Ledger, act: str) -> None:
    ACTS[act](full)  # what it leaves behind is there in both counts
    assert steps(full, ACTS[act]) * STEP < 2500 < ROWS * 5 / 4  # a look at every row takes 5 or so


@pytest.mark.parametrize("act", ["sums of all", "sums of a song", "sums of a month", "a cap"])
def test_sums_are_taken_from_an_index(full: Ledger, act: str) -> None:
    """They look at many purchases, but not at their orders, which are most of the file."""
    said = list[str]()
    with full._file.reading() as db:
        db.set_trace_callback(said.append)
    SUMS[act](full)
    with full._file.reading() as db:
        db.set_trace_callback(None)
        (query,) = (text for text in said if "sum(" in text)
        plan = [row["detail"] for row in db.execute(f"EXPLAIN QUERY PLAN {query}")]
    looks = sum("COVERING INDEX by_" in line for line in plan)
    assert looks == query.count("sum("), plan


SUMS: dict[str, Callable[[Ledger], object]] = {
    **ACTS,
    "sums of all": lambda ledger: ledger.totals(),
    "a cap": lambda ledger: buy(ledger, "capped", month_cap=10**9),
}


def steps(ledger: Ledger, act: Callable[[Ledger], object]) -> int:
    """How much work a deed is for SQLite."""
    count = 0

    def one_more() -> None:
        nonlocal count
        count += 1

    handled(ledger, one_more)
    act(ledger)
    handled(ledger, None)
    return count


def handled(ledger: Ledger, handler: Callable[[], None] | None) -> None:
    db: sqlite3.Connection
    with ledger._file.reading() as db:
        db.set_progress_handler(handler, STEP)
