"""The providers a user chose, opened: with his settings, his keys and his money."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

from clavilux import registry
from clavilux.interfaces import ImageProvider, Interruptible, PictureSeller, Progressing, Step
from clavilux.model.errors import InputError
from clavilux.model.money import MICROS
from clavilux.model.report import MoneyReport
from clavilux.model.request import ImageRequest
from clavilux.providers import prices
from clavilux.providers.fulfil import Fulfilled
from clavilux.providers.making import LocalMaker, Maker
from clavilux.storage import Store

if TYPE_CHECKING:
    from clavilux.objects import Objects
    from clavilux.providers.ledger import Ledger
    from clavilux.providers.watching import OnPicture, Watch
    from clavilux.settings import Settings

OnNotice = Callable[[str], None]
"""Told, in a line for the user, what stops nothing."""

BUILT_IN = "painter"


def open_provider(name: str, settings: Settings | None) -> ImageProvider | PictureSeller:
    """A provider by name. Raises PluginError, or InputError for settings it cannot use."""
    provider: ImageProvider | PictureSeller = registry.get("providers", name)
    if not isinstance(provider, PictureSeller):
        return provider
    if settings is None:
        raise InputError(f"{name} is paid for its pictures, and nothing is to be paid here")
    return type(provider).configured(settings.provider(name))


@dataclass(frozen=True)
class Shop:
    """Who makes the pictures of a render, and what they may cost."""

    names: tuple[str, ...] = (BUILT_IN,)
    """In the order they are asked."""
    settings: Settings | None = None
    """Of the user; None where nothing is to be paid."""
    budget: int | None = None
    """Millionths of a dollar that the pictures of this song may cost in all, those before too."""
    again: frozenset[str] | None = frozenset()
    """Sections that are bought anew although they were or may have been paid; None: all."""
    on_notice: OnNotice = lambda _: None

    def opened(self) -> tuple[ImageProvider | PictureSeller, ...]:
        """The providers. Raises PluginError or InputError."""
        if self.settings is not None:
            prices.use(prices.Prices.read(self.settings.prices))
        return tuple(open_provider(name, self.settings) for name in self.names)

    @property
    def local(self) -> str:
        """Who makes pictures that cost nothing, as for a preview."""
        for name in self.names:
            if not isinstance(registry.get("providers", name), PictureSeller):
                return name
        return BUILT_IN

    def sellers(self) -> tuple[PictureSeller, ...]:
        """Those of them that are paid."""
        return tuple(one for one in self.opened() if isinstance(one, PictureSeller))

    def makers(
        self,
        requests: Sequence[ImageRequest],
        store: Store,
        *,
        account: str,
        workers: int,
        stop: Event | None = None,
        on_notice: OnNotice = lambda _: None,
        on_step: OnPicture = lambda request, step: None,
    ) -> tuple[Maker, ...]:
        """Ready to make the stills of a render. `account`: what the budget is for. `on_notice` is
        told what the user should know of the models and of the place for pictures, `on_step` how
        far those are that take their time.

        Raises InputError or OutputError where money could be lost: no budget, no key, no place to
        keep what is bought.
        """
        opened = self.opened()
        if requests and any(isinstance(one, PictureSeller) for one in opened):
            return self._with_money(
                opened, requests, store, account, workers, stop, on_notice, on_step
            )
        return tuple(
            LocalMaker(one, store, workers=workers)
            for one in opened
            if not isinstance(one, PictureSeller)
        )

    def bill(self, account: str, made: Sequence[Fulfilled]) -> MoneyReport | None:
        """What was paid; None where nothing was to be paid."""
        if self.settings is None or self.budget is None or not self.sellers():
            return None
        totals = open_ledger(self.settings).totals(account)
        return MoneyReport(
            budget=self.budget / MICROS,
            paid=sum(one.cost for one in made) / MICROS,
            spent=totals.spent / MICROS,
            in_doubt=(totals.in_doubt + totals.reserved) / MICROS,
        )

    def _with_money(
        self,
        opened: Sequence[ImageProvider | PictureSeller],
        requests: Sequence[ImageRequest],
        store: Store,
        account: str,
        workers: int,
        stop: Event | None,
        on_notice: OnNotice,
        on_step: OnPicture,
    ) -> tuple[Maker, ...]:
        from clavilux.providers.bought import BuyingMaker
        from clavilux.providers.buying import Buyer, Purse
        from clavilux.providers.making import NotReady
        from clavilux.providers.model_news import tell_of_model
        from clavilux.providers.pacing import Pace

        settings = self.settings
        assert settings is not None, "a seller was opened"
        sellers = [one for one in opened if isinstance(one, PictureSeller)]
        if self.budget is None and any(one.capabilities.paid for one in sellers):
            raise InputError("pictures are to be bought: say --budget USD, the most they may cost")
        troubles = [one.ready() if isinstance(one, PictureSeller) else "" for one in opened]
        if all(troubles):
            raise InputError(f"cannot ask {opened[0].name} for pictures: {troubles[0]}")
        pictures, ledger = open_pictures(settings, on_notice), open_ledger(settings)
        pictures.check()
        purse = Purse(account, self.budget, settings.month_budget, self.again)
        # What costs nothing is simply made again: nobody paid for what was lost or broken off.
        free = Purse(account, None, again=None)
        makers: list[Maker] = []
        for one, trouble in zip(opened, troubles, strict=True):
            if trouble:
                makers.append(NotReady(one.name, trouble))
            elif isinstance(one, PictureSeller):
                pace = Pace(one.capabilities, stop=stop)
                if isinstance(one, Interruptible) and stop is not None:
                    one.stop_on(stop)
                watch = _watched(one, on_step)
                patience = settings.provider(one.name).timeout
                news = partial(tell_of_model, one, on_notice)
                mine = purse if one.capabilities.paid else free
                buyer = Buyer(
                    one, ledger, pictures, mine, pace, patience, opening=news, watch=watch
                )
                makers.append(BuyingMaker(buyer, store, requests))
            else:
                makers.append(LocalMaker(one, store, workers=workers))
        return tuple(makers)


def _watched(seller: PictureSeller, on_step: OnPicture) -> Watch:
    """Hears how far a seller is, where it tells; else that it was asked."""
    from clavilux.providers.watching import Watch

    if not isinstance(seller, Progressing):
        return Watch(on_step, first=Step(what=f"at {seller.name}"))
    watch = Watch(on_step)
    seller.tell_of(watch)
    return watch


def names_of_sellers() -> tuple[str, ...]:
    """The installed providers that are paid."""
    return tuple(
        name
        for name in registry.names("providers")
        if isinstance(registry.get("providers", name), PictureSeller)
    )


def open_ledger(settings: Settings) -> Ledger:
    """The ledger of this user. Raises InputError or OutputError."""
    from clavilux.providers.ledger import Ledger

    return Ledger(settings.ledger)


def open_pictures(settings: Settings, on_notice: OnNotice = lambda _: None) -> Objects:
    """Where bought pictures are kept. Raises InputError or OutputError."""
    from clavilux.objects import open_objects

    near = settings.picture_folder
    return open_objects(settings.pictures or near, near=near, notice=on_notice)
