"""What all hosted sellers do alike, asked of each; what is one's own is in its own file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from clavilux import registry
from clavilux.interfaces import PictureSeller, Ticket
from clavilux.providers.bfl import BFL
from clavilux.providers.fal import Fal
from clavilux.providers.gemini import Gemini
from clavilux.providers.openai import OpenAI
from clavilux.providers.stability import Stability
from providers.fakes.__main__ import fake_of
from providers.fakes.bfl import FakeBFL
from providers.fakes.fal import FakeFal
from providers.fakes.faults import Fault
from providers.fakes.gemini import FakeGemini
from providers.fakes.openai import FakeOpenAI
from providers.fakes.server import Fake
from providers.fakes.stability import FakeStability
from providers.shopping import (
    KEY,
    await_picture,
    buy,
    check_bill,
    order_of,
    settings,
    trouble_of,
)


@dataclass(frozen=True)
class Shop:
    """A seller, and the fake that it buys from."""

    seller: Any
    fake: type[Fake]
    variable: str
    """Of the environment, for its key."""
    refusal: Callable[[str], object]
    """The body of an error with these words."""


SHOPS = {
    "bfl": Shop(BFL, FakeBFL, "BFL_API_KEY", lambda words: {"detail": words}),
    "fal": Shop(Fal, FakeFal, "FAL_KEY", lambda words: {"detail": words}),
    "gemini": Shop(
        Gemini, FakeGemini, "GEMINI_API_KEY",
        lambda words: {"error": {"code": 400, "message": words, "status": "INVALID_ARGUMENT"}},
    ),
    "openai": Shop(OpenAI, FakeOpenAI, "OPENAI_API_KEY", lambda w: {"error": {"message": w}}),
    "stability": Shop(
        Stability, FakeStability, "STABILITY_API_KEY",
        lambda words: {"name": words, "errors": [words]},
    ),
}  # fmt: skip
WITH_TICKETS = ("bfl", "fal")


@pytest.fixture(params=SHOPS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def shop(name: str) -> Shop:
    return SHOPS[name]


@pytest.fixture
def fake(shop: Shop) -> Iterator[Fake]:
    with shop.fake(key=KEY) as server:
        yield server


def seller_at(shop: Shop, fake: Fake, **fields: object) -> PictureSeller:
    made: PictureSeller = shop.seller.configured(settings(base_url=fake.url, **fields))
    return made


def test_it_is_installed_and_says_what_it_needs(name: str, shop: Shop) -> None:
    assert registry.load("providers", name) is shop.seller
    seller = shop.seller.configured(settings())
    assert isinstance(seller, PictureSeller) and seller.ready() == ""
    assert shop.variable in shop.seller.configured(settings(key=None)).ready()
    assert shop.variable in shop.seller().ready()


def test_the_runner_finds_the_fake(name: str, shop: Shop) -> None:
    assert fake_of(name) is shop.fake


# Troubles.


@pytest.mark.parametrize(
    "fault", ["bad_gateway", "drop_before", "drop_after", "half", "garbage", "html"]
)
def test_an_answer_that_is_none_may_be_billed(shop: Shop, fake: Fake, fault: str) -> None:
    fake.script(fault)
    seller = seller_at(shop, fake)
    error = trouble_of(lambda: seller.submit(order_of(seller)))
    assert (error.trouble, error.billed) == ("transient", "maybe")
    assert error.retry_after is None
    assert len(fake.calls) == 1  # nothing is repeated here


@pytest.mark.parametrize(
    ("name", "fault", "seconds"),
    [
        ("bfl", "rate_limited", 2),
        ("fal", "rate_limited", 3),
        ("gemini", "rate_limited", 1.5),  # RetryInfo
        ("gemini", "overloaded", 1),  # Retry-After
        ("openai", "rate_limited", 1),
        ("openai", "overloaded", 1),
        ("stability", Fault(429, {"errors": "slow\ndown"}, {"retry-after": "60"}), 60),
    ],
    indirect=["name"],
)
def test_it_says_how_long_to_wait(
    shop: Shop, fake: Fake, fault: str | Fault, seconds: float
) -> None:
    fake.script(fault)
    assert trouble_of(lambda: buy(seller_at(shop, fake))).retry_after == seconds


def test_the_bill_is_never_more_than_was_admitted(shop: Shop, fake: Fake) -> None:
    check_bill(seller_at(shop, fake), fake)


# The key.


def test_the_key_is_in_no_order_and_no_repr(shop: Shop, fake: Fake) -> None:
    seller: Any = seller_at(shop, fake)
    order = order_of(seller)
    shown = f"{seller!r} {seller._account!r} {vars(seller)!r} {order!r} {order.model_dump_json()}"
    assert KEY not in shown
    assert fake.calls == []


def test_a_wrong_key_is_known_as_one(shop: Shop, fake: Fake) -> None:
    error = trouble_of(lambda: buy(seller_at(shop, fake, key="wrong")))
    assert (error.trouble, error.billed, fake.bill) == ("authentication", "no", 0)
    assert shop.variable in str(error), "it does not say what to do"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500])
def test_a_key_that_is_echoed_is_not_told(shop: Shop, fake: Fake, status: int) -> None:
    fake.script(Fault(status, shop.refusal(f"Bad\nthing {KEY}! " + "x" * 500)))
    assert "9Zx" not in str(trouble_of(lambda: buy(seller_at(shop, fake))))


# Tickets.


@pytest.mark.parametrize("name", WITH_TICKETS, indirect=True)
def test_a_ticket_outlives_its_seller_and_holds_no_key(shop: Shop, fake: Fake) -> None:
    fake.seconds = 0.05
    seller = seller_at(shop, fake)
    ticket = seller.submit(order_of(seller))
    assert isinstance(ticket, Ticket) and KEY not in ticket.id
    sold = await_picture(seller_at(shop, fake), Ticket(id=ticket.id))
    assert sold.cost in (None, fake.bill) and len(fake.sales) == 1


@pytest.mark.parametrize("id", ["", "[]", "7", "{}", "not json", '{"poll": 7}'])
@pytest.mark.parametrize("name", WITH_TICKETS, indirect=True)
def test_a_ticket_that_cannot_be_read_is_an_error(shop: Shop, fake: Fake, id: str) -> None:
    error = trouble_of(lambda: seller_at(shop, fake).collect(Ticket(id=id)))
    assert error.billed == "maybe" and fake.calls == []


@pytest.mark.parametrize("name", sorted(SHOPS.keys() - WITH_TICKETS), indirect=True)
def test_who_sells_at_once_gives_no_tickets(shop: Shop, fake: Fake) -> None:
    error = trouble_of(lambda: seller_at(shop, fake).collect(Ticket(id="x")))
    assert error.trouble == "bad_request" and fake.calls == []
