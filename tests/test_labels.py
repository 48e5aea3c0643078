"""Text files of beats, tempi and sections: read leniently, refused in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from clavilux.labels import clock_seconds, read_beats, read_sections, read_taps, read_tempo_map
from clavilux.model.correction import SectionMark, TempoMark
from clavilux.model.errors import InputError
from clavilux.model.functions import function_named

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(text: str) -> Path:
        path = tmp_path / "notes.txt"
        path.write_bytes(text.encode())
        return path

    return make


def test_times() -> None:
    assert clock_seconds("83.5") == clock_seconds("1:23.5") == 83.5
    assert clock_seconds("1:02:03") == 3723 and clock_seconds(".5") == 0.5
    for text in ("", "verse", "-1", "1e5", "nan", "inf", "1:2:3:4", "1..2", "٣", "1" * 40):
        assert clock_seconds(text) is None


def test_taps_with_and_without_positions(write: Write) -> None:
    assert read_taps(write("# mine\n0.5\r\n1.0, \n\n1.5 # here\n")) == (0.5, 1.0, 1.5)
    assert read_taps(write("0.5 3\n1.0 4\n1.5 1\n2.0 2\n")) == (1.5, 2.0)
    assert read_taps(write("\ufeff0.5\n1:01\n")) == (0.5, 61.0)
    assert [m.position for m in read_beats(write("0.5,1.1\n1.0,1.2\n1.5,2.1\n"))] == [1, 2, 1]
    assert [m.position for m in read_beats(write("0.5\t1.000\n1.0\t2.000\n"))] == [1, 2]


def test_tempo_map(write: Write) -> None:
    marks = read_tempo_map(write("0 120\n1:00.5, 96.5\n"))
    assert marks == (TempoMark(time=0, tempo=120), TempoMark(time=60.5, tempo=96.5))


def test_sections_as_lines_and_as_audacity_labels(write: Write) -> None:
    wanted = (SectionMark(start=0, name="intro"), SectionMark(start=83.5, name="pre chorus"))
    assert read_sections(write("0:00 intro\n1:23.5 pre chorus\n")) == wanted
    assert read_sections(write("0.0\t83.5\tintro\n83.5\t100.0\tpre chorus\n")) == wanted
    assert read_sections(write("0,intro\n83.5,pre chorus # loud\n")) == wanted
    assert read_sections(write('0 "intro"\n83.5 "pre chorus"\n')) == wanted


@pytest.mark.parametrize(
    ("read", "text", "words"),
    [
        (read_taps, "", "holds no beats; give a text file"),
        (read_taps, "1.0\n", "one tap; two"),
        (read_taps, "1.0\nverse\n", "line 2: 'verse' is not a time; write seconds"),
        (read_taps, "1.0\n0.5\n", "line 2: 0.5 is not after"),
        (read_beats, "1.0 x\n", "line 1: 'x' is not a position"),
        (read_tempo_map, "0\n", "line 1: write a time and a tempo"),
        (read_tempo_map, "0 1000\n", "not a tempo from 10 to 400"),
        (read_tempo_map, "5 100\n5 100\n", "line 2: 5 is not after"),
        (read_tempo_map, "\n", "holds no tempo"),
        (read_sections, "0:00\n", "write a time and a name"),
        (read_sections, "intro\n", "'intro' is not a time"),
        (read_sections, "10 5 verse\n", "ends at 5, before it starts"),
        (read_sections, "0 intro\n0 verse\n", "'verse' does not start after 'intro'"),
        (read_sections, "#\n", "holds no sections"),
    ],
)
def test_what_is_wrong_is_said(
    read: Callable[[Path], object], text: str, words: str, write: Write
) -> None:
    with pytest.raises(InputError) as caught:
        read(write(text))
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff\xfe\x00")
    (tmp_path / "large.txt").write_bytes(b"1\n" * 2_500_000)
    for name, words in (
        ("picture.png", "not a text file"),
        ("large.txt", "too large"),
        ("absent.txt", "cannot read"),
        (".", "cannot read"),
    ):
        with pytest.raises(InputError, match=words):
            read_taps(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("Verse", "verse"),
        ("verse 1", "verse"),
        ("CHORUS_2", "chorus"),
        ("Refrain", "chorus"),
        ("hook", "chorus"),
        ("pre chorus", "pre-chorus"),
        ("Pre-Chorus 2", "pre-chorus"),
        ("prechorus", "pre-chorus"),
        ("post-chorus", "chorus"),
        ("Guitar Solo", "solo"),
        ("middle 8", "bridge"),
        ("end", "outro"),
        ("Chorus (quiet)", "chorus"),
        ("inst", "instrumental"),
        ("drop", "drop"),
        ("silence", None),
        ("A", None),
        ("", None),
        ("1", None),
    ],
)
def test_functions_of_names(name: str, function: str | None) -> None:
    assert function_named(name) == function
