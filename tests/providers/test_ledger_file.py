"""The ledger's file: kept safely, the user's alone, and never taken for what it is not."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from purchases import buy

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
db = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
db.execute("PRAGMA locking_mode = EXCLUSIVE")  # wants a file that nobody else has open
db.execute("BEGIN EXCLUSIVE")
"""


def test_opening_the_file_once_more_does_not_drop_the_first_ones_locks(ledger: Ledger) -> None:
    """Record locks of a file fall when its process closes any descriptor of it."""
    Ledger(ledger.path)
    rival = [sys.executable, "-c", RIVAL, str(ledger.path)]
    done = subprocess.run(rival, capture_output=True, text=True, check=False)
    assert "database is locked" in done.stderr
    buy(ledger)


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
