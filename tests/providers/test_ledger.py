"""The ledger keeps its laws in one process: the cap, one purchase an order, nothing forgotten."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from purchases import buy, order

from clavilux.interfaces import Ticket
from clavilux.model.errors import BudgetError, ProviderError
from clavilux.providers.ledger import Ledger
from clavilux.providers.ledger_rows import (
    AlreadyBoughtError,
    BeingBoughtError,
    Entry,
    InDoubtError,
)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite3")


# --- The life of a purchase ------------------------------------------------------------------


def test_a_purchase_is_reserved_then_settled(ledger: Ledger) -> None:
    entry = buy(ledger, amount=100)
    assert (entry.state, entry.reserved, entry.cost, entry.counted) == ("live", 100, None, 100)
    assert ledger.totals("song").reserved == 100 and ledger.state(order().key) == "live"
    ledger.settle(entry, cost=70, usage="1056 tokens", seconds=2.5)
    (row,) = ledger.rows()
    assert (row.state, row.cost, row.usage, row.seconds) == ("settled", 70, "1056 tokens", 2.5)
    totals = ledger.totals("song")
    assert (totals.reserved, totals.spent, totals.in_doubt) == (0, 70, 0)
    assert totals.left(1000) == 930 and not row.over
    assert row.what() == order() and row.section == "part_a" and row.order_key == order().key


def test_a_cost_over_the_reservation_is_recorded_as_it_is(ledger: Ledger) -> None:
    ledger.settle(buy(ledger, amount=100, cap=100), cost=160)
    assert ledger.rows()[0].over and ledger.totals("song").spent == 160
    assert ledger.totals("song").left(100) == 0
    with pytest.raises(BudgetError):
        buy(ledger, "b", amount=1, cap=160)


def test_released_money_is_free_again_and_doubted_money_is_not(ledger: Ledger) -> None:
    ledger.release(buy(ledger, amount=1000), why="refused")
    assert ledger.totals("song").counted == 0 and ledger.state(order().key) == "none"
    ledger.doubt(buy(ledger, amount=1000), why="no answer")
    assert ledger.totals("song").in_doubt == 1000 and ledger.state(order().key) == "doubt"
    with pytest.raises(BudgetError):
        buy(ledger, "b", amount=1)


def test_a_free_picture_is_recorded_and_fits_under_a_cap_of_nothing(ledger: Ledger) -> None:
    entry = buy(ledger, amount=0, cap=0)
    ledger.settle(entry, cost=0, seconds=31.5)
    assert ledger.rows()[0].seconds == 31.5 and ledger.totals().counted == 0


def test_no_cap_is_no_limit_and_a_huge_one_is_no_trouble(ledger: Ledger) -> None:
    buy(ledger, "a", amount=10**12, cap=None)
    buy(ledger, "b", amount=10**12, cap=10**30)
    assert ledger.totals("song").reserved == 2 * 10**12


def test_a_senseless_bill_does_not_break_the_books(ledger: Ledger) -> None:
    for name in "abc":
        ledger.settle(buy(ledger, name, cap=None), cost=10**40)
    ledger.settle(buy(ledger, "d", cap=None), cost=-5)
    assert ledger.rows()[0].cost == 0 and ledger.totals("song").spent == 3 * 10**15
    with pytest.raises(BudgetError):
        buy(ledger, "e", amount=10**40, cap=10**15)


def test_what_was_settled_stays_as_it_was_settled(ledger: Ledger) -> None:
    entry = buy(ledger)
    ledger.settle(entry, cost=70)
    ledger.settle(entry, cost=10)
    ledger.release(entry, why="late")
    ledger.doubt(entry, why="late")
    ledger.submitted(entry, Ticket(id="late"))
    (row,) = ledger.rows()
    assert (row.state, row.cost, row.why, row.ticket) == ("settled", 70, "", None)


def test_the_truth_about_a_doubt_may_arrive_later(ledger: Ledger) -> None:
    first, second = buy(ledger, "a"), buy(ledger, "b")
    for entry in (first, second):
        ledger.doubt(entry, why="no answer")
    ledger.settle(first, cost=40)
    ledger.release(second, why="the provider says it was not billed")
    assert ledger.totals("song").counted == 40


def test_a_negative_price_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ProviderError, match="below zero"):
        buy(ledger, amount=-1)


# --- Refusals --------------------------------------------------------------------------------


def test_the_cap_holds_to_the_last_millionth_and_says_what_is_left(ledger: Ledger) -> None:
    ledger.settle(buy(ledger, "a", amount=600_000, cap=1_000_000), cost=550_000)
    ledger.doubt(buy(ledger, "b", amount=300_000, cap=1_000_000), why="no answer")
    buy(ledger, "c", amount=50_000, cap=1_000_000)
    with pytest.raises(BudgetError) as refused:
        buy(ledger, "d", amount=100_001, cap=1_000_000)
    said = str(refused.value)
    assert refused.value.trouble == "budget" and refused.value.billed == "no"
    for part in ("$0.10", "$1.00", "$0.55 spent", "$0.05", "in flight", "$0.30 in doubt"):
        assert part in said
    assert "raise --budget" in said and "\n" not in said
    buy(ledger, "d", amount=100_000, cap=1_000_000)
    assert ledger.totals("song").left(1_000_000) == 0


def test_accounts_have_their_own_caps(ledger: Ledger) -> None:
    buy(ledger, "a", amount=1000)
    buy(ledger, "b", amount=1000, account="other song")
    assert ledger.totals().counted == 2000 and ledger.totals("song").counted == 1000
    assert [r.section for r in ledger.rows("other song")] == ["part_b"]


def test_an_order_is_bought_once(ledger: Ledger) -> None:
    entry = buy(ledger)
    with pytest.raises(BeingBoughtError, match="wait"):
        buy(ledger)
    with pytest.raises(BeingBoughtError):
        buy(ledger, again=True)
    ledger.settle(entry, cost=1)
    with pytest.raises(AlreadyBoughtError, match="clavilux retry") as refused:
        buy(ledger)
    assert refused.value.entry.id == entry.id
    second = buy(ledger, again=True)
    assert second.id != entry.id and ledger.state(order().key) == "live"


def test_what_may_be_paid_is_not_bought_again_unless_the_user_says_so(ledger: Ledger) -> None:
    ledger.doubt(buy(ledger), why="no answer")
    with pytest.raises(InDoubtError, match=r"no answer.*clavilux retry"):
        buy(ledger)
    ledger.settle(buy(ledger, again=True), cost=90)
    totals = ledger.totals("song")
    assert (totals.in_doubt, totals.spent) == (100, 90)
    assert ledger.state(order().key) == "settled"


def test_buying_again_does_not_pass_the_cap(ledger: Ledger) -> None:
    ledger.doubt(buy(ledger, amount=600), why="no answer")
    with pytest.raises(BudgetError):
        buy(ledger, amount=600, again=True)


def test_whoever_gives_up_references_orders_the_same_picture(ledger: Ledger) -> None:
    ledger.settle(buy(ledger), cost=1)
    with pytest.raises(AlreadyBoughtError):
        ledger.reserve(
            order(given_up=("no seed",)), account="song", section="x", amount=1, cap=None
        )


# --- Left by others --------------------------------------------------------------------------


DEAD = "7.0"
"""The token of a process that ended."""


def left_by(ledger: Ledger, entry: Entry, *, owner: str = DEAD) -> None:
    """As if another process had made the entry."""
    with ledger._file.writing() as db:
        db.execute("UPDATE purchases SET owner = ? WHERE id = ?", (owner, entry.id))


def test_of_what_a_dead_process_left_only_the_tickets_can_be_resumed(ledger: Ledger) -> None:
    with_ticket, without = buy(ledger, "a"), buy(ledger, "b")
    ledger.submitted(with_ticket, Ticket(id="job"))
    left_by(ledger, with_ticket)
    left_by(ledger, without)
    totals = ledger.totals("song")
    assert (totals.reserved, totals.in_doubt) == (100, 100)
    assert "died" in ledger.rows()[0].why and ledger.rows()[0].ended is not None
    assert ledger.resumable(order("b").key) is None
    with pytest.raises(BeingBoughtError):
        buy(ledger, "a", again=True)
    entry = ledger.resumable(order("a").key)
    assert entry is not None and (entry.id, entry.ticket) == (with_ticket.id, "job")
    assert ledger.state(order("a").key) == "live"


def test_a_job_that_another_process_gave_up_can_be_resumed(ledger: Ledger) -> None:
    entry = buy(ledger)
    ledger.submitted(entry, Ticket(id="job"))
    ledger.doubt(entry, why="it took too long")
    assert ledger.resumable(order().key) is None  # by whoever gave it up
    left_by(ledger, entry)
    assert ledger.state(order().key) == "resumable"
    again = ledger.resumable(order().key)
    assert again is not None and again.state == "live" and again.ended is None


def test_a_job_is_not_resumed_after_the_picture_was_bought_anew(ledger: Ledger) -> None:
    entry = buy(ledger)
    ledger.submitted(entry, Ticket(id="job"))
    ledger.doubt(entry, why="it took too long")
    left_by(ledger, entry)
    second = buy(ledger, again=True)
    assert ledger.resumable(order().key) is None
    ledger.release(second, why="refused")
    assert ledger.state(order().key) == "resumable"
    ledger.settle(buy(ledger, again=True), cost=5)
    assert ledger.resumable(order().key) is None and ledger.state(order().key) == "settled"


def test_a_place_that_was_taken_by_another_process_before_is_no_sign_of_life(
    ledger: Ledger,
) -> None:
    mine = ledger._owner
    entry = buy(ledger)
    left_by(ledger, entry, owner=f"{mine.token.partition('.')[0]}.0")
    assert ledger.state(order().key) == "doubt"
    code = (
        "import sys; from pathlib import Path\n"
        "from clavilux.providers.ledger_owner import this_process\n"
        "print(this_process(Path(sys.argv[1])).lives(sys.argv[2]))"
    )
    asked = [sys.executable, "-c", code, str(ledger.path), mine.token]
    seen = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    assert seen == "True\n"  # asking has not cost it its own lock


def test_a_token_that_makes_no_sense_belongs_to_nobody(ledger: Ledger) -> None:
    left_by(ledger, buy(ledger), owner="somebody")
    assert ledger.state(order().key) == "doubt"


# --- The month -------------------------------------------------------------------------------


def test_a_month_cap_counts_all_accounts_and_begins_anew(tmp_path: Path) -> None:
    clock = [datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC).timestamp()]
    ledger = Ledger(tmp_path / "ledger.sqlite3", now=lambda: clock[0])
    november = buy(ledger, "a", amount=700, month_cap=1000)
    buy(ledger, "b", amount=300, account="other", month_cap=1000)
    with pytest.raises(BudgetError, match="this month"):
        buy(ledger, "c", amount=1, account="third", month_cap=1000)
    clock[0] += 1
    assert ledger.totals(month=True).counted == 0
    buy(ledger, "c", amount=1000, account="third", month_cap=1000)
    ledger.settle(november, cost=900)  # settled in December, and it still was November's
    assert ledger.totals(month=True).counted == 1000
    with pytest.raises(BudgetError, match="this month"):
        buy(ledger, "d", amount=1, account="fourth", month_cap=1000)
    clock[0] -= 1
    assert ledger.totals(month=True).spent == 900


def test_rows_are_filtered_by_time_and_come_newest_first(tmp_path: Path) -> None:
    clock = [1000.0]
    ledger = Ledger(tmp_path / "ledger.sqlite3", now=lambda: clock[0])
    for name in "abc":
        buy(ledger, name)
        clock[0] += 10
    assert [r.section for r in ledger.rows()] == ["part_c", "part_b", "part_a"]
    assert [r.section for r in ledger.rows(since=1010)] == ["part_c", "part_b"]
    assert [r.section for r in ledger.rows(limit=1)] == ["part_c"]
