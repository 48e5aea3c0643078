"""A job that a provider is at: looked at now and then until its picture is there."""

from __future__ import annotations

from concurrent.futures import CancelledError

from clavilux.interfaces import PictureSeller, Sold, Ticket
from clavilux.model.errors import WORTH_REPEATING, ProviderError
from clavilux.providers.pacing import Pace

POLL_FIRST, POLL_LONGEST = 1.0, 6.0
"""Seconds between two looks at a job."""

POLL_OWN = 1.0
"""The longest for a machine of the user's own, which stands idle until its picture is fetched."""


def wait_for(seller: PictureSeller, ticket: Ticket, *, pace: Pace, patience: float) -> Sold:
    """The picture of a ticket. `patience`: seconds to wait for it.

    Raises ProviderError, also where it does not come in time, and CancelledError where the run
    stops; the job goes on then, and the ticket stays good.
    """
    longest = POLL_LONGEST if seller.capabilities.paid else POLL_OWN
    end, pause = pace.now() + patience, POLL_FIRST
    last: ProviderError | None = None
    while True:
        asked = 0.0
        try:
            sold = seller.collect(ticket)
            if sold is not None:
                return sold
        except ProviderError as error:  # of the asking, not of the job
            if error.trouble not in WORTH_REPEATING:
                raise
            last, asked = error, error.retry_after or 0.0
        left = end - pace.now()
        if left <= 0:
            said = f"; the last: {last}" if last else ""
            raise ProviderError(
                f"the picture did not come within {patience:g} s{said}",
                billed="yes" if last and last.billed == "yes" else "maybe",
                cost=last.cost if last else None,
            )
        if pace.stopped:
            if (cancel := getattr(seller, "cancel", None)) is not None:
                cancel(ticket)
            raise CancelledError
        pace.pause(min(max(pause, asked), left))
        pause = min(longest, pause * 1.5)
