"""Gemini's seller against a strict fake: what is sent, what it costs, and what can go wrong."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as some
from PIL import Image

from clavilux.model.errors import InputError
from clavilux.providers import prices
from clavilux.providers.gemini import Gemini
from clavilux.providers.gemini_answers import picture_of, refusal_of
from clavilux.providers.web import Reply
from providers.fakes.gemini import FakeGemini
from providers.fakes.server import Fault
from providers.shopping import (
    KEY,
    LARGE,
    STYLE,
    buy,
    order_of,
    request,
    settings,
    strange_json,
    trouble_of,
)

USUAL = "gemini-nano-banana-2.1"
PROMPT = "a calm sea, no text, no faces, not blurry"


@pytest.fixture
def fake() -> Iterator[FakeGemini]:
    with FakeGemini(key=KEY) as server:
        yield server


def seller_at(fake: FakeGemini, **fields: object) -> Gemini:
    return Gemini.configured(settings(base_url=fake.url, **fields))


def test_its_models() -> None:
    seller = Gemini.configured(settings())
    assert seller.models == ("gemini-nano-banana-2.1", "gemini-3.1-flash-lite-image")
    with pytest.raises(InputError, match=r"shut gemini-3\.1-flash-image down on 2026-10-29; set"):
        Gemini(settings(model="gemini-3.1-flash-image"))
    assert Gemini(settings(base_url="http://here/v1beta")).models == seller.models


def test_a_picture_and_its_bill(fake: FakeGemini) -> None:
    sold = buy(seller_at(fake))
    with Image.open(io.BytesIO(sold.data)) as image:
        assert image.size == (1376, 768) and image.format == "PNG"  # not the draft before it
    (sale,) = fake.sales
    assert sold.cost == sale.micros and "1120 of picture" in sold.usage
    (call,) = fake.calls
    assert call.path == "/v1beta/models/gemini-nano-banana-2.1:generateContent"
    assert json.loads(call.body) == {
        "contents": [{"role": "user", "parts": [{"text": PROMPT}]}],
        "generationConfig": {
            "responseModalities": ["IMAGE"],
            "imageConfig": {"aspectRatio": "16:9", "imageSize": "1K"},
        },
    }  # fmt: skip


def test_references_go_along_small_and_with_their_kind(fake: FakeGemini) -> None:
    sold = buy(seller_at(fake), STYLE, LARGE)
    first, style, large = json.loads(fake.calls[0].body)["contents"][0]["parts"]
    assert first == {"text": PROMPT}
    assert style["inlineData"]["mimeType"] == "image/png"
    assert large["inlineData"]["mimeType"] == "image/jpeg"
    assert sold.cost == fake.bill


def test_what_it_cannot_do_is_said() -> None:
    order = order_of(Gemini.configured(settings()))
    assert order.seed is None and order.negative_prompt == ""
    assert "seed" in order.given_up
    assert any("1376x768" in words for words in order.given_up)
    tall = order_of(Gemini.configured(settings()), wanted=request(width=1080, height=1920))
    assert tall.options["aspect_ratio"] == "9:16" and (tall.width, tall.height) == (768, 1376)


def test_the_size_class_is_the_users_where_the_model_has_it(fake: FakeGemini) -> None:
    seller = seller_at(fake, quality="2K")
    with Image.open(io.BytesIO(buy(seller).data)) as image:
        assert image.size == (2752, 1536)
    assert order_of(seller, model="gemini-3.1-flash-lite-image").options["image_size"] == "1K"
    old = order_of(seller, model="gemini-2.5-flash-image")
    assert "image_size" not in old.options
    seller.submit(old)
    with pytest.raises(InputError, match="quality: choose from 1K, 2K, 4K"):
        seller_at(fake, quality="high")


@pytest.mark.parametrize(
    ("fault", "trouble", "billed"),
    [
        ("bad_key", "authentication", "no"),
        ("unauthenticated", "authentication", "no"),
        ("forbidden", "authentication", "no"),
        ("disabled", "authentication", "yes"),
        ("no_billing", "quota", "no"),
        ("bad_request", "bad_request", "no"),
        ("model_gone", "model_gone", "no"),
        ("rate_limited", "rate_limited", "no"),
        ("busy", "rate_limited", "no"),
        ("quota", "quota", "no"),
        ("quota_bare", "quota", "no"),
        ("internal", "transient", "no"),
        ("unavailable", "transient", "no"),
        ("deadline", "transient", "maybe"),
        ("overloaded", "transient", "no"),
        ("moderated", "moderated", "yes"),
        ("prohibited", "moderated", "yes"),
        ("recitation", "moderated", "yes"),
        ("no_image", "moderated", "yes"),
        ("blocked", "moderated", "yes"),
        ("free_refusal", "moderated", "no"),
        ("other", "unusable", "yes"),
        ("text_only", "unusable", "yes"),
        ("picture_empty", "unusable", "yes"),
    ],
)
def test_troubles_are_classed(fake: FakeGemini, fault: str, trouble: str, billed: str) -> None:
    fake.script(fault)
    error = trouble_of(lambda: buy(seller_at(fake)))
    assert (error.trouble, error.billed) == (trouble, billed)
    if error.billed == "yes":
        assert error.cost == fake.bill > 0
    if error.billed == "no":
        assert fake.bill == 0


@trials(max_examples=300, deadline=None)
@given(body=strange_json("candidates", "promptFeedback", "usageMetadata", "error", "details"))
def test_no_answer_is_too_strange(body: object) -> None:
    assert trouble_of(lambda: picture_of(body, prices.of("gemini", USUAL))).trouble != "unknown"
    reply = Reply(429, {}, json.dumps(body).encode())
    assert refusal_of(reply, key=KEY).trouble in ("rate_limited", "quota")


def test_an_error_in_a_list_is_read_and_the_key_is_kept_out_of_it(fake: FakeGemini) -> None:
    body = [{"error": {"code": 403, "message": f"key {KEY} lacks rights", "status": "X"}}]
    fake.script(Fault(403, body), Fault(302, {}, {"location": "http://127.0.0.1:1/"}))
    assert trouble_of(lambda: buy(seller_at(fake))).trouble == "authentication"
    assert trouble_of(lambda: buy(seller_at(fake))).trouble == "unknown"  # no redirect is followed
    assert len(fake.calls) == 2


def test_the_key_goes_into_the_header_and_nowhere_else(fake: FakeGemini) -> None:
    buy(seller_at(fake))
    (call,) = fake.calls
    assert call.headers["x-goog-api-key"] == KEY
    assert KEY.encode() not in call.body and KEY not in call.path
    broken = seller_at(fake, key=f"{KEY}\nX-Evil: 1")
    assert "copy the key anew" in broken.ready()
    assert trouble_of(lambda: buy(broken)).trouble == "authentication"
    assert "x-evil" not in fake.calls[-1].headers


@trials(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    prompt=some.text(min_size=1, max_size=300).filter(lambda text: text.strip()),
    model=some.sampled_from(("gemini-nano-banana-2.1", "gemini-3.1-flash-lite-image")),
    quality=some.sampled_from(("1K", "2K")),
    pictures=some.integers(0, 3),
)
def test_the_price_bounds_the_bill(
    fake: FakeGemini, prompt: str, model: str, quality: str, pictures: int
) -> None:
    fake.chaos(1.0, "picture_tiny")  # made at once
    seller, before = seller_at(fake, quality=quality), fake.bill
    order = order_of(
        seller, *[STYLE] * pictures, wanted=request(prompt=prompt, width=640, height=360),
        model=model,
    )  # fmt: skip
    sold = seller.submit(order, (STYLE,) * pictures)
    price = seller.price(order)
    assert sold.cost == fake.bill - before
    assert price.low <= price.likely <= price.high and sold.cost <= price.high
