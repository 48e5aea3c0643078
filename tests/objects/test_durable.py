"""A folder keeps what was paid for, whatever happens to the process or the power."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest
from buckets import KEY, key_of
from children import child

from clavilux.model.errors import OutputError
from clavilux.objects import durable, open_objects

needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX processes")


@needs_posix
def test_a_kill_leaves_pictures_whole_or_absent(tmp_path: Path) -> None:
    code = """
        print("ready", flush=True)
        for n in range(10**6):
            data = b"%08d" % n * 20000
            place.put(key_of(n), ".png", data, note=b"%08d" % n)
            print(n, flush=True)
    """
    chance = random.Random(5)
    for run in range(3):
        folder = tmp_path / str(run)
        process = child(code, folder)
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0, 0.1))
        process.send_signal(signal.SIGKILL)
        done = [int(line) for line in process.communicate()[0].split()]
        place = open_objects(folder)
        place.check()
        for n in done:  # what was said to be kept is kept
            assert place.get(key_of(n), ".png") == b"%08d" % n * 20000
            assert place.get(key_of(n), ".json") == b"%08d" % n
        for path in folder.glob("??/*.png"):
            data = path.read_bytes()
            assert len(data) == 160000 and key_of(int(data[:8])) == path.stem
        assert place.put(key_of(len(done)), ".png", b"x") in (True, False)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="sees what is flushed by /proc")
def test_bytes_are_flushed_before_they_have_their_name_and_the_name_before_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        real(descriptor)
        there = (tmp_path / KEY[:2] / f"{KEY}.png").exists()
        flushed.append((Path(f"/proc/self/fd/{descriptor}").readlink(), there))

    place = open_objects(tmp_path)
    monkeypatch.setattr(os, "fsync", fsync)
    place.put(KEY, ".png", b"x")
    (bytes_of, named), *folders = flushed
    assert bytes_of.parent == tmp_path / durable.UNFINISHED and not named
    assert folders == [(tmp_path / KEY[:2], True), (tmp_path, True)]
    flushed.clear()
    place.put(KEY, ".png", b"y")  # one that is there is as durable when that is said
    assert flushed[-2:] == [(tmp_path / KEY[:2], True), (tmp_path, True)]


def test_new_folders_are_flushed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[Path] = []
    monkeypatch.setattr(durable, "_flush_folder", flushed.append)
    open_objects(tmp_path / "a" / "b")
    assert set(flushed) == {tmp_path, tmp_path / "a"}


def test_only_what_was_abandoned_is_swept_away(tmp_path: Path) -> None:
    place = open_objects(tmp_path)
    place.put(KEY, ".png", b"x")
    unfinished = tmp_path / durable.UNFINISHED
    (unfinished / "old").write_bytes(b"")
    (unfinished / "new").write_bytes(b"")
    os.utime(unfinished / "old", (time.time() - 4000,) * 2)
    place.check()
    assert [path.name for path in unfinished.iterdir()] == ["new"]
    assert place.get(KEY, ".png") == b"x"


@needs_posix
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    code = """
        import resource
        from clavilux.model.errors import OutputError
        place.put(key_of("small"), ".png", b"x" * 1000)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            place.put(key_of("large"), ".png", b"x" * 1_000_000)
        except OutputError as error:
            print(error)
    """
    process = child(code, tmp_path / "kept")
    out, errors = process.communicate(timeout=60)
    assert out == (
        f"cannot keep pictures at {tmp_path / 'kept'}: File too large; choose another place\n"
    ), errors
    assert [path.stem for path in (tmp_path / "kept").rglob("*") if path.is_file()] == [
        key_of("small")
    ]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"Not a directory; choose another folder$"):
        open_objects(tmp_path / "file" / "kept")
    with pytest.raises(OutputError, match=r"choose another"):
        open_objects(tmp_path / "file")


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    place = open_objects(tmp_path)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="Permission denied; choose another place"):
            place.check()
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="/proc cannot be written, by anybody")
def test_a_check_sees_that_a_folder_cannot_be_written() -> None:
    with pytest.raises(OutputError) as raised:
        open_objects(Path("/proc")).check()
    assert str(raised.value).startswith("cannot keep pictures at /proc: ")
    assert str(raised.value).endswith("; choose another place")


def test_something_else_in_the_way_is_told(tmp_path: Path) -> None:
    place = open_objects(tmp_path)
    (tmp_path / KEY[:2]).write_text("a file where a folder should be")
    with pytest.raises(OutputError, match="choose another place"):
        place.put(KEY, ".png", b"x")
    (tmp_path / KEY[:2]).unlink()
    (tmp_path / KEY[:2] / f"{KEY}.png").mkdir(parents=True)
    with pytest.raises(OutputError, match="would not keep"):
        place.put(KEY, ".png", b"x")
