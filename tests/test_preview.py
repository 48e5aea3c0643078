"""The preview that is shown while it is made: at once, whole, in time, and stopped when told."""

from __future__ import annotations

import io
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from clavilux import pipeline, registry
from clavilux.media.encode import EncoderSettings
from clavilux.media.receipt import audio_end, audio_start
from clavilux.model.errors import ClaviluxError
from clavilux.model.request import ImageRequest, Still
from clavilux.planning.edit import Part
from clavilux.preview.edits import Edit
from clavilux.preview.memory import preview_again
from clavilux.preview.show import Plan
from clavilux.preview.stream import stream_preview
from clavilux.providers.shop import Shop
from clavilux.storage import Store
from workshop import (
    Answer,
    beat_times,
    clicks,
    command,
    decoded,
    frame_times,
    heard,
    mean_luma,
    onset,
    tiny,
    write_song,
)

pytestmark = pytest.mark.usefixtures("plain_scene")

SECONDS = 12.0
FAST = EncoderSettings(preset="ultrafast", crf=24)


@pytest.fixture
def options(plain_style: Path) -> pipeline.RenderOptions:
    return pipeline.RenderOptions(
        style=str(plain_style), tier=1, preset=tiny("preview", 10), encoder=FAST, workers=2
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def streamed(
    source: Path, options: pipeline.RenderOptions, store: Store, target: Path, **how: float
) -> Path:
    with target.open("wb") as file:
        for piece in stream_preview(source, options, store, **how):
            file.write(piece)
    return target


def segments_in(store: Store) -> set[str]:
    return {path.name for path in store.folder.rglob("*.mp4")}


def test_the_first_bytes_move_and_the_whole_is_exact(
    clicks_wav: Path, options: pipeline.RenderOptions, store: Store, tmp_path: Path
) -> None:
    stream = stream_preview(clicks_wav, options, store)
    first = next(stream)
    with av.open(io.BytesIO(first)) as container:
        frames = [f.to_ndarray(format="gray") for f in container.decode(video=0)]
    assert len(frames) >= 1 and len(first) < 60_000
    whole = tmp_path / "whole.mp4"
    whole.write_bytes(first + b"".join(stream))
    assert frame_times(whole) == pytest.approx([n / 10 for n in range(120)], abs=1e-6)
    assert all((a != b).any() for a, b in pairwise(decoded(whole)[:30]))
    assert audio_start(whole) == 0
    assert audio_end(whole) == pytest.approx(SECONDS, abs=1e-3)
    sound, rate = heard(whole)
    for click in beat_times(120, SECONDS):
        at = onset(sound, rate, after=max(0, click - 0.1), before=click + 0.1)
        assert at == pytest.approx(click, abs=1e-3)


def test_it_shows_what_the_finished_file_shows(
    clicks_wav: Path, options: pipeline.RenderOptions, store: Store, tmp_path: Path
) -> None:
    stream = streamed(clicks_wav, options, store, tmp_path / "stream.mp4")
    pipeline.render(clicks_wav, tmp_path / "file.mp4", options, Store(tmp_path / "other"))
    ours, theirs = decoded(stream).astype(int), decoded(tmp_path / "file.mp4").astype(int)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).mean() < 2, "an opening of other pieces is encoded otherwise"
    assert (ours[60:] == theirs[60:]).all(), "and from the first full segment on it is the same"


