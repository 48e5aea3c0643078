"""What a process left when it died or gave up: in doubt, taken over by one, and by one alone."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from purchases import DEAD, buy, left_by, order

from clavilux.interfaces import Ticket
from clavilux.model.errors import OutputError
from clavilux.providers import ledger_owner
from clavilux.providers.ledger import DIED, Ledger
from clavilux.providers.ledger_rows import Entry, InDoubtError

KEY = order().key


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite3")


def begun(ledger: Ledger, name: str = "a") -> Entry:
    """A purchase whose job has begun."""
    entry = buy(ledger, name)
    ledger.submitted(entry, Ticket(id="job"))
    return entry


def resumed(ledger: Ledger) -> Entry:
    entry = ledger.resumable(KEY)
    assert entry is not None
    return entry


# --- Left by the dead ------------------------------------------------------------------------


def test_what_a_dead_process_left_is_in_doubt_and_the_tickets_can_be_resumed(
    ledger: Ledger,
) -> None:
    with_ticket, without = begun(ledger, "a"), buy(ledger, "b")
    for entry in (with_ticket, without):
        left_by(ledger, entry)
    totals = ledger.totals("song")
    assert (totals.reserved, totals.in_doubt) == (0, 200)
    for row in ledger.rows():  # also where nobody ever asks for the picture again
        assert (row.state, row.why) == ("doubt", DIED) and row.ended is not None
    assert (ledger.state(order("a").key), ledger.state(order("b").key)) == ("resumable", "doubt")
    assert ledger.resumable(order("b").key) is None
    entry = resumed(ledger)
    assert (entry.id, entry.ticket, entry.state) == (with_ticket.id, "job", "live")
    assert (entry.why, entry.ended) == ("", None)
    assert ledger.state(KEY) == "live" and ledger.totals("song").reserved == 100


def test_the_job_of_a_dead_process_is_asked_for_before_anything_is_bought_again(
    ledger: Ledger,
) -> None:
    left_by(ledger, begun(ledger))
    with pytest.raises(InDoubtError):
        buy(ledger, again=True)
    ledger.doubt(resumed(ledger), why="it did not come")
    with pytest.raises(InDoubtError):
        buy(ledger)
    buy(ledger, again=True)


def test_what_was_left_without_a_ticket_may_be_bought_again_at_once(ledger: Ledger) -> None:
    left_by(ledger, buy(ledger))
    with pytest.raises(InDoubtError, match=DIED):
        buy(ledger)
    buy(ledger, again=True)


def test_a_place_that_was_taken_by_another_process_before_is_no_sign_of_life(
    ledger: Ledger,
) -> None:
    mine = ledger._owner
    left_by(ledger, buy(ledger), owner=f"{mine.token.partition('.')[0]}.0.1")
    assert ledger.state(KEY) == "doubt"
    code = (
        "import sys; from pathlib import Path\n"
        "from clavilux.providers.ledger_owner import this_process\n"
        "print(this_process(Path(sys.argv[1])).lives(sys.argv[2]))"
    )
    for name in (mine.token, mine.of_one_purchase()):
        asked = [sys.executable, "-c", code, str(ledger.path), name]
        seen = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        assert seen == "True\n"  # asking has not cost it its own lock


@pytest.mark.parametrize("owner", ["somebody", "", ".", "x.y.z", DEAD])
def test_an_owner_that_makes_no_sense_is_nobody(ledger: Ledger, owner: str) -> None:
    left_by(ledger, buy(ledger), owner=owner)
    assert ledger.state(KEY) == "doubt"


def test_a_system_that_cannot_lock_is_one_line(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> bool:
        raise OSError(errno.ENOLCK, "No locks available")

    left_by(ledger, buy(ledger))
    monkeypatch.setattr(ledger_owner, "_lock", broken)
    with pytest.raises(OutputError, match="No locks available; keep the ledger on a local") as said:
        ledger.totals()
    assert str(ledger.path) in str(said.value) and "\n" not in str(said.value)
    monkeypatch.undo()
    assert ledger.totals().in_doubt == 100  # it was not taken for dead, nor for alive


# --- Given up by the living ------------------------------------------------------------------


def test_a_job_that_was_given_up_can_be_resumed_by_whoever_asks_first(ledger: Ledger) -> None:
    entry = begun(ledger)
    assert ledger.resumable(KEY) is None  # somebody is at it
    ledger.doubt(entry, why="it took too long")
    assert ledger.state(KEY) == "resumable"
    again = resumed(ledger)  # the same process: a later try, or a later song
    assert (again.id, again.state, again.ended) == (entry.id, "live", None)
    assert again.owner != entry.owner and ledger.resumable(KEY) is None
    ledger.doubt(again, why="still not there")
    left_by(ledger, again)
    assert resumed(ledger).id == entry.id  # another one


def test_of_many_threads_one_resumes(ledger: Ledger) -> None:
    ledger.doubt(begun(ledger), why="it took too long")
    with ThreadPoolExecutor(8) as pool:
        came = list(pool.map(lambda _: ledger.resumable(KEY), range(16)))
    assert sum(entry is not None for entry in came) == 1


def test_a_job_is_not_resumed_after_the_picture_was_bought_anew(ledger: Ledger) -> None:
    ledger.doubt(begun(ledger), why="it took too long")
    second = buy(ledger, again=True)
    assert ledger.resumable(KEY) is None
    ledger.release(second, why="refused")
    assert ledger.state(KEY) == "resumable"
    ledger.settle(buy(ledger, again=True), cost=5)
    assert ledger.resumable(KEY) is None and ledger.state(KEY) == "settled"


# --- Taken over ------------------------------------------------------------------------------


LATE: dict[str, Callable[[Ledger, Entry], None]] = {
    "release": lambda ledger, entry: ledger.release(entry, why="late"),
    "doubt": lambda ledger, entry: ledger.doubt(entry, why="late"),
    "submitted": lambda ledger, entry: ledger.submitted(entry, Ticket(id="late")),
}


@pytest.mark.parametrize("said", LATE)
@pytest.mark.parametrize("dead", [False, True])
def test_who_lost_a_row_cannot_change_what_its_heir_does(
    ledger: Ledger, said: str, dead: bool
) -> None:
    """Above all not release it: that would free money that the heir's picture costs."""
    stale = begun(ledger)
    if dead:  # or was taken for dead
        left_by(ledger, stale)
    else:
        ledger.doubt(stale, why="it took too long")
    heir = resumed(ledger)
    LATE[said](ledger, stale)
    (row,) = ledger.rows()
    assert row == heir and ledger.totals("song").counted == 100
    ledger.settle(heir, cost=80)
    LATE[said](ledger, stale)
    assert ledger.totals("song").spent == 80


