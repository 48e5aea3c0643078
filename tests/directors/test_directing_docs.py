"""docs/directing.md and docs/revising.md say what is so."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from clavilux import registry
from clavilux.cli import app
from clavilux.conversation import Conversation
from clavilux.directors.briefing import TOKENS, TOKENS_A_SECTION
from clavilux.directors.choosing import open_director
from clavilux.documents import write_spec
from clavilux.model.settings import ProviderSettings
from clavilux.pipeline import RenderOptions
from clavilux.settings import Settings, key_variables
from clavilux.storage import Store
from directors.fakes.chat import FakeChat
from workshop import spec_of

DOCS = Path(__file__).parents[2] / "docs"
TEXT, REVISING = (
    (DOCS / name).read_text(encoding="utf-8") for name in ("directing.md", "revising.md")
)


def blocks(language: str, text: str = TEXT) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.S)


@pytest.mark.parametrize("line", [
    line
    for block in blocks("sh") + blocks("sh", REVISING)
    for line in block.splitlines() if line.startswith("clavilux")
])  # fmt: skip
def test_its_commands_are_understood(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    get_command(app).commands[words[0]].make_context(words[0], words[1:])  # type: ignore[attr-defined]


def test_its_settings_can_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from clavilux.consent import refuse_unknown

    config = tmp_path / "config.toml"
    config.write_text("\n".join(blocks("toml")))
    monkeypatch.setenv("CLAVILUX_CONFIG", str(config))
    settings = Settings.read()
    refuse_unknown(settings)
    model = open_director("box", settings)
    assert model.ready() == "" and not model.paid and model.models == ("qwen3:14b",)


def test_its_table_is_true() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)\|$", TEXT, flags=re.M))
    assert set(rows) == {"rules", *registry.names("directors")}
    for name in registry.names("directors"):
        model, key = (cell.strip(" `") for cell in rows[name].split("|"))
        opened = registry.load("directors", name).configured(name, ProviderSettings())
        assert (model,) == opened.models and key == key_variables(name)[0] in opened.ready()


def test_its_numbers_are_true() -> None:
    said = " ".join(TEXT.split())
    assert f"up to {TOKENS:,} and {TOKENS_A_SECTION} more a section" in said


def test_a_conversation_with_a_model_is_made_as_it_says(
    fake: FakeChat, tmp_path: Path, clicks_wav: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("song.mp3").write_bytes(clicks_wav.read_bytes())
    spec = spec_of(Path("song.mp3"), (0, 6, 12))
    Path("song.spec.yaml").write_text(write_spec(spec, name="song.spec.yaml"))
    talk = Conversation(Path("song.spec.yaml"), RenderOptions(), Store(tmp_path / "store"))
    names = {"Conversation": Conversation, "Path": Path, "Settings": Settings, "talk": talk}
    code = blocks("python", REVISING)[-1]
    exec(compile(code, "revising.md", "exec"), names)  # noqa: S102
    talk = names["talk"]  # type: ignore[assignment]
    proposal = talk.say("like the last day of summer")
    assert proposal is not None and "summer" in proposal.after.sections[0].theme
    assert len(fake.calls) == 1
