"""revise and chat with --director: a model reads what the rules do not understand."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clavilux.conversation import Conversation
from clavilux.documents import read_spec, write_spec
from clavilux.interpreting import Interpreter
from clavilux.media.audio import file_digest
from clavilux.pipeline import RenderOptions
from clavilux.storage import Store
from directors.directing import KEY
from directors.fakes.chat import FakeChat
from directors.fakes.messages import FakeMessages
from directors.fakes.writing import Plan
from providers.fakes.faults import Fault
from workshop import Answer, cache, command, spec_of

Cli = Callable[..., Answer]
WISH = "make it feel like the last day of summer"
HINT = "By rules, these words mean nothing here"


@pytest.fixture
def song(tmp_path: Path, clicks_wav: Path) -> Path:
    path = tmp_path / "song.wav"
    path.write_bytes(clicks_wav.read_bytes())
    return path


@pytest.fixture
def spec(song: Path) -> Path:
    made = spec_of(song, (0, 6, 12)).model_copy(update={"song": song.name})
    path = song.with_name("song.spec.yaml")
    path.write_text("# mine\n" + write_spec(made, name=path.name))
    return path


def entries(cli: Cli) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(cli("spend", "--json").out)
    return found


# --- Once ------------------------------------------------------------------------------------


def test_a_model_reads_what_the_rules_do_not(
    cli: Cli, spec: Path, song: Path, fake: FakeChat
) -> None:
    text = spec.read_text()
    asked = ("revise", spec, WISH, "--director", "openai", "--budget", "1")
    answer = cli(*asked)
    assert answer.code == 0, answer.err
    assert f"read by openai gpt-6.1-terra for ${fake.bill / 1e6:.4f}" in answer.out
    assert f'theme: "plain bands" -> "{WISH}, in light"' in answer.out
    assert "nothing was changed; say --yes" in answer.out and spec.read_text() == text
    assert cli(*asked, "--yes").code == 0, "what was answered is not asked again"
    assert len(fake.calls) == 1
    assert read_spec(spec).sections[0].theme == f"{WISH}, in light"
    assert spec.read_text().startswith("# mine\n")
    (row,) = entries(cli)
    assert (row["section"], row["account"]) == ("director", file_digest(song))
    assert row["cost"] == pytest.approx(fake.bill / 1e6)
    assert cli("undo", spec).code == 0 and spec.read_text() == text


def test_the_rules_are_asked_first(cli: Cli, spec: Path, fake: FakeChat) -> None:
    answer = cli("revise", spec, "make part_1 darker", "--director", "openai", "--yes")
    assert answer.code == 0, answer.err
    assert "understood: part_1: darker" in answer.out and "read by" not in answer.out
    assert not fake.calls
    twice = cli("revise", spec, "part_1 tier 1", "--director", "openai")
    assert twice.code == 2 and "is how it is already" in twice.err and not fake.calls


def test_anthropic_reads_too(
    cli: Cli, spec: Path, fake: FakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeMessages(key=KEY) as other:
        monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
        monkeypatch.setenv("CLAVILUX_DIRECTOR_ANTHROPIC_BASE_URL", other.url)
        with (spec.parent / "config.toml").open("a") as file:
            file.write('[directors.anthropic]\nmodel = "claude-haiku-5-5"\n')
        other.spoils.append(bad)
        answer = cli("revise", spec, WISH, "--director", "anthropic", "--budget", "1", "--yes")
        assert answer.code == 0, answer.err
        assert f"read by anthropic claude-haiku-5-5 for ${other.bill / 1e6:.4f}" in answer.out
        assert len(other.calls) == 2 and not fake.calls
        other.stop = "refusal"
        refused = cli("revise", spec, WISH, "--director", "anthropic", "--budget", "1", "--yes")
        assert refused.code == 2 and "would not do this" in refused.err


def test_what_is_understood_and_cannot_be_is_not_sent(cli: Cli, spec: Path, fake: FakeChat) -> None:
    wish = "remove the drop"
    for more in ((), ("--director", "box")):
        answer = cli("revise", spec, wish, *more)
        assert answer.code == 2 and "this song has no drop" in answer.err
        assert "language model" not in answer.err and not fake.calls


def test_a_price_is_told_before_and_is_enough(cli: Cli, spec: Path, fake: FakeChat) -> None:
    text = spec.read_text()
    poor = cli("revise", spec, WISH, "--director", "openai", "--yes")
    assert poor.code == 2 and poor.err.count("\n") == 1
    assert "a revision by openai gpt-6.1-terra costs about $0.0" in poor.err
    assert HINT in poor.err and not fake.calls and spec.read_text() == text
    said = poor.err.split("--budget ")[1].split(",")[0]
    fake.spoils.clear()
    fake.spoils.extend([lambda _: '"' * 30_000] * 2)  # the dearest way to be wrong
    answer = cli("revise", spec, WISH, "--director", "openai", "--budget", said)
    assert len(fake.calls) == 2 and "budget" not in answer.err, answer.err
    assert fake.bill / 1e6 <= float(said)


def test_a_kept_answer_needs_no_budget(cli: Cli, spec: Path, fake: FakeChat) -> None:
    asked = ("revise", spec, WISH, "--director", "openai")
    assert cli(*asked, "--budget", "1").code == 0
    answer = cli(*asked, "--json", "--yes")
    assert answer.code == 0 and len(fake.calls) == 1
    assert answer.json["by"] == "read by openai gpt-6.1-terra before, at no cost now"
    assert answer.json["applied"] and answer.json["patch"]
    assert cli(*asked).code == 2, "another spec is another question"
    assert len(fake.calls) == 1


def test_a_server_of_ones_own_needs_no_budget(cli: Cli, spec: Path, fake: FakeChat) -> None:
    answer = cli("revise", spec, WISH, "--director", "box", "--yes")
    assert answer.code == 0 and "read by box llama\n" in answer.out
    assert fake.bill == 0 and len(fake.calls) == 1


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("yes", [True, False])
def test_at_a_terminal_it_asks(
    cli: Cli, spec: Path, fake: FakeChat, monkeypatch: pytest.MonkeyPatch, yes: bool
) -> None:
    text = spec.read_text()
    monkeypatch.setattr("sys.stdin", Terminal("y\ny\n" if yes else "n\n"))
    answer = cli("revise", spec, WISH, "--director", "openai")
    assert "costs about $0.0" in answer.err and "Ask it?" in answer.err
    assert (answer.code, len(fake.calls)) == ((0, 1) if yes else (2, 0)), answer.err
    assert (spec.read_text() == text) is not yes
    if not yes:
        assert "nothing was asked. By rules" in answer.err and HINT in answer.err


# --- What goes wrong -------------------------------------------------------------------------


def bad(_: Plan) -> str:
    return "Sure! Here are the changes: {"


def obedient(plan: Plan) -> Plan:
    """What a theme or a lyric may tell a model to do."""
    plan["changes"][0] |= {"field": "song", "text": "/etc/passwd"}
    return plan


def dear(plan: Plan) -> Plan:
    plan["changes"][0] |= {"field": "tier", "number": 3, "section": "everywhere"}
    return plan


def nowhere(plan: Plan) -> Plan:
    plan["changes"][0]["section"] = "drop_7"
    return plan


def many(plan: Plan) -> Plan:
    return {**plan, "changes": plan["changes"] * 5000}


def huge(plan: Plan) -> Plan:
    plan["changes"][0]["text"] = "a kite " * 500_000
    return plan


def enormous(plan: Plan) -> Plan:
    plan["changes"][0]["text"] = "a kite " * 700_000
    return plan


def unwilling(plan: Plan) -> Plan:
    return {"changes": [], "not_understood": "I see no\x1b[31m summer\nhere"}


TWICE = [bad, obedient, dear, nowhere, many, huge]


@pytest.mark.parametrize("spoil", TWICE)
def test_an_answer_that_cannot_be_used_is_mended_once(
    cli: Cli, spec: Path, fake: FakeChat, spoil: Callable[[Plan], Any]
) -> None:
    text = spec.read_text()
    fake.spoils.clear()
    fake.spoils.append(spoil)
    asked = ("revise", spec, WISH, "--director", "openai", "--budget", "1", "--yes")
    answer = cli(*asked)
    assert answer.code == 0, answer.err
    assert len(fake.calls) == 2 and spec.read_text() != text
    repair = fake.questions[1]["messages"]
    assert len(repair) == 4 and "cannot be used" in repair[3]["content"]
    cli("undo", spec)
    fake.spoils.extend([spoil] * 2)
    answer = cli(*asked[:2], WISH + " again", *asked[3:])
    assert answer.code == 2 and answer.err.count("\n") == 1
    assert "no usable change" in answer.err and HINT in answer.err
    assert len(fake.calls) == 4 and spec.read_text() == text


@pytest.mark.parametrize(
    ("name", "said", "calls"),
    [
        ("rate_limited", "Rate limit reached", 2),
        ("quota", "no credit is left", 1),
        ("bad_key", "OPENAI_API_KEY", 1),
        ("model_gone", "does not exist", 1),
        ("too_long", "maximum context length", 1),
        ("server_error", "had an error", 2),
        ("garbage", "is not JSON", 2),
        ("half", "no answer from 127.0.0.1", 2),
        ("drop_before", "no answer from 127.0.0.1", 2),
        ("drop_after", "no answer from 127.0.0.1", 2),
        ("html", "is not JSON", 2),
        ("slow", "takes too long", 1),
    ],
)
def test_a_model_that_cannot_be_had_is_a_line(
    cli: Cli, spec: Path, fake: FakeChat, monkeypatch: pytest.MonkeyPatch,
    name: str, said: str, calls: int,
) -> None:  # fmt: skip
    monkeypatch.setattr("clavilux.directors.asking.PAUSE", 0.0)
    text = spec.read_text()
    if name == "slow":
        monkeypatch.setattr("clavilux.directors.asking.ATTEMPTS", calls)
    fault: Any = Fault(trickle=0.05) if name == "slow" else name
    fake.script(*[fault] * calls)
    answer = cli("revise", spec, WISH, "--director", "openai", "--budget", "1", "--yes")
    assert answer.code == 2 and answer.err.count("\n") == 1 and not answer.out
    assert said in answer.err and HINT in answer.err, answer.err
    assert "openai" in answer.err.split("By rules")[0]
    assert KEY not in answer.err and len(fake.calls) == calls
    assert spec.read_text() == text and not spec.with_suffix(".history.jsonl").exists()
    assert sum(row["counted"] for row in entries(cli)) >= fake.bill / 1e6


@pytest.mark.parametrize(
    ("spoil", "said"),
    [(unwilling, "I see no [31m summer here"), (enormous, "is over 4 MB")],
)
def test_an_answer_that_says_no_is_not_asked_twice(
    cli: Cli, spec: Path, fake: FakeChat, spoil: Callable[[Plan], Any], said: str
) -> None:
    fake.spoils.clear()
    fake.spoils.append(spoil)
    asked = ("revise", spec, WISH, "--director", "openai", "--budget", "1", "--yes")
    answer = cli(*asked)
    assert answer.code == 2 and answer.err.count("\n") == 1, answer.err
    assert len(answer.err) < 2000 and "\x1b" not in answer.err
    assert said in answer.err and HINT in answer.err and len(fake.calls) == 1


def test_a_refusal_is_paid_once(cli: Cli, spec: Path, fake: FakeChat) -> None:
    fake.refusal = "I will not"
    asked = ("revise", spec, WISH, "--director", "openai", "--budget", "1", "--yes")
    for _ in range(2):
        answer = cli(*asked)
        assert answer.code == 2 and "would not do this" in answer.err and HINT in answer.err
    assert len(fake.calls) == 1


def test_it_is_never_over_budget(cli: Cli, spec: Path, fake: FakeChat) -> None:
    answer = cli("revise", spec, WISH, "--director", "openai", "--budget", "0.001", "--yes")
    assert answer.code == 2 and "openai was not asked: its answer may cost $0.0" in answer.err
    assert HINT in answer.err and not fake.calls


def test_a_passing_trouble_is_waited_for(cli: Cli, spec: Path, fake: FakeChat) -> None:
    fake.script("rate_limited")
    answer = cli("revise", spec, WISH, "--director", "openai", "--budget", "1")
    assert answer.code == 0 and len(fake.calls) == 2


@pytest.mark.parametrize("request_text", ["", " ", "x" * 2001, "dark\x00er"])
def test_what_is_no_request_is_not_sent(
    cli: Cli, spec: Path, fake: FakeChat, request_text: str
) -> None:
    answer = cli("revise", spec, request_text, "--director", "openai", "--budget", "1")
    assert answer.code == 2 and not fake.calls


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--director", "opnai"), "there is no director 'opnai'"),
        (("--director", "anthropic"), "set ANTHROPIC_API_KEY"),
        (("--director", "openai", "--budget", "much"), "write US dollars"),
        (("--budget", "1"), "say --director openai"),
        ((), "Or let a language model read it: --director openai"),
    ],
)
def test_what_cannot_be_is_said_at_once(
    cli: Cli, spec: Path, fake: FakeChat, monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...], said: str,
) -> None:  # fmt: skip
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    answer = cli("revise", spec, WISH, *options)
    assert answer.code == 2 and said in answer.err and answer.err.count("\n") == 1


def test_a_song_that_is_gone_has_no_account(cli: Cli, spec: Path, song: Path,
                                            fake: FakeChat) -> None:  # fmt: skip
    song.unlink()
    answer = cli("revise", spec, WISH, "--director", "openai", "--budget", "1")
    assert answer.code == 2 and "there is no song" in answer.err and not fake.calls


def test_ctrl_c_while_it_thinks(cli: Cli, spec: Path, fake: FakeChat) -> None:
    text, fake.seconds = spec.read_text(), 20
    asked = ("revise", spec, WISH, "--director", "openai", "--budget", "1", "--yes")
    process = subprocess.Popen(command(*asked), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    until = time.monotonic() + 30
    while not fake.calls and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130 and b"Traceback" not in err and b"stopped" in err
    assert spec.read_text() == text
    (row,) = entries(cli)
    assert row["state"] == "doubt", "it may be billed"
    fake.seconds = 0
    assert cli(*asked).code == 0 and len(fake.calls) == 2 and spec.read_text() != text


# --- A conversation --------------------------------------------------------------------------


def say(cli: Cli, monkeypatch: pytest.MonkeyPatch, lines: str, *arguments: object) -> Answer:
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    return cli("chat", *arguments)


def kinds(spec: Path) -> list[str]:
    talk = Conversation(spec, RenderOptions(), Store(cache()))
    return [message.kind for message in talk.messages()]


def test_a_song_is_directed_and_talked_about(
    cli: Cli, song: Path, fake: FakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = (song, "--director", "openai", "--budget", "1", "--brief", "a kite")
    answer = say(cli, monkeypatch, f"{WISH}\nyes\nevening, then\nno\n", *asked)
    assert answer.code == 0, answer.err
    spec = song.with_name("song.spec.yaml")
    made = read_spec(spec)
    assert made.through_line.endswith("a kite") and made.sections[0].theme.startswith(WISH)
    assert len(fake.calls) == 3 and answer.out.count("read by openai") == 2
    assert kinds(spec) == ["said", "proposed", "accepted", "said", "proposed", "declined"]
    assert sum(row["cost"] for row in entries(cli)) == pytest.approx(fake.bill / 1e6)
    again = say(cli, monkeypatch, "evening, then\n", *asked)
    assert again.code == 0 and len(fake.calls) == 3, "it is directed, and that was asked"
    assert "--brief and --lyrics are not used" in again.err
    assert "at no cost now" in again.out


def test_a_conversation_has_one_budget(
    cli: Cli, spec: Path, fake: FakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    price = float(cli("revise", spec, WISH, "--director", "openai").err
                  .split("--budget ")[1].split(",")[0])  # fmt: skip
    fake.usage = False  # then it counts as much as it may take
    lines = "".join(f"summer, day {number}\nno\n" for number in range(30))
    answer = say(cli, monkeypatch, lines, spec, "--director", "openai", "--budget", price)
    assert answer.code == 0 and "openai was not asked" in answer.out
    assert 0 < len(fake.calls) < 30 and fake.bill / 1e6 <= price
    assert sum(row["counted"] for row in entries(cli)) <= price
    kept = say(cli, monkeypatch, "summer, day 0\nno\n", spec, "--director", "openai")
    assert "yes or no?" in kept.out, "what was answered needs no money"


def test_a_conversation_goes_on_without_its_model(
    cli: Cli, spec: Path, fake: FakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.script("bad_key")
    lines = f"{WISH}\npart_1 darker\nyes\n"
    answer = say(cli, monkeypatch, lines, spec, "--director", "box")
    assert answer.code == 0 and "BOX_API_KEY" in answer.out and HINT in answer.out
    assert kinds(spec) == ["said", "not understood", "said", "proposed", "accepted"]
    assert KEY not in spec.with_suffix(".chat.jsonl").read_text()
    plain = say(cli, monkeypatch, WISH, spec)
    assert "--director openai, anthropic or a server of your own" in plain.out
    poor = say(cli, monkeypatch, WISH, spec, "--director", "openai")
    assert poor.code == 0 and "say --budget 0." in poor.out


def test_ctrl_c_in_a_conversation_ends_the_waiting_alone(
    cli: Cli, spec: Path, fake: FakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tired(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Interpreter, "__call__", tired)
        answer = say(cli, patch, f"{WISH}\npart_1 darker\n", spec, "--director", "box")
    assert answer.code == 0 and "yes or no?" in answer.out
    assert "stopped; nothing was changed" in answer.err
    assert kinds(spec) == ["said", "failed", "said", "proposed"]


def test_a_no_in_a_conversation_is_no_end_of_it(
    cli: Cli, spec: Path, fake: FakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(f"{WISH}\nn\n{WISH}\ny\nyes\n"))
    answer = cli("chat", spec, "--director", "openai")
    assert answer.code == 0 and answer.err.count("Ask it?") == 2
    assert len(fake.calls) == 1 and read_spec(spec).sections[0].theme.startswith(WISH)


def test_a_plan_that_failed_is_a_notice_of_the_conversation(
    cli: Cli, song: Path, fake: FakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.script("bad_key")
    answer = say(cli, monkeypatch, "", song, "--director", "box")
    assert answer.code == 0 and "The director box gave no plan" in answer.err
    spec = song.with_name("song.spec.yaml")
    assert kinds(spec) == ["notice"] and read_spec(spec).through_line == ""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--director", "opnai"), "there is no director 'opnai'"),
        (("--director", "openai"), "say --budget 0."),
        (("--brief", "a kite"), "say which: --director"),
        (("--budget", "1"), "say --images or --director"),
    ],
)
def test_a_conversation_that_cannot_be_is_not_begun(
    cli: Cli, song: Path, fake: FakeChat, monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...], said: str,
) -> None:  # fmt: skip
    answer = say(cli, monkeypatch, "", song, *options)
    assert answer.code == 2 and said in answer.err and answer.err.count("\n") == 1
    assert not fake.calls and not song.with_name("song.spec.yaml").exists()
