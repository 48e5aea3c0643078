"""Several threads that each want one thing, and a device that makes several alike at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

GATHER = 0.05
"""Seconds that a batch waits for more of its kind: next to nothing beside making it."""


class Batcher(Generic[Job, Result]):
    """One batch at a time; whoever's turn it is makes the others' jobs with his own."""

    def __init__(
        self,
        make: Callable[[Sequence[Job]], Sequence[Result | Exception]],
        *,
        most: int,
        kind: Callable[[Job], Hashable],
        gather: float = GATHER,
    ) -> None:
        """`make` gives a result or an error for each job; what it raises, each of them gets.
        `most`: jobs in a batch. `kind`: only jobs of equal kind go together."""
        self._make, self._most, self._kind, self._gather = make, most, kind, gather
        self._waiting: list[tuple[Job, Future[Result]]] = []
        self._lock, self._turn = Lock(), Lock()

    def get(self, job: Job) -> Result:
        """The result of a job. Raises what making it raised."""
        mine: Future[Result] = Future()
        with self._lock:
            self._waiting.append((job, mine))
        with self._turn:
            if not mine.done():
                self._make_batch(job)
        return mine.result()

    def _make_batch(self, first: Job) -> None:
        if self._most > 1:
            time.sleep(self._gather)
        batch = self._taken(first)
        try:
            results = self._make([job for job, _ in batch])
        except BaseException as error:  # also a stop: nobody is to wait for ever
            for _, future in batch:
                future.set_exception(error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)

    def _taken(self, first: Job) -> list[tuple[Job, Future[Result]]]:
        """A job and those like it, in the order they came."""
        with self._lock:
            kind = self._kind(first)
            mine = [one for one in self._waiting if one[0] is first]
            alike = [
                one for one in self._waiting if one[0] is not first and self._kind(one[0]) == kind
            ]
            batch = (mine + alike)[: self._most]
            self._waiting = [one for one in self._waiting if one not in batch]
            return batch
