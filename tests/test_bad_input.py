"""Whatever is wrong is one clear line, exit code 2, and nothing half-written; the rest works."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from clavilux.documents import write_spec
from workshop import Answer, beat_times, clicks, decoded, spec_of, write_song

Cli = Callable[..., Answer]
SMALL = ("--preset", "preview")


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return write_song(tmp_path / "song.wav", clicks(beat_times(120, 3), 3))


def assert_refused(answer: Answer, *words: str) -> None:
    """One line on standard error that holds the words."""
    assert answer.code == 2, answer
    (line,) = answer.err.splitlines()
    assert line.startswith("error: ") and "Traceback" not in line
    assert answer.out == ""
    missing = [word for word in words if word.lower() not in line.lower()]
    assert not missing, line


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


# --- Songs -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.mp3", None, ["no file", "missing.mp3"]),
        ("folder", b"", ["is a folder"]),
        ("notes.mp3", b"Dear diary, this is no song.\n" * 50, ["cannot decode", "not audio"]),
        ("empty.wav", b"", ["empty file"]),
    ],
)
def test_what_is_not_a_song_is_refused(
    cli: Cli, tmp_path: Path, name: str, content: bytes | None, words: list[str]
) -> None:
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    before = files(tmp_path)
    for arguments in (
        ("render", path, *SMALL),
        ("analyze", path),
        ("plan", path),
        ("preview", path),
    ):
        assert_refused(cli(*arguments), *words)
    assert files(tmp_path) == before


def test_a_video_without_sound_is_refused(cli: Cli, tmp_path: Path, song: Path) -> None:
    import av

    path = tmp_path / "mute.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        black = av.VideoFrame.from_ndarray(np.zeros((96, 64), np.uint8), format="yuv420p")
        container.mux([*stream.encode(black), *stream.encode(None)])
    assert_refused(cli("render", path, "-o", tmp_path / "out.mp4", *SMALL), "no audio track")


def truncated(path: Path) -> Path:
    write_song(path, clicks(beat_times(120, 4), 4))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 + 77])
    return path


def with_nan(path: Path) -> Path:
    samples = clicks(beat_times(120, 2), 2)
    samples[1000:40000:7], samples[50000] = np.nan, np.inf
    return write_song(path, samples, codec="pcm_f32le")


@pytest.mark.parametrize(
    ("name", "make", "seconds"),
    [
        ("cut.mp3", truncated, 2.1),
        ("silence.wav", lambda p: write_song(p, np.zeros(2 * 44100, np.float32)), 2.0),
        ("short.wav", lambda p: write_song(p, clicks([0.1], 0.3)), 0.3),
        ("nan.wav", with_nan, 2.0),
        ("film.mp4", lambda p: write_song(p, clicks([0.5], 2), late=0.2), 2.2),
    ],
)
def test_odd_songs_work(
    cli: Cli,
    plain_style: Path,
    tmp_path: Path,
    name: str,
    make: Callable[[Path], Path],
    seconds: float,
) -> None:
    answer = cli(
        "render", make(tmp_path / name), "-o", tmp_path / "out.mp4", *SMALL,
        "--style", plain_style, "--json",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    frames = decoded(tmp_path / "out.mp4")
    assert len(frames) == answer.json["sync"]["expected_frames"]
    assert len(frames) / 6 == pytest.approx(seconds, abs=0.25)
    assert frames.std() > 3


def test_a_film_is_not_overwritten_by_its_own_video(
    cli: Cli, plain_style: Path, tmp_path: Path
) -> None:
    film = write_song(tmp_path / "film.mp4", clicks([0.5], 1), late=0.0)
    content = film.read_bytes()
    answer = cli("render", film, "--style", plain_style, "--fps", 2, "--duration", 0.5, "--json")
    assert answer.code == 0 and film.read_bytes() == content
    assert Path(answer.json["output"]).name == "film.clavilux.mp4"
    assert_refused(cli("render", film, "-o", film), "film.mp4", "overwritten")
    spec = tmp_path / "film.yaml"
    spec.write_text(write_spec(spec_of(film, [0, 1]), name="film.yaml"))
    assert_refused(cli("render", spec, "-o", film), "overwritten")
    assert film.read_bytes() == content


# --- Outputs ---------------------------------------------------------------------------------


def test_an_output_that_cannot_be_is_refused(
    cli: Cli, song: Path, plain_style: Path, tmp_path: Path
) -> None:
    before = files(tmp_path)
    style = ("--style", plain_style)
    assert_refused(cli("render", song, "-o", tmp_path, *SMALL, *style), "is a folder")
    assert_refused(
        cli("render", song, "-o", song / "x.mp4", *SMALL, *style), "cannot write", "x.mp4"
    )
    pipe = tmp_path / "pipe"  # stands for /dev/null, which a test had better not replace
    os.mkfifo(pipe)
    assert_refused(cli("render", song, "-o", pipe, *SMALL, *style), "not a regular file")
    assert_refused(cli("plan", song, "-o", pipe, *style), "not a regular file")
    assert_refused(cli("analyze", song, "--plot", pipe), "not a regular file")
    assert_refused(cli("plan", song, "-o", song / "x.yaml", *style), "cannot write")
    assert_refused(cli("plan", song, "-o", song, *style), "overwritten")
    assert_refused(cli("analyze", song, "--plot", song / "x.png"), "cannot write")
    assert files(tmp_path) == before and pipe.is_fifo()


@contextmanager
def nearly_full_disk(room: int) -> Iterator[None]:
    """No file can grow beyond some bytes: as on a full disk, writing fails half-way."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [200, 20_000])
