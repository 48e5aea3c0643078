"""docs/directing.md says what is so."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from clavilux import registry
from clavilux.cli import app
from clavilux.directors.briefing import TOKENS, TOKENS_A_SECTION
from clavilux.directors.choosing import open_director
from clavilux.model.settings import ProviderSettings
from clavilux.settings import Settings, key_variables

TEXT = (Path(__file__).parents[2] / "docs/directing.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.S)


@pytest.mark.parametrize("line", [
    line for block in blocks("sh") for line in block.splitlines() if line.startswith("clavilux")
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