def test_what_is_drawn_is_not_drawn_again(
    clicks_wav: Path,
    options: pipeline.RenderOptions,
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    once = streamed(clicks_wav, options, store, tmp_path / "1.mp4").read_bytes()
    drawn = segments_in(store)

    def refuse(*_: object) -> None:
        raise AssertionError("drawn again")

    monkeypatch.setattr(Plan, "draw", refuse)
    assert streamed(clicks_wav, options, store, tmp_path / "2.mp4").read_bytes() == once
    assert segments_in(store) == drawn
    monkeypatch.undo()
    report = pipeline.render(clicks_wav, tmp_path / "file.mp4", options, store)
    assert report.segments_reused == report.segments - 1, "all but the opening serve the file too"


def test_a_finished_file_serves_the_stream(
    clicks_wav: Path, options: pipeline.RenderOptions, store: Store, tmp_path: Path
) -> None:
    pipeline.render(clicks_wav, tmp_path / "file.mp4", options, store)
    there = segments_in(store)
    streamed(clicks_wav, options, store, tmp_path / "stream.mp4")
    assert segments_in(store) == there


def test_a_part_begins_where_it_should(
    clicks_wav: Path, options: pipeline.RenderOptions, store: Store, tmp_path: Path
) -> None:
    part = replace(options, part=Part(3.0, 4.0))
    shown = streamed(clicks_wav, part, store, tmp_path / "part.mp4")
    assert len(frame_times(shown)) == 40 and audio_end(shown) == pytest.approx(4.0, abs=1e-3)
    sound, rate = heard(shown)
    for click in (t - 3 for t in beat_times(120, SECONDS) if 3.05 < t < 6.9):
        at = onset(sound, rate, after=max(0, click - 0.1), before=click + 0.1)
        assert at == pytest.approx(click, abs=1e-3)


def test_closing_it_stops_everything(
    clicks_wav: Path, options: pipeline.RenderOptions, store: Store
) -> None:
    import multiprocessing

    stream = stream_preview(clicks_wav, options, store)
    for _ in range(4):
        next(stream)
    begin = time.monotonic()
    stream.close()
    assert time.monotonic() - begin < 5
    assert not multiprocessing.active_children()
    there = segments_in(store)
    time.sleep(0.5)
    assert segments_in(store) == there
    assert not list(store.folder.rglob(".*")), "nothing half-written"


# --- Stills that are not there yet -----------------------------------------------------------


class SlowPainter:
    """One colour, after a while."""

    gives_depth = False
    name, version = "slow", "1"

    def generate(self, request: ImageRequest) -> Still:
        time.sleep(0.3)
        return Still(rgb=np.full((request.height, request.width, 3), 200, np.uint8))


@pytest.fixture
def slow_painter(monkeypatch: pytest.MonkeyPatch, _plain_package: Path, tmp_path: Path) -> str:
    """Installed as a provider, also in helpers."""
    info = tmp_path / "plugins" / "slow-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: slow\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[clavilux.providers]\nslow = test_preview:SlowPainter\n"
    )
    monkeypatch.syspath_prepend(info.parent)
    monkeypatch.setenv("PYTHONPATH", f"{info.parent}{os.pathsep}{os.environ['PYTHONPATH']}")
    registry._entries_on.cache_clear()
    return "slow"


def test_stills_that_are_missing_hold_nothing_up(
    clicks_wav: Path,
    options: pipeline.RenderOptions,
    store: Store,
    slow_painter: str,
    tmp_path: Path,
) -> None:
    options = replace(options, tier=2, shop=Shop((slow_painter,)))
    moving = streamed(clicks_wav, replace(options, tier=1), store, tmp_path / "moving.mp4")
    painted = len(list(store.folder.rglob("*.qoi")))
    stream = stream_preview(clicks_wav, options, store)
    head = [next(stream), next(stream)]
    assert len(list(store.folder.rglob("*.qoi"))) == painted, "shown before anything is painted"
    first = tmp_path / "first.mp4"
    first.write_bytes(b"".join([*head, *stream]))
    assert (decoded(first)[0] == decoded(moving)[0]).all(), "the opening is the scene's"
    assert len(frame_times(first)) == 120
    assert len(list(store.folder.rglob("*.qoi"))) > painted, "painted behind"

    again = streamed(clicks_wav, options, store, tmp_path / "again.mp4")
    assert mean_luma(decoded(again)[:1])[0] > 140, "now the opening shows its still"
    pipeline.render(clicks_wav, tmp_path / "file.mp4", options, Store(tmp_path / "other"))
    file = decoded(tmp_path / "file.mp4").astype(int)
    assert np.abs(decoded(again).astype(int) - file).mean() < 2


