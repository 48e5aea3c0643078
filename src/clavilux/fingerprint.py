"""Digests of our own source files: what was made by other code is not what we would make now."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent
CODE = (".py",)
CODE_AND_TABLES = (".py", ".npz")
"""Suffixes of what decides how a result comes out: code, and the numbers that it learned."""


@cache
def of_sources(*names: str, suffixes: tuple[str, ...] = CODE_AND_TABLES) -> str:
    """A sha256 in hex over the files of some of our folders, and over single files."""
    state = hashlib.sha256()
    for name in names:
        place = PACKAGE / name
        inside = (path for path in place.rglob("*") if path.suffix in suffixes)
        for path in sorted(inside) if place.is_dir() else [place]:
            state.update(path.read_bytes())
    return state.hexdigest()
