"""One picture bought: what is reserved, kept and settled, whatever happens between."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import pytest

from clavilux.interfaces import Sold
from clavilux.model.errors import BudgetError, OutputError, ProviderError
from clavilux.objects import open_objects
from clavilux.providers.buying import ATTEMPTS, NOTE, RAW
from clavilux.providers.ledger import Ledger
from clavilux.providers.ledger_rows import AlreadyBoughtError, InDoubtError
from clavilux.providers.pacing import MOST_IN_A_ROW
from providers.fakes.pictures import make_picture
from providers.market import (
    Clock,
    Stall,
    at_once,
    buyer,
    order,
    request,
    states,
    trouble,
    wait_until,
)

GOOD = make_picture("good", 640, 360)


def ledger(folder: Path) -> Ledger:
    return Ledger(folder / "ledger.sqlite")


# --- In order --------------------------------------------------------------------------------


def test_money_is_set_aside_before_the_call_and_the_picture_kept_before_it_is_settled(
    tmp_path: Path,
) -> None:
    pictures = open_objects(tmp_path / "pictures")
    seen: list[Any] = []

    def sell(wanted: Any) -> None:
        seen.append(("called", states(tmp_path), pictures.has(wanted.key, RAW)))

    put = pictures.put

    def keep(*said: Any, **more: Any) -> bool:
        seen.append(("kept", states(tmp_path)))
        return put(*said, **more)

    pictures.put = keep  # type: ignore[method-assign]
    one = buyer(Stall(sell), tmp_path, pictures=pictures)
    bought = one.buy(order(), request())
    assert seen == [("called", ["live"], False), ("kept", ["live"])]
    assert not bought.reused and states(tmp_path) == ["settled"]
    assert ledger(tmp_path).totals().spent == one.paid(request()) == 90

    again = one.buy(order(), request())
    assert again.reused and again.data == bought.data and len(one.seller.submitted) == 1  # type: ignore[attr-defined]


def test_where_the_provider_does_not_say_the_likely_price_is_settled(tmp_path: Path) -> None:
    buyer(Stall(cost=None), tmp_path).buy(order(), request())
    assert ledger(tmp_path).totals().spent == 100


def test_a_price_above_the_list_is_told(tmp_path: Path) -> None:
    bought = buyer(Stall(cost=1_000_000), tmp_path, cap=2_000_000).buy(order(), request())
    assert "cost $1.00, more than the $0.0001 of the price list" in bought.notes


# --- Failures --------------------------------------------------------------------------------


@pytest.mark.parametrize(("billed", "left"), [("no", "released"), ("maybe", "doubt")])
def test_what_may_pass_is_tried_again_unchanged(tmp_path: Path, billed: Any, left: str) -> None:
    answers: list[Any] = [trouble(trouble="transient", billed=billed)] * (ATTEMPTS - 1) + [GOOD]
    stall, clock = Stall(lambda _: answers.pop(0)), Clock()
    bought = buyer(stall, tmp_path, clock=clock).buy(order(), request())
    assert bought.data == GOOD and states(tmp_path) == [left] * (ATTEMPTS - 1) + ["settled"]
    assert len({one.key for one in stall.submitted}) == 1 and clock.rests[:2] == [1, 2]


def test_it_is_given_up_after_some_attempts(tmp_path: Path) -> None:
    stall = Stall(lambda _: trouble("down", trouble="rate_limited", retry_after=3))
    clock = Clock()
    with pytest.raises(ProviderError, match="down"):
        buyer(stall, tmp_path, clock=clock).buy(order(), request())
    assert len(stall.submitted) == ATTEMPTS and min(clock.rests) > 2.9


@pytest.mark.parametrize("kind", ["moderated", "bad_request", "quota", "model_gone", "unusable"])
def test_nothing_else_is_tried_again(tmp_path: Path, kind: Any) -> None:
    stall = Stall(lambda _: trouble(trouble=kind))
    with pytest.raises(ProviderError):
        buyer(stall, tmp_path).buy(order(), request())
    assert len(stall.submitted) == 1 and states(tmp_path) == ["released"]


@pytest.mark.parametrize(("cost", "spent"), [(70, 70), (None, 100)])
def test_a_refusal_that_costs_is_paid(tmp_path: Path, cost: int | None, spent: int) -> None:
    stall = Stall(lambda _: trouble(trouble="filtered", billed="yes", cost=cost))
    one = buyer(stall, tmp_path)
    with pytest.raises(ProviderError):
        one.buy(order(), request())
    assert ledger(tmp_path).totals().spent == one.paid(request()) == spent


ODD = [ValueError("a bug"), CancelledError(), MemoryError(), OutputError("odd"), SystemExit(3)]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: type(odd).__name__)
def test_a_defect_leaves_the_money_in_doubt(tmp_path: Path, odd: BaseException) -> None:
    stall = Stall(lambda _: odd)
    kind = SystemExit if isinstance(odd, SystemExit) else ProviderError
    with pytest.raises(kind):
        buyer(stall, tmp_path).buy(order(), request())
    assert states(tmp_path) == ["doubt"] and len(stall.submitted) == 1


@pytest.mark.parametrize("answer", [7, "text", Sold(data=b"", cost=-5)], ids=str)
def test_an_answer_of_another_kind_breaks_nothing(tmp_path: Path, answer: Any) -> None:
    one = buyer(Stall(lambda _: answer), tmp_path)
    try:
        one.buy(order(), request())
    except ProviderError:
        assert states(tmp_path) == ["doubt"]
    else:
        assert ledger(tmp_path).totals().spent == 0


# --- Never twice -----------------------------------------------------------------------------


def test_two_that_want_the_same_at_once_pay_once(tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def sell(_: Any) -> None:
        begun.set()
        go_on.wait(20)

    stall, others = Stall(sell), [buyer(Stall(sell), tmp_path), buyer(Stall(sell), tmp_path)]
    one = buyer(stall, tmp_path)
    threading.Timer(0.2, go_on.set).start()
    got = at_once(*(lambda b=b: b.buy(order(), request()) for b in (one, one, *others)))
    assert sorted(bought.reused for bought in got) == [False, True, True, True]
    assert states(tmp_path) == ["settled"]


def test_what_another_process_bought_while_this_one_was_failing_is_taken(tmp_path: Path) -> None:
    other = buyer(Stall(), tmp_path, again=None)

    def fail(_: Any) -> Any:
        return trouble(trouble="transient", billed="maybe")

    stall, clock = Stall(fail), Clock()
    usual = clock.rest

    def rest(seconds: float) -> None:
        other.buy(order(), request())
        usual(seconds)

    clock.rest = rest  # type: ignore[method-assign]
    assert buyer(stall, tmp_path, clock=clock).buy(order(), request()).reused
    assert len(stall.submitted) == 1 and states(tmp_path) == ["doubt", "settled"]


def test_what_another_buys_between_the_look_and_the_call_is_not_bought_again(
    tmp_path: Path,
) -> None:
    pictures = open_objects(tmp_path / "pictures")
    stall = Stall()
    one = buyer(stall, tmp_path, pictures=pictures, again=None)

    def quick() -> None:
        buyer(Stall(), tmp_path).buy(order(), request())

    one.opening = quick
    assert one.buy(order(), request()).reused
    assert not stall.submitted and states(tmp_path) == ["settled", "released"]


def test_what_may_have_been_paid_is_bought_again_only_if_that_is_asked_for(tmp_path: Path) -> None:
    def fail(_: Any) -> Any:
        return trouble(trouble="transient", billed="maybe")

    with pytest.raises(ProviderError, match="no"):
        buyer(Stall(fail), tmp_path).buy(order(), request(), attempts=1)
    stall = Stall()
    with pytest.raises(InDoubtError, match=r"may have been paid already .*--again"):
        buyer(stall, tmp_path).buy(order(), request())
    assert not stall.submitted and states(tmp_path) == ["doubt"]
    assert not buyer(stall, tmp_path, again=None).buy(order(), request()).reused
    assert states(tmp_path) == ["doubt", "settled"]


@pytest.mark.parametrize("again", [frozenset(), frozenset({"verse_1"}), None])
def test_a_picture_that_was_lost_is_bought_again_only_if_that_is_asked_for(
    tmp_path: Path, again: frozenset[str] | None
) -> None:
    buyer(Stall(), tmp_path).buy(order(), request())
    stall = Stall()
    one = buyer(stall, tmp_path, again=again, pictures=open_objects(tmp_path / "others"))
    if again == frozenset():
        with pytest.raises(AlreadyBoughtError):
            one.buy(order(), request())
        assert not stall.submitted
    else:
        assert not one.buy(order(), request()).reused


@pytest.mark.parametrize("billed", ["maybe", "yes"])
def test_a_refusal_that_may_be_billed_is_remembered(tmp_path: Path, billed: Any) -> None:
    refuse = trouble("too dark", trouble="moderated", billed=billed)
    with pytest.raises(ProviderError):
        buyer(Stall(lambda _: refuse), tmp_path).buy(order(), request())
    stall = Stall()
    with pytest.raises(ProviderError, match=r"too dark \(in an earlier run\)") as error:
        buyer(stall, tmp_path).buy(order(), request())
    assert error.value.trouble == "moderated" and not stall.submitted
    assert not buyer(stall, tmp_path, again=None).buy(order(), request()).reused


def test_a_run_that_died_after_the_picture_came_is_settled_at_what_it_cost(tmp_path: Path) -> None:
    one = buyer(Stall(cost=77), tmp_path)
    settle = one.ledger.settle
    one.ledger.settle = lambda *_, **__: None  # type: ignore[method-assign]
    one.buy(order(), request())
    one.ledger.settle = settle  # type: ignore[method-assign]
    (row,) = one.ledger.rows()
    one.ledger.doubt(row, why="in flight when its process died")

    assert buyer(Stall(), tmp_path).buy(order(), request()).reused
    totals = ledger(tmp_path).totals()
    assert (totals.spent, totals.in_doubt) == (77, 0)


def test_a_picture_of_another_purchase_settles_nothing(tmp_path: Path) -> None:
    with pytest.raises(ProviderError):
        buyer(Stall(lambda _: ValueError()), tmp_path).buy(order(), request())
    open_objects(tmp_path / "pictures").put(order().key, RAW, GOOD, note=b'{"micros": 5}')
    assert buyer(Stall(), tmp_path).buy(order(), request()).reused
    assert ledger(tmp_path).totals().in_doubt == 150


# --- The cap ---------------------------------------------------------------------------------


def test_calls_at_once_stay_under_the_cap_and_use_what_comes_free(tmp_path: Path) -> None:
    """Each may cost 150 and costs 90: five fit into 510, though never four at once."""
    stall = Stall()
    one = buyer(stall, tmp_path, cap=510)
    got = at_once(*(lambda n=n: one.buy(order(str(n)), request()) for n in range(9)))
    refused = [error for error in got if isinstance(error, BudgetError)]
    assert len(stall.submitted) == 5 and len(refused) == 4
    assert all("raise --budget" in str(error) for error in refused)
    assert ledger(tmp_path).totals().counted == 450


def test_the_month_has_its_own_cap(tmp_path: Path) -> None:
    from dataclasses import replace

    one = buyer(Stall(), tmp_path)
    one.purse = replace(one.purse, month_cap=100)
    with pytest.raises(BudgetError, match="month"):
        one.buy(order(), request())


# --- Places that fail ------------------------------------------------------------------------


class Failing:
    """Pictures whose `what` fails."""

    def __init__(self, folder: Path, what: str) -> None:
        self._there, self.name = open_objects(folder / "pictures"), "failing"
        self.what = what

    def __getattr__(self, verb: str) -> Any:
        if verb == self.what:
            raise OutputError("the disk is full")
        return getattr(self._there, verb)


def test_nothing_is_bought_while_the_place_cannot_be_asked(tmp_path: Path) -> None:
    stall = Stall()
    with pytest.raises(ProviderError, match="the disk is full"):
        buyer(stall, tmp_path, pictures=Failing(tmp_path, "get")).buy(order(), request())  # type: ignore[arg-type]
    assert not stall.submitted and not states(tmp_path)


def test_a_picture_that_cannot_be_kept_is_paid_shown_and_told(tmp_path: Path) -> None:
    one = buyer(Stall(lambda _: GOOD), tmp_path, pictures=Failing(tmp_path, "put"))  # type: ignore[arg-type]
    bought = one.buy(order(), request())
    assert bought.data == GOOD and ledger(tmp_path).totals().spent == 90
    assert bought.notes == ("was paid but could not be kept: the disk is full",)


def test_a_picture_is_shown_though_the_ledger_cannot_be_told(tmp_path: Path) -> None:
    one = buyer(Stall(lambda _: GOOD), tmp_path)

    def settle(*_: Any, **__: Any) -> None:
        raise OutputError("the disk is full")

    one.ledger.settle = settle  # type: ignore[method-assign]
    bought = one.buy(order(), request())
    assert bought.data == GOOD and "the ledger could not be told" in bought.notes[0]
    assert ledger(tmp_path).totals().counted == 150


def test_a_ledger_that_fails_lets_nothing_be_bought(tmp_path: Path) -> None:
    stall = Stall()
    one = buyer(stall, tmp_path)

    def reserve(*_: Any, **__: Any) -> None:
        raise OutputError("the disk is full")

    one.ledger.reserve = reserve  # type: ignore[method-assign, assignment]
    with pytest.raises(ProviderError, match="the disk is full"):
        one.buy(order(), request())
    assert not stall.submitted


# --- Jobs ------------------------------------------------------------------------------------


def test_a_job_is_written_down_before_it_is_asked_for(tmp_path: Path) -> None:
    answers: list[Any] = [None, None, True]
    seen: list[Any] = []

    def ask(ticket: str) -> Any:
        (row,) = ledger(tmp_path).rows()
        seen.append((row.state, row.ticket))
        return answers.pop(0)

    buyer(Stall(jobs=ask), tmp_path).buy(order("p"), request())
    assert seen == [("live", "p")] * 3 and states(tmp_path) == ["settled"]


def test_a_stop_while_waiting_for_a_job_leaves_it_to_the_next_run(tmp_path: Path) -> None:
    stop = threading.Event()
    stall = Stall(jobs=lambda _: stop.set())
    with pytest.raises(CancelledError):
        buyer(stall, tmp_path, stop=stop).buy(order("p"), request())
    assert states(tmp_path) == ["doubt"] and len(stall.submitted) == 1

    stall.jobs = lambda _: True
    bought = buyer(stall, tmp_path).buy(order("p"), request())
    assert not bought.reused and len(stall.submitted) == 1 and states(tmp_path) == ["settled"]


def test_trouble_while_asking_is_not_the_jobs(tmp_path: Path) -> None:
    answers: list[Any] = [trouble(trouble="transient"), trouble(trouble="rate_limited"), True]
    stall = Stall(jobs=lambda _: answers.pop(0))
    buyer(stall, tmp_path).buy(order("p"), request())
    assert len(stall.submitted) == 1


def test_a_job_that_never_ends_is_given_up_and_not_bought_again(tmp_path: Path) -> None:
    stall = Stall(jobs=lambda _: None)
    one = buyer(stall, tmp_path, patience=20.0)
    with pytest.raises(ProviderError, match="did not come within 20 s"):
        one.buy(order("p"), request())
    assert len(stall.submitted) == 1 and states(tmp_path) == ["doubt"]
    for n in range(MOST_IN_A_ROW):
        with pytest.raises(ProviderError):
            one.buy(order(str(n)), request())
    assert one.pace.is_down, "jobs that hang make a provider count as down"

    with pytest.raises(InDoubtError, match="did not come within"):
        buyer(stall, tmp_path, patience=20.0).buy(order("p"), request())
    assert stall.prompts.count("p") == 1
    stall.jobs = lambda _: True
    assert not buyer(stall, tmp_path).buy(order("p"), request()).reused
    assert stall.prompts.count("p") == 1


def test_a_job_that_is_lost_is_begun_anew_only_if_that_is_asked_for(tmp_path: Path) -> None:
    stop = threading.Event()
    stall = Stall(jobs=lambda _: stop.set())
    with pytest.raises(CancelledError):
        buyer(stall, tmp_path, stop=stop).buy(order("p"), request())
    lost = trouble("task not found", trouble="unusable", billed="maybe")
    answers: list[Any] = [lost, lost, True]
    stall.jobs = lambda _: answers.pop(0)
    with pytest.raises(InDoubtError, match="task not found"):
        buyer(stall, tmp_path).buy(order("p"), request())
    assert len(stall.submitted) == 1
    assert not buyer(stall, tmp_path, again=None).buy(order("p"), request()).reused
    assert len(stall.submitted) == 2 and states(tmp_path) == ["doubt", "settled"]


def test_the_call_before_the_first_purchase_is_made_once(tmp_path: Path) -> None:
    told: list[int] = []
    one = buyer(Stall(), tmp_path)
    one.opening = lambda: told.append(1)
    at_once(*(lambda n=n: one.buy(order(str(n)), request()) for n in range(5)))
    one.buy(order("0"), request())
    assert told == [1]
    buyer(Stall(), tmp_path, opening=lambda: told.append(2)).buy(order("0"), request())
    assert told == [1], "nothing was to be bought"


def test_what_is_kept_beside_a_picture_tells_what_it_cost(tmp_path: Path) -> None:
    one = buyer(Stall(), tmp_path)
    one.buy(order(), request())
    note = one.pictures.get(order().key, NOTE)
    assert note is not None and b'"micros": 90' in note and b'"prompt": "a"' in note
    wait_until(lambda: one.ledger.totals().spent == 90)
