"""The embedded painter: keyframes without any provider, from the tier-1 scenes at still quality."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from clavilux import registry
from clavilux.interfaces import SceneView
from clavilux.model.color import hex_to_srgb, ramp
from clavilux.model.request import ImageRequest, Still
from clavilux.planning.themes import scene_for
from clavilux.rendering.dither import to_pixels
from clavilux.rendering.picture import shrink
from clavilux.rendering.segments import engine_digest


class Painter:
    """Paints composed stills, with the depth it knows because it made them."""

    name: ClassVar[str] = "painter"
    gives_depth: ClassVar[bool] = True

    @property
    def version(self) -> str:
        """It paints with the engine's own code."""
        return engine_digest()

    def generate(self, request: ImageRequest) -> Still:
        """Paint the scene that theme or prompt ask for; the same request, the same pixels."""
        scene = registry.get("scenes", _wanted(request))
        rgb = np.zeros((3, request.height, request.width), np.float32)
        depth = np.zeros((request.height, request.width), np.float32)
        scene.draw(rgb, _view(request), depth=depth)
        near = np.clip(shrink(depth, max(1, request.height // 270)), 0, 1)
        return Still(rgb=to_pixels(rgb, request.seed), depth=(near * 255).astype(np.uint8))


def _wanted(request: ImageRequest) -> str:
    """The theme decides; where it names no scene, the prompt may."""
    by_theme = scene_for(request.theme, usual=request.scene)
    return by_theme if by_theme != request.scene else scene_for(request.prompt, usual=by_theme)


def _view(request: ImageRequest) -> SceneView:
    """A moment at the height of the section, different for every seed."""
    rng = np.random.default_rng(request.seed)
    travel, time, progress, accent = (float(v) for v in rng.random(4))
    lively = 0.35 + 0.6 * request.energy
    return SceneView(
        time=40 * time,
        travel=30 * travel,
        energy=max(request.energy, 0.95 if request.hero else 0.0),
        loudness=lively,
        bass=lively * 0.8,
        mid=lively * 0.9,
        high=lively,
        beat=0.35 * accent,
        bar=0.3,
        flux=0.3 * lively,
        progress=0.15 + 0.7 * progress,
        brightness=0.4 + 0.3 * request.energy,
        palette=np.array([hex_to_srgb(c) for c in request.palette], np.float32),
        ramp=ramp(request.palette),
        seed=request.seed,
        detail=1,
    )
