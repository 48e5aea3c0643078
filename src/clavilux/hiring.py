"""A director that the user named: what its answer would cost, and his yes before it is asked."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from clavilux.arguments import money
from clavilux.model.errors import InputError
from clavilux.model.money import MICROS, dollars
from clavilux.sources import is_spec

if TYPE_CHECKING:
    from clavilux.directors.choosing import Offer
    from clavilux.pipeline import RenderOptions
    from clavilux.providers.shop import Shop
    from clavilux.storage import Store

RULES = "rules"


def directing(
    options: RenderOptions,
    source: Path,
    *,
    director: str,
    brief: str = "",
    lyrics: Path | None = None,
) -> RenderOptions:
    """The options with what --director, --brief and --lyrics say.

    Raises InputError where they have no use, and for lyrics that cannot be read.
    """
    if director in ("", RULES):
        if brief or lyrics is not None:
            raise InputError(
                "--brief and --lyrics are for a language model; say which: --director openai"
            )
        return options
    if is_spec(source):
        raise InputError(f"{source} is directed already; give the song, or leave --director out")
    from clavilux.directors.lyrics import read_lyrics

    words = read_lyrics(lyrics) if lyrics is not None else None
    return replace(options, director=director, brief=brief, lyrics=words)


def with_budget(
    options: RenderOptions,
    source: Path,
    store: Store,
    *,
    budget: str,
    again: bool,
    quiet: bool,
    reported: bool = False,
) -> RenderOptions:
    """The options with money for the director, which the user gave or says yes to.

    `reported`: a report will hold what the user should know, so that a pipe need not.
    Raises InputError where it cannot be asked, or is paid and nobody said for how much.
    """
    from clavilux import pipeline, terminal
    from clavilux.directors.choosing import offer, ready_director

    if options.director == RULES:
        return options
    shop = shop_for(options.shop, budget=budget, again=again, reported=reported)
    assert shop.settings is not None, "shop_for gives them"
    model = ready_director(options.director, shop.settings)
    options = replace(options, shop=shop)
    if shop.budget is not None or not model.paid:
        return options
    with terminal.progress(quiet=quiet) as on_progress:
        heard = pipeline.analyze(source, store, tracker=options.tracker, on_progress=on_progress)
    offered = offer(pipeline.wish_of(source, heard, options), options.director, shop.settings)
    otherwise = "leave --director out for the rules, which are free"
    shop = agreed(shop, offered, account=heard.song.digest, otherwise=otherwise)
    return replace(options, shop=shop)


def shop_for(shop: Shop, *, budget: str, again: bool, reported: bool = False) -> Shop:
    """The same shop with the user's settings, and his money where he said how much."""
    from clavilux import terminal
    from clavilux.settings import Settings

    return replace(
        shop,
        settings=Settings.read(),
        budget=money(budget, "--budget") if budget else None,
        again=None if again else frozenset(),
        on_notice=terminal.notice_now if reported else terminal.notice,
    )


def agreed(shop: Shop, offered: Offer, *, account: str, otherwise: str = "") -> Shop:
    """The shop with money for an answer, which the user gave before or says yes to.

    `account`: the song's digest. `otherwise`: what to do instead, for who says no. Raises
    InputError for no, and where nobody can be asked.
    """
    from clavilux.providers.shop import open_ledger

    if shop.budget is not None or not offered.paid:
        return shop
    assert shop.settings is not None, "shop_for gives them"
    spent = open_ledger(shop.settings).totals(account).counted
    most = 0 if offered.known else offered.price.high
    if most:
        _ask(offered, need=spent + most, otherwise=otherwise)
    return replace(shop, budget=spent + most)


def _ask(offered: Offer, *, need: int, otherwise: str) -> None:
    said = about(offered)
    if not sys.stdin.isatty():
        least = -(-need // 10_000) / 100
        raise InputError(f"{said}; say --budget {least:.2f}, the most this song may cost in all")
    if not typer.confirm(f"{said}. Ask it?", err=True):
        raise InputError("; ".join(filter(None, ("nothing was asked", otherwise))))


def about(offered: Offer) -> str:
    """An offer in a line."""
    price = offered.price
    by = f"{offered.what} by {offered.director} {offered.model}".rstrip()
    if offered.trouble:
        return f"{by}: {offered.trouble}"
    if offered.known:
        return f"{by} is here already, and costs nothing"
    if not price.high:
        return f"{by} costs nothing"
    return f"{by} costs about {dollars(price.likely)}, at most {dollars(price.high)}"


def offer_as_json(offered: Offer) -> dict[str, object]:
    """An offer with money in US dollars."""
    price = offered.price
    amounts = {name: getattr(price, name) / MICROS for name in ("low", "likely", "high")}
    return {
        "director": offered.director, "model": offered.model, **amounts,
        "seconds": price.seconds, "known": offered.known, "trouble": offered.trouble,
    }  # fmt: skip