def test_that_it_was_paid_is_heard_of_whoever_says_it(ledger: Ledger) -> None:
    stale = begun(ledger)
    ledger.doubt(stale, why="it took too long")
    heir = resumed(ledger)
    ledger.settle(stale, cost=80, usage="the late answer")
    ledger.release(heir, why="the job is gone")  # because somebody fetched it
    (row,) = ledger.rows()
    assert (row.state, row.cost, row.usage) == ("settled", 80, "the late answer")
    ledger.settle(heir, cost=90)
    assert ledger.totals("song").spent == 90


def test_a_bill_that_comes_after_the_heir_released_the_row_is_not_lost(ledger: Ledger) -> None:
    stale = begun(ledger)
    ledger.doubt(stale, why="it took too long")
    ledger.release(resumed(ledger), why="the job is gone")
    assert ledger.totals("song").counted == 0
    ledger.settle(stale, cost=80)
    assert ledger.totals("song").spent == 80


def test_who_was_taken_for_dead_still_holds_the_row_that_nobody_took(ledger: Ledger) -> None:
    """As where a lock was lost: the ticket it got is worth more than the doubt about it."""
    entry = buy(ledger)
    left_by(ledger, entry)
    assert ledger.state(KEY) == "doubt"
    left_by(ledger, entry, owner=entry.owner)
    ledger.submitted(entry, Ticket(id="job"))
    assert resumed(ledger).ticket == "job"


# --- Found in the store ----------------------------------------------------------------------


def test_a_picture_that_is_there_settles_the_last_doubt_about_it(ledger: Ledger) -> None:
    ledger.doubt(buy(ledger), why="no answer")
    left_by(ledger, buy(ledger, again=True))
    ledger.found(KEY, cost=70)
    assert [row.state for row in ledger.rows()] == ["settled", "doubt"]
    ledger.found(KEY, cost=70)  # the first may have been billed as well, and nothing tells
    assert [row.state for row in ledger.rows()] == ["settled", "doubt"]


def test_a_picture_whose_buyer_is_known_settles_that_purchase_alone(ledger: Ledger) -> None:
    mine = buy(ledger)
    left_by(ledger, mine)
    ledger.found(KEY, cost=70, owner="of.another.machine")
    assert ledger.state(KEY) == "doubt" and ledger.totals("song").counted == 100
    ledger.found(KEY, cost=70, usage="2 credits", owner=f"{DEAD}.1")
    (row,) = ledger.rows()
    assert (row.state, row.cost, row.usage) == ("settled", 70, "2 credits")


def test_a_known_buyer_is_found_behind_a_later_purchase(ledger: Ledger) -> None:
    first = begun(ledger)
    ledger.doubt(first, why="it took too long")
    ledger.doubt(buy(ledger, again=True), why="no answer")
    ledger.found(KEY, cost=70, owner=first.owner)
    assert [row.state for row in ledger.rows()] == ["doubt", "settled"]


def test_a_picture_does_not_settle_what_is_being_bought_or_was_released(ledger: Ledger) -> None:
    entry = buy(ledger)
    for owner in (None, entry.owner):
        ledger.found(KEY, cost=70, owner=owner)
        assert ledger.state(KEY) == "live"
    ledger.release(entry, why="refused")
    for owner in (None, entry.owner):
        ledger.found(KEY, cost=70, owner=owner)
    assert ledger.totals("song").counted == 0
