"""A director that reads what the rules of a revision do not understand.

It is asked only then: what it costs is said first, and the user's yes is had, as for a plan. What
it costs counts on the song's account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from clavilux.hiring import agreed
from clavilux.model.errors import BudgetError, ProviderError
from clavilux.model.money import dollars

if TYPE_CHECKING:
    from clavilux.providers.shop import Shop
    from clavilux.revision.by_model import Turns

WHAT = "a revision"

FIRST = 2
"""Messages of a question before any answer: the system's and the user's."""


class Interpreter:
    """A `revision.by_model.Complete` with the user's money: a language model for one song."""

    def __init__(
        self, director: str, shop: Shop, *, account: Callable[[], str], quiet: bool = False
    ) -> None:
        """`shop`: as hiring.shop_for gives it. `account` gives the song's digest, once it is
        needed.

        Raises InputError or PluginError where this director cannot be asked at all.
        """
        from clavilux.directors.choosing import ready_director

        assert shop.settings is not None, "shop_for gives them"
        self._model = ready_director(director, shop.settings)
        self._director, self._shop, self._account, self._quiet = director, shop, account, quiet
        self._agreed, self._counted = shop, 0
        self.told = ""
        """Who read the last request, and what that cost."""

    def __call__(self, schema: Mapping[str, Any], messages: Turns) -> Mapping[str, Any]:
        """The answer. Raises ClaviluxError where there is none, InputError where it is not paid."""
        from clavilux import terminal
        from clavilux.directors.choosing import asker_for
        from clavilux.providers.shop import open_ledger
        from clavilux.revision.by_model import asking

        settings, account = self._shop.settings, self._account()
        assert settings is not None, "shop_for gives them"
        ledger = open_ledger(settings)
        if len(messages) == FIRST:
            self._counted = ledger.totals(account).counted
            self._agreed = self._agree(schema, messages, account)
        with terminal.progress(quiet=self._quiet) as on_progress:
            asker = asker_for(
                self._director,
                self._agreed,
                account=account,
                on_ask=lambda model: on_progress("asking", model, 0, 1),
            )
            try:
                said = asking(asker.ask)(schema, messages)
            except ProviderError as error:
                raise self._named(error) from None
        self.told = self._tell(ledger.totals(account).counted - self._counted)
        return said

    def _agree(self, schema: Mapping[str, Any], messages: Turns, account: str) -> Shop:
        """The shop with money for an answer and its repair."""
        from clavilux.directors.choosing import offer_of
        from clavilux.revision.by_model import dearest_repair, question_of

        if self._shop.budget is not None or not self._model.paid:
            return self._shop
        assert self._shop.settings is not None, "shop_for gives them"
        questions = (
            question_of(schema, messages),
            question_of(schema, dearest_repair(messages)),
        )
        offered = offer_of(WHAT, questions, self._director, self._shop.settings)
        return agreed(self._shop, offered, account=account)

    def _named(self, error: ProviderError) -> ProviderError:
        """The same trouble, with the name of whose it is."""
        said = str(error)
        if isinstance(error, BudgetError):
            said = f"{self._director} was not asked: {said}"
        elif self._director not in said:
            said = f"{self._director}: {said}"
        return ProviderError(said, trouble=error.trouble, billed=error.billed)

    def _tell(self, paid: int) -> str:
        by = f"read by {self._director} {self._model.models[0]}"
        if not self._model.paid:
            return by
        return f"{by} for {dollars(paid)}" if paid > 0 else f"{by} before, at no cost now"
