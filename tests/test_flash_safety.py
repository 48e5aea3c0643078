"""Safe to watch: the hardest song there is stays within the limits, by our count and by IRIS."""

from __future__ import annotations

from pathlib import Path

import pytest

from clavilux import registry
from clavilux.model.spec import RenderSpec
from support import PlainScene, add_plugins
from workshop import hard_song, iris_failures, render, spec_of, tiny, write_song

SECONDS = 6.0
LIMITS = tiny(width=256, height=144)
STARK = ("#000000", "#202020", "#F0F0F0", "#FFFFFF")
CRIMSON = ("#100000", "#600000", "#FF1010", "#FF4040")


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_song(tmp_path_factory.mktemp("song") / "hard.wav", hard_song(SECONDS))


def hard_spec(song: Path, scene: str, **fields: object) -> RenderSpec:
    """Hard cuts between the starkest and the reddest palette, everything at full strength."""
    every = {"energy": 1.0, "transition": "cut", "scene": scene, **fields}
    spec = spec_of(song, [0, 1.5, 2.5, 4, 5, SECONDS], **every)  # type: ignore[arg-type]
    palettes = (STARK, CRIMSON, STARK[::-1], CRIMSON, STARK)
    sections = [
        s.model_copy(update={"palette": p}) for s, p in zip(spec.sections, palettes, strict=True)
    ]
    return spec.model_copy(update={"sections": tuple(sections)})


@pytest.mark.parametrize("scene", registry.names("scenes"))
@pytest.mark.parametrize("tier", [1, 2])
def test_the_hardest_song_is_safe_in_every_scene(
    song: Path, tmp_path: Path, scene: str, tier: int
) -> None:
    spec = hard_spec(song, scene, tier=tier, stills=2, prompt="x")
    report = render(spec, tmp_path / "a.mp4", preset=LIMITS)
    assert report.flash.limited and report.flash.passed, report.flash
    assert not iris_failures(tmp_path / "a.mp4", tmp_path / "iris")


@pytest.mark.usefixtures("plain_scene")
def test_strong_effects_stay_safe(song: Path, tmp_path: Path) -> None:
    effects = {"pulse": 4.0, "punch": 4.0, "bloom": 4.0, "aberration": 4.0}
    report = render(hard_spec(song, "plain", effects=effects), tmp_path / "a.mp4", preset=LIMITS)
    assert report.flash.passed, report.flash
    assert not iris_failures(tmp_path / "a.mp4", tmp_path / "iris")


@pytest.mark.usefixtures("plain_scene")
def test_what_flashes_in_spite_of_all_is_reported(
    song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Strobe(PlainScene):
        def draw(self, rgb, view, *, depth=None):  # type: ignore[no-untyped-def]
            rgb[:] = 0.9 if round(view.time * 30) % 6 < 3 else 0.0

    add_plugins(monkeypatch, "scenes", plain=Strobe())
    report = render(hard_spec(song, "plain"), tmp_path / "a.mp4", preset=LIMITS)
    assert not report.flash.passed and report.flash.general_flashes == pytest.approx(5, abs=0.5)
    assert "luminance" in iris_failures(tmp_path / "a.mp4", tmp_path / "iris")


@pytest.mark.usefixtures("plain_scene")
def test_allowing_flashes_is_said_and_done(song: Path, tmp_path: Path) -> None:
    spec = hard_spec(song, "plain")
    safe, wild = (
        render(spec, tmp_path / "a.mp4", preset=LIMITS, allow_flashing=allowed)
        for allowed in (False, True)
    )
    assert (safe.flash.limited, wild.flash.limited) == (True, False)
    assert wild.sync.accents_planned > safe.sync.accents_planned
