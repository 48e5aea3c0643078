"""Before anything is bought: what it would cost, and the user's yes to that."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from clavilux.arguments import money, names_in
from clavilux.model.errors import ClaviluxError, InputError
from clavilux.model.money import dollars

if TYPE_CHECKING:
    from clavilux.interfaces import ImageProvider, PictureSeller
    from clavilux.model.request import ImageRequest
    from clavilux.model.song import Analysis
    from clavilux.model.spec import RenderSpec
    from clavilux.pipeline import RenderOptions
    from clavilux.providers.estimate import Estimate
    from clavilux.providers.shop import Shop
    from clavilux.settings import Settings

SECONDS_HERE = 1.0
"""About what the painter takes for a still of 1080p on one core."""


def shop_for(names: tuple[str, ...], budget: str, *, again: frozenset[str] | None) -> Shop:
    """The providers that a user named, with his settings and his budget.

    Raises, before a song is heard, what would stand against any purchase: InputError for a budget
    or setting that cannot be used or where no provider can be asked, PluginError for a name.
    """
    from clavilux import terminal
    from clavilux.interfaces import PictureSeller
    from clavilux.providers.shop import Shop
    from clavilux.settings import Settings

    limit = money(budget, "--budget") if budget else None
    settings = Settings.read()
    refuse_unknown(settings)
    shop = Shop(names, settings, limit, again, on_notice=terminal.notice_now)
    troubles = [one.ready() if isinstance(one, PictureSeller) else "" for one in shop.opened()]
    if all(troubles):
        raise InputError(f"cannot ask {' or '.join(names)} for pictures: {'; '.join(troubles)}")
    return shop


def refuse_unknown(settings: Settings) -> None:
    """A table for a provider that does not exist: its settings would have no effect."""
    from clavilux import registry
    from clavilux.providers.price_lists import read_lists
    from clavilux.settings import config_path

    listed = {name for name, _ in read_lists({})} if settings.prices else set()
    unlisted = [name for name in settings.prices if name not in listed]
    for table, name in (
        *(("providers", name) for name in settings.providers),
        *(("prices", name) for name in unlisted if name not in settings.directors),
    ):
        try:
            registry.load("providers", name)
        except ClaviluxError as error:
            raise InputError(f"{config_path()}: [{table}.{name}]: {error}") from None


def with_money(
    options: RenderOptions, shop: Shop, directed: tuple[RenderSpec, Analysis, Path]
) -> RenderOptions:
    """The options with a shop whose budget the user gave, or says yes to.

    Raises InputError where pictures are to be bought and nobody said for how much.
    """
    from clavilux import pipeline, terminal
    from clavilux.providers.shop import open_ledger

    settings, (spec, analysis, _) = shop.settings, directed
    assert settings is not None, "shop_for gives them"
    options = replace(options, shop=shop)
    paid = [seller for seller in shop.sellers() if seller.capabilities.paid]
    requests = pipeline.stills_wanted(spec, options)
    if not paid or not requests:
        return options
    account = analysis.song.digest
    spent = open_ledger(settings).totals(account).counted
    offers = estimates(requests, paid, settings, account=account)
    offer = _first_that_stands(offers, local=len(paid) < len(shop.names))
    if offer is None or not offer.to_buy:
        return options if shop.budget is not None else _capped(options, spent)
    if shop.budget is None:
        _ask(offer, settings, spent)
        return _capped(options, spent + offer.high)
    if spent + offer.likely > shop.budget:
        terminal.notice(
            f"{_about(offer)}, but {dollars(max(0, shop.budget - spent))} of --budget is left: "
            "some sections may have to do without"
        )
    return options


def _first_that_stands(offers: Sequence[Estimate], *, local: bool) -> Estimate | None:
    """The offer of the first provider that can be asked; none where others stand in for all."""
    for offer in offers:
        if not offer.trouble:
            return offer
    if local:
        return None
    raise InputError(f"cannot ask {offers[0].provider} for pictures: {offers[0].trouble}")


def _capped(options: RenderOptions, budget: int) -> RenderOptions:
    return replace(options, shop=replace(options.shop, budget=budget))


def _about(offer: Estimate) -> str:
    count = "1 picture" if offer.to_buy == 1 else f"{offer.to_buy} pictures"
    verb = "costs" if offer.to_buy == 1 else "cost"
    bound = f"about {dollars(offer.likely)}, at most {dollars(offer.high)}"
    if offer.likely == offer.high:
        bound = dollars(offer.high)
    return f"{count} by {offer.provider} {offer.model} {verb} {bound}"


def _ask(offer: Estimate, settings: Settings, spent: int) -> None:
    """Whether to buy. Raises InputError for no, and where nobody can be asked."""
    if not sys.stdin.isatty():
        need = -(-(spent + offer.high) // 10_000) / 100
        raise InputError(
            f"{_about(offer)}; say --budget {need:.2f}, the most this song may cost in all"
        )
    if not typer.confirm(f"{_about(offer)}{_month(offer, settings)}. Buy?", err=True):
        raise InputError("nothing was bought; leave --images out for pictures that cost nothing")


def _month(offer: Estimate, settings: Settings) -> str:
    """What this month's limit leaves, where that may not do."""
    from clavilux.providers.shop import open_ledger

    if settings.month_budget is None:
        return ""
    left = open_ledger(settings).totals(month=True).left(settings.month_budget)
    return f"; month_budget leaves {dollars(left)}" if left < offer.high else ""


def estimates(
    requests: tuple[ImageRequest, ...],
    sellers: Sequence[PictureSeller],
    settings: Settings,
    *,
    account: str,
) -> tuple[Estimate, ...]:
    """What each of these would take. `account`: the song's digest."""
    from clavilux.providers.estimate import estimate
    from clavilux.providers.shop import open_pictures

    there = settings.pictures or settings.picture_folder.exists()
    pictures = open_pictures(settings) if there else None
    offers = (estimate(requests, seller, account=account, pictures=pictures) for seller in sellers)
    return tuple(
        offer if seller.capabilities.paid else _on_own_machine(offer, seller, requests, settings)
        for offer, seller in zip(offers, sellers, strict=True)
    )


def _on_own_machine(
    offer: Estimate,
    seller: PictureSeller,
    requests: tuple[ImageRequest, ...],
    settings: Settings,
) -> Estimate:
    """The minutes and the price of what takes no money."""
    from clavilux.providers.machine_time import LAST_ROWS, on_own_machine, usual_seconds
    from clavilux.providers.shop import open_ledger

    if not requests or offer.trouble:
        return offer
    rows = open_ledger(settings).rows(limit=LAST_ROWS) if settings.ledger.exists() else ()
    machines = getattr(seller, "machines", seller.capabilities.concurrency)
    return on_own_machine(
        offer,
        guess=offer.seconds,
        measured=usual_seconds(rows, provider=offer.provider, model=offer.model),
        machines=1 if offer.in_turn else machines,
        hourly=settings.provider(offer.provider).hourly,
    )


def offer_here(provider: ImageProvider, images: int, *, workers: int) -> Estimate:
    """What a provider on this machine takes: nothing but time."""
    from clavilux.providers.estimate import Estimate

    seconds = -(-images // workers) * SECONDS_HERE
    return Estimate(
        provider=provider.name, model="", images=images, to_buy=0, each=0, low=0, likely=0, high=0,
        minutes=seconds / 60,
    )  # fmt: skip


def names_of(images: str) -> tuple[str, ...]:
    """What --images says. Raises InputError where it says nothing."""
    names = names_in(images)
    if not names:
        raise InputError(
            "--budget and --again are for pictures that are bought; say --images, such as openai"
        )
    return names