def test_a_full_disk_is_one_line_and_leaves_nothing(
    cli: Cli, song: Path, plain_style: Path, tmp_path: Path, room: int
) -> None:
    arguments = ("render", song, "-o", tmp_path / "out.mp4", *SMALL, "--style", plain_style)
    assert cli("analyze", song).code == 0
    with nearly_full_disk(room):
        answer = cli(*arguments)
    assert_refused(answer, "cannot write", "too large")
    assert files(tmp_path) == {"song.wav"}
    assert cli(*arguments).code == 0, "with room again, it goes on"
    assert files(tmp_path) == {"song.wav", "out.mp4", "out.report.json"}


# --- Specs -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("palette:", "palete:", ["unknown field", "section '", "palete"]),
        ("seed:", "sed:", ["unknown field 'sed'"]),
        ("scene: plain", "scene: nebulla", ["no scene 'nebulla'", "nebula"]),
        ("effects: {}", "effects: {blom: 1}", ["no effect 'blom'", "bloom"]),
        ("effects: {}", "effects: {bloom: 9}", ["bloom", "0..4"]),
        ("'#4A1E8A'", "purple", ["'purple' is not a colour", "#RRGGBB", "palette 2"]),
        ("end: 1.5", "end: 2.5", ["part_2", "part_1", "2.5"]),
        ("end: 1.5", "end: -1", ["part_1", "before it starts"]),
        ("label: part_2", "label: part_1", ["two sections are called 'part_1'"]),
        ("tier: 1", "tier: 7", ["section '", "tier"]),
        ("energy: 0.5", "energy: strong", ["energy", "number"]),
        ("transition: dissolve", "transition: wipe", ["wipe", "morph"]),
        ("sections:", "sections: [", ["line "]),
        ("  - label: part_2", "   - label: part_2", ["line "]),
        ("song: ", "song: no-such-", ["no song", "no-such-", "correct"]),
        ("clavilux: 1", "clavilux: 99", ["clavilux"]),
        ("start: 1.5", "start: .nan", ["start"]),
    ],
)  # fmt: skip
def test_a_wrong_spec_names_what_is_wrong(
    cli: Cli, song: Path, tmp_path: Path, old: str, new: str, words: list[str]
) -> None:
    text = write_spec(spec_of(Path("song.wav"), [0, 1.5, 3]), name="song.yaml")
    assert old in text, text
    spec = tmp_path / "song.yaml"
    spec.write_text(text.replace(old, new, 1))
    assert_refused(cli("render", spec, *SMALL), *words)
    assert files(tmp_path) == {"song.wav", "song.yaml"}


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "not a render spec"),
        (b"- a\n- b", "not a render spec"),
        (b"\xff\xfe\x00", "not a text"),
        (b"{}", "song"),
        (b"a: " + b"[" * 3000, "nested too deeply"),
        (b"a: !!python/name:os.system x", "line 1"),
    ],
)
def test_a_file_that_is_no_spec_is_refused(
    cli: Cli, tmp_path: Path, content: bytes, word: str
) -> None:
    (tmp_path / "spec.yaml").write_bytes(content)
    assert_refused(cli("render", tmp_path / "spec.yaml", *SMALL), word)


def test_a_spec_longer_than_its_song_is_refused(cli: Cli, song: Path, tmp_path: Path) -> None:
    spec = tmp_path / "song.yaml"
    spec.write_text(write_spec(spec_of(song, [0, 30, 60]), name="song.yaml"))
    assert_refused(cli("render", spec, *SMALL), "part_2", "after the song ends", "3.0")


# --- Options ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--fps", "fast"], ["--fps", "'fast'"]),
        (["--fps", "0"], ["--fps", "outside"]),
        (["--fps", "30/0"], ["--fps"]),
        (["--fps", "1000"], ["--fps", "outside"]),
        (["--start", "soon"], ["--start", "'soon'"]),
        (["--start", "-3"], ["--start"]),
        (["--start", "nan"], ["--start"]),
        (["--start", "1:00"], ["--start", "after the end", "3.0 s"]),
        (["--duration", "0"], ["--duration"]),
        (["--duration", "long"], ["--duration", "'long'"]),
        (["--duration", "1:2x"], ["--duration"]),
        (["--preset", "yotube"], ["no preset 'yotube'", "youtube"]),
        (["--style", "deep spaec"], ["no style", "deep_space"]),
        (["--style", "missing.toml"], ["missing.toml"]),
        (["--tier", "9"], ["tier '9'"]),
        (["--seed", "-1"], ["--seed"]),
        (["--seed", "x"], ["--seed"]),
        (["--workers", "-2"], ["--workers"]),
        (["--colour", "red"], ["--colour"]),
        (["--fps"], ["--fps"]),
        (["too", "many"], ["argument"]),
    ],
)
def test_a_wrong_option_is_one_line(
    cli: Cli, song: Path, options: list[str], words: list[str]
) -> None:
    assert_refused(cli("render", song, *options), *words)
    assert files(song.parent) == {"song.wav"}


def test_a_wrong_command_or_setting_is_one_line(
    cli: Cli, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_refused(cli("rendr", song), "rendr")
    assert_refused(cli("preview", song, "--at", "x"), "--at", "'x'")
    monkeypatch.setenv("CLAVILUX_WORKERS", "many")
    assert_refused(cli("render", song, *SMALL), "CLAVILUX_WORKERS", "many")
    monkeypatch.delenv("CLAVILUX_WORKERS")
    monkeypatch.setenv("CLAVILUX_CACHE", str(song / "cache"))
    assert_refused(cli("render", song, *SMALL), "cannot write")
