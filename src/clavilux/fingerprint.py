"""Digests of our own source files: what was made by other code is not what we would make now."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path


@cache
def of_sources(*names: str) -> str:
    """A sha256 in hex over the Python files of some of our folders and files."""
    package = Path(__file__).parent
    state = hashlib.sha256()
    for name in names:
        place = package / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            state.update(path.read_bytes())
    return state.hexdigest()
