"""A file that only grows: a JSON object a line, each with a digest of itself.

A line is written in one piece and flushed to the disk; a process that is killed while it writes
leaves half a line at most, which is skipped ever after. Several processes may write to one file.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from clavilux.model.codec import to_json
from clavilux.model.errors import InputError, OutputError

LARGEST_BYTES = 256_000_000
DIGEST = "digest"


def append(path: Path, entry: dict[str, Any]) -> None:
    """Add an object. Raises OutputError where it cannot be written."""
    line = to_json({**entry, DIGEST: _digest(entry)}).encode("utf-8", "surrogatepass") + b"\n"
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        file = os.open(path, flags, 0o644)
        try:
            if _torn(path):
                line = b"\n" + line
            view = memoryview(line)
            while view:
                view = view[os.write(file, view) :]
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error


def entries(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """Every whole line, with its number from 1, which never changes; none where there is no file.

    Raises InputError for a line that was changed after it was written.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError(f"{path} is too large; move it away to begin another")
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):  # half a line, or none
            continue
        if not isinstance(entry, dict) or entry.pop(DIGEST, "") != _digest(entry):
            raise InputError(
                f"{path}, line {number}, was changed by hand; move the file away to begin another"
            )
        found.append((number, entry))
    return found


def _torn(path: Path) -> bool:
    """Whether the last line was never finished."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


def _digest(entry: dict[str, Any]) -> str:
    return hashlib.sha256(to_json(entry).encode("utf-8", "surrogatepass")).hexdigest()
