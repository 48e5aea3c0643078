"""Buckets that do not do as they should, and networks that do nothing at all."""

from __future__ import annotations

import socket
import time

import pytest
from buckets import KEY, SECRET, Bucket, key_of

from clavilux.model.errors import ClaviluxError, InputError, OutputError
from clavilux.objects import address, open_objects

WHERE = "s3://pictures/mine"


def said_by(use: object) -> str:
    """The one line that an error is, within a few seconds."""
    begun = time.monotonic()
    with pytest.raises(ClaviluxError) as raised:
        use()  # type: ignore[operator]
    assert time.monotonic() - begun < 8
    said = str(raised.value)
    assert "\n" not in said and len(said) < 300
    assert SECRET not in said and "AKIA" not in said
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    return said


@pytest.fixture
def no_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(address._RETRY, "max_retries", 0)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, no_retries: None) -> None:
    monkeypatch.setattr(address, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(address, "CHECK_SECONDS", 0.3)


@pytest.mark.parametrize("conditions", ["ignored", "refused"])
def test_that_conditions_are_not_honoured_is_said_once(careless: Bucket, conditions: str) -> None:
    careless.conditions = conditions
    notices: list[str] = []
    place = open_objects(WHERE, notice=notices.append)
    place.check()
    assert len(notices) == 1 and "does not honour conditional puts" in notices[0]
    place.check()
    assert open_objects(WHERE, notice=notices.append).put(KEY, ".png", b"first")
    assert not place.put(KEY, ".png", b"second")
    assert place.get(KEY, ".png") == b"first"
    assert len(notices) == 1


def test_a_careless_bucket_is_noticed_without_a_check(careless: Bucket) -> None:
    careless.conditions = "ignored"
    notices: list[str] = []
    assert open_objects(WHERE, notice=notices.append).put(KEY, ".png", b"first")
    assert len(notices) == 1


def test_an_honest_bucket_is_asked_once(careless: Bucket) -> None:
    notices: list[str] = []
    for n in range(3):
        open_objects(WHERE, notice=notices.append).put(key_of(n), ".png", b"x")
    assert not notices
    assert sum("clavilux.txt" in path for _, path in careless.asked) == 2


def test_a_conflict_in_which_nobody_won_is_tried_again(careless: Bucket) -> None:
    """HTTP 409 looks like "there is one", and there is none."""
    place = open_objects(WHERE)
    place.check()
    careless.answers = [409]
    assert place.put(KEY, ".png", b"x")
    assert place.get(KEY, ".png") == b"x"


def test_a_conflict_that_does_not_end_is_an_error(careless: Bucket) -> None:
    place = open_objects(WHERE)
    place.check()
    careless.answers = [409, 404, 409, 404, 409, 404]
    with pytest.raises(OutputError, match="would not keep"):
        place.put(KEY, ".png", b"x")


def test_a_put_whose_answer_was_lost_is_still_ours(careless: Bucket) -> None:
    place = open_objects(WHERE)
    place.check()
    careless.lost = 1
    place.put(KEY, ".png", b"x", note=b"note")
    assert not careless.lost
    assert place.get(KEY, ".png") == b"x"
    assert place.get(KEY, ".json") == b"note"


def test_a_rival_who_came_first_is_not_us(careless: Bucket) -> None:
    place = open_objects(WHERE)
    place.check()
    careless.kept[f"/pictures/mine/{KEY[:2]}/{KEY}.png"] = b"rival"
    assert not place.put(KEY, ".png", b"x", note=b"note")
    assert place.get(KEY, ".json") is None


def test_a_note_that_cannot_be_kept_stops_nothing(careless: Bucket) -> None:
    notices: list[str] = []
    place = open_objects(WHERE, notice=notices.append)
    place.check()
    careless.answers = [0, 403]
    assert place.put(KEY, ".png", b"x", note=b"note")
    assert place.get(KEY, ".png") == b"x"
    assert len(notices) == 1 and "not written beside it" in notices[0]


@pytest.mark.parametrize(
    ("status", "kind", "remedy"),
    [
        (403, InputError, "not allowed (AccessDenied 403); check the credentials"),
        (301, InputError, "set AWS_REGION"),
        (503, OutputError, "answered SlowDown 503; try again later"),
        (500, OutputError, "answered InternalError 500; try again later"),
    ],
)
def test_refusals_are_told_in_one_line_without_the_servers_words(
    careless: Bucket, no_retries: None, status: int, kind: type[ClaviluxError], remedy: str
) -> None:
    careless.always, careless.words = status, f"AKIAEXAMPLE {SECRET}"
    place = open_objects(WHERE)
    for use in (place.check, lambda: place.get(KEY, ".png"), lambda: place.put(KEY, ".png", b"x")):
        assert remedy in said_by(use)
    with pytest.raises(kind):
        place.check()


def test_one_who_may_not_list_is_told_before_paying(careless: Bucket) -> None:
    """Without that right, what is not there is forbidden, and would be bought again for ever."""
    careless.answers = [0, 0, 0, 403]
    assert "put and list there" in said_by(open_objects(WHERE).check)


def test_a_bucket_that_gives_other_bytes_back(careless: Bucket) -> None:
    careless.kept["/pictures/mine/clavilux.txt"] = b"something else"
    assert "other bytes" in said_by(open_objects(WHERE).check)


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        place = open_objects(WHERE)
        for use in (place.check, lambda: place.get(KEY, ".png"), lambda: place.has(KEY, ".png")):
            assert f"127.0.0.1:{port} cannot be reached (Connection refused)" in said_by(use)


def test_no_such_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://nowhere.invalid")
    assert "nowhere.invalid cannot be reached (no such host)" in said_by(open_objects(WHERE).check)


def test_a_silent_server_is_not_waited_for(careless: Bucket, impatient: None) -> None:
    careless.silent.set()
    place = open_objects(WHERE)
    for use in (place.check, lambda: place.get(KEY, ".png"), lambda: place.put(KEY, ".png", b"x")):
        assert "did not answer in time" in said_by(use)


def test_no_credentials(careless: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9")  # not a cloud machine
    assert "there are no credentials; set them in the environment" in said_by(
        open_objects(WHERE).check
    )
