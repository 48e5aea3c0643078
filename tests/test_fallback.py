"""A provider that fails costs one section its stills, never the render."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from clavilux.model.errors import ProviderError
from clavilux.model.request import ImageRequest, Still
from clavilux.storage import Store
from support import add_plugins
from workshop import render, spec_of, tiny

pytestmark = pytest.mark.usefixtures("plain_scene")

NOTICE = (
    "AI image generation failed for part_2. Using procedural visuals as fallback. "
    "You can retry or provide a different prompt."
)


class Fickle:
    """Fails where it is told to and remembers what it was asked."""

    gives_depth = False
    name: ClassVar[str] = "fickle"
    version: ClassVar[str] = "1"

    def __init__(self, fails: Callable[[ImageRequest], bool], error: Exception) -> None:
        self.fails, self.error = fails, error
        self.asked: list[ImageRequest] = []

    def generate(self, request: ImageRequest) -> Still:
        self.asked.append(request)
        if self.fails(request):
            raise self.error
        shade = 40 + 30 * request.index
        return Still(rgb=np.full((request.height, request.width, 3), shade, np.uint8))


def is_second(request: ImageRequest) -> bool:
    return request.section == "part_2"


@pytest.mark.parametrize("error", [ProviderError("quota exceeded"), ValueError("quota exceeded")])
def test_a_section_falls_back_and_the_others_do_not(
    clicks_wav: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    provider = Fickle(is_second, error)
    add_plugins(monkeypatch, "providers", painter=provider)
    spec = spec_of(clicks_wav, [0, 4, 8, 12], tier=2, stills=2)
    report = render(spec, tmp_path / "a.mp4", preset=tiny(rate=10), store=Store(tmp_path / "s"))
    assert report.sync.frames == report.sync.expected_frames == 120
    drawn = {s.label: (s.asked_tier, s.drawn_tier) for s in report.sections}
    assert drawn == {"part_1": (2, 2), "part_2": (2, 1), "part_3": (2, 2)}
    (notice,) = report.notices
    assert notice.startswith(NOTICE) and "quota exceeded" in notice
    assert "quota exceeded" in report.sections[1].why
    assert report.sections[0].why == "as asked"
    assert report.stills == 4

    failed = [r for r in provider.asked if is_second(r)]
    assert [r.prompt for r in failed if r.index == 0] == [failed[0].prompt, failed[0].simplified]
    assert len(failed) == 4 and failed[0].simplified not in ("", failed[0].prompt)


def test_the_simplified_prompt_saves_a_section(
    clicks_wav: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = Fickle(lambda r: r.prompt != r.simplified, ProviderError("refused"))
    add_plugins(monkeypatch, "providers", painter=provider)
    spec = spec_of(clicks_wav, [0, 12], tier=2, stills=1)
    report = render(spec, tmp_path / "a.mp4", preset=tiny(rate=10), store=Store(tmp_path / "s"))
    assert report.notices == ("The picture for part_1 was made with a simpler prompt (refused).",)
    assert report.sections[0].drawn_tier == 2 and report.sections[0].why == "as asked"


def test_a_lost_still_is_made_up_for_by_the_sections_others(
    clicks_wav: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = Fickle(lambda r: r.index == 0, ProviderError("timed out"))
    add_plugins(monkeypatch, "providers", painter=provider)
    spec = spec_of(clicks_wav, [0, 12], tier=2, stills=2)
    store = Store(tmp_path / "s")
    report = render(spec, tmp_path / "a.mp4", preset=tiny(rate=10), store=store)
    assert report.sections[0].drawn_tier == 2
    (notice,) = report.notices
    assert "part_1" in notice and "procedural" not in notice

    add_plugins(monkeypatch, "providers", painter=Fickle(lambda r: False, ValueError()))
    healed = render(spec, tmp_path / "b.mp4", preset=tiny(rate=10), store=store)
    assert (healed.stills, healed.stills_reused, healed.notices) == (2, 1, ())


def test_tier_three_is_drawn_as_tier_two_with_a_reason(clicks_wav: Path, tmp_path: Path) -> None:
    spec = spec_of(clicks_wav, [0, 12], tier=3, stills=1)
    report = render(spec, tmp_path / "a.mp4", preset=tiny(rate=10))
    assert report.sections[0].drawn_tier == 2
    assert "video provider" in report.sections[0].why
