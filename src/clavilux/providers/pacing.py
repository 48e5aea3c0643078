"""How fast a provider may be called, and when it is not called any more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from threading import BoundedSemaphore, Event, Lock

from clavilux.interfaces import Capabilities
from clavilux.model.errors import DEAD, WORTH_REPEATING, ProviderError, Trouble

MOST_IN_A_ROW = 6
"""Calls without a usable picture, one after the other, after which a provider counts as down."""

LONGEST_SILENCE = 600.0
"""Seconds without one, after which it counts as down at the next failure: however patient the user
is with one call, a provider that hangs must not hold up the render for hours."""

FRUITLESS: frozenset[Trouble] = WORTH_REPEATING | {"unknown", "unusable", "filtered"}
"""Troubles that count: nothing came, or nothing that can be shown. A refusal is an answer."""

SHORTEST, LONGEST = 1.0, 30.0
"""Seconds between two tries of the same call, where the provider does not say."""

PATIENCE = 120.0
"""Seconds that a provider may ask to wait; one that asks for more is given up."""

Rest = Callable[[float], None]
"""Wait so many seconds."""


class Pace:
    """One provider's calls in one run, from all threads."""

    def __init__(
        self,
        can: Capabilities,
        *,
        stop: Event | None = None,
        rest: Rest | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`stop`: once set, no call is begun and no wait goes on."""
        self._stop = stop or Event()
        self._slots = BoundedSemaphore(can.concurrency)
        self._apart = 60.0 / can.per_minute if can.per_minute else 0.0
        self._rest, self.now = rest or self._wait, now
        self._next = self._since = now()
        self._failed = 0
        self._dead: ProviderError | None = None
        self._lock = Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A call's turn: no more at once than the provider allows, no faster than it allows.

        Raises the ProviderError that killed the provider, or CancelledError.
        """
        with self._slots:
            self.check()
            while (seconds := self._until_turn()) > 0:
                self._rest(seconds)
                self.check()
            self._begin()
            yield

    def _begin(self) -> None:
        self.check()
        with self._lock:
            if self._failed == 0:
                self._since = self.now()

    def check(self) -> None:
        """Raise what stands against any further call."""
        if self._stop.is_set():
            raise CancelledError
        with self._lock:
            if self._dead is not None:
                raise self._dead

    def _until_turn(self) -> float:
        """Seconds to wait; 0 where the turn is now, which is taken then."""
        with self._lock:
            now = self.now()
            if now < self._next:
                return self._next - now
            self._next = now + self._apart
            return 0.0

    def went_well(self) -> None:
        """A picture came that can be shown."""
        with self._lock:
            self._failed = 0

    def failed(self, error: ProviderError) -> None:
        """Take note of a failure: some stop all further calls, some make all of them wait."""
        with self._lock:
            asked = error.retry_after or 0.0
            if error.trouble in DEAD or asked > PATIENCE:
                self._dead = self._dead or error
            if error.trouble not in FRUITLESS:
                return
            self._failed += 1
            self._next = max(self._next, self.now() + min(asked, PATIENCE))
            silent = self.now() - self._since >= LONGEST_SILENCE
            if (silent or self._failed >= MOST_IN_A_ROW) and self._dead is None:
                self._dead = ProviderError(
                    f"not asked any more: {self._failed} calls in a row failed, the last: {error}",
                    trouble=error.trouble,
                )

    def back_off(self, attempt: int, error: ProviderError) -> None:
        """Wait before the same call is made again; `attempt` counts from 0."""
        seconds = error.retry_after
        if seconds is None:
            seconds = min(LONGEST, SHORTEST * 2.0**attempt)
        if seconds > PATIENCE or self.is_down:
            raise error
        self._rest(seconds)
        self.check()

    def pause(self, seconds: float) -> None:
        """Wait for a job."""
        self._rest(seconds)

    @property
    def stopped(self) -> bool:
        """Whether the run stops."""
        return self._stop.is_set()

    @property
    def is_down(self) -> bool:
        """Whether the provider is not called any more in this run."""
        return self._dead is not None

    def _wait(self, seconds: float) -> None:
        self._stop.wait(seconds)
