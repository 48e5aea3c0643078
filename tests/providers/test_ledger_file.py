"""The ledger's file: kept safely, the user's alone, and never taken for what it is not."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from purchases import buy, buy_in

from clavilux.executors.processes import process_context
from clavilux.model.errors import ClaviluxError, InputError, OutputError
from clavilux.model.order import Order
from clavilux.providers import ledger_file
from clavilux.providers.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite3")


def test_the_file_is_the_users_alone_and_its_folder_is_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "ledger.sqlite3"
    buy(Ledger(path))
    for file in path.parent.iterdir():
        if os.name == "posix":
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_it_is_kept_safely(ledger: Ledger) -> None:
    with ledger._file.reading() as db:
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert db.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL
    buy(ledger)
    again = Ledger(ledger.path)
    assert again.totals("song").reserved == 100


def test_no_key_is_in_a_row(ledger: Ledger) -> None:
    buy(ledger)
    assert set(Order.model_fields) >= set(re.findall(r'"(\w+)":', ledger.rows()[0].order))
    assert "key" not in Order.model_fields


def junk(path: Path) -> None:
    path.write_bytes(b"this is not a database" * 200)


def short_junk(path: Path) -> None:
    path.write_bytes(b"hello")


def foreign(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE music (title TEXT)")
    db.close()


def foreign_by_name(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA application_id = 77")
    db.close()


def newer(path: Path) -> None:
    buy(Ledger(path))
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {ledger_file.VERSION + 1}")
    db.close()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (junk, "damaged or no ledger"),
        (short_junk, "damaged or no ledger"),
        (foreign, "database of something else"),
        (foreign_by_name, "database of something else"),
        (newer, "newer Clavilux"),
    ],
)
def test_a_file_that_is_no_ledger_of_ours_is_refused_and_left_alone(
    tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    path = tmp_path / "ledger.sqlite3"
    spoil(path)
    before = path.read_bytes()
    with pytest.raises(InputError, match=said) as refused:
        Ledger(path)
    assert str(path) in str(refused.value) and "\n" not in str(refused.value)
    assert path.read_bytes() == before


def test_damage_that_shows_later_is_one_line_too(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    ledger = Ledger(path)
    for i in range(60):
        buy(ledger, str(i), amount=1)
    with ledger._file.reading() as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with pytest.raises(ClaviluxError, match=r"damaged|malformed") as refused:
        Ledger(path).rows()
    assert "\n" not in str(refused.value) and path.stat().st_size == size


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path, tmp_path / "file" / "ledger.sqlite3"):
        with pytest.raises(OutputError, match="choose another place"):
            Ledger(path)


def test_a_ledger_that_another_program_holds_is_one_line(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_file, "BUSY_SECONDS", 0.05)
    hasty = Ledger(ledger.path)
    other = sqlite3.connect(ledger.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OutputError, match="locked by another program"):
        buy(hasty)
    other.execute("ROLLBACK")
    other.close()
    buy(hasty)


def test_what_breaks_off_in_a_transaction_leaves_nothing(ledger: Ledger) -> None:
    with pytest.raises(KeyboardInterrupt), ledger._file.writing() as db:
        db.execute("UPDATE purchases SET reserved = 1")
        raise KeyboardInterrupt
    buy(ledger)
    assert ledger.totals("song").reserved == 100


RIVAL = """
import sqlite3, sys
for path in sys.argv[1:]:
    db = sqlite3.connect(path, timeout=0, isolation_level=None)
    db.execute("PRAGMA locking_mode = EXCLUSIVE")  # wants a file that nobody else has open
    try:
        db.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        print(error)
    db.close()
"""


def rival(*paths: Path) -> list[str]:
    """What another program is told that wants each of these files for itself."""
    asked = [sys.executable, "-c", RIVAL, *map(str, paths)]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()


def test_opening_the_file_once_more_does_not_drop_the_first_ones_locks(ledger: Ledger) -> None:
    """Record locks of a file fall when its process closes any descriptor of it."""
    Ledger(ledger.path)
    assert rival(ledger.path) == ["database is locked"]
    buy(ledger)


def test_threads_that_begin_a_ledger_at_once_do_not_drop_each_others_locks(tmp_path: Path) -> None:
    paths = [tmp_path / f"{i}.sqlite3" for i in range(20)]
    barrier = threading.Barrier(5)

    def begin(_: int) -> list[Ledger]:
        ledgers = []
        for path in paths:
            barrier.wait()
            ledgers.append(Ledger(path))
        return ledgers

    with ThreadPoolExecutor(5) as pool:
        opened = list(pool.map(begin, range(5)))
    assert rival(*paths) == ["database is locked"] * len(paths)
    assert {ledger._owner.token for ledgers in opened for ledger in ledgers[:1]} == {
        opened[0][0]._owner.token
    }


def test_a_ledger_that_is_just_being_made_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the end of its making would drop the locks of who was quicker."""
    path, close = tmp_path / "ledger.sqlite3", os.close

    def slow_close(file: int) -> None:
        time.sleep(0.2)
        close(file)

    monkeypatch.setattr(os, "close", slow_close)
    with ThreadPoolExecutor(2) as pool:
        opened = list(pool.map(Ledger, [path, path]))
    monkeypatch.undo()
    assert rival(path) == ["database is locked"]
    buy(opened[0])


def test_a_link_to_a_ledger_is_the_same_ledger(ledger: Ledger, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "linked.sqlite3"
    link.parent.mkdir()
    try:
        link.symlink_to(ledger.path)
    except OSError:
        pytest.skip("no links here")
    buy(ledger)
    linked = [sys.executable, "-c", OPEN, str(link)]
    done = subprocess.run(linked, capture_output=True, text=True, check=True)
    assert done.stdout == "live\n"  # it sees who lives, though it knows another name
    assert list(link.parent.iterdir()) == [link]


OPEN = """
import sys
from pathlib import Path
from clavilux.providers.ledger import Ledger
print(Ledger(Path(sys.argv[1])).rows()[0].state)
"""


def test_a_worker_process_may_open_a_ledger_that_is_open_here(ledger: Ledger) -> None:
    """It is forked, but from a server that never had it open."""
    buy(ledger, "of the parent")
    worker = process_context().Process(target=buy_in, args=(ledger.path, "of the worker"))  # type: ignore[attr-defined]
    worker.start()
    worker.join(20)
    assert worker.exitcode == 0
    states = {row.section: row.state for row in ledger.rows()}
    assert states == {"part_of the parent": "live", "part_of the worker": "doubt"}


def test_an_empty_file_becomes_a_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    path.touch()
    buy(Ledger(path))


# --- What the database itself forbids --------------------------------------------------------


def test_the_database_refuses_two_live_rows_of_an_order(ledger: Ledger) -> None:
    """A second wall behind the statement."""
    buy(ledger)
    with pytest.raises(OutputError, match="UNIQUE"), ledger._file.writing() as db:
        names = [row["name"] for row in db.execute("PRAGMA table_info(purchases)")]
        fields = ", ".join(f'"{name}"' for name in names if name != "id")
        db.execute(f"INSERT INTO purchases ({fields}) SELECT {fields} FROM purchases")
