"""How numerical code is compiled: two decorators, and a cache that can never be stale.

Numba's own cache notices a change in the file of the function it compiled, but not in the
functions which that one inlines from other files. So the cache folder is named after the contents
of every source file that compiles anything: a changed kernel means a new folder.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numba
import platformdirs
from numba import njit
from numba.core.registry import cpu_target

from clavilux.fingerprint import CODE, of_sources


def _cache_folder() -> Path:
    folders = ("analysis", "rendering", "scenes", "effects")
    sources = of_sources("compiled.py", *folders, suffixes=CODE)
    base = Path(platformdirs.user_cache_dir("clavilux", appauthor=False))
    return base / "kernels" / f"{numba.__version__}-{sources[:16]}"


def _start_compiler() -> None:
    """Let Numba make itself ready now, without scipy.linalg: 0.1 s and 13 MB in every process.

    It loads that in case a kernel uses np.linalg, and does without where it is not installed, which
    is what it sees here. A kernel that does use np.linalg makes it look again.
    """
    hidden: dict[str, Any] = sys.modules
    if "scipy.linalg" in hidden:
        return
    hidden["scipy.linalg"] = None
    try:
        cpu_target.target_context.refresh()
    finally:
        del hidden["scipy.linalg"]


setattr(numba.config, "CACHE_DIR", str(_cache_folder()))  # noqa: B010
_start_compiler()

SAME_EVERYWHERE = {"nnan", "ninf", "nsz"}
"""Of LLVM's fast-math flags those that change no finite result. The others let it fuse, reorder and
approximate as each processor likes best: then pictures differ from machine to machine."""

fast: Any = njit(inline="always", fastmath=SAME_EVERYWHERE, error_model="numpy", cache=True)
"""For small functions called per pixel: inlined, so that the loop around them becomes SIMD code."""

kernel: Any = njit(nogil=True, fastmath=SAME_EVERYWHERE, error_model="numpy", cache=True)
"""For the loops over pixels. Single-threaded: workers run side by side instead."""
