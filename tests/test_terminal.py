"""The progress line: what moves, what is named, that it fits, and that a pipe sees nothing."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

from clavilux.terminal import console, progress
from providers.fakes.comfyui import FakeComfyUI
from workshop import Answer, beat_times, clicks, write_song

Cli = Callable[..., Answer]

FRAME = re.compile(r"painting (\S+) +(\d+)/(\d+) (\S+) (.*?)\s*$")
"""Its bar, how many are done of how many, how long it still takes, and what goes on."""


def screen(monkeypatch: pytest.MonkeyPatch, *, width: int) -> io.StringIO:
    seen = io.StringIO()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(
        console, "err", Console(file=seen, force_terminal=True, force_interactive=True, width=width)
    )
    return seen


def lines(seen: io.StringIO) -> list[str]:
    """What stood there, line by line, without colours and moves of the cursor."""
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.getvalue())
    return [line for line in re.split(r"[\r\n]+", plain) if line.strip()]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_picture_moves_the_bar_and_is_named(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = screen(monkeypatch, width=width)
    with progress(quiet=False) as tell:
        for step in range(31):
            tell("painting", f"pre_chorus_1 · Sampler {step} of 30", 1, 3, step / 30)
            tell("drawing", "intro", step, 7200)
    found = [match for line in lines(seen) if (match := FRAME.search(line))]
    assert found[0][5].startswith("pre_chorus_1 · Sampl") and found[-1][2] == "1"
    assert found[-1][3] == "3" and len(found[-1][1]) >= 8
    if width >= 80:
        assert found[-1][5] == "pre_chorus_1 · Sampler 30 of 30"
    assert max(map(len, lines(seen))) <= width
    assert "drawing" in seen.getvalue()
    ends = [max(match[1].find("╸"), match[1].find("╺")) / len(match[1]) for match in found]
    assert ends == sorted(ends)
    assert ends[0] == pytest.approx(1 / 3, abs=0.1) and ends[-1] == pytest.approx(2 / 3, abs=0.1)


@pytest.fixture
def comfy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeComfyUI]:
    monkeypatch.setenv("CLAVILUX_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CLAVILUX_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setattr("clavilux.providers.waiting.POLL_FIRST", 0.05)
    with FakeComfyUI(seconds=0.1) as fake:
        fake.steps, fake.size = None, (512, 288)
        said = f'[providers.comfyui]\nbase_url = "{fake.url}"\nconcurrency = 4\n'
        (tmp_path / "config.toml").write_text(said)
        yield fake


@pytest.mark.usefixtures("plain_scene")
def test_a_render_tells_how_far_a_picture_is(
    cli: Cli, comfy: FakeComfyUI, tmp_path: Path, plain_style: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    song = write_song(tmp_path / "song.flac", clicks(beat_times(120, 3), 3))
    said = ("render", song, "--style", plain_style, "--preset", "preview", "--tier", "2")
    seen = screen(monkeypatch, width=80)
    assert cli(*said, "--images", "comfyui").code == 0
    text = " ".join(lines(seen))
    assert re.search(r"· Sampler \d+ of 30", text) and "in the queue" in text
    before, ran = seen.getvalue(), len(comfy.ran)
    answer = cli(*said, "--images", "comfyui", "--seed", "2", "--json")
    assert json.loads(answer.out) and len(comfy.ran) > ran
    assert answer.err == "" and seen.getvalue() == before
