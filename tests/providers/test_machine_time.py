"""What pictures of one's own machine take and cost, by the ledger and the user's word."""

from __future__ import annotations

from pathlib import Path

import pytest

from clavilux.consent import estimates
from clavilux.providers.diffusers import Diffusers
from clavilux.providers.estimate import Estimate
from clavilux.providers.ledger import Ledger
from clavilux.providers.machine_time import on_own_machine, usual_seconds
from clavilux.providers.shop import open_ledger
from clavilux.settings import Settings
from providers.purchases import order
from providers.shopping import request


def made(ledger: Ledger, seconds: float | None, *, model: str = "m") -> None:
    number = len(ledger.rows())
    entry = ledger.reserve(
        order(f"{number}", provider="diffusers", model=model), account="song", section="a",
        amount=0, cap=None,
    )  # fmt: skip
    ledger.settle(entry, cost=0, seconds=seconds)


def usual(ledger: Ledger, model: str = "m") -> float | None:
    return usual_seconds(ledger.rows(), provider="diffusers", model=model)


def test_the_median_of_the_last_pictures_counts(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    assert usual(ledger) is None
    for seconds in (*[90.0] * 30, None, *[3.0] * 14, 60.0):  # a slower machine before, one hiccup
        made(ledger, seconds)
    made(ledger, 500.0, model="other")
    assert usual(ledger) == 3.0 and usual(ledger, "other") == 500.0


def test_an_hour_has_its_price() -> None:
    offer = Estimate(
        provider="diffusers", model="m", images=12, to_buy=10, each=0, low=0, likely=0, high=0,
        minutes=0.0,
    )  # fmt: skip
    said = on_own_machine(offer, guess=99.0, measured=36.0, machines=2, hourly=1.5)
    assert (said.minutes, said.machine, said.measured) == (3.0, 150_000, True)
    guessed = on_own_machine(offer, guess=6.0, measured=None, machines=1, hourly=None)
    assert (guessed.minutes, guessed.machine, guessed.measured) == (1.0, 0, False)


def test_what_was_measured_here_replaces_the_guess(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Diffusers, "ready", lambda self: "")
    said = {"diffusers": {"model": "me/sdxl", "hourly": 3.6}}
    settings = Settings(cache=tmp_path, workers=1, data=tmp_path, providers=said)
    seller = Diffusers.configured(settings.provider("diffusers"))
    wanted = tuple(request(index=n, shared_seed=n + 1) for n in range(10))
    (guess,) = estimates(wanted, (seller,), settings, account="song")
    assert guess.minutes == pytest.approx(10 * 8 / 60) and guess.machine == 80_000
    made(open_ledger(settings), 2.0, model="me/sdxl")
    (offer,) = estimates(wanted, (seller,), settings, account="song")
    assert offer.minutes == pytest.approx(20 / 60) and offer.machine == 20_000
    assert (offer.likely, offer.high, offer.to_buy) == (0, 0, 10)
