"""clavilux cost | spend | retry: what pictures will cost, did cost, and one of them again."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clavilux.arguments import (
    Budget,
    Images,
    Json,
    PresetName,
    Seed,
    Source,
    StyleName,
    TierChoice,
    Workers,
    money,
    names_in,
    render_options,
)
from clavilux.model.errors import InputError
from clavilux.model.money import dollars

if TYPE_CHECKING:
    from clavilux.interfaces import PictureSeller
    from clavilux.model.report import RenderReport
    from clavilux.model.request import ImageRequest
    from clavilux.model.song import Analysis
    from clavilux.model.spec import RenderSpec
    from clavilux.pipeline import RenderOptions
    from clavilux.providers.estimate import Estimate
    from clavilux.settings import Settings
    from clavilux.storage import Store


def cost(
    source: Source,
    images: Images = "",
    style: StyleName = "auto",
    seed: Seed = 1,
    tier: TierChoice = "auto",
    preset: PresetName = "youtube",
    as_json: Json = False,
) -> None:
    """What the pictures of a song would cost, provider by provider. Nothing is spent."""
    from clavilux import pipeline, terminal
    from clavilux.providers.shop import Shop, names_of_sellers

    settings, store = settings_and_store()
    options = render_options(style=style, seed=seed, tier=tier, preset=preset)
    options = replace(options, shop=Shop(names_in(images) or names_of_sellers(), settings))
    with terminal.progress(quiet=as_json) as on_progress:
        spec, _ = pipeline.direct(source, options, store, on_progress=on_progress)
    offers = estimates(pipeline.stills_wanted(spec, options), options.shop.sellers(), settings)
    if as_json:
        typer.echo(json.dumps([vars_of(offer) for offer in offers]))
    else:
        terminal.show_offers(offers)


def vars_of(offer: Estimate) -> dict[str, object]:
    """As JSON: money in US dollars."""
    plain = {name: getattr(offer, name) for name in offer.__dataclass_fields__}
    for name in ("each", "low", "likely", "high"):
        plain[name] = plain[name] / 1_000_000
    return plain


def spend(
    month: Annotated[bool, typer.Option("--month", help="Of this month (UTC) only.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many rows.")] = 50,
    as_json: Json = False,
) -> None:
    """The ledger: what was bought, what it cost, and what may have been billed."""
    from clavilux import terminal
    from clavilux.providers.shop import open_ledger
    from clavilux.settings import Settings

    settings = Settings.read()
    if not settings.ledger.exists():
        typer.echo("[]" if as_json else "nothing was ever bought")
        return
    ledger = open_ledger(settings)
    totals = ledger.totals(month=month)
    rows = ledger.rows(since=begin_of_month() if month else None, limit=limit)
    if as_json:
        names = ("at", "section", "provider", "model", "state", "why", "usage", "account", "ticket")
        plain = [
            {
                **{name: getattr(row, name) for name in names},
                "reserved": row.reserved / 1_000_000,
                "cost": None if row.cost is None else row.cost / 1_000_000,
                "order": json.loads(row.order),
            }
            for row in rows
        ]
        typer.echo(json.dumps(plain))
        return
    terminal.show_purchases(rows, totals, cap=settings.month_budget if month else None)


def begin_of_month() -> float:
    """Unix time at which this month began, UTC."""
    now = datetime.now(UTC)
    return datetime(now.year, now.month, 1, tzinfo=UTC).timestamp()


def retry(
    report_file: Annotated[
        Path, typer.Argument(metavar="REPORT", help="The song.report.json of a render.")
    ],
    section: Annotated[str, typer.Option("--section", help="Its label, as the report has it.")],
    prompt: Annotated[str, typer.Option("--prompt", help="Other words for its pictures.")] = "",
    images: Images = "",
    budget: Budget = "",
    workers: Workers = 0,
    as_json: Json = False,
) -> None:
    """Have the pictures of one section made again, and the video with them.

    Pictures that are there are kept, unless --prompt changes what is asked for. Pictures that may
    have been paid, but never came, are bought again.
    """
    from clavilux import pipeline, terminal
    from clavilux.redoing import read_report, render_again

    settings, store = settings_and_store()
    report = read_report(report_file)
    again = render_again(report, report_file, section=section, prompt=prompt)
    options = replace(again.options, workers=workers or settings.workers)
    names = names_in(images) or options.shop.names
    with terminal.progress(quiet=as_json) as on_progress:
        directed = again.directed(store, on_progress=on_progress)
    options = with_money(
        options, names, budget, settings, store, directed, again=frozenset({section})
    )
    with terminal.progress(quiet=as_json) as on_progress:
        done = pipeline.render_directed(
            lambda: directed, again.output, options, store, on_progress=on_progress
        )
    tell(done, as_json)


def with_money(
    options: RenderOptions,
    names: tuple[str, ...],
    budget: str,
    settings: Settings,
    store: Store,
    directed: tuple[RenderSpec, Analysis, Path],
    *,
    again: frozenset[str] | None = frozenset(),
) -> RenderOptions:
    """The options with the providers and the budget that the user gave, or says yes to.

    Raises InputError where pictures are to be bought and nobody said for how much.
    """
    from clavilux import pipeline, terminal
    from clavilux.providers.shop import Shop, open_ledger

    limit = money(budget, "--budget") if budget else None
    shop = Shop(names, settings, limit, again, on_notice=terminal.notice)
    options = replace(options, shop=shop)
    spec, analysis, _ = directed
    requests = pipeline.stills_wanted(spec, options)
    paid = [seller for seller in shop.sellers() if seller.capabilities.paid]
    if limit is not None or not paid or not requests:
        return options
    offer = estimates(requests, paid, settings)[0]
    spent = open_ledger(settings).totals(analysis.song.digest).counted
    if not offer.to_buy:
        return replace(options, shop=replace(shop, budget=spent))
    about = (
        f"{offer.to_buy} pictures by {offer.provider} {offer.model} cost about "
        f"{dollars(offer.likely)}, at most {dollars(offer.high)}"
    )
    if not sys.stdin.isatty():
        need = -(-(spent + offer.high) // 10_000) / 100
        raise InputError(f"{about}; say --budget {need:.2f}, the most this song may cost in all")
    if not typer.confirm(f"{about}. Buy them?", err=True):
        raise InputError("nothing was bought; leave --images out for pictures that cost nothing")
    return replace(options, shop=replace(shop, budget=spent + offer.high))


def estimates(
    requests: tuple[ImageRequest, ...], sellers: Sequence[PictureSeller], settings: Settings
) -> tuple[Estimate, ...]:
    """What each of these would take."""
    from clavilux.providers.buying import RAW
    from clavilux.providers.estimate import estimate
    from clavilux.providers.shop import open_pictures

    pictures = open_pictures(settings) if settings.picture_folder.exists() else None

    def has(key: str) -> bool:
        return pictures is not None and pictures.has(key, RAW)

    return tuple(estimate(requests, seller, has=has) for seller in sellers)


def prompts_of(requests: tuple[ImageRequest, ...], names: tuple[str, ...]) -> Iterator[str]:
    """The exact text that the first of these providers would be sent for each still; that of any
    other, without one."""
    from clavilux.providers.shop import Shop
    from clavilux.settings import Settings

    sellers = Shop(names, Settings.read()).sellers() if names else ()
    for request in requests:
        where = f"{request.section} {request.index}"
        if not sellers:
            yield f"{where}: {request.prompt}\nnot: {request.negative_prompt}"
            continue
        order = sellers[0].order(request, model=sellers[0].models[0])
        lines = [f"{where}: {order.prompt}"]
        lines += [f"not: {order.negative_prompt}"] if order.negative_prompt else []
        lines.append(f"{order.provider} {order.model}, {order.width}x{order.height}")
        lines += [f"given up: {', '.join(order.given_up)}"] if order.given_up else []
        yield "\n".join(lines)


def settings_and_store() -> tuple[Settings, Store]:
    from clavilux.settings import Settings
    from clavilux.storage import Store

    settings = Settings.read()
    return settings, Store(settings.cache)


def tell(report: RenderReport, as_json: bool) -> None:
    """What a render did."""
    from clavilux import terminal

    if as_json:
        typer.echo(report.model_dump_json())
        return
    terminal.show_report(report)
    typer.echo(f"video: {report.output}")
