"""Stability's seller against a strict fake: what is sent, what it costs, and what can go wrong."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as some
from PIL import Image

from clavilux.model.errors import InputError
from clavilux.model.settings import ProviderSettings
from clavilux.providers.stability import SIDES, Stability
from providers.fakes.faults import Fault
from providers.fakes.stability import FakeStability
from providers.shopping import KEY, buy, request, settings, trouble_of


@pytest.fixture(scope="module")
def server() -> Iterator[FakeStability]:
    with FakeStability(key=KEY) as running:
        yield running


@pytest.fixture
def fake(server: FakeStability) -> FakeStability:
    server.calls.clear()
    server.sales.clear()
    return server


def seller_at(fake: FakeStability, **fields: object) -> Stability:
    return Stability(settings(base_url=fake.url, **fields))


@pytest.mark.parametrize(("model", "micros"), [("ultra", 80_000), ("core", 30_000)])
def test_what_is_sent_and_what_it_costs(fake: FakeStability, model: str, micros: int) -> None:
    seller = seller_at(fake, model=model)
    order = seller.order(request(), model=model)
    sold = seller.submit(order)
    with Image.open(io.BytesIO(sold.data)) as image:
        assert image.size == (order.width, order.height) == (1344, 768)
    fields, files = fake.calls[0].form()
    assert files == [] and fake.calls[0].headers["accept"] == "application/json"
    assert fields == {
        "prompt": "a calm sea", "negative_prompt": "text, faces, blurry", "seed": "1",
        "aspect_ratio": "16:9", "output_format": "png",
    }  # fmt: skip
    price = seller.price(order)
    assert fake.bill == price.low == price.likely == price.high == micros
    assert sold.cost is None  # it does not say
    assert order.given_up == ("size 1920x1080 (enlarged from 1344x768)",)


def test_the_simplified_prompt_and_no_negative_one(fake: FakeStability) -> None:
    seller = seller_at(fake)
    wanted = request(negative_prompt="")
    seller.submit(seller.order(wanted, model="core", simplified=True, references=("a",)))
    fields, _ = fake.calls[0].form()
    assert fields["prompt"] == "sea" and "negative_prompt" not in fields
    order = seller.order(wanted, model="core", references=("a",))
    assert order.references == () and "reference pictures" in order.given_up


@pytest.mark.parametrize(
    ("fault", "trouble", "billed"),
    [
        ("filtered", "filtered", "yes"),
        ("bad_request", "bad_request", "no"),
        ("bad_key", "authentication", "no"),
        ("no_credits", "quota", "no"),
        ("moderated", "moderated", "no"),
        ("forbidden", "authentication", "no"),
        ("too_large", "bad_request", "no"),
        ("refused", "bad_request", "no"),
        ("rate_limited", "rate_limited", "no"),
        (Fault(404, {"id": "x", "name": "not_found", "errors": []}), "model_gone", "no"),
        ("broken", "transient", "maybe"),
        ("picture_empty", "unusable", "yes"),
        (Fault(200, []), "unusable", "yes"),
        (Fault(200, {"image": "eHh4", "finish_reason": "ERROR"}), "unusable", "yes"),
        (Fault(429, {"errors": "slow\ndown"}, {"retry-after": "60"}), "rate_limited", "no"),
        (Fault(400, [1, 2]), "bad_request", "no"),
    ],
)
def test_every_trouble_has_its_class(
    fake: FakeStability, fault: str | Fault, trouble: str, billed: str
) -> None:
    fake.script(fault)
    error = trouble_of(lambda: buy(seller_at(fake)))
    assert (error.trouble, error.billed) == (trouble, billed)
    assert error.retry_after == (60 if isinstance(fault, Fault) and fault.headers else None)
    assert len(fake.calls) == 1


@pytest.mark.parametrize("finish", ["SUCCESS", "CONTENT_FILTERED"])
def test_a_server_that_sends_the_bare_picture(fake: FakeStability, finish: str) -> None:
    seller = seller_at(fake)
    seller._web._headers["accept"] = "image/*"
    if finish == "SUCCESS":
        assert buy(seller).data.startswith(b"\x89PNG")
    else:
        fake.script("filtered")
        assert trouble_of(lambda: buy(seller)).trouble == "filtered"


def test_a_wrong_key_is_told_in_our_words(fake: FakeStability) -> None:
    error = trouble_of(lambda: buy(seller_at(fake, key="wrong")))
    assert error.trouble == "authentication" and "STABILITY_API_KEY" in str(error)


@pytest.mark.parametrize(
    "fields", [{"model": "sd3"}, {"quality": "hd"}, {"size": "1344x768"}, {"base_url": "ftp://x"}]
)
def test_settings_that_cannot_be_are_one_clear_line(fields: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"\[providers\.stability\] "):
        Stability(ProviderSettings.model_validate(fields))


@pytest.fixture(scope="module")
def till() -> Iterator[FakeStability]:
    with FakeStability(key=KEY) as running:
        running.picture = lambda *_, **__: b"x"  # type: ignore[method-assign,assignment]
        yield running


@given(
    width=some.integers(16, 8000), height=some.integers(16, 8000), seed=some.integers(0, 2**64),
    prompt=some.text(min_size=1, max_size=30) | some.just("b " * 9000),
    model=some.sampled_from(["ultra", "core"]),
)  # fmt: skip
@trials(max_examples=40, deadline=None)
def test_every_request_is_taken_and_billed_as_told(
    till: FakeStability, width: int, height: int, seed: int, prompt: str, model: str
) -> None:
    seller, before = seller_at(till, model=model), till.bill
    wanted = request(width=width, height=height, seed=seed, prompt=prompt, theme="sea")
    order = seller.order(wanted, model=model)
    assert order.seed and 1 <= order.seed <= 4_294_967_294
    assert (order.width, order.height) == SIDES[str(order.options["aspect_ratio"])]
    seller.submit(order)
    assert till.bill - before <= seller.price(order).high
