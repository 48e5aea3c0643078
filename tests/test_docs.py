"""What the documents tell a reader to type is run, or at least understood, here."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import numpy as np
import pytest
from typer.main import get_command

from clavilux import registry
from clavilux.cli import app
from clavilux.interfaces import Shot
from clavilux.model.settings import ProviderSettings
from clavilux.providers.prices import Prices
from clavilux.settings import Settings, key_variables

ROOT = Path(__file__).parent.parent
SHOT = Shot(
    strength=1.0,
    energy=0.5,
    palette=("#0B0B1A", "#4A1E8A", "#FF7A59", "#FFE9C7"),
    seconds=4.0,
    beat_seconds=0.5,
    framing=0,
    variation=(0.1, 0.4, 0.6, 0.9),
)


def blocks(document: str, language: str) -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.S)


def shell_lines() -> list[str]:
    lines = [
        line
        for document in ("README.md", "docs/images.md")
        for block in blocks(document, "sh")
        for line in block.splitlines()
    ]
    return [line for line in lines if line.startswith("clavilux")]


@pytest.mark.parametrize("line", shell_lines())
def test_every_command_of_the_documents_is_understood(line: str) -> None:
    """Parsed, not run: the arguments must be ones the command knows."""
    words = shlex.split(line, comments=True)[1:]
    command = get_command(app).commands[words[0]]  # type: ignore[attr-defined]
    command.make_context(words[0], words[1:])


def test_the_make_targets_of_the_documents_exist() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.M)
    for document in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / document).read_text(encoding="utf-8")
        named = set(re.findall(r"(?:`|^)make ([a-z]+)", text, flags=re.M))
        assert named and named <= set(targets)
    assert {"demo", "test", "check", "bench", "golden", "gallery"} <= set(targets)


def test_the_effect_of_the_contributing_guide_works() -> None:
    (code,) = blocks("CONTRIBUTING.md", "python")
    names: dict[str, object] = {}
    exec(compile(code, "CONTRIBUTING.md", "exec"), names)  # noqa: S102
    effect = names["Posterize"]()  # type: ignore[operator]
    curves = effect.drive(SHOT)
    assert set(curves) == {parameter.name for parameter in effect.parameters}
    rgb = np.random.default_rng(0).random((8, 8, 3)).astype(np.float32)
    assert np.array_equal(effect.paint(rgb, {"amount": 0.0}, frame=1), rgb)
    assert not np.allclose(effect.paint(rgb, {"amount": 1.0}, frame=1), rgb, atol=1e-3)


@pytest.mark.parametrize(
    "text", blocks("docs/images.md", "toml") + blocks("docs/storage.md", "toml")
)
def test_the_settings_of_the_documents_can_be_used(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(text)
    monkeypatch.setenv("CLAVILUX_CONFIG", str(config))
    settings = Settings.read()
    assert Prices.read(settings.prices).of("openai", "gpt-image-2.5-flare")
    for name in settings.providers:
        assert registry.load("providers", name).configured(settings.provider(name)).ready() == ""


def test_the_table_of_providers_is_true() -> None:
    """Their keys, models and what they can do, in docs/images.md."""
    text = (ROOT / "docs/images.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)\|$", text, flags=re.M))
    for name in ("openai", "gemini", "bfl", "fal", "stability"):
        keys, model, seed, negative, references = (c.strip() for c in rows[name].split("|"))
        seller = registry.load("providers", name).configured(ProviderSettings())
        assert re.findall(r"`(\w+)`", keys)[0] == key_variables(name)[0] in seller.ready()
        assert model == seller.models[0]
        can = seller.capabilities
        assert (seed, negative) == (
            "yes" if can.seed else "no", "yes" if can.negative_prompt else "in the prompt"
        )  # fmt: skip
        assert (references == "yes") == (can.references > 0)
    assert "painter" in rows


def test_every_variable_of_the_documents_is_read() -> None:
    code = (ROOT / "src/clavilux/settings.py").read_text(encoding="utf-8")
    fields = set(Settings.__dataclass_fields__)
    for document in ("README.md", "docs/images.md", "docs/storage.md"):
        text = (ROOT / document).read_text(encoding="utf-8")
        for name in re.findall(r"CLAVILUX_([A-Z_]+)\b", text):
            assert name.lower() in fields or name == "CONFIG", (document, name)
        for name in re.findall(r"\b[A-Z]+_API_KEY\b|\bOPENAI_BASE_URL\b|\bFAL_KEY\b", text):
            assert f'"{name}"' in code, (document, name)


def test_plugins_that_are_declared_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for kind in ("scenes", "effects", "providers"):
        for name in project["entry-points"][f"clavilux.{kind}"]:
            assert registry.get(kind, name).name == name  # type: ignore[arg-type]
    for name in project["entry-points"]["clavilux.directors"]:
        assert callable(registry.load("directors", name))
