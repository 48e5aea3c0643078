"""The seller for fal against a strict fake of its queue."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as some
from PIL import Image

from clavilux.interfaces import Ticket
from clavilux.model.errors import InputError, ProviderError
from clavilux.providers.fal import Fal
from clavilux.providers.fal_answers import is_completed, picture_of, refusal_of
from clavilux.providers.fal_models import MODELS
from clavilux.providers.web import Reply
from providers.fakes.fal import FakeFal
from providers.shopping import (
    KEY,
    LARGE,
    STYLE,
    await_picture,
    buy,
    order_of,
    request,
    settings,
    strange_json,
    trouble_of,
)


@pytest.fixture
def fake() -> Iterator[FakeFal]:
    with FakeFal(key=KEY) as server:
        yield server


def seller_at(fake: FakeFal, **fields: object) -> Fal:
    return Fal.configured(settings(base_url=fake.url, **fields))


def test_its_models() -> None:
    assert Fal.configured(settings()).models == ("fal-ai/flux/dev", "fal-ai/flux-2-pro")
    with pytest.raises(InputError, match="the fields of 'x/y' are not known"):
        Fal(settings(model="x/y"))


def test_a_picture_from_the_queue(fake: FakeFal) -> None:
    fake.polls = 2
    seller = seller_at(fake)
    ticket = seller.submit(order_of(seller))
    assert seller.collect(ticket) is None and seller.collect(ticket) is None
    sold = seller.collect(ticket)
    assert sold is not None and sold.cost is None
    with Image.open(io.BytesIO(sold.data)) as image:
        assert image.size == (1872, 1056) and image.format == "PNG"
    assert fake.calls[0].path == "/fal-ai/flux/dev"
    assert json.loads(fake.calls[0].body) == {
        "prompt": "a calm sea, no text, no faces, not blurry", "output_format": "png", "seed": 1,
        "image_size": {"width": 1872, "height": 1056},
    }  # fmt: skip
    assert fake.bill == seller.price(order_of(seller)).likely == 50_000
    assert fake.calls[1].path == "/fal-ai/flux/requests/job-0001/status" and fake.leaks == []


@pytest.mark.parametrize("model", MODELS)
def test_every_model_in_the_table_takes_what_it_is_sent(fake: FakeFal, model: str) -> None:
    seller = seller_at(fake, model=model)
    assert seller.ready() == ""
    pictures = (STYLE, LARGE)[: seller.capabilities.references]
    for sent in ((), pictures):
        with Image.open(io.BytesIO(buy(seller, *sent).data)) as image:
            order = order_of(seller, *sent)
            assert image.size == (order.width, order.height)
        assert fake.sales[-1].micros == seller.price(order).likely


def test_references_go_to_the_editing_form_of_a_model(fake: FakeFal) -> None:
    buy(seller_at(fake, model="fal-ai/nano-banana-2", quality="2K"), STYLE)
    body = json.loads(fake.calls[0].body)
    assert fake.calls[0].path == "/fal-ai/nano-banana-2/edit"
    assert body["image_urls"][0].startswith("data:image/png;base64,")
    assert (body["aspect_ratio"], body["resolution"]) == ("16:9", "2K")
    assert fake.bill == 120_000
    with pytest.raises(InputError, match="quality: choose from 1K"):
        seller_at(fake, quality="hd")


def test_a_model_without_references_says_so() -> None:
    order = order_of(Fal(settings()), STYLE)
    assert order.references == () and "reference pictures" in order.given_up


@pytest.mark.parametrize(
    ("fault", "trouble", "billed"),
    [
        ("moderated", "moderated", "maybe"),
        ("filtered", "filtered", "yes"),
        ("invalid", "bad_request", "maybe"),
        ("no_media", "unusable", "maybe"),
        ("timeout", "unusable", "no"),
        ("runner", "unusable", "no"),
        ("lost", "unusable", "maybe"),
        ("bad_key", "authentication", "no"),
        ("forbidden", "authentication", "no"),
        ("locked", "authentication", "no"),
        ("quota", "quota", "no"),
        ("model_gone", "model_gone", "no"),
        ("rate_limited", "rate_limited", "no"),
        ("unavailable", "transient", "maybe"),
    ],
)
def test_troubles_are_classed(fake: FakeFal, fault: str, trouble: str, billed: str) -> None:
    fake.script(fault)
    error = trouble_of(lambda: buy(seller_at(fake)))
    assert (error.trouble, error.billed) == (trouble, billed)
    if billed == "no":
        assert fake.bill == 0


def test_trouble_while_polling_does_not_end_the_job(fake: FakeFal) -> None:
    fake.script_polls("unavailable", "drop_before", "rate_limited", "html", "", "bad_gateway")
    seller = seller_at(fake)
    ticket = seller.submit(order_of(seller))
    for trouble in ("transient", "transient", "rate_limited"):
        error = trouble_of(lambda: seller.collect(ticket))
        assert (error.trouble, error.billed) == (trouble, "maybe")
    assert seller.collect(ticket) is None  # a page without a status
    assert trouble_of(lambda: seller.collect(ticket)).trouble == "transient"  # at the result
    await_picture(seller, ticket)
    assert len(fake.sales) == 1


def test_a_picture_whose_address_has_died_is_lost_and_billed(fake: FakeFal) -> None:
    fake.picture_seconds = -1
    error = trouble_of(lambda: buy(seller_at(fake)))
    assert (error.trouble, error.billed) == ("unusable", "yes")
    fake.picture_seconds = 60
    fake.script_downloads("overloaded")
    assert trouble_of(lambda: buy(seller_at(fake))).trouble == "transient"


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "http://169.254.169.254/x", "https://192.168.1.1/x", "ftp://x"],
)
def test_pictures_are_not_fetched_from_within_the_network(fake: FakeFal, address: str) -> None:
    fake.elsewhere = address
    error = trouble_of(lambda: buy(seller_at(fake)))
    assert error.trouble == "unusable" and "not fetched" in str(error)


@pytest.mark.parametrize(
    "address", ["https://evil.example/x", "https://fal.run.evil.example/", "http://queue.fal.run/x"]
)
def test_the_key_is_not_taken_to_others(fake: FakeFal, address: str) -> None:
    fake.status_url = address
    seller = seller_at(fake)
    assert "not its own" in str(trouble_of(lambda: seller.submit(order_of(seller))))
    forged = Ticket(id=json.dumps({"status_url": address, "response_url": address}))
    assert "not its own" in str(trouble_of(lambda: seller.collect(forged)))


@trials(max_examples=300, deadline=None)
@given(
    body=strange_json("status", "images", "url", "detail", "error_type", "has_nsfw_concepts"),
    status=some.sampled_from((200, 404, 422, 429, 500)),
)
def test_no_answer_is_too_strange(body: object, status: int) -> None:
    reply = Reply(status, {}, json.dumps(body).encode())
    assert is_completed(reply) in (True, False)
    try:
        address, _ = picture_of(reply)
        assert address
    except ProviderError as error:
        assert error.trouble in ("unusable", "filtered")
    assert "\n" not in str(refusal_of(reply, key=KEY, stage="result"))


@trials(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    width=some.integers(64, 2500),
    height=some.integers(64, 2500),
    model=some.sampled_from(tuple(MODELS)),
    pictures=some.integers(0, 3),
)
def test_the_price_bounds_the_bill(
    fake: FakeFal, width: int, height: int, model: str, pictures: int
) -> None:
    fake.chaos(1.0, "picture_tiny")  # made at once
    seller, before = seller_at(fake), fake.bill
    sent = (LARGE, STYLE, STYLE)[:pictures]
    order = order_of(seller, *sent, wanted=request(width=width, height=height), model=model)
    await_picture(seller, seller.submit(order, sent[: len(order.references)]))
    price = seller.price(order)
    assert price.low <= price.likely <= price.high and fake.bill - before <= price.high
