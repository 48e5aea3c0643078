"""Processes beside this one, for work that is to go on behind: they end when it ends.

A helper that is in the middle of something ends at once when it is told to stop, and also when the
process that started it is gone, however that came: it sees the end of a pipe that only its parent
can write to.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any

from clavilux.executors.processes import process_context, without_interrupts
from clavilux.storage import drop_unfinished


class Helpers:
    """A few processes that run functions of ours; they are started when first asked."""

    def __init__(self, count: int) -> None:
        context = process_context()
        held, self._lifeline = context.Pipe(duplex=False)
        self._held = held
        self._pool = ProcessPoolExecutor(count, context, _begin, (held,))
        self._started = False

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Have a module's function called with values that can be pickled."""
        if self._started:
            return self._pool.submit(function, *arguments)
        self._started = True
        resource_tracker.ensure_running()  # it would unblock what the next line blocks
        with without_interrupts():
            return self._pool.submit(function, *arguments)

    def stop(self) -> None:
        """End all of them now."""
        self._lifeline.close()
        self._held.close()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Helpers:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _begin(lifeline: Connection) -> None:
    """In a helper: leave Ctrl-C to the parent, and watch whether it is still there."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, args=(lifeline,), daemon=True).start()


def _watch(lifeline: Connection) -> None:
    with suppress(EOFError, OSError):
        lifeline.recv()
    drop_unfinished()
    os._exit(0)
