"""Pictures of one's own machine: how long they take there by what was measured, and what that
machine costs by the hour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from statistics import median

from clavilux.model.money import micros
from clavilux.providers.estimate import Estimate
from clavilux.providers.ledger_rows import Entry

LOOKED_AT = 20
"""How many of the last pictures count: the machine may be another one by now."""

LAST_ROWS = 1000
"""Of the ledger, in which they are looked for."""


def usual_seconds(rows: Iterable[Entry], *, provider: str, model: str) -> float | None:
    """What one picture took the machine, the median of the last ones; None where none was made.

    `rows`: of the ledger, the newest first.
    """
    took = [
        row.seconds
        for row in rows
        if (row.provider, row.model, row.state) == (provider, model, "settled")
        and row.seconds is not None
    ]
    return median(took[:LOOKED_AT]) if took else None


def on_own_machine(
    offer: Estimate, *, guess: float, measured: float | None, machines: int, hourly: float | None
) -> Estimate:
    """An offer that costs nothing, with the minutes of its machines and what these cost.

    `guess` and `measured`: seconds of work for one picture; the latter goes first. `machines`: how
    many work at once. `hourly`: US dollars for an hour of one of them.
    """
    seconds = offer.to_buy * (guess if measured is None else measured)
    return replace(
        offer,
        minutes=seconds / machines / 60,
        measured=measured is not None,
        machine=micros(hourly * seconds / 3600) if hourly else 0,
    )
