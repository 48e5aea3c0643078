"""A bucket with a folder near by: what was paid for outlasts an outage, and is sent after it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from buckets import KEY, Bucket, key_of

from clavilux.model.errors import ClaviluxError
from clavilux.objects import NOTE, SUFFIXES, Objects, open_objects

WHERE = "s3://pictures/mine"


@pytest.fixture
def notices() -> list[str]:
    return []


def opened(near: Path, notices: list[str] | None = None) -> Objects:
    said = notices if notices is not None else []
    return open_objects(WHERE, near=near, notice=said.append)


def far_path(key: str, suffix: str = ".png") -> str:
    return f"/pictures/mine/{key[:2]}/{key}{suffix}"


def test_what_is_put_is_in_both(careless: Bucket, tmp_path: Path) -> None:
    place = opened(tmp_path)
    place.check()
    assert place.put(KEY, ".png", b"x", note=b"note")
    assert not place.put(KEY, ".png", b"y", note=b"other")
    assert careless.kept[far_path(KEY)] == b"x"
    assert careless.kept[far_path(KEY, NOTE)] == b"note"
    careless.asked.clear()
    assert place.get(KEY, ".png") == b"x" and place.has(KEY, ".png")
    assert not careless.asked  # what is here is not fetched
    assert not list((tmp_path / "waiting").iterdir())


def test_what_another_machine_bought_is_used_and_kept_here(
    careless: Bucket, tmp_path: Path
) -> None:
    opened(tmp_path / "a").put(KEY, ".png", b"x", note=b"note")
    other = opened(tmp_path / "b")
    assert other.has(KEY, ".png")
    assert other.get(KEY, ".png") == b"x"
    careless.always = 503
    assert other.get(KEY, ".png") == b"x"
    assert other.get(KEY, NOTE) == b"note"


def test_an_outage_after_the_purchase_loses_nothing(
    careless: Bucket, tmp_path: Path, notices: list[str]
) -> None:
    place = opened(tmp_path, notices)
    place.check()
    careless.always = 403
    asked = len(careless.asked)
    for n in range(3):
        assert place.put(key_of(n), ".png", b"%d" % n, note=b"note %d" % n)
        assert place.get(key_of(n), ".png") == b"%d" % n
    assert len(notices) == 1 and "wait in" in notices[0]
    assert len(careless.asked) == asked + 1  # what is dead is not asked again

    with pytest.raises(ClaviluxError):
        opened(tmp_path).check()
    careless.always = 0
    opened(tmp_path).check()
    for n in range(3):
        assert careless.kept[far_path(key_of(n))] == b"%d" % n
        assert careless.kept[far_path(key_of(n), NOTE)] == b"note %d" % n
    assert not list((tmp_path / "waiting").iterdir())


def test_what_might_be_far_away_is_not_said_to_be_missing(careless: Bucket, tmp_path: Path) -> None:
    """It would be bought again."""
    place = opened(tmp_path)
    place.check()
    careless.always = 403
    with pytest.raises(ClaviluxError):
        place.get(KEY, ".png")
    with pytest.raises(ClaviluxError):
        place.has(KEY, ".png")


def test_the_first_machine_wins_on_both(careless: Bucket, tmp_path: Path) -> None:
    ours, theirs = opened(tmp_path / "a"), opened(tmp_path / "b")
    ours.check()
    assert theirs.put(KEY, ".png", b"theirs", note=b"their note")
    assert not ours.put(KEY, ".png", b"ours", note=b"our note")
    assert ours.get(KEY, ".png") == b"theirs"
    assert ours.get(KEY, NOTE) == b"their note"
    careless.always = 503
    assert ours.get(KEY, ".png") == b"theirs"


@pytest.mark.parametrize("killed_at", ["near", "far", "sent"])
def test_a_kill_at_any_point_is_made_up_for(
    careless: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_at: str
) -> None:
    class Killed(BaseException):
        pass

    def kill(*_: object, **__: object) -> None:
        raise Killed

    place = opened(tmp_path)
    with monkeypatch.context() as patch:
        if killed_at == "sent":
            patch.setattr(place._far, "get", kill)  # type: ignore[attr-defined]
            careless.kept[far_path(KEY)] = b"x"
        else:
            patch.setattr(getattr(place, f"_{killed_at}"), "put", kill)
        with pytest.raises(Killed):
            place.put(KEY, ".png", b"x")
    mark = tmp_path / "waiting" / f"{KEY}.png"
    assert mark.exists()
    opened(tmp_path).check()
    assert (far_path(KEY) in careless.kept) == (killed_at != "near")
    assert mark.exists() == (killed_at == "near")  # its writer may be alive still
    if killed_at == "near":
        os.utime(mark, (time.time() - 4000,) * 2)
        opened(tmp_path).check()
        assert not mark.exists()


def test_strange_files_among_the_waiting_are_left_alone(careless: Bucket, tmp_path: Path) -> None:
    place = opened(tmp_path)
    (tmp_path / "waiting").mkdir()
    for name in (".DS_Store", f"{KEY}.exe", f"{KEY[:-1]}.png", "..."):
        (tmp_path / "waiting" / name).write_text("")
    place.check()
    assert list(careless.kept) == ["/pictures/mine/clavilux.txt"]
    assert NOTE not in SUFFIXES


def test_a_folder_needs_no_mirror(tmp_path: Path) -> None:
    place = open_objects(tmp_path / "a", near=tmp_path / "b")
    place.put(KEY, ".png", b"x")
    assert not (tmp_path / "b").exists()
