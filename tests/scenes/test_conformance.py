"""Every installed scene keeps the rules, and the rules notice a scene that does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from clavilux import registry
from clavilux.interfaces import SceneView
from clavilux.testing import check_scene
from support import PlainScene


@pytest.mark.parametrize("name", registry.names("scenes"))
def test_scene(name: str) -> None:
    scene = registry.get("scenes", name)
    check_scene(scene)
    assert scene.name == name


def test_the_artificial_scene_keeps_them_too() -> None:
    check_scene(PlainScene())


class _Broken(PlainScene):
    """Draws as it should, then has something done to the picture."""

    def __init__(self, spoil: Callable[[np.ndarray, SceneView], None]) -> None:
        self._spoil = spoil

    def draw(self, rgb: Any, view: SceneView, *, depth: Any = None) -> None:
        super().draw(rgb, view, depth=depth)
        self._spoil(rgb, view)


def _nan(rgb: np.ndarray, view: SceneView) -> None:
    rgb[1, 3, 3] = np.nan


def _black(rgb: np.ndarray, view: SceneView) -> None:
    rgb[:] = 0


def _flat(rgb: np.ndarray, view: SceneView) -> None:
    rgb[:] = 0.3


def _flashing(rgb: np.ndarray, view: SceneView) -> None:
    rgb *= 1 + 0.3 * view.beat


def _random(rgb: np.ndarray, view: SceneView) -> None:
    rgb += 0.01 * np.random.default_rng().random(rgb.shape)


def _counting() -> Callable[[np.ndarray, SceneView], None]:
    calls = []

    def spoil(rgb: np.ndarray, view: SceneView) -> None:
        calls.append(view)
        rgb += 1e-4 * len(calls)

    return spoil


def _jumping(rgb: np.ndarray, view: SceneView) -> None:
    rgb[:] = rgb[:, :, ::-1] if int(view.time * 60) % 2 else rgb


def _portrait_only(rgb: np.ndarray, view: SceneView) -> None:
    if rgb.shape[2] > rgb.shape[1]:
        rgb[:] = 0.4


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_nan, "finite"),
        (_black, "black"),
        (_flat, "flat"),
        (_flashing, "beat changes the mean brightness"),
        (_random, "second time"),
        (_counting(), "second time"),
        (_jumping, "jumps"),
        (_portrait_only, "at 96x54, the picture is flat"),
    ],
)
def test_a_broken_scene_is_told_what_is_wrong(
    spoil: Callable[[np.ndarray, SceneView], None], message: str
) -> None:
    with pytest.raises(AssertionError, match=message):
        check_scene(_Broken(spoil))


class _Frozen(PlainScene):
    def draw(self, rgb: Any, view: SceneView, *, depth: Any = None) -> None:
        from dataclasses import replace

        super().draw(rgb, replace(view, time=0.0, travel=0.0), depth=depth)


class _OneSeed(PlainScene):
    def draw(self, rgb: Any, view: SceneView, *, depth: Any = None) -> None:
        from dataclasses import replace

        super().draw(rgb, replace(view, seed=4), depth=depth)


class _Adding(PlainScene):
    def draw(self, rgb: Any, view: SceneView, *, depth: Any = None) -> None:
        own = np.zeros_like(rgb)
        super().draw(own, view, depth=depth)
        rgb += own


class _NoDepth(PlainScene):
    def draw(self, rgb: Any, view: SceneView, *, depth: Any = None) -> None:
        super().draw(rgb, view)


class _DeepDepth(PlainScene):
    def draw(self, rgb: Any, view: SceneView, *, depth: Any = None) -> None:
        super().draw(rgb, view, depth=depth)
        if depth is not None:
            depth *= 2


class _Nameless(PlainScene):
    name = "Not A Word"


class _Wordless(PlainScene):
    words = ()


class _Huge(PlainScene):
    scale = 2.0


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (_Frozen, "stands still"),
        (_OneSeed, "nearly the same picture"),
        (_Adding, "must fill the array"),
        (_NoDepth, "not filled"),
        (_DeepDepth, "not 0..1"),
        (_Nameless, "`name`"),
        (_Wordless, "`words`"),
        (_Huge, "`scale`"),
    ],
)
def test_each_rule_can_be_broken(kind: type[PlainScene], message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        check_scene(kind())
