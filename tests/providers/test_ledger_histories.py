"""No history of purchases passes a cap or buys a picture twice, in whatever order and threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from purchases import buy, order

from clavilux.interfaces import Ticket
from clavilux.model.errors import BudgetError, ProviderError
from clavilux.providers.ledger import Ledger
from clavilux.providers.ledger_rows import BeingBoughtError, Entry


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite3")


@dataclass
class Row:
    """What a plain model of the same rules knows of a purchase."""

    name: str
    most: int
    state: str = "live"
    cost: int = 0
    ticket: bool = False
    holder: int = 0
    """Which of its entries may change it."""

    @property
    def counted(self) -> int:
        return {"settled": self.cost, "released": 0}.get(self.state, self.most)

    def told(self, step: str, cost: int, *, holder: int) -> None:
        if step == "settle":
            self.cost = max(cost, self.cost if self.state == "settled" else 0)
            self.state = "settled"
        elif holder == self.holder and self.state != "settled":
            if step == "ticket":
                self.ticket = True
            elif step == "release":
                self.state = "released"
            elif self.state != "released":
                self.state = "doubt"


@dataclass
class Model:
    """All purchases, and who holds or held them: each entry with its row and number."""

    cap: int
    month_cap: int | None
    rows: list[Row] = field(default_factory=list)
    held: list[tuple[Entry, Row, int]] = field(default_factory=list)

    @property
    def counted(self) -> int:
        return sum(row.counted for row in self.rows)

    def allows(self, name: str, amount: int, *, again: bool) -> tuple[bool, bool]:
        """Whether the order is open, and whether the money is there."""
        same = {row.state for row in self.rows if row.name == name}
        is_open = "live" not in same and (again or not {"doubt", "settled"} & same)
        most = min(self.cap, self.cap if self.month_cap is None else self.month_cap)
        return is_open, self.counted + amount <= most

    def resumable(self, name: str) -> Row | None:
        same = [row for row in self.rows if row.name == name and row.state != "released"]
        live = any(row.state == "live" for row in same)
        return same[-1] if same and not live and (same[-1].state, same[-1].ticket) == LEFT else None


LEFT = ("doubt", True)

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ("reserve", "reserve", "again", "settle", "release", "doubt", "doubt", "ticket",
             "ticket", "resume")
        ),
        st.integers(0, 5),
        st.integers(0, 400),
    ),
    max_size=40,
)  # fmt: skip


@given(steps=STEPS, cap=st.integers(0, 1000), month_cap=st.none() | st.integers(0, 1200))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_history_passes_a_cap_or_buys_twice(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[str, int, int]],
    cap: int,
    month_cap: int | None,
) -> None:
    """Against the plain model: refused exactly where that refuses, and counted as it counts."""
    ledger = Ledger(tmp_path_factory.mktemp("history") / "ledger.sqlite3")
    model = Model(cap, month_cap)
    for step, which, amount in steps:
        if step in ("reserve", "again"):
            reserve(ledger, model, str(which), amount, again=step == "again")
        elif step == "resume":
            resume(ledger, model, str(which))
        elif model.held:
            entry, row, number = model.held[which % len(model.held)]
            row.told(step, cost := min(amount, row.most), holder=number)
            SAY[step](ledger, entry, cost)
        assert ledger.totals("song").counted == model.counted
    assert [r.state for r in reversed(ledger.rows())] == [r.state for r in model.rows]


SAY: dict[str, Callable[[Ledger, Entry, int], None]] = {
    "settle": lambda ledger, entry, cost: ledger.settle(entry, cost=cost),
    "release": lambda ledger, entry, _: ledger.release(entry, why="x"),
    "doubt": lambda ledger, entry, _: ledger.doubt(entry, why="x"),
    "ticket": lambda ledger, entry, _: ledger.submitted(entry, Ticket(id="t")),
}


def reserve(ledger: Ledger, model: Model, name: str, amount: int, *, again: bool) -> None:
    is_open, fits = model.allows(name, amount, again=again)
    caps = {"cap": model.cap, "month_cap": model.month_cap}
    try:
        entry = buy(ledger, name, amount, again=again, **caps)
    except ProviderError as refused:
        assert not (fits and is_open)
        assert isinstance(refused, BudgetError) == is_open
        return
    assert fits and is_open
    model.rows.append(Row(name, amount))
    model.held.append((entry, model.rows[-1], 0))


def resume(ledger: Ledger, model: Model, name: str) -> None:
    row, entry = model.resumable(name), ledger.resumable(order(name).key)
    assert (row is None) == (entry is None)
    if row is not None and entry is not None:
        row.state, row.holder = "live", row.holder + 1
        model.held.append((entry, row, row.holder))


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
