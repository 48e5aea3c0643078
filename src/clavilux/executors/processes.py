"""Where worker processes come from.

On Linux they are forked from a server that has imported the engine and loaded its kernels once: a
worker starts in milliseconds instead of a second. Elsewhere each starts afresh. This file imports
nothing heavy, so that a command can have the server get ready while it imports the rest itself.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver, get_context, resource_tracker
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess, current_process

from clavilux.model.errors import WorkerError

WARM = "clavilux.executors.warm"
"""What the server imports; also elsewhere it is what a worker would load first."""


def process_context() -> BaseContext:
    """How to start worker processes here."""
    if not sys.platform.startswith("linux"):
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload([WARM])
    return context


def get_ready() -> None:
    """Have the server start now, beside this process; at once, and without waiting for it."""
    if process_context().get_start_method() == "forkserver":
        with _protected():
            forkserver.ensure_running()


UNGUARDED = 'a script must render under `if __name__ == "__main__":`, because workers import it'


def refuse_unguarded() -> None:
    """In a worker that only imports the script that started it: do not begin the work again."""
    if getattr(current_process(), "_inheriting", False):  # as multiprocessing itself asks
        raise WorkerError(UNGUARDED)


def start(process: BaseProcess) -> None:
    """Start a process that Ctrl-C does not reach."""
    with _protected():
        process.start()


@contextmanager
def _protected() -> Iterator[None]:
    resource_tracker.ensure_running()  # it would unblock what the next line blocks
    with without_interrupts():
        yield


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Ctrl-C reaches every process of a terminal: those started in here never see it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
