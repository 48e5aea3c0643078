"""Who is at a purchase, and whether that process still lives.

Every process holds a lock on one byte of a file beside the ledger, at a place of its own. The
system drops the lock when the process ends, however it ends: no process number can be reused and
no restart can leave anything behind. Bytes beyond the end can be locked, so the file stays empty.

A row of the ledger says who holds it by the process's token and a number of its own, so that no
two purchases are held by the same name: whoever had a row before somebody took it over is told from
who has it now, though they be threads of one process.

These are record locks, which belong to a process and are not inherited by a fork: a child that
outlives its parent does not keep it alive. Their price is that closing *any* descriptor of the
file would drop them. So a process opens the file once, and never closes it.
"""

from __future__ import annotations

import itertools
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clavilux.model.errors import OutputError

PLACES = 2**30
"""As many as every system can lock."""


@dataclass(frozen=True)
class Owner:
    """This process, as one ledger knows it."""

    token: str
    """The place of its byte, and a random part that tells it from others that had this place."""
    _path: Path
    _file: int
    _place: int

    def of_one_purchase(self) -> str:
        """A name that this process gives to one purchase alone: the owner of its row."""
        return f"{self.token}.{next(_purchases):x}"

    def lives(self, name: str) -> bool:
        """Whether the process that gave a purchase this name is running.

        Raises OutputError where the system cannot tell.
        """
        token = ".".join(name.split(".")[:2])
        if any(
            token == own.token for (fork, *_), own in tuple(_owners.items()) if fork == _generation
        ):
            return True
        place = _place_of(token)
        if place is None or place == self._place:
            return False  # this process has the byte, so nobody else does
        with _explained(self._path):
            if not _lock(self._file, place, shared=True):
                return True
            _unlock(self._file, place)
        return False


def this_process(ledger: Path) -> Owner:
    """This process as an owner, the same to all ledger objects of one file.

    Raises OutputError where the file system cannot lock.
    """
    path = ledger.with_name(f"{ledger.name}-owners")
    with _explained(path):
        known = _owners.get(_identity(path.stat())) if path.exists() else None
        return known or _new_owner(path)


def generation() -> int:
    """How many forks lie between this process and the first: what was opened in another one must
    not be used."""
    return _generation


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """The system's errors as one line that says what to do."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"cannot lock {path}: {error.strerror}; keep the ledger on a local disk"
        ) from None


def _identity(status: os.stat_result) -> tuple[int, int, int]:
    """A file by what it is, not by its name: a second descriptor of it must not be closed."""
    return _generation, status.st_dev, status.st_ino


def _new_owner(path: Path) -> Owner:
    file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    while True:
        place = 1 + secrets.randbelow(PLACES)
        if _lock(file, place, shared=False):
            owner = Owner(f"{place:x}.{secrets.token_hex(8)}", path, file, place)
            return _owners.setdefault(_identity(os.fstat(file)), owner)


def _place_of(token: str) -> int | None:
    try:
        return int(token.partition(".")[0], 16)
    except ValueError:
        return None


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int, place: int, *, shared: bool) -> bool:
        """Take the byte, or say that another process has it."""
        os.lseek(file, place, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _unlock(file: int, place: int) -> None:
        os.lseek(file, place, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: int, place: int, *, shared: bool) -> bool:
        """Take the byte, or say that another process has it."""
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.lockf(file, kind | fcntl.LOCK_NB, 1, place)
        except (BlockingIOError, PermissionError):
            return False
        return True

    def _unlock(file: int, place: int) -> None:
        fcntl.lockf(file, fcntl.LOCK_UN, 1, place)


_generation = 0
_purchases = itertools.count(1)
_owners: dict[tuple[int, int, int], Owner] = {}
"""Never emptied: see above."""


def _count_fork() -> None:
    global _generation
    _generation += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_count_fork)
