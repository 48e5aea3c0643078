"""OpenAI's seller against a strict fake: what is sent, what it costs, and what can go wrong."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import settings as trials
from hypothesis import strategies as some
from PIL import Image

from clavilux.interfaces import Sold
from clavilux.model.errors import InputError, ProviderError
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.model.settings import ProviderSettings
from clavilux.providers.openai import OpenAI
from clavilux.providers.openai_models import family_of, size_for, size_trouble
from providers.fakes.faults import Fault
from providers.fakes.openai import MODELS, TOKENS, FakeOpenAI
from providers.fakes.pictures import make_picture
from providers.shopping import request

KEY = "sk-proj-Q7f3-secret-letters-9Zx"
TODAY = date(2026, 11, 26)


def settings(**fields: object) -> ProviderSettings:
    return ProviderSettings.model_validate({"key": KEY, "timeout": 5, **fields})


@pytest.fixture
def fake() -> Iterator[FakeOpenAI]:
    with FakeOpenAI(key=KEY) as server:
        yield server


def seller_at(fake: FakeOpenAI, **fields: object) -> OpenAI:
    return OpenAI(settings(base_url=fake.url, **fields), today=TODAY)


def buy(seller: OpenAI, wanted: ImageRequest | None = None, model: str = "") -> Sold:
    return seller.submit(seller.order(wanted or request(), model=model or seller.models[0]))


def trouble_of(seller: OpenAI) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        buy(seller)
    said = f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
    assert KEY not in said and "\n" not in str(caught.value) and len(str(caught.value)) < 260
    return caught.value


def test_a_picture_of_the_size_that_was_asked_for(fake: FakeOpenAI) -> None:
    sold = buy(seller_at(fake))
    with Image.open(io.BytesIO(sold.data)) as image:
        assert image.size == (2048, 1152) and image.format == "PNG"
    (sale,) = fake.sales
    assert sold.cost == sale.micros and sold.usage.startswith("tokens: ")
    assert json.loads(fake.calls[0].body) == {
        "model": "gpt-image-2.5-flare", "size": "2048x1152", "quality": "medium",
        "prompt": "a calm sea, no text, no faces, not blurry",
        "output_format": "png", "background": "opaque",
    }  # fmt: skip


def test_references_go_to_edits_and_are_billed(fake: FakeOpenAI) -> None:
    seller = seller_at(fake)
    pictures = tuple(make_picture("r", 64, 36, kind) for kind in ("png", "jpeg", "webp"))
    order = seller.order(request(), model=seller.models[0], references=("a", "b", "c"))
    assert order.references == ("a", "b", "c")
    sold = seller.submit(order, pictures)
    assert fake.calls[0].path == "/v1/images/edits"
    _, files = fake.calls[0].form()
    assert [(f.name, f.type, f.data) for f in files] == [
        ("image[]", f"image/{kind}", data)
        for kind, data in zip(("png", "jpeg", "webp"), pictures, strict=True)
    ]
    assert sold.cost == fake.bill > buy(seller).cost  # type: ignore[operator]


def test_the_simplified_prompt_and_what_is_given_up() -> None:
    seller = OpenAI(settings(), today=TODAY)
    order = seller.order(request(), model="gpt-image-2.5-flare", simplified=True)
    assert order.prompt == "sea, no text, no faces, not blurry" and order.seed is None
    assert order.negative_prompt == "" and order.endpoint == ""
    assert order.given_up == ("seed", "separate negative prompt (it is part of the prompt)")
    long = seller.order(request(prompt="word " * 9000), model="gpt-image-2.5-flare")
    assert 31_900 < len(long.prompt) <= 32_000 and long.prompt.endswith("not blurry")
    assert any("32000" in lost for lost in long.given_up)


@pytest.mark.parametrize(
    ("fault", "trouble", "billed"),
    [
        ("moderated", "moderated", "no"),
        ("policy", "moderated", "no"),
        ("moderated_after", "moderated", "maybe"),
        ("hard_limit", "quota", "no"),
        ("quota", "quota", "no"),
        ("model_gone", "model_gone", "no"),
        (Fault(400, {"error": {"code": "model_not_found", "message": ""}}), "model_gone", "no"),
        ("bad_key", "authentication", "no"),
        ("unverified", "verification", "no"),
        ("rate_limited", "rate_limited", "no"),
        ("server_error", "transient", "maybe"),
        ("overloaded", "transient", "maybe"),
        ("picture_empty", "unusable", "yes"),
        (Fault(200, {"data": []}), "unusable", "yes"),
        (Fault(200, []), "unusable", "yes"),
        (Fault(200, {"data": [{"b64_json": "?"}], "usage": "much"}), "unusable", "yes"),
        (Fault(400, {"error": {"message": "odd", "code": None}}), "bad_request", "no"),
        (Fault(404, b"<html>nothing here</html>"), "bad_request", "no"),
        (Fault(302, b"", {"location": "http://elsewhere.invalid/"}), "bad_request", "no"),
        (Fault(400, {"error": "just text"}), "bad_request", "no"),
    ],
)
def test_every_trouble_has_its_class(
    fake: FakeOpenAI, fault: str | Fault, trouble: str, billed: str
) -> None:
    fake.script(fault)
    error = trouble_of(seller_at(fake))
    assert (error.trouble, error.billed) == (trouble, billed)
    assert error.retry_after == (1.0 if fault in ("rate_limited", "overloaded") else None)
    assert len(fake.calls) == 1  # nothing is repeated here


@pytest.mark.parametrize(
    ("header", "message", "seconds"),
    [
        ("20", "", 20), ("0", "try again in 3s", 0), ("-4", "", 0), ("inf", "", None),
        ("soon", "Please try again in 1.5s.", 1.5), ("", "try again in 250ms.", 0.25),
        ("", "try again in 2m", 120), ("", "try again in 1.2.3s", None), ("", "later", None),
    ],
)  # fmt: skip
def test_how_long_to_wait(
    fake: FakeOpenAI, header: str, message: str, seconds: float | None
) -> None:
    body = {"error": {"message": message, "code": "rate_limit_exceeded"}}
    fake.script(Fault(429, body, {"retry-after": header} if header else {}))
    assert trouble_of(seller_at(fake)).retry_after == seconds


def test_a_date_to_wait_for(fake: FakeOpenAI) -> None:
    then = formatdate(time.time() + 30, usegmt=True)
    fake.script(Fault(503, {}, {"retry-after": then}), Fault(503, {}, {"retry-after": "x, y"}))
    assert 25 < (trouble_of(seller_at(fake)).retry_after or 0) <= 31
    assert trouble_of(seller_at(fake)).retry_after is None


def test_an_answer_that_takes_too_long_may_be_billed(fake: FakeOpenAI) -> None:
    fake.script(Fault(stall=3))
    error = trouble_of(seller_at(fake, timeout=0.5))
    assert (error.trouble, error.billed) == ("transient", "maybe")


def test_an_answer_that_never_ends_is_not_waited_for(fake: FakeOpenAI) -> None:
    fake.script(Fault(trickle=0.05))
    error = trouble_of(seller_at(fake, timeout=0.6))
    assert (error.trouble, error.billed) == ("transient", "maybe")


def test_a_server_that_is_not_there_bills_nothing() -> None:
    error = trouble_of(OpenAI(settings(base_url="http://127.0.0.1:9")))
    assert (error.trouble, error.billed) == ("transient", "no")


def test_it_is_called_from_several_threads(fake: FakeOpenAI) -> None:
    seller, fake.seconds = seller_at(fake), 0.2
    with ThreadPoolExecutor(6) as pool:
        sold = list(pool.map(lambda index: buy(seller, request(variation=index)), range(6)))
    assert fake.most_at_once > 1
    assert len({one.data for one in sold}) == 6  # no two stills of a section are the same
    assert sum(one.cost or 0 for one in sold) == fake.bill


def test_what_was_paid_for_but_is_no_picture_keeps_its_cost(fake: FakeOpenAI) -> None:
    fake.script("picture_empty")
    assert trouble_of(seller_at(fake)).cost == fake.bill > 0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
def test_a_key_that_is_echoed_is_not_told(fake: FakeOpenAI, status: int) -> None:
    body = {"error": {"message": f"Bad\nthing {KEY} or sk-proj-Q7****9Zx " + "x" * 500}}
    fake.script(Fault(status, body))
    said = str(trouble_of(seller_at(fake)))
    assert "9Zx" not in said and "Q7" not in said


def test_a_wrong_key_is_told_in_our_words(fake: FakeOpenAI) -> None:
    error = trouble_of(seller_at(fake, key=KEY + "x"))
    assert error.trouble == "authentication" and "OPENAI_API_KEY" in str(error)


def test_a_compatible_server_needs_no_key() -> None:
    assert OpenAI(settings(key=None, base_url="http://localhost:8080/v1")).ready() == ""


# Models.


def test_models_that_openai_has_shut_down_are_refused_with_the_successor() -> None:
    for model in ("dall-e-3", "gpt-image-1"):
        with pytest.raises(InputError, match=r'down on 2026-.*"gpt-image-2\.5-flare"'):
            OpenAI(settings(model=model), today=TODAY)
    old = OpenAI(settings(model="gpt-image-1.5"), today=date(2026, 11, 30))
    assert old.models[:2] == ("gpt-image-1.5", "gpt-image-2.5-flare")
    with pytest.raises(InputError, match=r"gpt-image-1\.5 down on 2026-12-01"):
        OpenAI(settings(model="gpt-image-1.5"), today=date(2026, 12, 1))


def test_an_order_for_a_model_that_is_gone_is_not_sent() -> None:
    seller = OpenAI(settings(), today=TODAY)
    order = seller.order(request(), model="gpt-image-1")
    with pytest.raises(ProviderError, match=r"gpt-image-2\.5-flare") as caught:
        seller.submit(order)
    assert caught.value.trouble == "model_gone" and caught.value.billed == "no"


def test_successors_are_tried_in_order() -> None:
    models = OpenAI(settings(), today=TODAY).models
    assert models == ("gpt-image-2.5-flare", "gpt-image-2.6-flare")
    assert OpenAI(settings(model="gpt-image-2"), today=TODAY).models == ("gpt-image-2", *models)


def test_dall_e_3_at_a_compatible_server(fake: FakeOpenAI) -> None:
    fake.compatible = True
    seller = seller_at(fake, model="dall-e-3", quality="hd")
    order = seller.order(request(width=1080, height=1920), model="dall-e-3")
    assert (order.width, order.height, order.endpoint) == (1024, 1792, fake.url + "/v1")
    sold = seller.submit(order)
    assert sold.cost is None and seller.price(order).likely == fake.bill == 120_000
    assert "references" not in order.given_up and seller.capabilities.references == 0
    assert json.loads(fake.calls[0].body)["response_format"] == "b64_json"


def test_what_openai_says_of_a_models_end(fake: FakeOpenAI) -> None:
    seller = seller_at(fake, model="gpt-image-2")
    assert seller.warnings() == ()
    fake.shutdown_dates = {"gpt-image-2": "2027-01-31"}  # type: ignore[misc]
    (line,) = seller.warnings()
    assert "gpt-image-2 down on 2027-01-31" in line and "gpt-image-2.5-flare" in line
    fake.shutdown_dates = {"gpt-image-1.5": "2026-12-01"}  # type: ignore[misc]
    assert seller_at(fake, model="gpt-image-1.5").warnings() == ()  # the price list says so
    assert seller_at(fake, key="wrong").warnings() == () == OpenAI(
        settings(base_url="http://127.0.0.1:9")
    ).warnings()  # fmt: skip


# Sizes and qualities.


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"size": "1920x1080"}, "multiples of 16, such as 1920x1088"),
        ({"size": "3856x2160"}, "over 3840"),
        ({"size": "3200x1024"}, "3 times"),
        ({"size": "640x480"}, "pixels"),
        ({"size": "2048x1152", "model": "gpt-image-1.5"}, "it takes 1536x1024"),
        ({"quality": "hd"}, "choose from low"),
        ({"quality": "max", "model": "gpt-image-2"}, "choose from low"),
        ({"base_url": "http://me:secret@localhost/v1"}, "without user name"),
        ({"base_url": "localhost:8080"}, "an address such as"),
    ],
)
def test_settings_that_cannot_be_are_one_clear_line(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=re.escape(words)) as caught:
        OpenAI(settings(**fields), today=TODAY)
    assert KEY not in str(caught.value) and "secret" not in str(caught.value)


def test_a_quality_that_a_successor_has_not_got_is_given_up() -> None:
    seller = OpenAI(settings(quality="max"), today=TODAY)
    order = seller.order(request(), model="gpt-image-2")
    assert order.options["quality"] == "high" and "quality max" in order.given_up


def test_sizes_of_the_presets() -> None:
    for model, sizes in {
        "gpt-image-2.5-flare": ["2048x1152", "1152x2048", "1536x1536"],
        "gpt-image-1.5": ["1536x1024", "1024x1536", "1024x1024"],
        "dall-e-3": ["1792x1024", "1024x1792", "1024x1024"],
    }.items():
        family = family_of(model, compatible=True)
        presets = ((1920, 1080), (1080, 1920), (1080, 1080))
        found = [size_for(request(width=w, height=h), family) for w, h in presets]
        assert [f"{w}x{h}" for w, h in found] == sizes


@given(width=some.integers(16, 8000), height=some.integers(16, 8000))
@trials(deadline=None)
def test_every_video_gets_a_size_that_is_allowed(width: int, height: int) -> None:
    for model in ("gpt-image-2.5-flare", "gpt-image-1.5", "dall-e-3", "sdxl"):
        family = family_of(model, compatible=True)
        size = size_for(request(width=width, height=height), family)
        assert size_trouble(*size, family) == ""
        if not family.sizes and 1 / 3 < width / height < 3:
            assert size[0] / size[1] == pytest.approx(width / height, rel=0.03)


# Money.


LISTED = [(64, 64), (64, 96), (120, 68), (160, 90), (240, 135), (128, 72)]
"""Times 16: sizes that the price list has, where nothing but its margin makes it a bound."""


@pytest.fixture(scope="module")
def till() -> Iterator[FakeOpenAI]:
    with FakeOpenAI(key=KEY) as server:
        server.picture = lambda *_, **__: b"x"  # type: ignore[method-assign,assignment]
        yield server


@given(
    model=some.sampled_from(sorted(MODELS)),
    quality=some.sampled_from(["low", "medium", "high", "xhigh", "max", "auto"]),
    sides=some.tuples(some.integers(50, 240), some.integers(50, 240)) | some.sampled_from(LISTED),
    references=some.integers(0, 16),
    prompt=some.text(max_size=400) | some.sampled_from(["夜の海" * 300, "🎹" * 900, "a" * 32_000]),
)
@trials(max_examples=60, deadline=None)
def test_the_bill_is_never_over_the_bound(
    till: FakeOpenAI, model: str, quality: str, sides: tuple[int, int], references: int, prompt: str
) -> None:
    width, height = (16 * side for side in sides)
    assume(not size_trouble(width, height, family_of("gpt-image-2", compatible=False)))
    assume(quality in (*TOKENS[MODELS[model]], "auto"))
    seller = seller_at(till, model=model, quality=quality, size=f"{width}x{height}")
    names = tuple(f"r{number}" for number in range(references))
    order = seller.order(request(prompt=prompt), model=model, references=names)
    price, before = seller.price(order), till.bill
    pictures = tuple(make_picture(name, 32, 32) for name in order.references)
    sold = seller.submit(order, pictures)
    assert sold.cost == till.bill - before <= price.high
    assert 0 < price.low <= price.likely <= price.high
    assert price.seconds > 0


def test_what_nobody_has_a_price_for_is_not_bought() -> None:
    seller = OpenAI(settings(model="gpt-image-9"), today=TODAY)
    with pytest.raises(ProviderError, match="gpt-image-9"):
        seller.price(seller.order(request(), model="gpt-image-9"))


@pytest.mark.parametrize(
    "usage",
    [
        None, [], "much", {"output_tokens": -5}, {"output_tokens": 1e9}, {"output_tokens": "3"},
        {"input_tokens": True, "output_tokens": 3}, {"output_tokens": 10**30, "input_tokens": 1},
        {"input_tokens": 5, "output_tokens": 3, "input_tokens_details": {"text_tokens": None}},
    ],
)  # fmt: skip
def test_a_bill_that_cannot_be_read_is_no_bill(fake: FakeOpenAI, usage: object) -> None:
    fake.script(Fault(200, {"data": [{"b64_json": "eHh4"}], "usage": usage}))
    assert buy(seller_at(fake)) == Sold(data=b"xxx")


def test_an_order_is_pure_and_comes_back_from_json(fake: FakeOpenAI) -> None:
    seller = seller_at(fake)
    order = seller.order(request(), model=seller.models[0])
    assert order.key == seller.order(request(), model=seller.models[0]).key
    assert Order.model_validate_json(order.model_dump_json()) == order
    other = seller.order(request(seed=2), model=seller.models[0])
    assert other.key == order.key  # there is no seed that would make a difference