# --- Long songs ------------------------------------------------------------------------------


def test_a_long_song_begins_before_it_is_heard(
    options: pipeline.RenderOptions,
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seconds = 40.0
    times = beat_times(120, seconds)
    song = write_song(tmp_path / "long.flac", clicks(times, seconds))
    usual, here = pipeline.analyze, []

    def analyze(*given: object, **named: object) -> object:
        here.append(given)
        return usual(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "analyze", analyze)
    stream = stream_preview(song, options, store, long=20, opening=16)
    head = next(stream)
    assert not here, "only the opening was heard"
    shown = tmp_path / "long.mp4"
    shown.write_bytes(head + b"".join(stream))
    assert frame_times(shown) == pytest.approx([n / 10 for n in range(400)], abs=1e-6)
    assert audio_start(shown) == 0 and audio_end(shown) == pytest.approx(seconds, abs=1e-3)
    sound, rate = heard(shown)
    for click in times:
        at = onset(sound, rate, after=max(0, click - 0.1), before=click + 0.1)
        assert at == pytest.approx(click, abs=1e-3)
    pipeline.render(song, tmp_path / "file.mp4", options, store)
    ours, theirs = decoded(shown).astype(int), decoded(tmp_path / "file.mp4").astype(int)
    assert (ours[200:] == theirs[200:]).all(), "after the opening it is the whole song's edit"


def test_a_long_song_that_is_known_begins_with_its_own_edit(
    clicks_wav: Path, options: pipeline.RenderOptions, store: Store, tmp_path: Path
) -> None:
    shown = streamed(clicks_wav, options, store, tmp_path / "1.mp4")
    again = streamed(clicks_wav, options, store, tmp_path / "2.mp4", long=5, opening=3)
    assert shown.read_bytes() == again.read_bytes()


def test_a_lost_helper_is_not_the_end(
    clicks_wav: Path,
    options: pipeline.RenderOptions,
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import multiprocessing

    stream = stream_preview(clicks_wav, options, store)
    parts = [next(stream) for _ in range(3)]
    for child in multiprocessing.active_children():
        child.kill()
    shown = tmp_path / "shown.mp4"
    shown.write_bytes(b"".join([*parts, *stream]))
    assert len(frame_times(shown)) == 120


# --- A second look ---------------------------------------------------------------------------


def test_a_second_look_needs_no_plan(
    clicks_wav: Path,
    options: pipeline.RenderOptions,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Edit, "is_ours", lambda *_: True)
    asked = ("one",)
    calls = []

    def chosen() -> pipeline.RenderOptions:
        calls.append(1)
        return options

    def look(said: tuple[str, ...] = asked) -> bytes:
        return b"".join(preview_again(clicks_wav, chosen, store, asked=said))

    first = look()
    assert len(calls) == 1
    assert look() == first and len(calls) == 1, "all of it was remembered"
    assert look(("another",)) == first and len(calls) == 2
    lost = sorted(store.folder.rglob("*.mp4"), key=lambda path: path.stat().st_mtime)[-1]
    lost.unlink()
    assert look() == first and len(calls) == 3, "what is missing is drawn again"
    assert look() == first and len(calls) == 3


def test_what_others_can_change_is_not_remembered(
    clicks_wav: Path, options: pipeline.RenderOptions, store: Store
) -> None:
    for asked in ((), ("one",)):  # a style of the user's, with a scene that is not ours
        assert b"".join(preview_again(clicks_wav, lambda: options, store, asked=asked))
    assert not list(store.folder.rglob("*.preview.json"))


# --- The command -----------------------------------------------------------------------------


def test_the_command_writes_to_a_pipe(clicks_wav: Path, plain_style: Path, tmp_path: Path) -> None:
    asked = command("preview", clicks_wav, "--style", plain_style, "--tier", 1, "-o", "-")
    done = subprocess.run(
        [*asked, "--at", "0:05"],
        capture_output=True,
        env={**os.environ, "CLAVILUX_CACHE": str(tmp_path / "cache")},
    )
    assert done.returncode == 0 and done.stderr == b""
    (tmp_path / "out.mp4").write_bytes(done.stdout)
    assert len(frame_times(tmp_path / "out.mp4")) == 300
    assert not list(clicks_wav.parent.glob("*.mp4"))


def test_a_reader_that_goes_away_ends_it_quietly(
    clicks_wav: Path, plain_style: Path, tmp_path: Path
) -> None:
    asked = command("preview", clicks_wav, "--style", plain_style, "--tier", 1, "-o", "-")
    environment = {**os.environ, "CLAVILUX_CACHE": str(tmp_path / "cache")}
    with subprocess.Popen(
        asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.read(2000)
        process.stdout.close()
        assert process.wait(60) == 0
        assert process.stderr.read() == b""


@pytest.fixture
def player(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Path]]:
    """Installs a player that runs a line of shell, and no other."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}")

    def install(line: str, name: str = "ffplay") -> Path:
        path = folder / name
        path.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{line}\n")
        path.chmod(0o755)
        return path

    yield install


def test_a_player_is_fed(
    cli: Callable[..., Answer],
    clicks_wav: Path,
    plain_style: Path,
    player: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    player(f'echo "$@" > {tmp_path}/told; cat > {tmp_path}/seen.mp4')
    answer = cli("preview", clicks_wav, "--play", "--style", plain_style, "--tier", 1)
    assert (answer.code, answer.out, answer.err) == (0, "", "")
    assert len(frame_times(tmp_path / "seen.mp4")) == 72
    assert clicks_wav.stem in (tmp_path / "told").read_text()


def test_a_player_that_is_closed_ends_it_quietly(
    cli: Callable[..., Answer], clicks_wav: Path, plain_style: Path, player: Callable[[str], Path]
) -> None:
    player("head -c 100 > /dev/null")
    asked = ("preview", clicks_wav, "--play", "--style", plain_style, "--tier", 1)
    answer = cli(*asked)
    assert (answer.code, answer.out, answer.err) == (0, "", "")
    player("exit 1")
    answer = cli(*asked)
    assert answer.code == 2 and "ffplay stopped with exit code 1" in answer.err


def test_bad_requests_are_refused_in_one_line(
    cli: Callable[..., Answer],
    clicks_wav: Path,
    player: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cases = [
        (("--play",), "install mpv or ffplay or vlc"),
        (("--play", "-o", tmp_path / "x.mp4"), "--play writes no file"),
        (("-o", "-", "--json"), "--json is for a preview that is written to a file"),
        (("-o", "-", "--at", "1:00"), "after the end of the song"),
    ]
    for given, said in cases:
        answer = cli("preview", clicks_wav, *given)
        assert answer.code == 2 and said in answer.err and answer.err.count("\n") == 1, given
        assert answer.out == ""
    for song, said in ((tmp_path, "is a folder"), (tmp_path / "none.mp3", "there is no file")):
        answer = cli("preview", song, "-o", "-")
        assert answer.code == 2 and said in answer.err and answer.out == ""
    monkeypatch.setattr("clavilux.preview.players.sys.stdout.isatty", lambda: True, raising=False)
    answer = cli("preview", clicks_wav, "-o", "-")
    assert answer.code == 2 and "terminal" in answer.err and "| ffplay -" in answer.err


def test_errors_come_at_the_first_piece(options: pipeline.RenderOptions, store: Store) -> None:
    stream = stream_preview(Path("/nowhere/song.mp3"), options, store)
    with pytest.raises(ClaviluxError, match="there is no file"):
        next(stream)
