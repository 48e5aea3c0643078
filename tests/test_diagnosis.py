"""What `doctor` says of pictures that one's own machines make."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from providers.fakes.comfyui import FakeComfyUI
from workshop import Answer

Cli = Callable[..., Answer]


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Any]]:
    """What is said about comfyui and diffusers, under a config file of so many words."""
    from clavilux.diagnosis import examine
    from clavilux.settings import Settings

    monkeypatch.setenv("CLAVILUX_CACHE", str(tmp_path))
    monkeypatch.setenv("CLAVILUX_CONFIG", str(tmp_path / "config.toml"))
    for name in ("_encoders", "_directors"):
        monkeypatch.setattr(f"clavilux.diagnosis.{name}", lambda *_: [])
    monkeypatch.setattr("clavilux.diagnosis._compiler", lambda: None)

    def look(config: str) -> dict[str, Any]:
        (tmp_path / "config.toml").write_text(config)
        checks = examine(Settings.read())
        return {check.name: check for check in checks if check is not None}

    return look


def test_a_server_is_asked_only_where_it_is_named(
    said: Callable[[str], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeComfyUI() as fake:
        monkeypatch.setattr("clavilux.providers.comfyui.hosts.USUAL", fake.url)
        unsaid = said("")["pictures by comfyui"]
        assert not unsaid.present and "nothing is said under [providers.comfyui]" in unsaid.adds
        assert not fake.calls
        named = said(f'[providers.comfyui]\nbase_url = "{fake.url}"')["pictures by comfyui"]
        assert named.present and f"{fake.url} (ComfyUI 0.3.64" in named.found
        assert said("[providers.comfyui]\nconcurrency = 2")["pictures by comfyui"].present
    gone = said(f'[providers.comfyui]\nbase_url = "{fake.url}"')["pictures by comfyui"]
    assert not gone.present and f"{fake.url} does not answer" in gone.adds and not gone.needed


def test_the_device_is_told_where_a_model_is_named(
    said: Callable[[str], dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clavilux.providers import diffusers
    from clavilux.providers.diffusion import model

    found = ["CUDA (Fake A100), 70 of 80 GB free"]
    monkeypatch.setattr(diffusers, "described", lambda device: f"{found[0]} for {device}")
    monkeypatch.setattr(model.extra, "missing", lambda *_: "")
    assert "say which model" in said("")["pictures by diffusers"].adds
    monkeypatch.setattr(model.Model, "trouble", lambda self: "")
    config = f'[providers.diffusers]\nmodel = "{tmp_path}"\n'
    check = said(config)["pictures by diffusers"]
    assert check.present and check.found == f"{tmp_path.name}; {found[0]} for auto"
