"""A question put to a language model: never over budget, never twice, and its answer is kept.

The order of things is that of pictures (providers/buying.py), without jobs to wait for: the money
is reserved before the call, and the answer is kept before the row is settled. What comes with a
good status is kept as it came, also when it turns out to be no plan: no question costs twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from clavilux.interfaces import Answer, LanguageModel
from clavilux.model.codec import digest, to_json
from clavilux.model.errors import WORTH_REPEATING, BudgetError, ClaviluxError, ProviderError
from clavilux.model.order import Order
from clavilux.model.question import Question
from clavilux.providers.ledger import DIED
from clavilux.providers.ledger_rows import (
    AlreadyBoughtError,
    BeingBoughtError,
    Entry,
    InDoubtError,
)

if TYPE_CHECKING:
    from clavilux.objects import Objects
    from clavilux.providers.ledger import Ledger

SECTION = "director"
"""What the ledger calls the part of the video that an answer is for."""

KEPT = ".bin"
"""Suffix of an answer, among the pictures."""

ATTEMPTS = 2
"""How often a call is made whose trouble may pass by itself."""

PAUSE, PATIENCE = 1.0, 120.0
"""Seconds between them where the server does not say, and the most that it may ask for."""

OTHERS_SECONDS = 0.5
"""Between two looks at what another process is asking."""

_ANSWER = TypeAdapter(Answer)


@dataclass(frozen=True)
class Asker:
    """Asks one model, for one song. Money in millionths of a dollar."""

    model: LanguageModel
    ledger: Ledger
    answers: Objects
    """Where answers are kept, beside the pictures."""
    account: str
    """What the cap is for: all purchases of one song."""
    cap: int | None = None
    month_cap: int | None = None
    again: bool = False
    """The user wants what was or may have been paid, but is not here."""
    on_ask: Callable[[str], None] = lambda _: None
    """Told the model's id before it is waited for."""
    rest: Callable[[float], None] = time.sleep

    def ask(self, question: Question) -> Answer:
        """The answer there is, or a new one. Raises ProviderError where none is to be had.

        A model that is gone is replaced by its successor.
        """
        gone: ProviderError | None = None
        for name in self.model.models:
            try:
                return self._ask(question, name)
            except ProviderError as error:
                if error.trouble != "model_gone":
                    raise
                gone = gone or error
            except ClaviluxError as error:  # of the ledger or the store: nothing is asked
                raise ProviderError(str(error), trouble="budget") from error
        raise gone or ProviderError(f"{self.model.name} has no model", trouble="model_gone")

    def _ask(self, question: Question, name: str) -> Answer:
        order, again = order_for(question, self.model, name), self.again
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._have(order) or self._bought(order, question, again=again)
            except ProviderError as error:
                pause = PAUSE if error.retry_after is None else error.retry_after
                if error.trouble not in WORTH_REPEATING or attempt == ATTEMPTS or pause > PATIENCE:
                    raise
                self.rest(pause)
                again = True  # it is this run that saw it fail
        raise AssertionError("the last attempt returns or raises")

    def _have(self, order: Order) -> Answer | None:
        """The answer of an order, if it was given before."""
        data = self.answers.get(order.key, KEPT)
        if data is None:
            return None
        answer = _read(data)
        if self.ledger.state(order.key) == "doubt":  # who asked died before he could settle
            self.ledger.found(order.key, cost=answer.cost or 0, usage=answer.usage)
        return answer

    def _bought(self, order: Order, question: Question, *, again: bool) -> Answer:
        """A new answer; or that of another process which is at the same question."""
        while True:
            try:
                return self._new(order, question, again=again)
            except BeingBoughtError:
                self.rest(OTHERS_SECONDS)
            except AlreadyBoughtError:
                if not self.answers.has(order.key, KEPT):
                    raise _lost("was paid") from None
            except BudgetError as error:
                raise BudgetError(str(error).replace("the next picture", "its answer")) from None
            except InDoubtError as error:
                if error.entry.why == DIED:
                    raise _lost("may have been paid") from None
                again = True  # that run saw it fail, and said so
            if (answer := self._have(order)) is not None:
                return answer

    def _new(self, order: Order, question: Question, *, again: bool) -> Answer:
        """Set money aside, ask, keep, settle. Raises what the ledger refuses with."""
        price = self.model.price(question, model=order.model)
        entry = self.ledger.reserve(
            order, account=self.account, section=SECTION, amount=price.high, cap=self.cap,
            month_cap=self.month_cap, again=again,
        )  # fmt: skip
        self.on_ask(order.model)
        began = time.monotonic()
        try:
            answer = self.model.complete(question, model=order.model)
        except ProviderError as error:
            self._close(entry, error, likely=price.likely)
            raise
        except BaseException as stop:  # also Ctrl-C, and defects of a plugin: money is at stake
            why = f"{type(stop).__name__}: {stop}".rstrip(": ")
            with suppress(ClaviluxError):
                self.ledger.doubt(entry, why=why)
            if not isinstance(stop, Exception):
                raise
            raise ProviderError(why, billed="maybe") from stop
        if answer.cost is None:
            answer = Answer(
                text=answer.text, stop=answer.stop, cost=price.likely, usage=answer.usage
            )
        self._keep(order, answer)
        seconds = time.monotonic() - began
        self.ledger.settle(entry, cost=answer.cost or 0, usage=answer.usage, seconds=seconds)
        return answer

    def _keep(self, order: Order, answer: Answer) -> None:
        note = order.model_dump_json(exclude_defaults=True).encode()
        with suppress(ClaviluxError):  # it is in hand, and paid
            self.answers.put(order.key, KEPT, to_json(asdict(answer)).encode(), note=note)

    def _close(self, entry: Entry, error: ProviderError, *, likely: int) -> None:
        if error.billed == "no":
            self.ledger.release(entry, why=str(error))
        elif error.billed == "yes":
            cost = likely if error.cost is None else error.cost
            self.ledger.settle(entry, cost=cost, usage=str(error))
        else:
            self.ledger.doubt(entry, why=str(error))


def order_for(question: Question, model: LanguageModel, name: str) -> Order:
    """A question as the ledger knows it. Its words are not in it, for they hold lyrics.

    An answer has no size; the smallest that an order can have stands for that.
    """
    return Order(
        provider=model.name,
        model=name,
        endpoint=model.endpoint,
        prompt=f"{question.purpose}: {digest('question', question)}",
        width=16,
        height=16,
        options={"max_tokens": question.max_tokens, "messages": len(question.messages)},
    )


def _lost(what: str) -> ProviderError:
    return ProviderError(
        f"the answer to this very question {what} before, and is not here; --again asks anew",
        trouble="budget",
    )


def _read(data: bytes) -> Answer:
    try:
        return _ANSWER.validate_json(data)
    except ValidationError:
        raise ProviderError("the answer that was kept cannot be read", trouble="unusable") from None
