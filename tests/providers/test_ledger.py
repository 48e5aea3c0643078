"""The ledger keeps its laws in one process: the cap, one purchase an order, nothing forgotten."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from purchases import buy, order

from clavilux.interfaces import Ticket
from clavilux.model.errors import BudgetError, ProviderError
from clavilux.model.order import Order
from clavilux.providers.ledger import Ledger
from clavilux.providers.ledger_rows import AlreadyBoughtError, BeingBoughtError, InDoubtError


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
    ledger.settle(entry, cost=10, usage="late")
    ledger.release(entry, why="late")
    ledger.doubt(entry, why="late")
    ledger.submitted(entry, Ticket(id="late"))
    (row,) = ledger.rows()
    assert (row.state, row.cost, row.why, row.ticket) == ("settled", 70, "", None)
    assert row.usage == ""


def test_of_two_bills_for_one_picture_the_higher_counts(ledger: Ledger) -> None:
    entry = buy(ledger)
    ledger.settle(entry, cost=70, usage="likely")
    ledger.settle(entry, cost=85)
    (row,) = ledger.rows()
    assert (row.cost, row.usage) == (85, "likely") and ledger.totals("song").spent == 85


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
    with pytest.raises(InDoubtError, match="no answer"):
        buy(ledger)
    ledger.settle(buy(ledger, again=True), cost=90)
    totals = ledger.totals("song")
    assert (totals.in_doubt, totals.spent) == (100, 90)
    assert ledger.state(order().key) == "settled"


@pytest.mark.parametrize("paid", [False, True])
def test_a_refusal_says_what_to_type(ledger: Ledger, paid: bool) -> None:
    entry = buy(ledger, section="verse_1")
    if paid:
        ledger.settle(entry, cost=1)
    else:
        ledger.doubt(entry, why="no answer")
    with pytest.raises((AlreadyBoughtError, InDoubtError)) as refused:
        buy(ledger, section="my chorus")  # which wants the very same picture
    said = str(refused.value)
    assert "the picture for my chorus" in said and "--again" in said and "\n" not in said
    assert "`clavilux retry REPORT --section 'my chorus'`" in said


def test_buying_again_does_not_pass_the_cap(ledger: Ledger) -> None:
    ledger.doubt(buy(ledger, amount=600), why="no answer")
    with pytest.raises(BudgetError):
        buy(ledger, amount=600, again=True)


ELSE: dict[str, object] = {
    "provider": "stability", "model": "n", "prompt": "else", "negative_prompt": "text",
    "width": 65, "height": 65, "seed": 1, "options": {"quality": "low"}, "references": ("a" * 64,),
}  # fmt: skip
"""What makes another picture, field by field."""

ALIKE: dict[str, object] = {"endpoint": "http://127.0.0.1:1", "given_up": ("no seed",)}
"""What does not."""


@pytest.mark.parametrize("field", sorted(Order.model_fields))
def test_whatever_is_sent_makes_another_order_and_nothing_else_does(
    ledger: Ledger, field: str
) -> None:
    ledger.settle(buy(ledger), cost=1)
    other = order().model_copy(update={field: {**ELSE, **ALIKE}[field]})
    assert other != order()
    if field in ELSE:
        ledger.reserve(other, account="song", section="x", amount=1, cap=None)
        return
    with pytest.raises(AlreadyBoughtError):
        ledger.reserve(other, account="song", section="x", amount=1, cap=None)


# --- The month -------------------------------------------------------------------------------


def test_a_month_cap_counts_all_accounts_and_begins_anew(tmp_path: Path) -> None:
    clock = [datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC).timestamp()]
    ledger = Ledger(tmp_path / "ledger.sqlite3", now=lambda: clock[0])
    november = buy(ledger, "a", amount=700, month_cap=1000)
    buy(ledger, "b", amount=300, account="other", month_cap=1000)
    with pytest.raises(BudgetError, match="this month") as refused:
        buy(ledger, "c", amount=1, account="third", month_cap=1000)
    assert "raise month_budget in config.toml (or CLAVILUX_MONTH_BUDGET)" in str(refused.value)
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
    assert ledger.rows(since=1021) == ()


def test_rows_are_filtered_by_song_and_section(ledger: Ledger) -> None:
    for name, account in (("a", "one"), ("b", "one"), ("c", "two")):
        buy(ledger, name, account=account, section="verse" if name != "b" else "chorus")
    assert [row.account for row in ledger.rows(section="verse")] == ["two", "one"]
    assert [row.section for row in ledger.rows("one")] == ["chorus", "verse"]
    (row,) = ledger.rows("one", section="verse", since=0, limit=5)
    assert row.order_key == order("a").key
    assert ledger.rows("two", section="chorus") == ()
