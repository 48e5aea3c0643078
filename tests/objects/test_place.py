"""Any place keeps the same promises: a folder, memory, and a bucket."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from buckets import KEY, key_of
from children import child

from clavilux.model.errors import ClaviluxError, InputError, OutputError
from clavilux.objects import LARGEST, NOTE, Objects, open_objects

Open = Callable[[], Objects]


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    import logging

    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    urllib.request.urlopen(urllib.request.Request(f"{url}/pictures", method="PUT"), timeout=60)
    yield url
    server.stop()


@pytest.fixture(params=["folder", "memory", "s3"])
def opened(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens the same place, again and again."""
    if request.param == "folder":
        return lambda: open_objects(tmp_path / "kept")
    if request.param == "memory":
        one = open_objects("memory://")
        return lambda: one
    monkeypatch.setenv("AWS_ENDPOINT_URL", request.getfixturevalue("moto_url"))
    where = f"s3://pictures/{uuid4().hex}"
    return lambda: open_objects(where)


def test_what_is_put_is_got(opened: Open) -> None:
    opened().check()
    assert opened().get(KEY, ".png") is None
    assert not opened().has(KEY, ".png")
    data = bytes(range(256)) * 5000
    assert opened().put(KEY, ".png", data, note=b'{"cost": 40000}')
    assert opened().get(KEY, ".png") == data
    assert opened().has(KEY, ".png")
    assert opened().get(KEY, NOTE) == b'{"cost": 40000}'
    assert opened().get(KEY, ".jpg") is None
    opened().check()


def test_the_first_writer_wins(opened: Open) -> None:
    assert opened().put(KEY, ".png", b"first", note=b"1")
    assert not opened().put(KEY, ".png", b"first", note=b"2")
    assert not opened().put(KEY, ".png", b"second", note=b"3")
    assert (opened().get(KEY, ".png"), opened().get(KEY, NOTE)) == (b"first", b"1")


def test_of_many_threads_one_wins(opened: Open) -> None:
    places = [opened() for _ in range(2)]
    with ThreadPoolExecutor(16) as pool:

        def put(n: int) -> bool:
            return places[n % 2].put(KEY, ".png", b"%d" % n * 1000, note=b"%d" % n)

        new = list(pool.map(put, range(32)))
    assert sum(new) == 1
    assert opened().get(KEY, ".png") == b"%d" % new.index(True) * 1000
    assert opened().get(KEY, NOTE) == b"%d" % new.index(True)


@pytest.mark.parametrize("kind", ["folder", "s3"])
def test_of_two_processes_one_wins_each_key(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    where = str(tmp_path)
    if kind == "s3":
        monkeypatch.setenv("AWS_ENDPOINT_URL", request.getfixturevalue("moto_url"))
        where = f"s3://pictures/{uuid4().hex}"
    code = """
        for n in range(12):
            if place.put(key_of(n), ".png", sys.argv[2].encode() * 5000):
                print(n)
    """
    children = [child(code, where, name) for name in "ab"]
    won = {}
    for name, process in zip("ab", children, strict=True):
        out, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        won[name] = {int(line) for line in out.split()}
    assert won["a"] | won["b"] == set(range(12))
    assert not won["a"] & won["b"]
    place = open_objects(where)
    for name, keys in won.items():
        assert all(place.get(key_of(n), ".png") == name.encode() * 5000 for n in keys)


@pytest.mark.parametrize(
    "key",
    [
        "../" * 3 + "etc/passwd",
        "/etc/passwd",
        "",
        "..",
        KEY.upper(),
        KEY[:-1],
        KEY + "\n",
        KEY[:-1] + "/",
        KEY[:-1] + "\N{ARABIC-INDIC DIGIT ONE}",
    ],
)
def test_what_is_no_digest_is_no_key(opened: Open, key: str) -> None:
    place = opened()
    for use in (
        lambda: place.put(key, ".png", b"x"),
        lambda: place.get(key, ".png"),
        lambda: place.has(key, ".png"),
    ):
        with pytest.raises(InputError, match="no address of a picture"):
            use()


@pytest.mark.parametrize("suffix", ["", ".exe", "/../../x.png", ".png/..", ".PNG", NOTE])
def test_pictures_have_known_suffixes(opened: Open, suffix: str) -> None:
    with pytest.raises(InputError):
        opened().put(KEY, suffix, b"x")


def test_nothing_too_large_is_kept_or_got(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    opened().put(KEY, ".png", b"x" * 1001)
    monkeypatch.setattr("clavilux.objects.place.LARGEST", 1000)
    with pytest.raises(InputError, match="it is no picture"):
        opened().get(KEY, ".png")
    with pytest.raises(OutputError, match="ask for a smaller one"):
        opened().put(key_of("other"), ".png", b"x" * 1001)
    assert LARGEST == 64 * 2**20


def test_a_bucket_that_is_not_there(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    place = open_objects("s3://nowhere/x")
    for use in (place.check, lambda: place.get(KEY, ".png"), lambda: place.put(KEY, ".png", b"x")):
        with pytest.raises(ClaviluxError) as raised:
            use()
        assert str(raised.value) == (
            "cannot keep pictures at s3://nowhere/x: there is no such bucket (NoSuchBucket 404);"
            " make it first, or correct its name"
        )


def test_a_check_leaves_one_small_object(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import obstore
    from obstore.store import from_url

    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    where = f"s3://pictures/{uuid4().hex}"
    for _ in range(3):
        open_objects(where).check()
    store = from_url(where, client_options={"allow_http": True})
    assert [item["path"] for item in obstore.list(store).collect()] == ["clavilux.txt"]
