"""The only reader of the environment: where things are kept, how many workers draw."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from clavilux.model.errors import InputError


@dataclass(frozen=True)
class Settings:
    """What the machine and the user decide, apart from any one render."""

    cache: Path
    """Analyses, stills and segments; safe to delete."""
    workers: int

    @classmethod
    def read(cls) -> Settings:
        """From CLAVILUX_CACHE and CLAVILUX_WORKERS, with sensible defaults."""
        cache = os.environ.get("CLAVILUX_CACHE")
        folder = Path(cache) if cache else Path(platformdirs.user_cache_dir("clavilux", False))
        return cls(cache=folder.expanduser(), workers=_workers(os.environ.get("CLAVILUX_WORKERS")))


def _workers(text: str | None) -> int:
    if not text:
        return _cores()
    if not text.isdigit() or int(text) < 1:
        raise InputError(f"CLAVILUX_WORKERS is '{text}'; set it to a whole number from 1")
    return int(text)


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
