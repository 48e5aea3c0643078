"""Processes that buy pictures from a shop which is a file, and are killed while they do.

Run as a script, because only a process without threads may fork. Prints one JSON value.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from clavilux.interfaces import Ticket
from clavilux.model.errors import BudgetError, OutputError, ProviderError
from clavilux.model.order import Order
from clavilux.providers.ledger import Ledger
from clavilux.providers.ledger_rows import Entry

HIGH = 100
"""What is reserved for a picture; the shop asks for 60 to 100."""


def order(name: str) -> Order:
    return Order(provider="shop", model="m", prompt=name, width=64, height=64)


def sell(shop: Path, name: str) -> int:
    """What the provider does: from here on the picture is billed, whoever dies."""
    price = HIGH - int(order(name).key[:2], 16) % 41
    sale = os.open(shop, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(sale, f"{name} {price}\n".encode())
    os.close(sale)
    return price


def sold(shop: Path) -> list[tuple[str, int]]:
    """The provider's bill."""
    lines = shop.read_text().splitlines() if shop.exists() else []
    return [(name, int(price)) for name, price in (line.split() for line in lines)]


def buy(ledger: Ledger, shop: Path, name: str, *, cap: int | None, ticket: bool) -> None:
    """One picture, as it is bought for a song."""
    left = ledger.resumable(order(name).key)
    if left is not None:
        ledger.settle(left, cost=dict(sold(shop))[name], usage="resumed")
        return
    try:
        entry = ledger.reserve(order(name), account="a", section=name, amount=HIGH, cap=cap)
    except BudgetError:
        raise
    except ProviderError:
        return
    price = sell(shop, name)
    if ticket:
        ledger.submitted(entry, Ticket(id=f"job of {name}"))
    ledger.settle(entry, cost=price)


def child(work: Callable[[], Any]) -> int:
    """Do something in a process of its own; its number."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)


def asked(work: Callable[[], Any]) -> Any:
    """What a process of its own answers: whoever opens a ledger may not fork others that do."""
    read, write = os.pipe()
    pid = child(lambda: os.write(write, json.dumps(work()).encode()))
    os.close(write)
    with os.fdopen(read) as answer:
        said = answer.read()
    assert ended(pid) == 0
    return json.loads(said)


def ended(pid: int) -> int:
    """How a child ended: its exit status, or minus the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


# --- Killed line by line ----------------------------------------------------------------------


def dying_at(line: int, work: Callable[[], Any]) -> None:
    """Run something, and die before its n-th line of the ledger's code or of this file."""
    passed = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal passed
        file = Path(frame.f_code.co_filename).name
        if not file.startswith("ledger"):
            return None
        if event == "line":
            passed += 1
            if passed == line:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(None)


def lines(folder: Path, ticket: bool, step: int) -> dict[str, Any]:
    """Buy picture after picture, each in a process that is killed `step` lines later than the last.

    After every death the bill is held against the ledger, and another process tries to go on.
    """
    path, shop, cap = folder / "ledger.sqlite3", folder / "shop", 10**9
    wrong, line, killed = list[str](), 0, True
    states = dict[str, int]()
    while killed:
        line += step
        name = f"line_{line}"

        def work(name: str = name, line: int = line) -> None:
            ledger = Ledger(path)
            dying_at(line, lambda: buy(ledger, shop, name, cap=cap, ticket=ticket))

        def look(name: str = name) -> tuple[str, list[str]]:
            return _after_a_death(Ledger(path), shop, name, cap=cap, ticket=ticket)

        killed = ended(child(work)) != 0
        state, found = asked(look)
        states[state] = states.get(state, 0) + 1
        wrong += found
    return {"lines": line, "states": states, "wrong": wrong}


