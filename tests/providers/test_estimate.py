"""An estimate against what is then billed: never too low, and near."""

from __future__ import annotations

from pathlib import Path

import pytest

from clavilux.interfaces import PictureSeller
from clavilux.objects import open_objects
from clavilux.providers.estimate import Estimate, estimate
from clavilux.providers.shop import Shop
from providers.market import (
    NAMES,
    Stall,
    fulfilled,
    hurried,
    request,
    selling,
    settings_in,
    trouble,
)

WANTED = [
    request("verse_1", width=2208, height=1242, prompt="a calm sea " * 20),
    request("chorus_1", width=2208, height=1242, energy=0.9, hero=True),
    request("verse_2", width=2208, height=1242),
]


def seller_of(name: str, folder: Path) -> PictureSeller:
    (seller,) = Shop((name,), settings_in(folder)).sellers()
    return seller


def estimated(name: str, folder: Path) -> Estimate:
    pictures = open_objects(folder / "pictures")
    return estimate(WANTED, seller_of(name, folder), account="song", pictures=pictures)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_never_below_the_bill_and_near_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    hurried(monkeypatch)
    with selling(monkeypatch, name) as fake:
        before = estimated(name, tmp_path)
        assert not fake.calls and (before.images, before.to_buy, before.trouble) == (3, 3, "")
        fulfilled(tmp_path, name, wanted=WANTED)
        assert len(fake.sales) == 3 and before.low <= fake.bill <= before.high
        assert before.likely == pytest.approx(fake.bill, rel=0.15)
        after = estimated(name, tmp_path)
        assert (after.to_buy, after.likely, after.high, after.minutes) == (0, 0, 0, 0)


def test_the_same_order_twice_is_counted_once() -> None:
    same = [request(f"part_{n}", prompt="same") for n in range(3)]
    offer = estimate(same, Stall())
    assert (offer.images, offer.to_buy, offer.likely, offer.high) == (3, 1, 100, 150)


def test_what_stands_against_it_is_said() -> None:
    class NoPrice(Stall):
        def order(self, *said: object, **more: object) -> object:  # type: ignore[override]
            raise trouble("this model is not known")

    offer = estimate(WANTED, NoPrice())  # type: ignore[arg-type]
    assert offer.trouble == "this model is not known" and offer.to_buy == 0
