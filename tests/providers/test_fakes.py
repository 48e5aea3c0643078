"""The fakes themselves: they must be strict, fail on demand and count rightly."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from PIL import Image

from clavilux.media.image import decode_image
from clavilux.model.errors import ProviderError
from providers.fakes.faults import COMMON, Fault
from providers.fakes.openai import FakeOpenAI
from providers.fakes.pictures import SPOILT, make_picture
from workshop import HERE

GOOD = {"model": "gpt-image-2.5-flare", "prompt": "sea", "size": "1024x1024", "quality": "low"}

CLIENT = httpx2.Client(trust_env=False)


@pytest.fixture
def fake() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as server:
        yield server


def ask(url: str, key: str, body: dict[str, object] | None = None) -> httpx2.Response:
    headers = {"authorization": f"Bearer {key}"}
    return CLIENT.post(f"{url}/v1/images/generations", json=body or GOOD, headers=headers)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"seed": 1}, "unknown_parameter"),
        ({"negative_prompt": "text"}, "unknown_parameter"),
        ({"response_format": "b64_json"}, "unknown_parameter"),
        ({"size": "1920x1080"}, "invalid_value"),
        ({"size": "512x512"}, "invalid_value"),
        ({"quality": "hd"}, "invalid_value"),
        ({"prompt": "x" * 32_001}, "string_above_max_length"),
        ({"model": "dall-e-3"}, "model_not_found"),
    ],
)
def test_it_is_strict(fake: FakeOpenAI, change: dict[str, object], code: str) -> None:
    reply = ask(fake.url, fake.key, {**GOOD, **change})
    assert reply.status_code in (400, 404) and reply.json()["error"]["code"] == code
    assert fake.sales == []


def test_no_key_no_picture(fake: FakeOpenAI) -> None:
    assert ask(fake.url, "other").status_code == 401
    assert fake.sales == []


def test_a_script_then_nothing(fake: FakeOpenAI) -> None:
    fake.script("quota", None, Fault(418, {"tea": 1}))
    answers = [ask(fake.url, fake.key).status_code for _ in range(4)]
    assert answers == [429, 200, 418, 200] and len(fake.sales) == 2


def test_chance_is_the_same_every_time() -> None:
    def statuses(seed: int) -> list[int]:
        with FakeOpenAI() as fake:
            fake.chaos(0.5, "quota", "overloaded", seed=seed)
            return [ask(fake.url, fake.key).status_code for _ in range(30)]

    assert statuses(1) == statuses(1) != statuses(2)
    assert {200, 429, 503} == set(statuses(1))


def test_a_dropped_connection_before_the_sale_or_after(fake: FakeOpenAI) -> None:
    for fault, sold in (("drop_before", 0), ("drop_after", 1), ("half", 2)):
        fake.script(fault)
        with pytest.raises(httpx2.TransportError):
            ask(fake.url, fake.key)
        assert len(fake.sales) == sold


def test_it_counts_calls_at_once_and_can_limit_them(fake: FakeOpenAI) -> None:
    fake.seconds, fake.at_most = 0.3, 3
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask, fake.url, fake.key) for _ in range(4)]
    assert fake.most_at_once == 4
    assert sorted(a.result().status_code for a in asked) == [200, 200, 200, 429]


def test_pictures_are_real_and_depend_on_the_prompt() -> None:
    for format in ("png", "jpeg", "webp"):
        with Image.open(io.BytesIO(make_picture("a", 64, 32, format))) as image:
            assert image.size == (64, 32) and image.format == format.upper()
            image.load()
    assert make_picture("a", 64, 32) != make_picture("b", 64, 32)
    assert make_picture("a", 64, 32) != make_picture("a", 64, 32, blurred=True)


@pytest.mark.parametrize("name", [name for name in SPOILT if name != "tiny"])
def test_spoilt_pictures_cannot_be_opened(name: str) -> None:
    with pytest.raises(ProviderError):
        decode_image(SPOILT[name]("a", 64, 32, "png"))
    assert f"picture_{name}" in COMMON


@contextmanager
def process(*arguments: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A fake in a process of its own, and its address."""
    command = [sys.executable, "-m", "providers.fakes", *map(str, arguments)]
    env = {**os.environ, "PYTHONPATH": str(HERE)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env=env, text=True, **pipes) as running:  # type: ignore[call-overload]
        try:
            yield running, running.stdout.readline().strip()
        finally:
            running.stdin.close()
            running.wait(5)


def test_a_fake_in_its_own_process_survives_its_client(tmp_path: Path) -> None:
    sales = tmp_path / "sales.jsonl"
    with process("openai", "--sales", sales, "--key", "k", "--seconds", 0.3) as (running, url):
        client = (
            f"import httpx2; httpx2.post({url + '/v1/images/generations'!r}, json={GOOD!r}, "
            "headers={'authorization': 'Bearer k'})"
        )
        killed = subprocess.Popen([sys.executable, "-c", client])
        until = time.monotonic() + 10
        while not (sales.exists() and sales.read_text()) and time.monotonic() < until:
            time.sleep(0.02)
        killed.kill()
        killed.wait()
        assert running.poll() is None and ask(url, "k").status_code == 200
    lines = [json.loads(line) for line in sales.read_text().splitlines()]
    assert [line["model"] for line in lines] == ["gpt-image-2.5-flare"] * 2
    assert all(line["micros"] > 0 for line in lines)
    assert running.returncode == 0
