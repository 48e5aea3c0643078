"""Progress with a real ETA. Quiet where nobody looks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any

from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

from clavilux.terminal import console

if TYPE_CHECKING:
    from clavilux.footage import OnProgress


@contextmanager
def progress(*, quiet: bool) -> Iterator[OnProgress]:
    """A progress line on a terminal; nothing in a pipe or with --json."""
    if quiet or not console.err.is_terminal:
        yield lambda verb, at, done, total, begun=0.0, /: None
        return
    columns = _columns(console.err.width)
    with Progress(*columns, console=console.err, transient=True, expand=True) as bars:
        yield _Bars(bars)


def _columns(width: int) -> tuple[ProgressColumn, ...]:
    """In so many characters. The words come last, and lose their end first: so nothing leaps."""
    words = Column(no_wrap=True, overflow="ellipsis", ratio=1)
    return (
        TextColumn("{task.fields[verb]:>9}", markup=False),
        BarColumn(bar_width=min(max(width - 70, 8), 32)),
        _Count(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[at]}", markup=False, table_column=words),
    )


class _Count(ProgressColumn):
    """How many are done, without what is only begun."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.fields['done']}/{task.total or 0:.0f}", justify="right")


class _Bars:
    """A new verb replaces the last one, except what goes on beside it; threads may tell of each."""

    BESIDE = "painting"

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}
        self._lock = Lock()

    def __call__(self, verb: str, at: str, done: int, total: int, begun: float = 0.0, /) -> None:
        shown: dict[str, Any] = {
            "completed": done + begun, "total": max(total, 1), "at": at, "done": done,
        }  # fmt: skip
        with self._lock:
            if verb not in self._tasks:
                self._clear(keep="drawing" if verb == self.BESIDE else self.BESIDE)
                self._tasks[verb] = self._bars.add_task("", verb=verb, **shown)
            self._bars.update(self._tasks[verb], **shown)
            if verb == self.BESIDE and done >= total:
                self._bars.remove_task(self._tasks.pop(verb))

    def _clear(self, *, keep: str) -> None:
        for verb in [verb for verb in self._tasks if verb != keep]:
            self._bars.remove_task(self._tasks.pop(verb))
