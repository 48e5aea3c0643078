"""clavilux cost | spend | retry: what pictures will cost, did cost, and one of them again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clavilux.arguments import (
    Brief,
    Budget,
    Corrections,
    Director,
    Duration,
    Images,
    Json,
    LyricsFile,
    PresetName,
    Seed,
    Source,
    Start,
    StyleName,
    TierChoice,
    Tracker,
    Workers,
    names_in,
    render_options,
)
from clavilux.hiring import about, directing, offer_as_json
from clavilux.model.money import MICROS
from clavilux.sources import refuse_contradiction

if TYPE_CHECKING:
    from clavilux.directors.choosing import Offer
    from clavilux.interfaces import PictureSeller
    from clavilux.model.report import RenderReport
    from clavilux.model.request import ImageRequest
    from clavilux.model.song import Analysis
    from clavilux.pipeline import RenderOptions
    from clavilux.providers.estimate import Estimate
    from clavilux.providers.ledger_rows import Entry
    from clavilux.settings import Settings
    from clavilux.storage import Store

OF_A_ROW = ("at", "section", "provider", "model", "state", "why", "usage", "account", "ticket")
"""What `spend --json` says of a purchase, beside the money and the order."""


def cost(
    source: Source,
    images: Images = "",
    style: StyleName = "auto",
    seed: Seed = 1,
    tier: TierChoice = "auto",
    preset: PresetName = "youtube",
    start: Start = "0",
    duration: Duration = "",
    tracker: Tracker = "",
    director: Director = "rules",
    brief: Brief = "",
    lyrics: LyricsFile = None,
    as_json: Json = False,
    *,
    corrections: Corrections,
) -> None:
    """What the pictures of a song would cost, provider by provider. Nothing is spent.

    Needs no key. Money is in US dollars.
    """
    from clavilux import pipeline, terminal

    refuse_contradiction(source, style, seed, tier, corrections)
    settings, store = settings_and_store()
    options = render_options(
        style=style, seed=seed, tier=tier, preset=preset, start=start, duration=duration,
        tracker=tracker, corrections=corrections,
    )  # fmt: skip
    options = with_providers(options, names_in(images), settings)
    with terminal.progress(quiet=as_json) as on_progress:
        spec, analysis = pipeline.direct(source, options, store, on_progress=on_progress)
    requests = pipeline.stills_wanted(spec, options)
    offers, notices = offers_for(requests, options, settings, account=analysis.song.digest)
    wanted = directing(options, source, director=director, brief=brief, lyrics=lyrics)
    plans = offers_of_plans(wanted, source, analysis, settings)
    if as_json:
        typer.echo(json.dumps([*map(vars_of, offers), *map(offer_as_json, plans)]))
        return
    terminal.show_offers(offers)
    for plan in plans:
        typer.echo(about(plan))
    for line in notices:
        terminal.notice(line)


def offers_of_plans(
    options: RenderOptions, source: Path, analysis: Analysis, settings: Settings
) -> tuple[Offer, ...]:
    """What a director would take for its plan, beside the pictures; none for the rules."""
    if options.director == "rules":
        return ()
    from clavilux import pipeline
    from clavilux.directors.choosing import offer

    return (offer(pipeline.wish_of(source, analysis, options), options.director, settings),)


def with_providers(
    options: RenderOptions, names: tuple[str, ...], settings: Settings
) -> RenderOptions:
    """The options with these providers, or all that are paid; and the painter."""
    from clavilux.consent import refuse_unknown
    from clavilux.providers.shop import BUILT_IN, Shop, names_of_sellers

    refuse_unknown(settings)
    shop = Shop(tuple(dict.fromkeys((*(names or names_of_sellers()), BUILT_IN))), settings)
    shop.opened()
    return replace(options, shop=shop)


def offers_for(
    requests: tuple[ImageRequest, ...],
    options: RenderOptions,
    settings: Settings,
    *,
    account: str,
) -> tuple[tuple[Estimate, ...], tuple[str, ...]]:
    """What every provider of the shop would take; and what to know of the models."""
    from clavilux.consent import estimates, offer_here
    from clavilux.interfaces import PictureSeller
    from clavilux.providers import prices

    opened, sellers = options.shop.opened(), options.shop.sellers()
    here = [
        offer_here(one, len(requests), workers=options.workers)
        for one in opened
        if not isinstance(one, PictureSeller)
    ]
    said = [
        line
        for seller in sellers
        for line in prices.used().warnings(seller.name, seller.models[0], today=date.today())
    ]
    paid = estimates(requests, sellers, settings, account=account)
    return (*paid, *here), tuple(said)


def vars_of(offer: Estimate) -> dict[str, object]:
    """As JSON: money in US dollars."""
    plain = {name: getattr(offer, name) for name in offer.__dataclass_fields__}
    for name in ("each", "low", "likely", "high", "machine"):
        plain[name] = plain[name] / MICROS
    return plain


def spend(
    month: Annotated[bool, typer.Option("--month", help="Of this month (UTC) only.")] = False,
    limit: Annotated[
        int, typer.Option("--limit", min=0, help="How many of the last rows; 0: all.")
    ] = 50,
    as_json: Json = False,
) -> None:
    """The ledger: what was bought, what it cost, and what may have been billed.

    --json gives every row.
    """
    from clavilux import terminal
    from clavilux.providers.shop import open_ledger
    from clavilux.settings import Settings

    settings = Settings.read()
    if not settings.ledger.exists():
        typer.echo("[]" if as_json else "nothing was ever bought")
        return
    ledger = open_ledger(settings)
    totals = ledger.totals(month=month)
    most = None if as_json or not limit else limit
    rows = ledger.rows(since=begin_of_month() if month else None, limit=most)
    if as_json:
        typer.echo(json.dumps([row_of(row) for row in rows]))
    else:
        terminal.show_purchases(rows, totals, cap=settings.month_budget if month else None)


def row_of(row: Entry) -> dict[str, object]:
    """A purchase as JSON: money in US dollars."""
    return {
        **{name: getattr(row, name) for name in OF_A_ROW},
        "reserved": row.reserved / MICROS,
        "cost": None if row.cost is None else row.cost / MICROS,
        "counted": row.counted / MICROS,
        "order": json.loads(row.order),
    }


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
    have been paid, but never came, are bought again. The video is written beside the report.
    """
    from clavilux import pipeline, terminal
    from clavilux.consent import shop_for, with_money
    from clavilux.redoing import read_report, render_again

    settings, store = settings_and_store()
    report = read_report(report_file)
    again = render_again(report, report_file, section=section, prompt=prompt)
    options = replace(again.options, workers=workers or settings.workers)
    shop = shop_for(names_in(images) or options.shop.names, budget, again=frozenset({section}))
    with terminal.progress(quiet=as_json) as on_progress:
        directed = again.directed(store, on_progress=on_progress)
    options = with_money(options, shop, directed)
    with terminal.progress(quiet=as_json) as on_progress:
        done = pipeline.render_directed(
            lambda: directed, again.output, options, store, on_progress=on_progress
        )
    tell(done, as_json)
    theirs = [picture for picture in done.pictures if picture.section == section]
    if not prompt and theirs and all(picture.reused for picture in theirs):
        terminal.notice(f"the pictures of {section} were here already; --prompt gives others")


def first_seller(names: tuple[str, ...]) -> PictureSeller | None:
    """The first of these providers that is paid. Raises PluginError for a name, InputError for
    settings."""
    from clavilux.providers.shop import Shop
    from clavilux.settings import Settings

    sellers = Shop(names, Settings.read()).sellers() if names else ()
    return sellers[0] if sellers else None


def prompts_of(requests: tuple[ImageRequest, ...], seller: PictureSeller | None) -> Iterator[str]:
    """The exact text that a provider would be sent for each still; that of any, without one."""
    for request in requests:
        where = f"{request.section} {request.index}"
        if seller is None:
            yield f"{where}: {request.prompt}\nnot: {request.negative_prompt}"
            continue
        order = seller.order(request, model=seller.models[0])
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
