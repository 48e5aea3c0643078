"""A folder as an object store whose objects outlast a power cut.

obstore's folders are atomic, but nothing in them is flushed: a power cut could leave an empty file
under its final name, where it would stand in the way of the right one for ever.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore

UNFINISHED = "unfinished"
"""The folder of what is being written."""

ABANDONED_SECONDS = 3600.0
"""Age of an unfinished file whose writer must be dead."""


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, to stay. Raises OSError."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for place in missing:
        _flush_folder(place.parent)


def create(folder: Path, path: str, data: bytes) -> None:
    """Write a file that is not there yet: flush its bytes, link them to its name, flush that.

    Raises AlreadyExistsError where it is there, which is then as durable, and what obstore raises.
    """
    store = LocalStore(folder)
    try:
        with _flushed(store, folder, data) as beside:
            obstore.rename(store, beside, path, overwrite=False)
    except AlreadyExistsError:
        _flush_name(folder, path)  # its writer may not have got so far
        raise
    _flush_name(folder, path)


def replace(folder: Path, path: str, data: bytes) -> None:
    """The same, whether or not it is there."""
    store = LocalStore(folder)
    with _flushed(store, folder, data) as beside:
        obstore.rename(store, beside, path)
    _flush_name(folder, path)


@contextmanager
def _flushed(store: LocalStore, folder: Path, data: bytes) -> Iterator[str]:
    """Where bytes lie that outlast a power cut, without a name yet; gone afterwards."""
    beside = f"{UNFINISHED}/{secrets.token_hex(8)}"
    obstore.put(store, beside, data, use_multipart=False)
    try:
        _flush(folder / beside, os.O_RDWR)
        yield beside
    finally:
        with suppress(OSError):
            (folder / beside).unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove what was being written when a process was killed, long ago."""
    with suppress(OSError):
        for path in (folder / UNFINISHED).iterdir():
            remove_abandoned(path)


def remove_abandoned(path: Path) -> None:
    """Remove a file that its writer must have left behind."""
    with suppress(OSError):
        if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
            path.unlink()


def _flush_name(folder: Path, path: str) -> None:
    _flush_folder((folder / path).parent)
    _flush_folder(folder)


def _flush_folder(folder: Path) -> None:
    if os.name != "nt":  # where folders cannot be flushed
        _flush(folder, os.O_RDONLY)


def _flush(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
