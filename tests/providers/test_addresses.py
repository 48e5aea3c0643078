"""Where a provider's answer may lead, and where the key may go with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as some

from clavilux.model.settings import ProviderSettings
from clavilux.providers.account import Account
from clavilux.providers.addresses import download, host_of, may_be_fetched, may_carry_key
from clavilux.providers.web import Web, _client
from providers.fakes.comfyui import FakeComfyUI
from providers.fakes.jobs import FakeJobs
from providers.fakes.server import Fault
from providers.shopping import KEY, trouble_of

OWN = "https://api.bfl.ai"
HERE = "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("address", "base"),
    [
        ("https://delivery-eu1.bfl.ai/results/1/sample.png?sig=a", OWN),
        ("https://v3.fal.media/files/a.png", OWN),
        ("https://8.8.8.8/a.png", OWN),
        ("https://v3.fal.media/files/a.png", HERE),
        ("http://127.0.0.1:9000/a.png", HERE),
        ("http://localhost:9000/a.png", HERE),
        ("http://[::1]:9000/a.png", "http://localhost:8000"),
    ],
)
def test_pictures_are_fetched_from_public_places_or_from_here(address: str, base: str) -> None:
    assert may_be_fetched(address, base_url=base)


@pytest.mark.parametrize(
    "address",
    [
        "http://v3.fal.media/files/a.png", "https://localhost/a", "https://127.0.0.1/a",
        "https://[::1]/a", "https://[::ffff:127.0.0.1]/a", "https://[fe80::1]/a", "https://0.0.0.0/",
        "https://10.1.2.3/a", "https://172.16.0.1/", "https://192.168.0.1/", "https://100.64.0.1/",
        "https://169.254.169.254/latest", "https://metadata.google.internal/", "https://router/",
        "https://a.localhost/", "https://user:word@example.com/", "file:///etc/passwd", "data:,a",
        "ftp://example.com/", "https://", "", "https://exa mple.com/", "https://[/",
        "http://127.0.0.1:9000/a.png", "https://2130706433/", "https://0x7f000001/",
        "https://127.1/", "https://0177.0.0.1/",
    ],
)  # fmt: skip
def test_nothing_else_is_fetched(address: str) -> None:
    assert not may_be_fetched(address, base_url=OWN)


def test_a_server_elsewhere_that_speaks_plain_http_opens_nothing_here() -> None:
    base = "http://gateway.example:8000"
    assert not may_be_fetched("http://127.0.0.1/a", base_url=base)
    assert not may_be_fetched("http://gateway.example:8000/a", base_url=base)
    assert not may_be_fetched("http://10.0.0.1/a", base_url=HERE)


@pytest.mark.parametrize(
    ("address", "base"),
    [
        ("https://api.bfl.ai/v1/get_result?id=1", OWN),
        ("https://api.eu1.bfl.ai/v1/get_result?id=1", OWN),
        ("https://bfl.ai/x", OWN),
        ("https://api.eu.bfl.ai/x", HERE),
        ("http://127.0.0.1:8000/v1/get_result?id=1", HERE),
        ("http://localhost:8000/v1/get_result?id=1", HERE),
        ("https://gateway.example/poll", "https://gateway.example/bfl"),
        ("http://gateway.example:81/poll", "http://gateway.example:81"),
    ],
)
def test_the_key_goes_to_its_own(address: str, base: str) -> None:
    assert may_carry_key(address, base_url=base, hosts=("bfl.ai",))


@pytest.mark.parametrize(
    ("address", "base"),
    [
        ("https://evil.example/", OWN),
        ("https://bfl.ai.evil.example/", OWN),
        ("https://xbfl.ai/", OWN),
        ("http://api.bfl.ai/", OWN),
        ("https://api.bfl.ai:444/", OWN),
        ("https://api.bfl.ai@evil.example/", OWN),
        ("https://api.bfl.ai\\@evil.example/", OWN),
        ("https://evil.example#@api.bfl.ai/", OWN),
        ("https://evil.example/?.bfl.ai", OWN),
        ("http://127.0.0.1:9000/", HERE),
        ("https://127.0.0.1:8000/", HERE),
        ("http://gateway.example/", "https://gateway.example"),
        ("https://gateway.example:8443/", "https://gateway.example"),
    ],
)
def test_the_key_goes_to_nobody_else(address: str, base: str) -> None:
    assert not may_carry_key(address, base_url=base, hosts=("bfl.ai",))


def test_messages_name_the_host_and_not_what_is_signed() -> None:
    assert host_of("https://a.example/secret?sig=secret") == "https://a.example"
    assert host_of("file:///etc/passwd") == host_of(None) == "nowhere that can be reached"


def test_a_download_carries_no_key_and_follows_no_redirect() -> None:
    with FakeJobs(key=KEY) as fake:
        fake.respond = fake.fetch  # type: ignore[method-assign]
        job = fake.begin(b"pixels", type="image/png")
        assert fake.is_done(job)
        web = Web(fake.url, headers={"x-key": KEY}, timeout=5)
        assert download(web, fake.address(job), base_url=fake.url) == b"pixels"
        assert fake.leaks == []
        fake.script_downloads(Fault(302, {}, {"location": fake.address(job)}))
        error = trouble_of(lambda: download(web, fake.address(job), base_url=fake.url, cost=5))
        assert (error.trouble, error.billed, error.cost) == ("unusable", "yes", 5)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_not_reached_by_a_proxy(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    _client.cache_clear()
    try:
        with FakeComfyUI() as fake:
            url = fake.url.replace("127.0.0.1", host)
            assert Web(url, headers={}, timeout=5).get("/prompt").status == 200
    finally:
        _client.cache_clear()


def test_an_account_shows_no_key() -> None:
    said = ProviderSettings.model_validate({"key": f" {KEY}\n"})
    account = Account(provider="x", said=said, own_url=OWN, variable="X_KEY", usual="m")
    assert account.key == KEY and account.trouble() == ""
    assert KEY not in repr(account) and account.endpoint == "" and account.models == ("m",)
    for strange in ("a\nb", "a b", "ключ"):
        said = ProviderSettings.model_validate({"key": strange})
        account = Account(provider="x", said=said, own_url=OWN, variable="X_KEY", usual="m")
        assert "X_KEY holds characters" in account.trouble() and strange not in account.trouble()


@trials(max_examples=500, deadline=None)
@given(address=some.text() | some.from_regex(r"https?://[\x00-\x7f]{0,20}"))
def test_no_address_is_too_strange(address: str) -> None:
    may_be_fetched(address, base_url=OWN)
    may_carry_key(address, base_url=OWN, hosts=("bfl.ai",))
    host_of(address)


def test_a_picture_without_end_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clavilux.providers.web.LARGEST", 1000)
    with FakeJobs(key=KEY) as fake:
        fake.respond = fake.fetch  # type: ignore[method-assign]
        job = fake.begin(bytes(2000), type="image/png")
        assert fake.is_done(job)
        web = Web(fake.url, headers={}, timeout=60)
        error = trouble_of(lambda: download(web, fake.address(job), base_url=fake.url, cost=5))
        assert (error.trouble, error.billed, error.cost) == ("unusable", "yes", 5)
