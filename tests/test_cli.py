"""The command line: help, documents for machines, quiet in pipes, specs that go round."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from clavilux import registry
from clavilux.direction.style import style_names
from clavilux.documents import read_spec
from clavilux.model.report import RenderReport
from clavilux.model.song import Analysis
from clavilux.model.spec import RenderSpec
from workshop import Answer, beat_times, clicks, decoded, run, write_song

Cli = Callable[..., Answer]
ESCAPE = "\x1b"
COMMANDS = (
    "render", "preview", "analyze", "plan", "cost", "spend", "retry", "styles", "effects", "doctor",
)  # fmt: skip


@pytest.fixture
def song(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    return write_song(folder / "song.flac", clicks(beat_times(120, 3), 3))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(cli: Cli, command: str) -> None:
    answer = cli(command, "--help")
    assert answer.code == 0 and answer.err == ""
    assert command in answer.out and "--json" in answer.out


def test_the_whole_has_help_and_a_version(cli: Cli) -> None:
    answer = cli("--help")
    assert answer.code == 0 and all(command in answer.out for command in COMMANDS)
    assert cli("--version").out.startswith("clavilux ")
    assert "render" in cli().out


def test_analyze_prints_what_it_hears(cli: Cli, song: Path, tmp_path: Path) -> None:
    analysis = Analysis.model_validate_json(cli("analyze", song, "--json").out)
    assert analysis.duration == pytest.approx(3.0)
    again = Analysis.model_validate_json(analysis.model_dump_json())
    assert again == analysis
    table = cli("analyze", song, "--plot", tmp_path / "plot.png")
    assert table.code == 0 and "BPM" in table.out and analysis.sections[0].label in table.out
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_a_song_without_tags_is_called_as_its_file_is(cli: Cli, song: Path) -> None:
    """Two copies have one analysis, but each its own name."""
    copy = song.with_name("another name.flac")
    copy.write_bytes(song.read_bytes())
    titles = [cli("analyze", path, "--json").json["song"]["title"] for path in (song, copy, song)]
    assert titles == ["song", "another name", "song"]


def test_plan_writes_what_render_reads(
    cli: Cli, song: Path, plain_style: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    relative = song.relative_to(tmp_path)
    answer = cli("plan", relative, "--style", plain_style, "--seed", 7)
    assert answer.code == 0 and "next: clavilux render" in answer.out
    path = song.with_name("song.spec.yaml")
    spec = read_spec(path)
    assert (spec.song, spec.seed, spec.style) == ("song.flac", 7, "plain")
    printed = cli("plan", relative, "--style", plain_style, "--seed", 7, "--json")
    assert RenderSpec.model_validate_json(printed.out).sections == spec.sections

    monkeypatch.chdir("/")
    rendered = cli("render", path, "--preset", "preview", "--json")
    assert rendered.code == 0, rendered.err
    report = RenderReport.model_validate_json(rendered.out)
    assert report.output == str(song.with_name("song.preview.mp4"))
    assert report == RenderReport.model_validate_json(
        song.with_name("song.preview.report.json").read_text()
    )
    direct = cli(
        "render", song, "-o", tmp_path / "direct.mp4", "--preset", "preview",
        "--style", plain_style, "--seed", 7,
    )  # fmt: skip
    assert direct.code == 0 and f"video: {tmp_path / 'direct.mp4'}" in direct.out
    assert (decoded(tmp_path / "direct.mp4") == decoded(Path(report.output))).all()


def test_plan_prints_to_standard_output(cli: Cli, song: Path, plain_style: Path) -> None:
    answer = cli("plan", song, "--style", plain_style, "-o", "-")
    assert answer.code == 0 and "sections:" in answer.out
    (song.parent / "printed.yaml").write_text(answer.out)
    assert read_spec(song.parent / "printed.yaml").style == "plain"
    prompts = cli("plan", song, "--style", plain_style, "--prompts", "--tier", 2)
    assert "plain bands" in prompts.out


def test_preview_is_quick_and_small(cli: Cli, song: Path, plain_style: Path) -> None:
    answer = cli("preview", song, "--at", "0:02", "--style", plain_style, "--json")
    assert answer.code == 0, answer.err
    assert answer.json["preset"] == "preview"
    assert Path(answer.json["output"]).name == "song.preview-at-2s.mp4"
    assert answer.json["sync"]["frames"] == 18


def test_styles_and_effects_are_listed(cli: Cli) -> None:
    styles = cli("styles", "--json").json
    assert [style["name"] for style in styles] == list(style_names()) and len(styles) >= 8
    effects = cli("effects", "--json").json
    assert [effect["name"] for effect in effects] == list(registry.names("effects"))
    for effect in effects:
        assert effect["about"] and effect["driven_by"]
        for p in effect["parameters"]:
            assert p["low"] <= p["default"] <= p["high"], (effect["name"], p["name"])
    assert all(name in cli("styles").out for name in style_names())
    assert all(name in cli("effects").out for name in registry.names("effects"))


def test_doctor_tells_what_is_here(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy = cli("doctor", "--json")
    assert healthy.code == 0
    assert all(check["present"] for check in healthy.json if check["needed"])
    assert "ok" in cli("doctor").out
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CLAVILUX_CACHE", str(tmp_path / "file" / "cache"))
    sick = cli("doctor", "--json")
    assert sick.code == 2
    (missing,) = [c for c in sick.json if c["needed"] and not c["present"]]
    assert "CLAVILUX_CACHE" in missing["adds"]


def test_pipes_get_plain_words_and_nothing_else(
    song: Path, plain_style: Path, tmp_path: Path, plain_scene: None
) -> None:
    target = tmp_path / "out.mp4"
    answer = run(
        "render", song, "-o", target, "--preset", "preview", "--fps", 3, "--style", plain_style
    )
    assert answer.code == 0 and answer.err == ""
    assert ESCAPE not in answer.out and "\r" not in answer.out
    assert answer.out.splitlines()[-1] == f"video: {target}"
    as_json = run("analyze", song, "--json")
    assert as_json.err == "" and json.loads(as_json.out)["meter"] >= 1


def test_brackets_are_shown_as_they_are(song: Path, tmp_path: Path) -> None:
    """The terminal's own marks are in brackets too: a song must not be able to write them."""
    named = tmp_path / "take [2] [red].flac"
    named.write_bytes(song.read_bytes())
    answer = run("analyze", named, CLAVILUX_CACHE=str(tmp_path / "store"))
    assert answer.code == 0, answer.err
    assert answer.out.startswith("take [2] [red]  ")
    assert "clavilux[beat-this]" in run("doctor").out


def test_a_terminal_gets_progress(
    cli: Cli, song: Path, plain_style: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clavilux.terminal import console

    screen = Console(stderr=True, force_terminal=True, force_interactive=True, width=100)
    monkeypatch.setattr(console, "err", screen)
    monkeypatch.setenv("TERM", "xterm")
    answer = cli("preview", song, "--style", plain_style)
    assert answer.code == 0 and "checking" in answer.err and "18/18" in answer.err
    assert "checking" not in cli("preview", song, "--style", plain_style, "--json").err