def _after_a_death(
    here: Ledger, shop: Path, name: str, *, cap: int, ticket: bool
) -> tuple[str, list[str]]:
    """How the order stood, and what is wrong with that or with how it goes on."""
    state = here.state(order(name).key)
    wrong = _wrong_after_a_death(here, shop, name, state)
    buy(here, shop, name, cap=cap, ticket=ticket)
    wrong += [f"{name}: sold twice"] if len(sold(shop)) > len(dict(sold(shop))) else []
    after = here.state(order(name).key)
    if after != ("doubt" if state == "doubt" else "settled"):
        wrong.append(f"{name}: {state}, then {after}")
    return state, wrong


def _wrong_after_a_death(ledger: Ledger, shop: Path, name: str, state: str) -> list[str]:
    bill = dict(sold(shop))
    counted = sum(row.counted for row in ledger.rows(limit=1) if row.section == name)
    if state == "live":
        return [f"{name}: a dead process is taken for a living one"]
    if counted < bill.get(name, 0):
        return [f"{name}: {state}, {bill[name]} on the bill, {counted} counted"]
    return []


def resumptions(folder: Path, step: int) -> dict[str, Any]:
    """Buy by ticket, die, and die ever later while the job is resumed."""
    path, shop, name = folder / "ledger.sqlite3", folder / "shop", "p"
    line, killed, states = 0, True, list[str]()

    def begin() -> None:
        ledger = Ledger(path)
        entry = _reserved(ledger, name)
        sell(shop, name)
        ledger.submitted(entry, Ticket(id="job of p"))

    ended(child(begin))
    while killed:
        line += step

        def work(line: int = line) -> None:
            ledger = Ledger(path)
            dying_at(line, lambda: buy(ledger, shop, name, cap=None, ticket=True))

        killed = ended(child(work)) != 0
        states.append(asked(lambda: Ledger(path).state(order(name).key)))
    return {"states": states, "sold": len(sold(shop))}


def openings(folder: Path, step: int) -> int:
    """Die while a new ledger is begun, ever later; how many died. The next to open it can."""
    line, died, killed = 0, 0, True
    while killed:
        line += step
        path = folder / str(line) / "ledger.sqlite3"
        killed = ended(child(lambda p=path, n=line: dying_at(n, lambda: Ledger(p)))) != 0
        died += killed
        _reserved(Ledger(path), "p")
    return died


# --- Killed at any time ----------------------------------------------------------------------


def kills(folder: Path, ticket: bool, *, deaths: int, cap: int, seed: int) -> dict[str, Any]:
    """Two processes buy from one budget; one after the other is killed and replaced."""
    path, shop = folder / "ledger.sqlite3", folder / "shop"
    dice = random.Random(seed)

    def work() -> None:
        ledger = Ledger(path)
        for i in range(10**6):
            try:
                buy(ledger, shop, f"p{i}", cap=cap, ticket=ticket)
            except BudgetError:
                return

    wrong, died, done = list[str](), 0, 0
    living = [child(work), child(work)]
    while died < deaths and done < 3:  # done: came to the end of the budget
        time.sleep(dice.uniform(0.001, 0.05))
        victim = living.pop(0)
        os.kill(victim, signal.SIGKILL)
        killed = ended(victim) == -signal.SIGKILL
        died, done = died + killed, done + (not killed)
        living.append(child(work))
        bill = sum(price for _, price in sold(shop))  # first: sales only grow
        counted = asked(lambda: Ledger(path).totals("a").counted)
        if not bill <= counted <= cap:
            wrong.append(f"{bill} on the bill, {counted} counted, {cap} at most")
    for pid in living:
        os.kill(pid, signal.SIGKILL)
        ended(pid)
    return {"deaths": died, "wrong": wrong}


# --- Many at once ----------------------------------------------------------------------------


def race(folder: Path, *, processes: int, cap: int) -> list[int]:
    """Processes that open a new ledger at once, and empty one budget; how each ended."""
    path, shop = folder / "ledger.sqlite3", folder / "shop"
    start = time.time() + 0.2

    def work(number: int) -> None:
        time.sleep(max(0.0, start - time.time()))
        ledger = Ledger(path)
        for i in range(10**6):
            try:
                # Every second picture is wanted by all of them.
                buy(ledger, shop, f"{number if i % 2 else 'all'}.{i}", cap=cap, ticket=False)
            except BudgetError:
                return

    return [ended(pid) for pid in [child(lambda n=n: work(n)) for n in range(processes)]]


