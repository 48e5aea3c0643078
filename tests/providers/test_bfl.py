"""The seller for Black Forest Labs against a strict fake."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as some
from PIL import Image

from clavilux.interfaces import Ticket
from clavilux.model.errors import InputError, ProviderError
from clavilux.providers.bfl import BFL
from clavilux.providers.bfl_answers import finished, polling_address
from clavilux.providers.bfl_models import MOST, pixels_for
from clavilux.providers.web import Reply
from providers.fakes.bfl import FakeBFL
from providers.fakes.server import Fault
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
def fake() -> Iterator[FakeBFL]:
    with FakeBFL(key=KEY) as server:
        yield server


def seller_at(fake: FakeBFL, **fields: object) -> BFL:
    return BFL.configured(settings(base_url=fake.url, **fields))


def test_its_models() -> None:
    assert BFL.configured(settings()).models == ("flux-2-pro", "flux-3-image")
    with pytest.raises(InputError, match="the fields of 'dall-e-3' are not known"):
        BFL(settings(model="dall-e-3"))


def test_a_picture_and_its_bill(fake: FakeBFL) -> None:
    fake.polls = 2
    seller = seller_at(fake)
    order = order_of(seller)
    assert (order.width, order.height) == (1872, 1056)
    ticket = seller.submit(order)
    assert seller.collect(ticket) is None and seller.collect(ticket) is None
    sold = seller.collect(ticket)
    assert sold is not None
    with Image.open(io.BytesIO(sold.data)) as image:
        assert image.size == (1872, 1056)
    assert sold.cost == fake.bill == 45_000 and sold.usage == "4.5 credits"
    assert json.loads(fake.calls[0].body) == {
        "prompt": "a calm sea, no text, no faces, not blurry",
        "width": 1872, "height": 1056, "seed": 1, "safety_tolerance": 2, "output_format": "png",
    }  # fmt: skip
    assert fake.leaks == [] and fake.calls[-1].path.startswith("/pictures/")


def test_references_go_along_with_a_megapixel_at_most(fake: FakeBFL) -> None:
    sold = buy(seller_at(fake), STYLE, LARGE, STYLE)
    body = json.loads(fake.calls[0].body)
    assert [name for name in body if name.startswith("input")] == [
        "input_image", "input_image_2", "input_image_3",
    ]  # fmt: skip
    assert sold.cost == fake.bill == 45_000 + 3 * 15_000


def test_flux_3_takes_a_shape_and_a_class(fake: FakeBFL) -> None:
    seller = seller_at(fake, model="flux-3-image")
    sold = buy(seller, LARGE)
    body = json.loads(fake.calls[0].body)
    assert len(body.pop("images")) == 1
    assert body == {
        "prompt": "a calm sea, no text, no faces, not blurry", "aspect_ratio": "16:9",
        "resolution": "1k", "safety_tolerance": 2, "grounding": False,
    }  # fmt: skip
    assert sold.cost == 48_000
    with Image.open(io.BytesIO(sold.data)) as image:
        order = order_of(seller)
        assert image.size == (order.width, order.height)
    assert "seed" in order.given_up and not seller.capabilities.seed
    assert order_of(seller_at(fake, quality="2k"), model="flux-3-image").options["resolution"] == (
        "2k"
    )
    with pytest.raises(InputError, match="quality: choose from 768sq"):
        seller_at(fake, quality="high")


def test_klein_takes_half_as_many_references(fake: FakeBFL) -> None:
    seller = seller_at(fake, model="flux-2-klein-4b")
    order = order_of(seller, *[STYLE] * 6)
    assert len(order.references) == 4 and "2 of 6 reference pictures" in order.given_up
    assert buy(seller, *[STYLE] * 4).cost == fake.bill


@pytest.mark.parametrize("size", ["1000x1000", "4096x4096", "640x360", "99999x64", "10x10"])
def test_any_wanted_size_becomes_one_that_it_takes(fake: FakeBFL, size: str) -> None:
    order = order_of(seller_at(fake, size=size))
    assert order.width % 16 == order.height % 16 == 0 and order.width * order.height <= MOST


@trials(max_examples=200, deadline=None)
@given(width=some.integers(16, 9000), height=some.integers(16, 9000))
def test_sizes_are_legal_and_keep_the_shape(width: int, height: int) -> None:
    w, h = pixels_for(width, height)
    assert w % 16 == h % 16 == 0 and min(w, h) >= 256 and w * h <= MOST
    if max(width, height) <= 4 * min(width, height):
        assert abs(w / h / (width / height) - 1) < 0.03 and w * h > 900_000


@pytest.mark.parametrize(
    ("fault", "trouble", "billed"),
    [
        ("moderated", "moderated", "no"),
        ("content_moderated", "moderated", "no"),
        ("failed", "unusable", "no"),
        ("lost", "unusable", "maybe"),
        ("bad_key", "authentication", "no"),
        ("unauthorized", "authentication", "no"),
        ("no_access", "verification", "no"),
        ("quota", "quota", "no"),
        ("invalid", "bad_request", "no"),
        ("model_gone", "model_gone", "no"),
        ("rate_limited", "rate_limited", "no"),
        ("unavailable", "transient", "maybe"),
    ],
)
def test_troubles_are_classed(fake: FakeBFL, fault: str, trouble: str, billed: str) -> None:
    fake.script(fault)
    error = trouble_of(lambda: buy(seller_at(fake)))
    assert (error.trouble, error.billed) == (trouble, billed)
    if billed == "no":
        assert fake.bill == 0


def test_a_failed_task_is_known_by_its_status_even_with_http_503(fake: FakeBFL) -> None:
    fake.ends_with_503 = True
    fake.script("content_moderated", "failed")
    error = trouble_of(lambda: buy(seller_at(fake)))
    assert error.trouble == "moderated" and "Derivative Works Filter" in str(error)
    assert trouble_of(lambda: buy(seller_at(fake))).trouble == "unusable"


@pytest.mark.parametrize("word", ["Pending", "Reasoning", "Generating", "Queued", None])
def test_a_task_is_under_way_until_it_says_otherwise(word: object) -> None:
    reply = Reply(200, {}, json.dumps({"id": "1", "status": word, "result": None}).encode())
    assert finished(reply, key=KEY, told=None) is None


def test_trouble_while_polling_does_not_end_the_task(fake: FakeBFL) -> None:
    fake.script_polls("unavailable", "drop_before", "rate_limited", "html", "bad_key")
    seller = seller_at(fake)
    ticket = seller.submit(order_of(seller))
    for trouble in ("transient", "transient", "rate_limited"):
        error = trouble_of(lambda: seller.collect(ticket))
        assert (error.trouble, error.billed) == (trouble, "maybe")
    assert seller.collect(ticket) is None  # a page without a status, with HTTP 200
    assert trouble_of(lambda: seller.collect(ticket)).trouble == "authentication"
    assert await_picture(seller, ticket).cost == fake.bill


def test_a_picture_whose_address_has_died_is_lost_and_billed(fake: FakeBFL) -> None:
    fake.picture_seconds = -1
    error = trouble_of(lambda: buy(seller_at(fake)))
    assert (error.trouble, error.billed, error.cost) == ("unusable", "yes", 45_000)
    assert "is there no more" in str(error)


def test_a_fetch_that_fails_for_now_can_be_repeated(fake: FakeBFL) -> None:
    fake.script_downloads("overloaded", "drop_before")
    seller = seller_at(fake)
    ticket = seller.submit(order_of(seller))
    for _ in range(2):
        error = trouble_of(lambda: seller.collect(ticket))
        assert (error.trouble, error.billed, error.cost) == ("transient", "yes", 45_000)
    assert await_picture(seller, ticket).cost == fake.bill == 45_000


STRANGE = [
    "file:///etc/passwd",
    "http://169.254.169.254/latest/meta-data/",
    "https://169.254.169.254/latest/meta-data/",
    "https://10.0.0.1/x",
    "https://printer.local/x",
    "http://example.com/x",
    "gopher://example.com/",
    "//example.com/x",
    "",
    None,
    7,
]


@pytest.mark.parametrize("address", STRANGE)
def test_pictures_are_not_fetched_from_within_the_network(
    fake: FakeBFL, address: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeBFL, "address", lambda self, job: address)
    error = trouble_of(lambda: buy(seller_at(fake)))
    assert error.trouble == "unusable" and "not fetched" in str(error) and error.billed == "yes"


@pytest.mark.parametrize(
    "address",
    [
        *STRANGE[:7],
        "https://evil.example/v1/get_result?id=1",
        "https://bfl.ai.evil.example/x",
        "https://notbfl.ai/x",
        "http://api.bfl.ai/x",
        "https://api.bfl.ai:8443/x",
        "https://user@api.bfl.ai/x",
    ],
)
def test_the_key_is_not_taken_to_others(
    fake: FakeBFL, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.polling_url = address or "nowhere"
    seller = seller_at(fake)
    error = trouble_of(lambda: seller.submit(order_of(seller)))
    assert error.billed == "maybe" and "not its own" in str(error)
    forged = Ticket(id=json.dumps({"poll": address}))
    assert "not its own" in str(trouble_of(lambda: seller.collect(forged)))


def test_no_redirect_is_followed(fake: FakeBFL) -> None:
    away = Fault(302, {}, {"location": f"{fake.url}/v1/get_result?id=job-0001"})
    fake.script_polls(away)
    fake.script_downloads(away)
    seller = seller_at(fake)
    ticket = seller.submit(order_of(seller))
    assert trouble_of(lambda: seller.collect(ticket)).trouble == "unknown"
    error = trouble_of(lambda: seller.collect(ticket))
    assert error.trouble == "unusable" and "HTTP 302" in str(error)
    assert (
        len(fake.calls) == 2 and fake.leaks == []
    )  # those that were answered with 302 not counted


@trials(max_examples=300, deadline=None)
@given(
    body=strange_json("status", "result", "cost", "details", "detail"),
    told=strange_json("cost"),
    status=some.sampled_from((200, 202, 404, 429, 500)),
)
def test_no_answer_is_too_strange(body: object, told: object, status: int) -> None:
    try:
        made = finished(Reply(status, {}, json.dumps(body).encode()), key=KEY, told=told)
    except ProviderError as error:
        assert error.trouble != "unknown" and "\n" not in str(error)
    else:
        assert made is None or made.cost is None or 0 <= made.cost < 10**11


@pytest.mark.parametrize(
    ("answer", "address"),
    [
        ({"id": "a b&c"}, "https://x/v1/get_result?id=a+b%26c"),
        ({"id": "1", "polling_url": "/v1/get_result?id=1"}, "https://x/v1/get_result?id=1"),
        ({"id": "1", "polling_url": "https://y/poll"}, "https://y/poll"),
        ({}, ""), ([], ""), ({"id": 7}, ""),
    ],
)  # fmt: skip
def test_where_to_ask(answer: object, address: str) -> None:
    assert polling_address(answer, base_url="https://x") == address


@trials(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    width=some.integers(64, 2500),
    height=some.integers(64, 2500),
    model=some.sampled_from(
        ("flux-2-pro", "flux-2-max", "flux-2-flex", "flux-2-klein-9b", "flux-3-image")
    ),
    pictures=some.integers(0, 3),
    size=some.sampled_from(("", "2048x1152", "1920x1080", "1024x1024")),
)
def test_the_price_bounds_the_bill(
    fake: FakeBFL, width: int, height: int, model: str, pictures: int, size: str
) -> None:
    fake.chaos(1.0, "picture_tiny")  # made at once
    seller, before = seller_at(fake, size=size), fake.bill
    sent = (LARGE, STYLE, STYLE)[:pictures]
    order = order_of(seller, *sent, wanted=request(width=width, height=height), model=model)
    sold = await_picture(seller, seller.submit(order, sent))
    price = seller.price(order)
    assert sold.cost == fake.bill - before
    assert price.low <= price.likely <= price.high and sold.cost <= price.high


CLIENT = """
import os, signal, sys
from providers.shopping import order_of, settings
from clavilux.providers.bfl import BFL
seller = BFL(settings(base_url=sys.argv[1]))
print(seller.submit(order_of(seller)).id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_task_survives_the_death_of_its_client(tmp_path: Path) -> None:
    sales = tmp_path / "sales"
    run: dict[str, Any] = {
        "env": {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "text": True,
    }
    command = [sys.executable, "-m", "providers.fakes", "bfl", "--key", KEY]
    with subprocess.Popen([*command, "--sales", str(sales), "--seconds", "0.2"], **run) as server:
        assert server.stdout is not None and server.stdin is not None
        url = server.stdout.readline().strip()
        with subprocess.Popen([sys.executable, "-c", CLIENT, url], **run) as client:
            ticket, _ = client.communicate()
        assert client.returncode == -signal.SIGKILL
        later = BFL(settings(base_url=url))
        sold = await_picture(later, Ticket(id=ticket.strip()), asks=500)
        server.stdin.close()
    (sale,) = map(json.loads, sales.read_text().splitlines())
    assert sold.cost == sale["micros"] == 45_000
