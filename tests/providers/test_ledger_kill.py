"""The ledger keeps its laws among processes, and when they are killed at any instruction."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from clavilux.model.order import Order
from clavilux.providers.ledger import Ledger

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills processes by POSIX means")

SCRIPT = Path(__file__).with_name("ledger_buyers.py")


def run(verb: str, folder: Path, **options: object) -> Any:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), verb, str(folder), json.dumps(options)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def bill(folder: Path) -> list[tuple[str, int]]:
    lines = (folder / "shop").read_text().splitlines()
    return [(name, int(price)) for name, price in (line.split() for line in lines)]


def ledger_of(folder: Path) -> Ledger:
    return Ledger(folder / "ledger.sqlite3")


def test_killed_all_along_a_purchase(tmp_path: Path) -> None:
    came = run("lines", tmp_path, ticket=False, step=3)
    assert came["wrong"] == []
    # Every way there is to die was met: before the purchase, during it, and after it.
    assert came["states"]["none"] > 5 and came["states"]["doubt"] > 5
    assert came["states"]["settled"] > 0


def test_killed_all_along_a_purchase_by_ticket(tmp_path: Path) -> None:
    came = run("lines", tmp_path, ticket=True, step=2)
    assert came["wrong"] == [] and came["lines"] > 50
    assert came["states"]["resumable"] > 5 and came["states"]["doubt"] > 5
    assert any(row.usage == "resumed" for row in ledger_of(tmp_path).rows())


def test_killed_all_along_the_resumption_of_a_job(tmp_path: Path) -> None:
    came = run("resumptions", tmp_path, step=2)
    *before, last = came["states"]
    count = before.count("resumable")
    assert count > 10 and set(before[:count]) == {"resumable"} and last == "settled"
    assert set(before[count:]) <= {"settled"} and came["sold"] == 1
    assert ledger_of(tmp_path).totals("a").spent == ledger_of(tmp_path).rows()[0].counted > 0


def test_killed_while_a_new_ledger_is_begun(tmp_path: Path) -> None:
    assert run("openings", tmp_path, step=6) > 5


@pytest.mark.parametrize("ticket", [False, True])
def test_killed_at_any_time(tmp_path: Path, ticket: bool) -> None:
    came = run("kills", tmp_path, ticket=ticket, deaths=25, cap=10**6, seed=5 + ticket)
    assert came["wrong"] == [] and came["deaths"] >= 25
    _check_books(tmp_path, cap=10**6)


def test_killed_while_the_budget_runs_out(tmp_path: Path) -> None:
    came = run("kills", tmp_path, ticket=False, deaths=40, cap=4000, seed=9)
    assert came["wrong"] == []
    _check_books(tmp_path, cap=4000)


def _check_books(folder: Path, *, cap: int) -> None:
    """Bill and ledger agree, row by row: what is settled to the millionth, the rest from above."""
    sales = bill(folder)
    assert max(Counter(name for name, _ in sales).values()) == 1  # nothing was sold twice
    ledger = ledger_of(folder)
    rows = {row.section: row for row in ledger.rows() if row.state != "released"}
    assert len(rows) == len(ledger.rows())
    assert not any(row.state == "live" for row in rows.values())
    for name, price in sales:
        row = rows[name]
        assert row.cost == price if row.state == "settled" else row.counted >= price
    assert sum(price for _, price in sales) <= ledger.totals("a").counted <= cap


def test_processes_that_start_at_once_share_one_budget(tmp_path: Path) -> None:
    assert run("race", tmp_path, processes=6, cap=9000) == [0] * 6
    _check_books(tmp_path, cap=9000)
    totals = ledger_of(tmp_path).totals("a")
    assert totals.counted == totals.spent  # nobody died
    # And it was used up: who gave up saw at most what the others had reserved and did not need.
    assert totals.left(9000) < 100 + 6 * 40


def test_many_processes_may_begin_a_ledger_at_once(tmp_path: Path) -> None:
    assert run("openers", tmp_path, rounds=8, processes=8) == [0] * 64


def test_every_ticket_of_a_dead_process_is_given_to_one_process(tmp_path: Path) -> None:
    assert run("resume", tmp_path, jobs=15, processes=5) == list(range(15))


def test_a_stopped_process_lives_and_its_children_do_not_inherit_its_life(tmp_path: Path) -> None:
    assert run("heirs", tmp_path) == ["live", "live", "doubt"]


def test_a_ledger_is_refused_on_the_other_side_of_a_fork(tmp_path: Path) -> None:
    """SQLite would take the parent's locks for the child's own."""
    *refusals, other, first, second = run("inherited", tmp_path)
    assert len(refusals) == 4
    for said in refusals:
        assert "before this process was forked" in said and "\n" not in said
    assert other == ""  # one that the parent has not opened is no trouble
    assert (first, second) == ("of the parent: live", "again of the parent: live")


# --- Told from outside -----------------------------------------------------------------------


BUYER = """
import sys, time
from pathlib import Path
from clavilux.interfaces import Ticket
from clavilux.model.order import Order
from clavilux.providers.ledger import Ledger
ledger = Ledger(Path(sys.argv[1]))
order = Order(provider="shop", model="m", prompt="p", width=64, height=64)
entry = ledger.reserve(order, account="a", section="s", amount=100, cap=1000)
if sys.argv[2]:
    ledger.submitted(entry, Ticket(id=sys.argv[2]))
print("reserved", flush=True)
time.sleep(30)
"""
ORDER = Order(provider="shop", model="m", prompt="p", width=64, height=64)


@pytest.mark.parametrize("ticket", ["", "job 7"])
def test_another_process_sees_who_lives_and_who_died(tmp_path: Path, ticket: str) -> None:
    ledger = ledger_of(tmp_path)
    buyer = subprocess.Popen(
        [sys.executable, "-c", BUYER, str(ledger.path), ticket], stdout=subprocess.PIPE, text=True
    )
    assert buyer.stdout is not None and buyer.stdout.readline() == "reserved\n"
    assert ledger.state(ORDER.key) == "live" and ledger.resumable(ORDER.key) is None
    buyer.send_signal(signal.SIGKILL)
    buyer.wait()
    assert ledger.state(ORDER.key) == ("resumable" if ticket else "doubt")
    assert ledger.totals("a").counted == 100
    entry = ledger.resumable(ORDER.key)
    assert (entry and entry.ticket) == (ticket or None)
    assert ledger.resumable(ORDER.key) is None
    if entry is not None:
        ledger.settle(entry, cost=80)
    assert ledger.totals("a").counted == (80 if ticket else 100)


@pytest.mark.parametrize("ticket", ["", "job 7"])
def test_a_picture_that_is_in_the_store_settles_what_is_in_doubt_about_it(
    tmp_path: Path, ticket: str
) -> None:
    ledger = ledger_of(tmp_path)
    buyer = subprocess.Popen(
        [sys.executable, "-c", BUYER, str(ledger.path), ticket], stdout=subprocess.PIPE, text=True
    )
    assert buyer.stdout is not None and buyer.stdout.readline() == "reserved\n"
    ledger.found(ORDER.key, cost=80)  # the buyer lives: it will say so itself
    assert ledger.state(ORDER.key) == "live"
    buyer.kill()
    buyer.wait()
    ledger.found(ORDER.key, cost=80, usage="found in the store")
    assert ledger.state(ORDER.key) == "settled" and ledger.totals("a").spent == 80
    ledger.found(ORDER.key, cost=5)
    assert ledger.totals("a").spent == 80
