"""A job is looked at often enough, and not more often."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from clavilux.interfaces import Sold, Ticket
from clavilux.providers.pacing import Pace
from clavilux.providers.waiting import POLL_FIRST, POLL_LONGEST, wait_for
from providers.market import Clock, Stall


@pytest.mark.parametrize(("paid", "longest"), [(True, POLL_LONGEST), (False, 1.0)])
def test_ones_own_machine_does_not_stand_idle_for_long(paid: bool, longest: float) -> None:
    clock, asked = Clock(), list[str]()

    def job(id: str) -> Sold | None:
        asked.append(id)
        return Sold(data=b"picture") if clock.ahead >= 40 else None

    seller = Stall(jobs=job)
    seller.can = replace(seller.can, paid=paid)
    pace = Pace(seller.can, rest=clock.rest, now=clock.now)
    assert wait_for(seller, Ticket(id="7"), pace=pace, patience=100).data == b"picture"
    assert clock.rests[0] == POLL_FIRST and max(clock.rests) == longest
    assert all(later >= earlier for earlier, later in pairwise(clock.rests))
    assert clock.ahead < 40 + longest and set(asked) == {"7"}
