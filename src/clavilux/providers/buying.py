"""One picture bought: never without money set aside, never twice, and kept before it is looked at.

The order of things is the whole point. The money is reserved before the call; a job's ticket is
written down before anybody waits for it; the bytes are in the store, with what they cost, before
the row is settled. So whatever stops the process, the ledger never knows less than the provider,
and the next run finds what was paid for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import Condition
from typing import TYPE_CHECKING

from clavilux.interfaces import PictureSeller, Sold, Ticket
from clavilux.model.errors import WORTH_REPEATING, BudgetError, ClaviluxError, ProviderError
from clavilux.model.money import dollars
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.providers.ledger import Ledger
from clavilux.providers.ledger_rows import (
    AlreadyBoughtError,
    BeingBoughtError,
    Entry,
    InDoubtError,
)
from clavilux.providers.pacing import Pace
from clavilux.providers.receipts import read_receipt, receipt, refuse_as_before, words_for
from clavilux.providers.waiting import wait_for
from clavilux.providers.watching import Watch

if TYPE_CHECKING:
    from clavilux.objects import Objects

RAW, NOTE = ".bin", ".json"
"""Suffixes of a picture as it came (what it is, its content says) and of what it cost."""

ATTEMPTS = 3
"""How often the same call is made, if its trouble may pass by itself."""

OTHERS_SECONDS = 0.5
"""Between two looks at what another thread or process is buying."""


@dataclass(frozen=True)
class Bought:
    """A picture, as it came."""

    data: bytes
    reused: bool
    """It was paid for before."""
    notes: tuple[str, ...] = ()
    """For the user, to be read after "the picture ": where it could not be kept, for one."""


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
    opening: Callable[[], None] = lambda: None
    """Called once, before the first purchase."""
    watch: Watch = field(default_factory=Watch)
    """Hears how far pictures are."""
    _moved: Condition = field(default_factory=Condition)
    """Money was set aside or came free."""
    _in_flight: int = 0
    _paid: Counter[ImageRequest] = field(default_factory=Counter)
    _is_open: bool = False

    def paid(self, request: ImageRequest) -> int:
        """Millionths of a dollar that this run paid for a request, failures included."""
        with self._moved:
            return self._paid[request]

    def buy(self, order: Order, request: ImageRequest, *, attempts: int = ATTEMPTS) -> Bought:
        """The picture of an order: the one there is, or a new one. `request`: what it is for.

        Raises ProviderError where there is none to be had, and CancelledError where the run stops.
        """
        again = self.purse.allows_again(request.section)
        for attempt in range(1, attempts + 1):
            try:
                return self._bought(order, request, again=again)
            except ProviderError as error:
                if error.trouble not in WORTH_REPEATING or attempt == attempts:
                    raise
                self.pace.back_off(attempt - 1, error)
                again = True  # it is this run that saw it fail
            except ClaviluxError as error:  # of the ledger or the pictures' place: nothing is sold
                raise ProviderError(str(error), trouble="budget") from error
        raise AssertionError("the last attempt returns or raises")

    def _bought(self, order: Order, request: ImageRequest, *, again: bool) -> Bought:
        """What there is, what others are at, what was left unfinished; else a purchase."""
        end = self.pace.now() + ATTEMPTS * self.patience
        while True:
            if (data := self.pictures.get(order.key, RAW)) is not None:
                self._settle_found(order)
                return Bought(data, reused=True)
            standing = self.ledger.state(order.key)
            if standing == "live":
                self._wait_for_others(end)
                continue
            if standing == "resumable" and (left := self.ledger.resumable(order.key)) is not None:
                return self._resumed(order, request, left, again=again)
            if standing == "none" and not again:
                self._refuse_what_was_refused(order, request.section)
            try:
                return self._new(order, request, again=again)
            except BeingBoughtError:
                self._wait_for_others(end)
            except AlreadyBoughtError as error:
                refuse_as_before(error.entry.usage)
                if not self.pictures.has(order.key, RAW):
                    raise
            except InDoubtError as error:
                refuse_as_before(error.entry.why)
                if not error.entry.resumable:
                    raise

    def _refuse_what_was_refused(self, order: Order, section: str) -> None:
        """Also where it was for free: the same video twice is to show the same pictures."""
        for row in self.ledger.rows(self.purse.account, section=section):
            if row.order_key == order.key:
                refuse_as_before(row.why)
                return

    def _wait_for_others(self, end: float) -> None:
        if self.pace.now() >= end:  # it lives and hangs, or could not write down how it ended
            raise ProviderError("whoever is buying it does not get it", billed="maybe")
        self.pace.pause(OTHERS_SECONDS)
        self.pace.check()

    def _resumed(self, order: Order, request: ImageRequest, left: Entry, *, again: bool) -> Bought:
        """The picture of a job that somebody began and did not see the end of."""
        ticket = Ticket(id=left.ticket or "")
        try:
            return self._finish(order, request, left, lambda: ticket)
        except ProviderError as error:
            if error.trouble == "unusable" and error.billed == "yes" and not again:
                lost = replace(left, usage=str(error))
                raise AlreadyBoughtError(lost, section=request.section) from error
            if error.billed != "maybe":
                raise
            if not again:
                raise InDoubtError(
                    replace(left, why=str(error)), section=request.section
                ) from error
        return self._new(order, request, again=True)

    def _new(self, order: Order, request: ImageRequest, *, again: bool) -> Bought:
        """Buy. Raises what the ledger refuses with, and ProviderError."""
        references = self._bytes_of(order.references)
        self._open()
        with self.pace.turn():
            entry = self._reserve(order, section=request.section, again=again)
            try:
                if again and (data := self.pictures.get(order.key, RAW)) is not None:
                    self.ledger.release(entry, why="another process was quicker")
                    return Bought(data, reused=True)
                return self._finish(
                    order, request, entry, lambda: self.seller.submit(order, references)
                )
            finally:
                with self._moved:
                    self._in_flight -= 1
                    self._moved.notify_all()

    def _open(self) -> None:
        with self._moved:
            first, self._is_open = not self._is_open, True
        if first:
            self.opening()

    def _reserve(self, order: Order, *, section: str, again: bool) -> Entry:
        """Set the money aside; waits where money of ours that is in flight may come free."""
        amount, purse = self.seller.price(order).high, self.purse
        with self._moved:
            while True:
                try:
                    entry = self.ledger.reserve(
                        order, account=purse.account, section=section, amount=amount,
                        cap=purse.cap, month_cap=purse.month_cap, again=again,
                    )  # fmt: skip
                except BudgetError:
                    if self._in_flight == 0:
                        raise
                    self._moved.wait(OTHERS_SECONDS)
                    self.pace.check()
                else:
                    self._in_flight += 1
                    return entry

    def _finish(
        self, order: Order, request: ImageRequest, entry: Entry, call: Callable[[], Sold | Ticket]
    ) -> Bought:
        """From the reservation to the settled row, whatever happens between."""
        began = self.pace.now()
        try:
            with self.watch.at(order, request):
                sold = self._delivered(entry, call)
        except ProviderError as error:
            self._close(order, request, entry, error)
            self.pace.failed(error)
            raise
        except BaseException as stop:  # also a stop, and defects of a plugin: money is at stake
            with suppress(ClaviluxError):
                self.ledger.doubt(entry, why=_name(stop))
            if self.pace.stopped or not isinstance(stop, Exception):
                raise
            raise ProviderError(_name(stop), billed="maybe") from stop
        cost = self._likely(order) if sold.cost is None else sold.cost
        data, notes = self._kept(order, entry, sold, cost=cost)
        try:
            seconds = self.pace.now() - began if sold.seconds is None else sold.seconds
            self._settle(request, entry, cost=cost, usage=sold.usage, seconds=seconds)
        except ClaviluxError as error:
            notes = (*notes, f"was paid, but the ledger could not be told so: {error}")
        if cost > entry.reserved:
            most = dollars(entry.reserved)
            notes = (*notes, f"cost {dollars(cost)}, more than the {most} of the price list")
        return Bought(data, reused=False, notes=notes)

    def _delivered(self, entry: Entry, call: Callable[[], Sold | Ticket]) -> Sold:
        """The picture of a call, or of the job that it began."""
        answer = call()
        if isinstance(answer, Sold):
            return answer
        with suppress(ClaviluxError):  # the job is under way, and can be waited for
            self.ledger.submitted(entry, answer)
        return wait_for(self.seller, answer, pace=self.pace, patience=self.patience)

    def _kept(
        self, order: Order, entry: Entry, sold: Sold, *, cost: int
    ) -> tuple[bytes, tuple[str, ...]]:
        """Put what came where it stays; what is there already, stays."""
        note = receipt(order, entry, sold, cost=cost)
        try:
            if not self.pictures.put(order.key, RAW, sold.data, note=note):
                return self.pictures.get(order.key, RAW) or sold.data, ()
        except Exception as error:  # whatever it is, the picture is in hand, and paid
            return sold.data, (f"was paid but could not be kept: {error}",)
        return sold.data, ()

    def _settle_found(self, order: Order) -> None:
        """For a process that died after the picture came and before it could settle: what it paid
        stands beside it. Where that is not known for sure, the money stays in doubt."""
        if self.ledger.state(order.key) not in ("doubt", "resumable"):
            return
        if (told := read_receipt(self.pictures.get(order.key, NOTE))) is not None:
            owner, cost, usage = told
            self.ledger.found(order.key, cost=cost, usage=usage, owner=owner)

    def _close(
        self, order: Order, request: ImageRequest, entry: Entry, error: ProviderError
    ) -> None:
        why = words_for(error)
        if error.billed == "no":
            self.ledger.release(entry, why=why)
        elif error.billed == "yes":
            cost = self._likely(order) if error.cost is None else error.cost
            self._settle(request, entry, cost=cost, usage=why)
        else:
            self.ledger.doubt(entry, why=why)

    def _settle(
        self, request: ImageRequest, entry: Entry, *, cost: int, usage: str,
        seconds: float | None = None,
    ) -> None:  # fmt: skip
        with self._moved:
            self._paid[request] += cost
        self.ledger.settle(entry, cost=cost, usage=usage, seconds=seconds)

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
