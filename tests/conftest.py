"""Puts this folder on the path, so that every test can import `support` and `workshop`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from clavilux import registry
from clavilux.model.spec import PRESETS
from workshop import HERE, Answer, beat_times, clicks, tiny, write_song

settings.register_profile("repeatable", derandomize=True)
settings.register_profile("explore", print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))
"""Property tests take the same examples each time, so that a run tells of the code and not of luck;
HYPOTHESIS_PROFILE=explore looks for new ones."""


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing of the user's is read or written, but for compiled kernels, which stay where they
    are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLAVILUX_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("CLAVILUX_CONFIG", str(tmp_path_factory.mktemp("config") / "none.toml"))
        patch.delenv("CLAVILUX_WORKERS", raising=False)
        patch.delenv("CLAVILUX_BEAT_THIS", raising=False)
        for name in ("DATA", "PICTURES", "MONTH_BUDGET"):
            patch.delenv(f"CLAVILUX_{name}", raising=False)
        for name in os.environ:  # nobody's keys, and no keyring
            if name.endswith(("_API_KEY", "_BASE_URL")) or name == "FAL_KEY":
                patch.delenv(name)
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
        yield


@pytest.fixture(scope="session")
def clicks_wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds of clicks at 120 BPM; the first is at 0.1 s."""
    path = tmp_path_factory.mktemp("songs") / "clicks.wav"
    return write_song(path, clicks(beat_times(120, 12), 12))


@pytest.fixture(scope="session")
def _plain_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an installed plugin looks like on disk: its entry points."""
    folder = tmp_path_factory.mktemp("plugins")
    info = folder / "plain_scene-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plain-scene\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[clavilux.scenes]\nplain = support:PlainScene\n")
    return folder


@pytest.fixture
def plain_scene(_plain_package: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The scene "plain" is installed: here, in worker processes and in commands.

    It has no compiled code, so that a render of it starts at once.
    """
    monkeypatch.syspath_prepend(_plain_package)
    old = [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(_plain_package), str(HERE), *old]))
    _forget_plugins()
    yield
    _forget_plugins()


def _forget_plugins() -> None:
    for function in (registry._entries_on, registry.get):
        clear = getattr(function, "cache_clear", None)  # a test may have put another in its place
        if clear is not None:
            clear()


@pytest.fixture
def cli(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], plain_scene: None
) -> Callable[..., Answer]:
    """The command line in this process, with a tiny preset called preview."""
    from clavilux.cli import main

    monkeypatch.setitem(PRESETS, "preview", tiny("preview", 6))

    def call(*arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["clavilux", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return Answer(int(end.value.code or 0), said.out, said.err)

    return call


@pytest.fixture(scope="session")
def plain_style(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's own style whose only scene is "plain"."""
    functions = (
        "intro", "verse", "pre-chorus", "chorus", "bridge", "solo", "drop", "instrumental", "outro",
    )  # fmt: skip
    palettes = ("calm", "cool", "dark", "warm", "bright", "rich")
    moods = ("bright_strong", "bright_calm", "dark_strong", "dark_calm")
    lines = [
        'title = "Plain"',
        'description = "Bands."',
        'global_style = "plain"',
        "[fit]",
        "valence = 0",
        "arousal = 0",
        "tempo = [60, 180]",
        "[palettes]",
        *(f'{name} = ["#0B0B1A", "#4A1E8A", "#FF7A59", "#FFE9C7"]' for name in palettes),
        "[scenes]",
        *(f'{name} = ["plain"]' for name in functions),
        "[effects]",
        "pulse = 1.0",
        "[themes.plain]",
        *(f'{level} = ["plain bands"]' for level in ("calm", "moving", "strong")),
        "[moods]",
        *(f'{name} = ["plain"]' for name in moods),
        "[fragments]",
        *(f'{name} = ["plain"]' for name in ("camera", "light", "material")),
    ]
    path = tmp_path_factory.mktemp("styles") / "plain.toml"
    path.write_text("\n".join(lines))
    return path
