"""What pictures would cost, and what was bought."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from clavilux.model.money import dollars
from clavilux.terminal import console

if TYPE_CHECKING:
    from clavilux.providers.estimate import Estimate
    from clavilux.providers.ledger_rows import Entry, Totals


def show_offers(offers: Sequence[Estimate]) -> None:
    """What each provider would take for the pictures of a song. Fits 80 columns."""
    table = Table(box=None, pad_edge=False)
    table.add_column("provider", overflow="fold")
    for name in ("per image", "images", "total", "low to high", "minutes"):
        table.add_column(name, justify="right", no_wrap=True)
    for offer in offers:
        table.add_row(
            escape(f"{offer.provider} {offer.model}".rstrip()),
            dollars(offer.each),
            str(offer.images),
            cents(offer.likely),
            "" if offer.low == offer.high else f"{cents(offer.low)}-{cents(offer.high)}",
            f"{offer.minutes:.1f}",
        )
    console.out.print(table)
    for offer in offers:
        for line in _offer_notes(offer):
            console.out.print(f"[yellow]{escape(line)}[/]", soft_wrap=True)
    console.out.print(
        "[dim]minutes are likely ones, of waiting for pictures. Nothing was spent.[/]"
    )


def _offer_notes(offer: Estimate) -> list[str]:
    """Where a row does not tell all."""
    lines = [offer.trouble] if offer.trouble else []
    if offer.model and not offer.trouble and offer.to_buy < offer.images:
        lines.append(
            f"{offer.provider}: {offer.to_buy} of {offer.images} are to be made, the others are "
            "here"
        )
    if offer.machine:
        how = "as measured here" if offer.measured else "a guess until pictures were made here"
        lines.append(
            f"{offer.provider}: its machine costs about {dollars(offer.machine)} meanwhile ({how})"
        )
    return lines


def cents(amount: int) -> str:
    """An amount in whole cents, none too low; less than a cent in full."""
    return dollars(amount) if amount < 10_000 else f"${-(-amount // 10_000) / 100:.2f}"


STATES = {
    "settled": "paid",
    "live": "in flight",
    "doubt": "in doubt",
    "released": "not billed",
}
"""The states of a purchase, for people."""


def show_purchases(rows: Sequence[Entry], totals: Totals, *, cap: int | None) -> None:
    """The ledger, the newest last; then why some were not paid. Fits 80 columns."""
    table = Table(box=None, pad_edge=False)
    table.add_column("when (UTC)", no_wrap=True)
    for name in ("section", "provider"):
        table.add_column(name, overflow="fold")
    table.add_column("state", no_wrap=True)
    table.add_column("cost", justify="right", no_wrap=True)
    for row in reversed(rows):
        when = datetime.fromtimestamp(row.at, UTC).strftime("%y-%m-%d %H:%M")
        cells = (when, row.section, f"{row.provider} {row.model}", STATES[row.state], _cost_of(row))
        table.add_row(*map(escape, cells))
    console.out.print(table)
    whys = Counter((row.state, row.why) for row in rows if row.why)
    for (state, why), count in whys.items():
        console.out.print(f"[dim]{escape(f'{count} {STATES[state]}: {why}')}[/]", soft_wrap=True)
    of = f" of {dollars(cap)}" if cap is not None else ""
    console.out.print(
        f"spent {dollars(totals.spent)}{of}, in flight {dollars(totals.reserved)}, "
        f"may have been billed {dollars(totals.in_doubt)}",
        soft_wrap=True,
    )


def _cost_of(row: Entry) -> str:
    """What was paid, or may be."""
    if row.state == "released":
        return ""
    return dollars(row.cost) if row.cost is not None else f"up to {dollars(row.reserved)}"
