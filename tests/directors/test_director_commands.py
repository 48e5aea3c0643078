"""--director on the command line: plan, render and cost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clavilux.documents import read_spec
from directors.directing import KEY
from directors.fakes.chat import FakeChat

Cli = Callable[..., Any]


def test_a_plan_by_a_model(cli: Cli, clicks_wav: Path, fake: FakeChat, tmp_path: Path) -> None:
    lyrics, spec = tmp_path / "song.lrc", tmp_path / "song.spec.yaml"
    lyrics.write_text("[00:02.00]a kite over the sea\n")
    asked = ("plan", clicks_wav, "-o", spec, "--director", "openai", "--budget", "1",
             "--brief", "a lonely astronaut", "--lyrics", lyrics)  # fmt: skip
    first = cli(*asked)
    assert first.code == 0, first.err
    assert "a kite over the sea" in json.dumps(fake.questions[0])
    made = read_spec(spec)
    assert made.through_line.endswith("a lonely astronaut") and made.sections[0].scene == "plain"
    text = spec.read_text()
    assert cli(*asked).code == 0 and spec.read_text() == text and len(fake.calls) == 1
    bought = json.loads(cli("spend", "--json").out)
    assert [(row["section"], row["provider"]) for row in bought] == [("director", "openai")]
    assert bought[0]["cost"] == pytest.approx(fake.bill / 1e6)


def test_nothing_is_asked_before_the_user_said_for_how_much(
    cli: Cli, clicks_wav: Path, fake: FakeChat, tmp_path: Path
) -> None:
    spec = tmp_path / "song.spec.yaml"
    answer = cli("plan", clicks_wav, "-o", spec, "--director", "openai")
    assert answer.code == 2 and "at most $0." in answer.err and "--budget 0." in answer.err
    assert not fake.calls and not spec.exists()
    budget = answer.err.split("--budget ")[1].split(",")[0]
    assert cli("plan", clicks_wav, "-o", spec, "--director", "openai", "--budget", budget).code == 0
    assert cli("plan", clicks_wav, "-o", spec, "--director", "openai").code == 0, "it is here"
    assert len(fake.calls) == 1
    poor = cli("plan", clicks_wav, "-o", spec, "--seed", "2", "--director", "openai",
               "--budget", "0.0001")  # fmt: skip
    assert poor.code == 0 and "directed by rules" in poor.err and "budget" in poor.err
    assert len(fake.calls) == 1 and read_spec(spec).through_line == ""


def test_a_server_of_ones_own_needs_no_budget(
    cli: Cli, clicks_wav: Path, fake: FakeChat, tmp_path: Path
) -> None:
    spec = tmp_path / "song.spec.yaml"
    answer = cli("plan", clicks_wav, "-o", spec, "--director", "box")
    assert answer.code == 0 and len(fake.calls) == 1 and fake.bill == 0
    assert fake.questions[0]["model"] == "llama" and read_spec(spec).through_line


def test_the_cost_says_what_a_plan_takes(cli: Cli, clicks_wav: Path, fake: FakeChat) -> None:
    said = cli("cost", clicks_wav, "--images", "openai", "--director", "openai")
    assert said.code == 0 and "a plan by openai gpt-6.1-terra costs about $0.0" in said.out
    offers = json.loads(
        cli("cost", clicks_wav, "--images", "openai", "--director", "openai", "--json").out
    )
    plan = offers[-1]
    assert plan["director"] == "openai" and 0 < plan["low"] < plan["likely"] < plan["high"] < 1
    assert "costs nothing" in cli("cost", clicks_wav, "--director", "box").out
    assert not fake.calls


def test_a_render_says_who_did_not_direct_it(
    cli: Cli, clicks_wav: Path, fake: FakeChat, tmp_path: Path, plain_style: Path
) -> None:
    fake.script("bad_key")
    video = tmp_path / "song.mp4"
    answer = cli("render", clicks_wav, "-o", video, "--preset", "preview", "--workers", "1",
                 "--style", plain_style, "--director", "box")  # fmt: skip
    assert answer.code == 0, answer.err
    report = json.loads(video.with_suffix(".report.json").read_text())
    assert [n for n in report["notices"] if "The director box gave no plan" in n]
    assert "BOX_API_KEY" in answer.out + answer.err and KEY not in answer.out + answer.err


@pytest.mark.parametrize("fault", ["bad_key", ""])
def test_a_render_with_pictures_is_directed_once(
    cli: Cli, clicks_wav: Path, fake: FakeChat, tmp_path: Path, plain_style: Path, fault: str
) -> None:
    fake.script(fault)
    video = tmp_path / "song.mp4"
    answer = cli("render", clicks_wav, "-o", video, "--preset", "preview", "--workers", "1",
                 "--style", plain_style, "--director", "box", "--images", "painter")  # fmt: skip
    assert answer.code == 0, answer.err
    assert len(fake.calls) == 1
    report = json.loads(video.with_suffix(".report.json").read_text())
    said = [n for n in report["notices"] if "The director box gave no plan" in n]
    assert len(said) == bool(fault) and bool(report["spec"]["through_line"]) is not bool(fault)


def test_no_director_is_asked_for_a_video_that_cannot_be_written(
    cli: Cli, clicks_wav: Path, fake: FakeChat, tmp_path: Path
) -> None:
    for video in (tmp_path, tmp_path / "song.xyz", clicks_wav):
        for more in ((), ("--images", "painter")):
            answer = cli("render", clicks_wav, "-o", video, "--director", "box", *more)
            assert answer.code == 2, answer.err
    assert not fake.calls


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--brief", "x"), "say which: --director"),
        (("--lyrics", "none.lrc"), "say which: --director"),
        (("--director", "openai", "--lyrics", "none.lrc"), "cannot read none.lrc"),
        (("--director", "opnai", "--budget", "1"), "there is no director 'opnai'"),
        (("--director", "anthropic", "--budget", "1"), "set ANTHROPIC_API_KEY"),
        (("--budget", "1"), "--director"),
        (("--director", "openai", "--budget", "much"), "write US dollars"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_heard(
    cli: Cli, clicks_wav: Path, fake: FakeChat, monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...], said: str,
) -> None:  # fmt: skip
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    answer = cli("plan", clicks_wav, "-o", "-", *options)
    assert answer.code == 2 and said in answer.err and answer.err.count("\n") == 1
    assert not fake.calls


def test_keys_do_not_belong_into_the_file(cli: Cli, clicks_wav: Path, fake: FakeChat,
                                          tmp_path: Path) -> None:  # fmt: skip
    (tmp_path / "config.toml").write_text(f'[directors.box]\nkey = "{KEY}"\n')
    answer = cli("plan", clicks_wav, "--director", "box")
    assert answer.code == 2 and "BOX_API_KEY" in answer.err and KEY not in answer.err


def test_a_spec_is_directed_already(cli: Cli, clicks_wav: Path, fake: FakeChat,
                                    tmp_path: Path) -> None:  # fmt: skip
    spec = tmp_path / "song.spec.yaml"
    assert cli("plan", clicks_wav, "-o", spec).code == 0
    answer = cli("render", spec, "--director", "box")
    assert answer.code == 2 and "directed already" in answer.err


def test_sections_that_a_person_names_are_directed_once(
    cli: Cli, clicks_wav: Path, fake: FakeChat, tmp_path: Path
) -> None:
    parts, spec = tmp_path / "parts.txt", tmp_path / "song.spec.yaml"
    parts.write_text("0:00 verse\n0:04 chorus\n0:08 outro\n")
    answer = cli("plan", clicks_wav, "-o", spec, "--director", "box", "--sections", parts,
                 "--beat-offset", "10")  # fmt: skip
    assert answer.code == 0, answer.err
    made = read_spec(spec)
    assert len(fake.calls) == 1 and made.named_sections and made.correction.beat_offset == 10
    assert [s.theme for s in made.sections] == [f"an astronaut on step {k}" for k in (1, 2, 3)]
    assert cli("plan", clicks_wav, "-o", spec, "--director", "box", "--sections", parts,
               "--beat-offset", "-20").code == 0  # fmt: skip
    assert len(fake.calls) == 1, "another beat is no other picture"


def test_doctor_says_who_can_be_asked(
    cli: Cli, fake: FakeChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with (tmp_path / "config.toml").open("a") as file:
        file.write(
            '[directors.off]\nbase_url = "http://127.0.0.1:9"\nmodel = "m"\n'
            '[directors.far]\nbase_url = "https://far.invalid/v1"\nmodel = "m"\n'
            '[directors.odd]\nbase_url = "http://127.0.0.1:99999"\nmodel = "m"\n[directors.none]\n'
        )
    checks = {c["name"]: c for c in json.loads(cli("doctor", "--json").out)}
    there = {name: checks[f"director {name}"] for name in ("openai", "box")}
    assert all(check["present"] and fake.url in check["found"] for check in there.values())
    assert there["box"]["found"].startswith("llama at ") and "free" in there["box"]["found"]
    for name, said in (
        ("anthropic", "set ANTHROPIC_API_KEY"),
        ("off", "nothing answers at http://127.0.0.1:9"),
        ("far", "no price is known for far m"),
        ("odd", "127.0.0.1:99999"),
        ("none", "base_url and model"),
    ):
        check = checks[f"director {name}"]
        assert not check["present"] and not check["needed"] and said in check["adds"], check
    assert not fake.calls, "it is knocked at, not asked"