def openers(folder: Path, *, rounds: int, processes: int) -> list[int]:
    """Processes that open a new ledger at the same moment; how each ended."""
    ends = list[int]()
    for i in range(rounds):
        path, moment = folder / str(i) / "ledger.sqlite3", time.time() + 0.05

        def work(number: int, path: Path = path, moment: float = moment) -> None:
            while time.time() < moment:
                pass
            _reserved(Ledger(path), str(number))

        pids = [child(lambda n=n, work=work: work(n)) for n in range(processes)]
        ends += [ended(pid) for pid in pids]
    return ends


def resume(folder: Path, *, jobs: int, processes: int) -> list[int]:
    """A process dies with tickets; others go for all of them at once. Who was given what."""
    path, got = folder / "ledger.sqlite3", folder / "resumed"

    def start() -> None:
        ledger = Ledger(path)
        for i in range(jobs):
            entry = _reserved(ledger, f"p{i}")
            ledger.submitted(entry, Ticket(id=f"job {i}"))
        os.kill(os.getpid(), signal.SIGKILL)

    ended(child(start))
    moment = time.time() + 0.2

    def go_on(number: int) -> None:
        ledger = Ledger(path)
        time.sleep(max(0.0, moment - time.time()))
        for i in range(jobs):
            entry = ledger.resumable(order(f"p{i}").key)
            if entry is not None:
                assert entry.ticket == f"job {i}"
                with got.open("a") as file:
                    file.write(f"{i}\n")
        time.sleep(0.3)  # all of them live until the last has asked

    ends = [ended(pid) for pid in [child(lambda n=n: go_on(n)) for n in range(processes)]]
    assert ends == [0] * processes
    return sorted(int(line) for line in got.read_text().splitlines())


def heirs(folder: Path) -> list[str]:
    """Its state while a process lives and is stopped, after it died, and while a child of it that
    was forked with the ledger open lives on."""
    path, key = folder / "ledger.sqlite3", order("p").key
    read, write = os.pipe()

    def parent() -> None:
        ledger = Ledger(path)
        _reserved(ledger, "p")
        os.write(write, f"{child(lambda: time.sleep(30))}\n".encode())
        time.sleep(30)

    pid = child(parent)
    heir = int(os.read(read, 20))
    here = Ledger(path)
    states = [str(here.state(key))]
    os.kill(pid, signal.SIGSTOP)
    states.append(here.state(key))
    os.kill(pid, signal.SIGKILL)
    ended(pid)
    states.append(here.state(key))
    os.kill(heir, signal.SIGKILL)
    return states


def inherited(folder: Path) -> list[str]:
    """A ledger that was opened before a fork, asked for by the child; then how it stands."""
    path = folder / "ledger.sqlite3"
    ledger = Ledger(path)
    entry = _reserved(ledger, "of the parent")
    other = folder / "other.sqlite3"
    tries: tuple[Callable[[], object], ...] = (
        lambda: _reserved(ledger, "of the child"),
        lambda: ledger.settle(entry, cost=1),
        ledger.rows,
        lambda: Ledger(path),
        lambda: _reserved(Ledger(other), "of the child"),
    )
    said = [asked(lambda act=act: _refused(act)) for act in tries]
    _reserved(ledger, "again of the parent")
    return [*said, *(f"{row.section}: {row.state}" for row in reversed(ledger.rows()))]


def _refused(act: Callable[[], object]) -> str:
    try:
        act()
    except OutputError as error:
        return str(error)
    return ""


def _reserved(ledger: Ledger, name: str) -> Entry:
    return ledger.reserve(order(name), account="a", section=name, amount=HIGH, cap=None)


if __name__ == "__main__":
    verb, place, options = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
    print(json.dumps(globals()[verb](place, **options)))
