"""Threads that a library made urgent are made ordinary again.

SVT-AV1, run by root as in most containers, gives its threads and the one that opens it the highest
real-time priority of Linux (SCHED_FIFO, 99; see sched(7)). The opener keeps it, every process begun
later inherits it, and such threads are never put aside for others: they starve the machine, and two
of them that wait for each other in a loop, as those of a matrix library do, wait for ever.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

THREADS = Path("/proc/self/task")


@contextmanager
def ordinary_threads() -> Iterator[None]:
    """Threads that are urgent after the block, and were not before, are so no longer.

    Needs no privilege. Does nothing but on Linux.
    """
    if sys.platform != "linux":
        yield
        return
    before = _urgent()
    try:
        yield
    finally:
        for thread in _urgent() - before:
            with suppress(ProcessLookupError):  # it ended meanwhile
                os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))


def _urgent() -> set[int]:
    """The threads of this process that run with a real-time priority, by the kernel's number."""
    found = set()
    with suppress(OSError):  # no /proc
        for entry in THREADS.iterdir():
            with suppress(ProcessLookupError):
                if os.sched_getscheduler(int(entry.name)) in (os.SCHED_FIFO, os.SCHED_RR):
                    found.add(int(entry.name))
    return found
