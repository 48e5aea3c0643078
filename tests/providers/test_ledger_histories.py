"""No history of purchases passes a cap or buys a picture twice, in whatever order and threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from purchases import buy, order

from clavilux.interfaces import Ticket
from clavilux.model.errors import BudgetError, ProviderError
from clavilux.providers.ledger import Ledger
from clavilux.providers.ledger_rows import (
    BeingBoughtError,
    Entry,
)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite3")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("reserve", "reserve", "again", "settle", "release", "doubt", "ticket")),
        st.integers(0, 5),
        st.integers(0, 400),
    ),
    max_size=40,
)


@given(steps=STEPS, cap=st.integers(0, 1000), month_cap=st.none() | st.integers(0, 1200))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_history_passes_a_cap_or_buys_twice(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[str, int, int]],
    cap: int,
    month_cap: int | None,
) -> None:
    """Against a plain model of the same rules: refused exactly where the model refuses."""
    ledger = Ledger(tmp_path_factory.mktemp("history") / "ledger.sqlite3")
    rows: list[dict[str, object]] = []
    entries: list[Entry] = []

    def counted() -> int:
        return sum(int(r["counts"]) for r in rows)  # type: ignore[call-overload]

    for step, which, amount in steps:
        if step in ("reserve", "again"):
            again = step == "again"
            same = [r["state"] for r in rows if r["name"] == which]
            fits = counted() + amount <= min(cap, cap if month_cap is None else month_cap)
            open_ = "live" not in same and (again or not {"doubt", "settled"} & set(same))
            try:
                entry = buy(ledger, str(which), amount, cap=cap, month_cap=month_cap, again=again)
            except ProviderError as refused:
                assert not (fits and open_)
                assert isinstance(refused, BudgetError) == open_
            else:
                assert fits and open_
                entries.append(entry)
                rows.append({"name": which, "state": "live", "counts": amount, "max": amount})
            continue
        if not entries:
            continue
        row, entry = rows[which % len(rows)], entries[which % len(entries)]
        cost = min(amount, int(row["max"]))  # type: ignore[call-overload]
        if step == "settle":
            ledger.settle(entry, cost=cost)
            if row["state"] not in ("settled",):
                row.update(state="settled", counts=cost)
        elif step == "release":
            ledger.release(entry, why="x")
            if row["state"] != "settled":
                row.update(state="released", counts=0)
        elif step == "doubt":
            ledger.doubt(entry, why="x")
            if row["state"] not in ("settled", "released"):
                row.update(state="doubt")
        else:
            ledger.submitted(entry, Ticket(id="t"))
        assert ledger.totals("song").counted == counted()
    assert ledger.totals("song").counted == counted()
    assert [r.state for r in reversed(ledger.rows())] == [r["state"] for r in rows]


# --- Threads ---------------------------------------------------------------------------------


def test_many_threads_fill_a_cap_exactly_and_never_pass_it(ledger: Ledger) -> None:
    def work(number: int) -> int:
        won = 0
        for i in range(8):
            try:
                entry = buy(ledger, f"{number}.{i}", amount=10, cap=300)
            except BudgetError:
                continue
            won += 1
            ledger.settle(entry, cost=10)
        return won

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(work, range(12))) == 30
    assert ledger.totals("song").spent == 300


def test_of_many_threads_that_want_one_picture_one_may_buy_it(ledger: Ledger) -> None:
    barrier = threading.Barrier(12)

    def work(_: int) -> bool:
        barrier.wait()
        try:
            buy(ledger)
        except BeingBoughtError:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(work, range(12))) == 1


def test_two_ledgers_of_one_file_in_one_process_do_not_take_each_other_for_dead(
    tmp_path: Path,
) -> None:
    first, second = (Ledger(tmp_path / "ledger.sqlite3") for _ in range(2))
    entry = buy(first)
    assert second.state(order().key) == "live"
    second.settle(entry, cost=5)
    assert first.totals("song").spent == 5
