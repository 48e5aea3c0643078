"""One picture bought: never without money set aside, never twice, and kept before it is looked at.

The order of things is the whole point. The money is reserved before the call; a job's ticket is
written down before anybody waits for it; the bytes are in the store before the row is settled. So
whatever stops the process, the ledger never knows less than the provider, and the next run finds
what was paid for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from threading import Condition
from typing import TYPE_CHECKING

from clavilux.interfaces import PictureSeller, Sold, Ticket
from clavilux.model.errors import WORTH_REPEATING, BudgetError, ClaviluxError, ProviderError
from clavilux.model.order import Order
from clavilux.providers.ledger import DIED, Ledger
from clavilux.providers.ledger_rows import (
    AlreadyBoughtError,
    BeingBoughtError,
    Entry,
    InDoubtError,
)
from clavilux.providers.pacing import Pace

if TYPE_CHECKING:
    from clavilux.objects import Objects

RAW = ".bin"
"""Suffix of a picture as it came; what it is, its content says."""

ATTEMPTS = 3
"""How often the same call is made, if its trouble may pass by itself."""

POLL_FIRST, POLL_LONGEST = 1.0, 6.0
"""Seconds between two looks at a job."""

OTHERS_SECONDS = 0.5
"""Between two looks at what another process is buying."""


@dataclass(frozen=True)
class Bought:
    """A picture, as it came."""

    data: bytes
    reused: bool
    """It was paid for before."""
    cost: int = 0
    """Millionths of a dollar that it cost now."""
    note: str = ""
    """For the user, where it could not be kept."""


@dataclass(frozen=True)
class Purse:
    """Who pays, and how much at most. Money in millionths of a dollar."""

    account: str
    """What the cap is for: all purchases of one song, in this run and before."""
    cap: int | None
    month_cap: int | None = None
    again: frozenset[str] | None = frozenset()
    """Sections whose pictures are bought although they were or may have been paid; None: all."""

    def allows_again(self, section: str) -> bool:
        return self.again is None or section in self.again


@dataclass
class Buyer:
    """Buys from one provider in one run; called from several threads."""

    seller: PictureSeller
    ledger: Ledger
    pictures: Objects
    purse: Purse
    pace: Pace
    patience: float = 300.0
    """Seconds to wait for one job."""
    now: Callable[[], float] = time.monotonic
    _moved: Condition = field(default_factory=Condition)
    _in_flight: int = 0

    def have(self, order: Order) -> bytes | None:
        """The picture of an order, if it was bought before."""
        data = self.pictures.get(order.key, RAW)
        if data is not None:
            self.ledger.found(order.key, cost=self._likely(order))
        return data

    def buy(self, order: Order, *, section: str, attempts: int = ATTEMPTS) -> Bought:
        """The picture of an order: the one there is, or a new one.

        Raises ProviderError where there is none to be had, and CancelledError where the run stops.
        """
        try:
            return self._bought(order, section=section, attempts=attempts)
        except ProviderError:
            raise
        except ClaviluxError as error:  # of the ledger or the pictures' place: nothing is bought
            raise ProviderError(str(error), trouble="budget") from error

    def _bought(self, order: Order, *, section: str, attempts: int) -> Bought:
        references = self._bytes_of(order.references)
        again = self.purse.allows_again(section)
        for attempt in range(attempts):
            if attempt == 0 and again and not self._wanted_anew(order):
                again = False
            if not again and (data := self.have(order)) is not None:
                return Bought(data, reused=True)
            try:
                return self._buy_once(order, references, section=section, again=again)
            except ProviderError as error:
                if error.trouble not in WORTH_REPEATING or attempt + 1 == attempts:
                    raise
                self.pace.back_off(attempt, error)
                again = True  # it is this run that saw it fail
        raise AssertionError("the last attempt returns or raises")

    def _wanted_anew(self, order: Order) -> bool:
        """Whether "again" has anything to do: where the picture is there, it is simply used."""
        return self.pictures.get(order.key, RAW) is None

    def _buy_once(
        self, order: Order, references: tuple[bytes, ...], *, section: str, again: bool
    ) -> Bought:
        left = self.ledger.resumable(order.key)
        if left is not None and left.ticket is not None:
            return self._finish(order, left, lambda: Ticket(id=left.ticket or ""))
        with self.pace.turn():
            try:
                entry = self._reserve(order, section=section, again=again)
            except AlreadyBoughtError:
                if (data := self.pictures.get(order.key, RAW)) is None:
                    raise
                return Bought(data, reused=True)
            try:
                return self._finish(order, entry, lambda: self.seller.submit(order, references))
            finally:
                with self._moved:
                    self._in_flight -= 1
                    self._moved.notify_all()

    def _reserve(self, order: Order, *, section: str, again: bool) -> Entry:
        """Set the money aside; waits where another process is at the same picture, and where money
        of our own that is in flight may come free."""
        amount = self.seller.price(order).high
        while True:
            try:
                with self._moved:
                    entry = self.ledger.reserve(
                        order,
                        account=self.purse.account,
                        section=section,
                        amount=amount,
                        cap=self.purse.cap,
                        month_cap=self.purse.month_cap,
                        again=again,
                    )
                    self._in_flight += 1
                    return entry
            except BeingBoughtError:
                self.pace.pause(OTHERS_SECONDS)
            except InDoubtError as error:
                if error.entry.why == DIED:
                    raise
                again = True  # that run saw it fail, and said so
            except BudgetError:
                with self._moved:
                    if self._in_flight == 0:
                        raise
                    self._moved.wait(OTHERS_SECONDS)
            self.pace.check()

    def _finish(self, order: Order, entry: Entry, call: Callable[[], Sold | Ticket]) -> Bought:
        """From the reservation to the settled row, whatever happens between."""
        began = self.now()
        try:
            sold = self._delivered(entry, call)
        except ProviderError as error:
            self._close(order, entry, error)
            self.pace.failed(error)
            raise
        except BaseException as stop:  # also Ctrl-C, and defects of a plugin: money is at stake
            self.ledger.doubt(entry, why=_name(stop))
            if isinstance(stop, Exception) and not isinstance(stop, CancelledError):
                raise ProviderError(_name(stop), billed="maybe") from stop
            raise
        cost = self._likely(order) if sold.cost is None else sold.cost
        note = order.model_dump_json(exclude_defaults=True).encode()
        data, trouble = sold.data, ""
        try:
            if not self.pictures.put(order.key, RAW, data, note=note):
                data = self.pictures.get(order.key, RAW) or data  # somebody else's was first
        except ClaviluxError as error:
            trouble = f"was paid but could not be kept: {error}"
        self.ledger.settle(entry, cost=cost, usage=sold.usage, seconds=self.now() - began)
        self.pace.went_well()
        return Bought(data, reused=False, cost=cost, note=trouble)

    def _delivered(self, entry: Entry, call: Callable[[], Sold | Ticket]) -> Sold:
        """The picture of a call, or of the job that it began."""
        answer = call()
        if isinstance(answer, Sold):
            return answer
        self.ledger.submitted(entry, answer)
        end, pause = self.now() + self.patience, POLL_FIRST
        trouble: ProviderError | None = None
        while True:
            try:
                sold = self.seller.collect(answer)
                if sold is not None:
                    return sold
            except ProviderError as error:  # of the asking, not of the job
                if error.trouble not in WORTH_REPEATING:
                    raise
                trouble = error
            if self.now() >= end:
                said = f"; the last: {trouble}" if trouble else ""
                raise ProviderError(
                    f"the picture did not come within {self.patience:g} s{said}", billed="maybe"
                )
            if self.pace.stopped:
                raise CancelledError
            self.pace.pause(pause)
            pause = min(POLL_LONGEST, pause * 1.5)

    def _close(self, order: Order, entry: Entry, error: ProviderError) -> None:
        if error.billed == "no":
            self.ledger.release(entry, why=str(error))
        elif error.billed == "yes":
            cost = self._likely(order) if error.cost is None else error.cost
            self.ledger.settle(entry, cost=cost, usage=str(error))
        else:
            self.ledger.doubt(entry, why=str(error))

    def _likely(self, order: Order) -> int:
        try:
            return self.seller.price(order).likely
        except ProviderError:
            return 0

    def _bytes_of(self, references: tuple[str, ...]) -> tuple[bytes, ...]:
        found = [self.pictures.get(key, RAW) for key in references]
        if any(data is None for data in found):
            raise ProviderError("a reference picture is gone from the store")
        return tuple(data for data in found if data is not None)


def _name(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")
