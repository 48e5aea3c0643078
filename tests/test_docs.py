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
    lines = [line for block in blocks("README.md", "sh") for line in block.splitlines()]
    return [line for line in lines if line.startswith("clavilux")]


@pytest.mark.parametrize("line", shell_lines())
def test_every_command_of_the_readme_is_understood(line: str) -> None:
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


def test_plugins_that_are_declared_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for kind in ("scenes", "effects", "providers"):
        for name in project["entry-points"][f"clavilux.{kind}"]:
            assert registry.get(kind, name).name == name  # type: ignore[arg-type]
