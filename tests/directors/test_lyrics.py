"""Lyrics as people have them, well-formed or not, and the sections they are sung in."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clavilux.directors.briefing import Wish, question_for
from clavilux.directors.lyrics import (
    MOST_LINES,
    SECTION_LIMIT,
    Lyrics,
    parse_lyrics,
    read_lyrics,
)
from clavilux.model.errors import InputError
from directors.directing import pop_song
from support import make_analysis

LRC = """\
[ar: Somebody]
[ti:A song]
[length: 04:10]
[by:x]
[00:09.50]first verse
[00:21.1][00:44.90]the chorus
[00:33.00]<00:33.00>second <00:33.60>verse
[00:42]still verse
[01:05:500]late
"""


def said(lyrics: Lyrics) -> list[tuple[float | None, str]]:
    return [(line.time, line.text) for line in lyrics.lines]


def test_lines_of_an_lrc_have_times() -> None:
    assert said(parse_lyrics(LRC)) == [
        (9.5, "first verse"), (21.1, "the chorus"), (33.0, "second verse"), (42.0, "still verse"),
        (44.9, "the chorus"), (65.5, "late"),
    ]  # fmt: skip


def test_an_offset_moves_all_lines() -> None:
    assert said(parse_lyrics("[offset:+500]\n[00:10.00]a\n[00:00.20]b")) == [(0.0, "b"), (9.5, "a")]
    assert said(parse_lyrics("[offset: -1500]\n[00:10.00]a")) == [(11.5, "a")]
    for nonsense in ("nan", "inf", "1e99", "x", ""):
        assert said(parse_lyrics(f"[offset:{nonsense}]\n[00:10.00]a")) == [(10.0, "a")]


def test_timed_lines_go_to_the_section_they_sound_in() -> None:
    song = pop_song()  # intro 0-8, verse -20, chorus -32, verse -44, chorus -56, outro -64
    assert parse_lyrics(LRC).by_section(song.sections) == (
        "", "first verse", "the chorus", "second verse / still verse", "the chorus", "late",
    )  # fmt: skip
    early = parse_lyrics("[00:19.80]an upbeat").by_section(song.sections)
    assert early[2] == "an upbeat", "a pick-up belongs to what it leads to"


def test_lines_without_times_are_shared_out_over_what_is_sung() -> None:
    song = pop_song()
    lines = [f"line {k}" for k in range(8)]
    placed = parse_lyrics("\n".join(lines)).by_section(song.sections)
    assert placed[0] == placed[5] == "", "nobody sings in the intro"
    assert " / ".join(filter(None, placed)) == " / ".join(lines), "in order, none lost"
    assert [p.count("line") for p in placed[1:5]] == [2, 2, 2, 2]
    heard = [0.0, 0.9, 0.0, 0.0, 0.3, 0.0]
    sections = [
        s.model_copy(update={"vocals": v}) for s, v in zip(song.sections, heard, strict=True)
    ]
    counts = [p.count("line") for p in parse_lyrics("\n".join(lines)).by_section(sections)]
    assert counts == [0, 6, 0, 0, 2, 0]
    only = make_analysis([("instrumental", 10.0, 0.5)]).sections
    assert parse_lyrics("hey").by_section(only) == ("hey",)


def test_headings_are_no_lyrics() -> None:
    text = "[Chorus]\nla la\n(x2)\n[Verse 2: Somebody]\n\nna na (oh)\n[00:]\n"
    assert [line.text for line in parse_lyrics(text).lines] == ["la la", "na na (oh)"]


@given(st.text(alphabet="[]<>:.0123456789 ab\n\r\x00\x85\u2028ä/offset", max_size=300))
def test_any_text_can_be_parsed_and_placed(text: str) -> None:
    lyrics = parse_lyrics(text)
    for line in lyrics.lines:
        assert line.text == line.text.strip() != "" and "\n" not in line.text
        assert line.time is None or 0 <= line.time < 1e6
    assert len({line.time is None for line in lyrics.lines}) <= 1
    placed = lyrics.by_section(pop_song().sections)
    assert len(placed) == 6 and all(len(p) <= SECTION_LIMIT for p in placed)


HOSTILE = {
    "times": "[00:01.00]" * 100_000 + "x",
    "brackets": "[" * 500_000,
    "tags": "[a:" * 200_000,
    "lines": "la\n" * 300_000,
    "one line": "la " * 300_000,
    "words": "<00:01.00>" * 90_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_read_quickly(name: str) -> None:
    began = time.monotonic()
    lyrics = parse_lyrics(HOSTILE[name])
    lyrics.by_section(pop_song().sections)
    assert len(lyrics.lines) <= MOST_LINES and time.monotonic() - began < 2.0
    question = question_for(Wish(analysis=pop_song(), lyrics=lyrics))
    assert len(question.messages[1].text) < 16_000


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("\ufeffKäfer".encode(), "Käfer"), ("Käfer".encode("utf-16"), "Käfer"),
        ("Käfer".encode("cp1252"), "Käfer"), (b"a\r\nb", "a"), (b"a\rb", "a"),
    ],
)  # fmt: skip
def test_files_are_decoded(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(data)
    assert read_lyrics(path).lines[0].text == words


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no lyrics"), (b"[ar:x]\n[Chorus]\n", "no lyrics"),
        (b"ID3\0\0\xff\xfb", "not a text"), (b"x" * 1_100_000, "too large"),
    ],
)  # fmt: skip
def test_what_holds_no_lyrics_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "x.lrc"
    path.write_bytes(data)
    with pytest.raises(InputError, match=said):
        read_lyrics(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.lrc", tmp_path):
        with pytest.raises(InputError, match="cannot read"):
            read_lyrics(path)
