"""What the tests of several sellers share: a request, a purchase, and a look for leaked keys."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as some

from clavilux.interfaces import PictureSeller, Sold, Ticket
from clavilux.model.errors import ProviderError
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.model.settings import ProviderSettings
from providers.fakes.pictures import make_picture
from providers.fakes.server import COMMON, Fake

KEY = "kQ7f3secretletters9Zx"

STYLE = make_picture("an anchor", 640, 360)
LARGE = make_picture("another", 2048, 1152, "jpeg")
"""References: one small, one of more than a megapixel."""


def request(**fields: object) -> ImageRequest:
    usual: dict[str, object] = {
        "section": "verse_1", "index": 0, "prompt": "a calm sea", "simplified": "sea",
        "negative_prompt": "text, faces, blurry", "width": 1920, "height": 1080, "seed": 1,
        "scene": "ocean", "palette": ("#000000", "#FFFFFF"), "energy": 0.5,
    }  # fmt: skip
    return ImageRequest.model_validate({**usual, **fields})


def settings(**fields: object) -> ProviderSettings:
    return ProviderSettings.model_validate({"key": KEY, "timeout": 60, **fields})


def order_of(seller: PictureSeller, *pictures: bytes, **said: Any) -> Order:
    """An order for the usual request, or for another one."""
    wanted, model = said.pop("wanted", request()), said.pop("model", "") or seller.models[0]
    addresses = tuple(f"{n:064x}" for n in range(len(pictures)))
    return seller.order(wanted, model=model, references=addresses, **said)


def buy(seller: PictureSeller, *pictures: bytes, **said: Any) -> Sold:
    """Order, submit, and ask for as long as it takes."""
    order = order_of(seller, *pictures, **said)
    got = seller.submit(order, pictures)
    return got if isinstance(got, Sold) else await_picture(seller, got)


def await_picture(seller: PictureSeller, ticket: Ticket, *, asks: int = 50) -> Sold:
    for _ in range(asks):
        sold = seller.collect(ticket)
        if sold is not None:
            return sold
        time.sleep(0.01)
    raise AssertionError("the picture never came")


def trouble_of(act: Callable[[], object], *, key: str = KEY) -> ProviderError:
    """The error that something raises: one short line, in which the key does not occur."""
    with pytest.raises(ProviderError) as caught:
        act()
    error = caught.value
    said = f"{error} {error!r} {error.__cause__!r} {error.__dict__}"
    assert key not in said and "\n" not in str(error) and 0 < len(str(error)) < 300
    return error


def strange_json(*names: str) -> some.SearchStrategy[Any]:
    """JSON of any shape, in which these names occur more often than chance would have it."""
    words = some.sampled_from([*names, "IMAGE", "data", "Ready", "sample", "COMPLETED", "type"])
    plain = some.none() | some.booleans() | some.integers() | some.floats() | some.text() | words

    def nested(inner: some.SearchStrategy[Any]) -> some.SearchStrategy[Any]:
        tables = some.dictionaries(words | some.text(), inner, max_size=5)
        return some.lists(inner, max_size=3) | tables

    return some.recursive(plain, nested, max_leaves=12)


def check_bill(seller: PictureSeller, fake: Fake, *, rounds: int = 60) -> None:
    """Buy while half of all calls go wrong: whatever happens is a picture or a ProviderError, and
    the bill lies between what was had and what the errors admit."""
    names = sorted({*COMMON, *fake.faults})
    fake.chaos(0.5, *names, seed=7)
    order = order_of(seller, wanted=request(width=640, height=360))
    had = admitted = 0
    for _ in range(rounds):
        try:
            got = seller.submit(order)
            sold = got if isinstance(got, Sold) else await_picture(seller, got)
        except ProviderError as error:
            assert error.trouble not in ("unknown", "budget"), error
            if error.billed != "no":
                admitted += seller.price(order).high if error.cost is None else error.cost
        else:
            had += seller.price(order).likely if sold.cost is None else sold.cost
    assert 0 < had <= fake.bill <= had + admitted
    assert len({sale.id for sale in fake.sales if sale.id}) in (0, len(fake.sales))
