"""`clavilux retry`: one section's pictures again, from the report of a render."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from providers.fakes.openai import FakeOpenAI
from workshop import Answer, beat_times, clicks, write_song

Cli = Callable[..., Answer]

PROMPT = "a red fox under the moon"


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAVILUX_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(sys, "stdin", io.StringIO())


@pytest.fixture
def seller(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as fake:
        monkeypatch.setenv("OPENAI_API_KEY", fake.key)
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        yield fake


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with song.flac and parts.txt: two sections."""
    made = tmp_path / "music"
    made.mkdir()
    write_song(made / "song.flac", clicks(beat_times(120, 4), 4))
    (made / "parts.txt").write_text("0 verse\n2 chorus\n")
    return made


def rendered(cli: Cli, folder: Path, style: Path, *more: object) -> dict[str, Any]:
    """The report of a render of tier 2, by the painter unless `more` says otherwise."""
    answer = cli(
        "render", folder / "song.flac", "--preset", "preview", "--style", style, "--tier", 2,
        "--sections", folder / "parts.txt", "--json", *more,
    )  # fmt: skip
    assert answer.code == 0, answer.err
    return dict(answer.json)


def report_in(folder: Path) -> Path:
    return folder / "song.preview.report.json"


def test_one_section_has_other_pictures_and_the_rest_stays(
    cli: Cli, folder: Path, plain_style: Path, seller: FakeOpenAI
) -> None:
    first = rendered(cli, folder, plain_style, "--images", "openai", "--budget", 1)
    labels = [section["label"] for section in first["sections"]]
    pictures, sold = len(first["pictures"]), len(seller.sales)
    mine = [p for p in first["pictures"] if p["section"] == labels[1]]
    assert pictures == sold > len(mine) > 0
    again = cli(
        "retry", report_in(folder), "--section", labels[1], "--prompt", PROMPT, "--budget", 2,
        "--json",
    )  # fmt: skip
    assert again.code == 0, again.err
    assert len(seller.sales) == sold + len(mine)
    assert all(PROMPT in sale.prompt for sale in seller.sales[sold:])
    assert again.json["stills_reused"] == pictures - len(mine)
    for before, after in zip(first["pictures"], again.json["pictures"], strict=True):
        assert (before["prompt"] == after["prompt"]) == (before["section"] != labels[1])
    assert again.json["choices"] == first["choices"]
    assert json.loads(report_in(folder).read_text()) == again.json


def test_it_asks_for_money_as_a_render_does(
    cli: Cli, folder: Path, plain_style: Path, seller: FakeOpenAI
) -> None:
    first = rendered(cli, folder, plain_style, "--images", "openai", "--budget", 1)
    bill = seller.bill
    label = first["sections"][0]["label"]
    same = cli("retry", report_in(folder), "--section", label)
    assert same.code == 0 and "were here already; --prompt gives others" in same.err
    answer = cli("retry", report_in(folder), "--section", label, "--prompt", PROMPT)
    assert answer.code == 2 and "say --budget" in answer.err
    assert seller.bill == bill


def test_corrections_and_choices_survive(cli: Cli, folder: Path, plain_style: Path) -> None:
    first = rendered(
        cli, folder, plain_style, "--downbeat-shift", 1, "--beat-offset", -20, "--duration", 3,
        "--quality", "draft", "--allow-flashing",
    )  # fmt: skip
    assert first["spec"]["correction"]["downbeat_shift"] == 1
    label = first["sections"][0]["label"]
    again = cli("retry", report_in(folder), "--section", label, "--prompt", PROMPT, "--json")
    assert again.code == 0, again.err
    for same in ("correction", "named_sections", "tracker"):
        assert again.json["spec"][same] == first["spec"][same]
    for name in ("start", "end", "asked_tier"):
        assert [s[name] for s in again.json["sections"]] == [s[name] for s in first["sections"]]
    assert again.json["choices"] == first["choices"]
    assert again.json["sync"]["accents_planned"] == first["sync"]["accents_planned"]


def test_a_report_that_was_moved_with_its_song(
    cli: Cli, folder: Path, plain_style: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another song of the same name lies where the command is run: it is not taken."""
    first = rendered(cli, folder, plain_style)
    moved = tmp_path / "moved"
    shutil.move(folder, moved)
    folder.mkdir()
    write_song(folder / "song.flac", clicks(beat_times(90, 4), 4))
    monkeypatch.chdir(folder)
    label = first["sections"][0]["label"]
    again = cli("retry", report_in(moved), "--section", label, "--prompt", PROMPT, "--json")
    assert again.code == 0, again.err
    assert Path(again.json["output"]) == moved / "song.preview.mp4"
    assert again.json["song_digest"] == first["song_digest"]


def test_what_cannot_be_done_again(cli: Cli, folder: Path, plain_style: Path) -> None:
    first = rendered(cli, folder, plain_style, "--duration", 1.5)
    shown, hidden = [section["label"] for section in first["spec"]["sections"]][:2]

    def trouble(*arguments: object, report: Path | None = None) -> str:
        answer = cli("retry", report or report_in(folder), *arguments)
        assert answer.code == 2 and answer.out == "" and len(answer.err.splitlines()) == 1
        return answer.err

    assert f"it has {shown}, {hidden}" in trouble("--section", "bridge_9")
    assert "2001 characters; at most 2000" in trouble("--section", shown, "--prompt", "x" * 2001)
    assert f"section '{hidden}' shows no pictures" in trouble("--section", hidden)
    assert "cannot read" in trouble("--section", shown, report=folder / "none.json")
    (folder / "other.json").write_text('{"a": 1}')
    assert "is not the report" in trouble("--section", shown, report=folder / "other.json")
    assert "is not the report" in trouble("--section", shown, report=folder / "song.flac")
    for change in ({"spec": None}, {"new_field": 1}):
        (folder / "old.json").write_text(json.dumps({**first, **change}))
        told = trouble("--section", shown, report=folder / "old.json")
        assert "by another version of Clavilux; render once more" in told
    write_song(folder / "song.flac", clicks(beat_times(90, 4), 4))
    assert "is not the song" in trouble("--section", shown)
    (folder / "song.flac").unlink()
    assert "put it beside the report" in trouble("--section", shown)
