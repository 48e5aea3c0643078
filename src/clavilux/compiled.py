"""How numerical code is compiled: two decorators, and a cache that can never be stale.

Numba's own cache notices a change in the file of the function it compiled, but not in the
functions which that one inlines from other files. So the cache folder is named after the contents
of every source file that compiles anything: a changed kernel means a new folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numba
import platformdirs
from numba import njit

from clavilux.fingerprint import CODE, of_sources


def _cache_folder() -> Path:
    folders = ("analysis", "rendering", "scenes", "effects")
    sources = of_sources("compiled.py", *folders, suffixes=CODE)
    base = Path(platformdirs.user_cache_dir("clavilux", appauthor=False))
    return base / "kernels" / f"{numba.__version__}-{sources[:16]}"


setattr(numba.config, "CACHE_DIR", str(_cache_folder()))  # noqa: B010

fast: Any = njit(inline="always", fastmath=True, error_model="numpy", cache=True)
"""For small functions called per pixel: inlined, so that the loop around them becomes SIMD code."""

kernel: Any = njit(nogil=True, fastmath=True, error_model="numpy", cache=True)
"""For the loops over pixels. Single-threaded: workers run side by side instead."""
