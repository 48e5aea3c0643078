"""The ledger's SQLite file: opened, checked, written in whole transactions; errors in one line."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from clavilux.model.errors import ClaviluxError, InputError, OutputError
from clavilux.providers.ledger_owner import generation

VERSION = 1
"""Of the tables; kept in the file's user_version."""

OURS = int.from_bytes(b"ClvL", "big")
"""The file's application_id."""

BUSY_SECONDS = 30.0
"""How long to wait for another process; each holds the file for milliseconds."""

SCHEMA = (
    """CREATE TABLE purchases (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at REAL NOT NULL,
        month TEXT NOT NULL,
        account TEXT NOT NULL,
        section TEXT NOT NULL,
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        order_key TEXT NOT NULL,
        "order" TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('live', 'settled', 'released', 'doubt')),
        reserved INTEGER NOT NULL CHECK (reserved >= 0),
        cost INTEGER CHECK (cost >= 0),
        ticket TEXT,
        usage TEXT NOT NULL DEFAULT '',
        why TEXT NOT NULL DEFAULT '',
        owner TEXT NOT NULL,
        seconds REAL,
        ended REAL,
        CHECK (state <> 'settled' OR cost IS NOT NULL)
    )""",
    "CREATE UNIQUE INDEX one_at_a_time ON purchases (order_key) WHERE state = 'live'",
    "CREATE INDEX by_order ON purchases (order_key)",
    "CREATE INDEX by_account ON purchases (account, state, cost, reserved)",  # sums need no row
    "CREATE INDEX by_month ON purchases (month, state, cost, reserved)",
    "CREATE INDEX by_section ON purchases (section)",
    "CREATE INDEX by_time ON purchases (at)",
    f"PRAGMA application_id = {OURS}",
    f"PRAGMA user_version = {VERSION}",
)


class LedgerFile:
    """One connection for all threads of a process, and for no other process.

    A fork must not use it, nor open another beside it: SQLite would take the locks that it knows
    of for its own, which only the parent holds (sqlite.org/howtocorrupt.html, 2.6).
    """

    def __init__(self, path: Path) -> None:
        """Raises InputError for what is no ledger of ours, OutputError where it cannot be used."""
        self.path = path
        self._turn, self._generation = threading.Lock(), generation()
        with _explained(path):
            _create(path)
            _refuse_forks(path, _opened_in.setdefault(_identity(path), generation()))
            self._db = _connected(path)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """For one query."""
        _refuse_forks(self.path, self._generation)  # first: a lock may be held for ever here
        with self._turn, _explained(self.path):
            yield self._db

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, on the disk when this ends, or nothing of it."""
        with self.reading() as db:
            try:
                db.execute("BEGIN IMMEDIATE")
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise


_opened_in: dict[tuple[int, int], int] = {}
"""In which generation of processes (see ledger_owner.py) each file was opened first."""


def _identity(path: Path) -> tuple[int, int]:
    """A file by what it is, not by its name."""
    status = path.stat()
    return status.st_dev, status.st_ino


def _refuse_forks(path: Path, opened_in: int) -> None:
    if opened_in != generation():
        raise OutputError(
            f"the ledger {path} was opened before this process was forked from another; buy in "
            "that one, or in a process that is started afresh"
        )


def _connected(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    db.row_factory = sqlite3.Row
    try:
        _prepare(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _create(path: Path) -> None:
    """An empty file that nobody else can read; SQLite gives its companions the same mode.

    One that is there is not touched: closing a descriptor of it would drop the locks that this
    process's other connections hold (sqlite.org/howtocorrupt.html, 2.2).
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _creating, suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


_creating = threading.Lock()


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    """Make sure that it is a ledger of ours before anything is changed in it."""
    db.execute("BEGIN")  # one view of the file: another process may be making it just now
    fresh = _refuse_others(db, path)
    db.execute("COMMIT")
    _use_wal(db)
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA fullfsync = ON")  # macOS keeps writes in the drive's cache otherwise
    if fresh:
        db.execute("BEGIN IMMEDIATE")
        if _refuse_others(db, path):  # another process may have been faster
            for statement in SCHEMA:
                db.execute(statement)
        db.execute("COMMIT")


def _refuse_others(db: sqlite3.Connection, path: Path) -> bool:
    """Whether the file is empty still; InputError if it is not a ledger that we can read."""
    name = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if name == OURS and version == VERSION:
        return False
    if name == OURS:
        raise InputError(
            f"the ledger {path} was written by a newer Clavilux (its version is {version}, this "
            f"one reads {VERSION}); use that one, or move the file away to start a new ledger"
        )
    if name or version or db.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise InputError(f"{path} is a database of something else; name another file as ledger")
    return True


def _use_wal(db: sqlite3.Connection) -> None:
    """Switch to write-ahead logging; SQLite does not wait by itself here when two do it at once."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorname.startswith("SQLITE_BUSY")
            if not busy or time.monotonic() > end:
                raise
            time.sleep(0.01)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """SQLite's and the system's errors as one line that says what to do."""
    try:
        yield
    except ClaviluxError:
        raise
    except sqlite3.Error as error:
        raise _said(error, path) from None
    except OSError as error:
        raise OutputError(
            f"cannot open the ledger {path}: {error.strerror}; choose another place"
        ) from None


def _said(error: sqlite3.Error, path: Path) -> ClaviluxError:
    kind = getattr(error, "sqlite_errorname", "") or ""
    if kind.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return InputError(
            f"the ledger {path} is damaged or no ledger ({error}); restore it from a copy, or move "
            "it away to start a new one, which knows nothing of what was spent"
        )
    if kind.startswith("SQLITE_BUSY"):
        return OutputError(
            f"the ledger {path} is locked by another program; close that and try again"
        )
    if kind.startswith("SQLITE_CANTOPEN"):
        return OutputError(f"cannot open the ledger {path}: {error}; choose another place")
    return OutputError(f"cannot use the ledger {path}: {error}; nothing more is bought")
