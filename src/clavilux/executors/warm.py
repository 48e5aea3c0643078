"""Imported by the server that workers are forked from (see processes.py), and by nothing else.

It loads what every worker needs: the engine's modules, and the compiled kernels, by drawing three
small frames. What goes wrong here goes wrong again in a worker, which can say so.
"""

from __future__ import annotations

import atexit
import os
from contextlib import suppress
from typing import Any

import numpy as np

from clavilux import registry
from clavilux.executors import draw, pool  # noqa: F401  (what a worker runs)
from clavilux.model.timeline import StillSource
from clavilux.rendering.blocks import block_means
from clavilux.rendering.compose import Renderer
from clavilux.rendering.picture import Planes, from_rgb
from clavilux.rendering.resolve import SCENE_SIGNALS, FrameState, LayerState

WIDTH, HEIGHT = 128, 72


def draw_small_frames() -> None:
    """One picture, two that dissolve with split colours, and two that morph."""
    effects = _ours()
    values = {
        name: {p.name: p.default for p in effect.parameters} for name, effect in effects.items()
    }
    renderer = Renderer(WIDTH, HEIGHT, _still)
    usual = {name: v for name, v in values.items() if effects[name].stage not in ("mix", "picture")}
    plain = {name: v for name, v in usual.items() if name != "aberration"}
    layer = _layer(plain)
    renderer.draw(FrameState(frame=0, layers=(layer,), effects=plain))
    for mix, state in (("dissolve", usual), ("morph", plain)):
        frame = FrameState(
            frame=0, layers=(layer, layer), mix=mix, mix_values=values[mix], progress=0.5,
            effects=state,
        )  # fmt: skip
        block_means(renderer.draw(frame))


def _ours() -> dict[str, Any]:
    """The built-in effects by name."""
    found = ((name, registry.get("effects", name)) for name in registry.names("effects"))
    return {name: e for name, e in found if type(e).__module__.startswith("clavilux.")}


def _still(_: StillSource) -> Planes:
    rgb = np.linspace(0, 1, 3 * HEIGHT * WIDTH, dtype=np.float32).reshape(3, HEIGHT, WIDTH)
    return from_rgb(rgb, depth=np.ascontiguousarray(rgb[0]), finished=True)


def _layer(effects: dict[str, dict[str, float]]) -> LayerState:
    return LayerState(
        clip=0, source=StillSource(picture="warm"), palette=("#000000", "#FFFFFF"), seconds=1.0,
        duration=4.0, section_seconds=1.0, progress=0.5, music=dict.fromkeys(SCENE_SIGNALS, 0.5),
        effects=effects,
    )  # fmt: skip


with suppress(Exception):
    draw_small_frames()
atexit.register(os._exit, 0)  # the server leaves at once: taking the compiler apart takes 0.3 s
