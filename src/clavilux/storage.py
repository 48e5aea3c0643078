"""Bytes by digest, in a folder. Whole or absent: written beside, flushed, then renamed."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from clavilux.model.errors import OutputError

_unfinished: set[Path] = set()
"""What this process is writing."""


class Store:
    """A folder of blobs, each named by the digest of what made it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str, suffix: str) -> Path:
        """Where a blob lies, whether or not it exists."""
        return self.folder / key[:2] / f"{key}{suffix}"

    def has(self, key: str, suffix: str) -> bool:
        return self.path(key, suffix).is_file()

    def get(self, key: str, suffix: str) -> bytes | None:
        """The bytes, or None where there are none."""
        try:
            return self.path(key, suffix).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def put(self, key: str, suffix: str, data: bytes) -> Path:
        """Store bytes; a crash at any point leaves the old state or the new one."""
        target = self.path(key, suffix)
        write_atomically(target, data)
        return target


def refuse_as_output(target: Path, *sources: Path) -> None:
    """Raise OutputError where writing would destroy something: a folder, a device, a source."""
    if target.is_dir():
        raise OutputError(f"{target} is a folder; name the file to write")
    if target.exists() and not target.is_file():
        raise OutputError(f"{target} is not a regular file; name another one to write")
    for source in sources:
        if target.exists() and source.exists() and target.samefile(source):
            raise OutputError(f"{target} would be overwritten, and it is needed; name another file")


def try_writing(target: Path) -> None:
    """Raise OutputError now rather than after hours of work, if the place cannot be written."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except OSError as error:
        raise OutputError(
            f"cannot write {target}: {error.strerror or error}; choose another place"
        ) from error


def write_atomically(target: Path, data: bytes) -> None:
    """Write a file whole or not at all. Raises OutputError with the system's reason."""
    with written_whole(target) as path:
        path.write_bytes(data)


@contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """A temporary path beside the target, renamed to it at the end, removed if anything fails.

    A crash at any point leaves the old file or the new one. Raises OutputError where the place
    cannot be written or the disk is full.
    """
    beside = target.with_name(f".{target.stem}.{secrets.token_hex(4)}{target.suffix}")
    try:
        if target.is_dir():
            raise OutputError(f"cannot write {target}: it is a folder; name a file in it")
        refuse_as_output(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        _unfinished.add(beside)
        yield beside
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(target)
    except OSError as error:
        raise OutputError(
            f"cannot write {target}: {error.strerror or error}; choose another place"
        ) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        _unfinished.discard(beside)


def drop_unfinished() -> None:
    """Remove what this process is writing: before an exit that runs no `finally`."""
    for path in tuple(_unfinished):
        with suppress(OSError):
            path.unlink(missing_ok=True)
