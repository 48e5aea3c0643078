"""Contact sheets of styles and effects, drawn by the engine itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clavilux import registry
from clavilux.direction.style import Style
from clavilux.media.sheet import contact_sheet
from clavilux.model.timeline import SceneSource
from clavilux.rendering.compose import Renderer, to_rgb
from clavilux.rendering.picture import Planes
from clavilux.rendering.resolve import FrameState, LayerState

WIDTH, HEIGHT = 480, 270
MUSIC = {
    "travel": 9.0, "energy": 0.7, "loudness": 0.7, "bass": 0.6, "mid": 0.6, "high": 0.6,
    "beat": 0.3, "bar": 0.3, "flux": 0.3, "brightness": 0.5,
}  # fmt: skip
"""A moment of lively music."""

LOOK = {
    "bloom": {"intensity": 0.4, "radius": 0.04, "threshold": 0.5},
    "vignette": {"depth": 0.3},
    "grain": {"intensity": 0.6},
}
STRONG: dict[str, dict[str, float]] = {
    "aberration": {"offset": 1.6},
    "bloom": {"intensity": 1.2, "radius": 0.07, "threshold": 0.35},
    "grain": {"intensity": 7.0},
    "ken_burns": {"zoom_rate": 3.0, "pan_x": 0.08, "pan_y": 0.03},
    "parallax": {"separation": 0.1, "push": 10.0, "angle": 0.0},
    "pulse": {"intensity": 0.35, "red": 1.0, "green": 0.6, "blue": 0.3},
    "punch": {"zoom": 8.0},
    "vignette": {"depth": 0.8},
    "dissolve": {"lights_first": 0.3},
    "morph": {"flow": 0.25, "edge": 0.35},
}
"""Stronger than usual, to be seen in a small picture."""


def style_sheet(looks: Sequence[Style], path: Path) -> None:
    """Three scenes of each style, each with one of its palettes."""
    tiles = []
    for look in looks:
        palettes = list(look.palettes.values())
        scenes = list(dict.fromkeys(s for names in look.scenes.values() for s in names))
        for k in range(3):
            scene, palette = scenes[k % len(scenes)], palettes[k % len(palettes)]
            layer = _layer(scene, tuple(palette), seed=sum(map(ord, look.name)) + k)
            tiles.append(
                (f"{look.name}: {scene}", _draw(FrameState(frame=1, layers=(layer,), effects=LOOK)))
            )
    contact_sheet(tiles, path, columns=3, title="Clavilux styles")


def effect_sheet(path: Path) -> None:
    """A picture without any effect, then with each."""
    palette = ("#0B0B1A", "#4A1E8A", "#FF7A59", "#FFE9C7")
    other = ("#06141B", "#0E4D5C", "#49C6A8", "#EAF7E6")
    plain = _layer("ridges", palette, seed=3)
    second = _layer("aurora", other, seed=5)
    tiles = [("no effect", _draw(FrameState(frame=1, layers=(plain,), effects={})))]
    for name in registry.names("effects"):
        effect = registry.get("effects", name)
        values = {p.name: p.default for p in effect.parameters} | STRONG.get(name, {})
        if effect.stage == "mix":
            state = FrameState(
                frame=1,
                layers=(plain, second),
                mix=name,
                mix_values=values,
                progress=0.5,
                effects={},
            )
        elif effect.stage == "camera":
            layer = plain.model_copy(update={"effects": {name: values}, "seconds": 7.5})
            state = FrameState(frame=1, layers=(layer,), effects={})
        else:
            state = FrameState(frame=1, layers=(plain,), effects={name: values})
        tiles.append((f"{name}: {effect.driven_by}", _draw(state)))
    contact_sheet(tiles, path, columns=3, title="Clavilux effects")


def _layer(scene: str, palette: tuple[str, ...], *, seed: int) -> LayerState:
    return LayerState(
        clip=0,
        source=SceneSource(scene=scene, seed=seed),
        palette=palette,
        seconds=4.0,
        duration=8.0,
        section_seconds=14.0,
        progress=0.5,
        music=MUSIC,
        effects={},
    )


def _draw(state: FrameState) -> NDArray[np.uint8]:
    """Drawn at twice the size and shrunk, so that a tile looks like the large picture."""

    def no_still(source: object) -> Planes:
        raise AssertionError("a gallery has scenes only")

    big = to_rgb(Renderer(WIDTH * 2, HEIGHT * 2, no_still).draw(state)).astype(np.float32)
    small = big.reshape(HEIGHT, 2, WIDTH, 2, 3).mean(axis=(1, 3))
    return np.asarray(np.round(small), dtype=np.uint8)
