"""A frame's state -> its finished planes. READ FIRST in this folder: `Renderer.draw`."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from clavilux import registry
from clavilux.interfaces import SceneView
from clavilux.model.color import hex_to_srgb, ramp
from clavilux.model.timeline import SceneSource, StillSource
from clavilux.rendering import kernels, splitting
from clavilux.rendering.cells import CELL, QUAD
from clavilux.rendering.fields import FrameFields, Grid, Layer
from clavilux.rendering.kernels import Light, Noise, Picture
from clavilux.rendering.picture import Planes, from_rgb
from clavilux.rendering.resolve import FrameState, LayerState

f32 = np.float32

LoadStill = Callable[[StillSource], Planes]
"""How a still's planes are had: by the edge, which knows the store."""

LEAST_ABERRATION = 5e-4
"""Half a pixel at the edge of 1080p; less cannot be seen and is not drawn."""

SOFTEST_DITHER = 0.35
"""Codes, standard deviation: the least noise, against banding."""


class Renderer:
    """Draws frames of one size. Keeps only what does not depend on which frame is drawn."""

    def __init__(self, width: int, height: int, load_still: LoadStill) -> None:
        self.grid = Grid(width, height)
        self._load_still = load_still
        self._tile = in_cells(noise_tile(width))

    def draw(self, state: FrameState) -> NDArray[np.uint8]:
        """The frame as yuv420p in one array, (height * 3 / 2, width), BT.709 limited range."""
        layers = [self._layer(layer) for layer in state.layers]
        fields = FrameFields.start(self.grid, layers)
        if state.mix:
            values = {**state.mix_values, "progress": state.progress}
            registry.get("effects", state.mix).apply(fields, values)
        for stage in ("light", "finish"):
            for name, values in state.effects.items():
                effect = registry.get("effects", name)
                if effect.stage == stage:
                    effect.apply(fields, values)
        planes = self._compose(fields, frame=state.frame)
        return self._painted(planes, state)

    def _layer(self, state: LayerState) -> Layer:
        """Draw or fetch the source and point the camera at it."""
        planes = self._source(state)
        x, y = self.grid.nodes()
        layer = Layer(planes, x, y, seconds=state.seconds, duration=state.duration)
        for name, values in state.effects.items():
            effect = registry.get("effects", name)
            if effect.stage == "camera":
                effect.move(layer, values)
        layer.settle()
        return layer

    def _source(self, state: LayerState) -> Planes:
        if isinstance(state.source, StillSource):
            return self._load_still(state.source)
        return draw_scene(state, state.source, self.grid.width, self.grid.height)

    def _compose(self, fields: FrameFields, *, frame: int) -> NDArray[np.uint8]:
        width, height = self.grid.width, self.grid.height
        out = np.empty((height * 3 // 2, width), np.uint8)
        luma = out[:height]
        chroma = out[height:].reshape(2, height // 2, width // 2)
        shift = fields.aberration if fields.aberration > LEAST_ABERRATION else 0.0
        pictures = [layer.picture(shift=shift) for layer in fields.layers]
        noise = self._noise(frame, fields.grain)
        weight = np.ascontiguousarray(fields.weight, dtype=f32)
        draw = _draw_split if shift else _draw_plain
        draw(luma, chroma, pictures, weight, fields.light(), noise, f32(shift))
        return out

    def _noise(self, frame: int, grain: float) -> Noise:
        rng = np.random.default_rng((frame, 0x6EA1))
        x, y = rng.integers(0, 512, 2)
        return Noise(self._tile, int(x), int(y), grain * 219 / 32, SOFTEST_DITHER / 32)

    def _painted(self, planes: NDArray[np.uint8], state: FrameState) -> NDArray[np.uint8]:
        """Run the user's own "picture" effects, if any: a conversion there and back."""
        for name, values in state.effects.items():
            effect = registry.get("effects", name)
            if effect.stage == "picture":
                rgb = to_rgb(planes).astype(f32) / 255
                painted = np.clip(effect.paint(rgb, values, frame=state.frame), 0, 1)
                planes = to_yuv420(painted.astype(f32))
        return planes


def draw_scene(
    state: LayerState, source: SceneSource, width: int, height: int, *, detail: int = 0
) -> Planes:
    """Draw a tier-1 scene for a frame of a given size; still quality where `detail` is 1."""
    scene = registry.get("scenes", source.scene)
    scale = 1.0 if detail else scene.scale
    shape = (3, max(16, round(height * scale)), max(16, round(width * scale)))
    rgb = np.zeros(shape, f32)
    colors, smooth = _colors(state.palette)
    view = SceneView(
        time=state.section_seconds,
        progress=state.progress,
        palette=colors,
        ramp=smooth,
        seed=source.seed,
        detail=detail,
        **state.music,
    )
    depth = np.zeros(shape[1:], f32)  # always: a compiled loop without it may round differently
    scene.draw(rgb, view, depth=depth)
    return from_rgb(rgb, depth=depth, full_chroma=scale <= 0.5)


@lru_cache(maxsize=64)
def _colors(palette: tuple[str, ...]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return np.array([hex_to_srgb(c) for c in palette], f32), ramp(palette)


@lru_cache(maxsize=4)
def noise_tile(width: int) -> NDArray[np.int8]:
    """A tile of soft noise, int8 with a standard deviation of 32: 512 lines, wider than the frame.

    Slightly blurred: real grain is wider than a pixel, and softer noise costs the encoder less.
    """
    soft = np.random.default_rng(7).standard_normal((512, 1024))
    for axis in (0, 1):
        moved = ((k, np.roll(soft, k, axis)) for k in range(-2, 3))
        soft = np.sum([np.exp(-0.5 * (k / 0.6) ** 2) * tile for k, tile in moved], axis=0)
    tile = np.clip(np.round(soft / soft.std() * 32), -127, 127).astype(np.int8)
    length = CELL * (-(-width // CELL) + 512 // CELL + 1)
    return np.ascontiguousarray(np.tile(tile, (1, -(-length // 1024)))[:, :length])


def in_cells(tile: NDArray[np.int8]) -> NDArray[np.int8]:
    """(rows, length) -> (rows, CELL, length / CELL): pixels by their place in the cell."""
    return np.ascontiguousarray(tile.reshape(len(tile), -1, CELL).transpose(0, 2, 1))


def _draw_plain(
    luma: NDArray[np.uint8],
    chroma: NDArray[np.uint8],
    pictures: list[Picture],
    weight: NDArray[np.float32],
    light: Light,
    noise: Noise,
    _shift: np.float32,
) -> None:
    a, b, two = pictures[0], pictures[-1], len(pictures) > 1
    kernels.draw_plane(
        luma, 1, a.y, a.luma_x, a.luma_y, b.y, b.luma_x, b.luma_y, two,
        weight, light.gain, light.add_y, f32(16), noise, f32(noise.grain), f32(235),
    )  # fmt: skip
    for out, pa, pb, add in (
        (chroma[0], a.u, b.u, light.add_u),
        (chroma[1], a.v, b.v, light.add_v),
    ):
        kernels.draw_plane(
            out, 2, pa, a.chroma_x, a.chroma_y, pb, b.chroma_x, b.chroma_y, two,
            weight, light.chroma_gain, add, f32(128), noise, f32(0), f32(240),
        )  # fmt: skip


def _draw_split(
    luma: NDArray[np.uint8],
    chroma: NDArray[np.uint8],
    pictures: list[Picture],
    weight: NDArray[np.float32],
    light: Light,
    noise: Noise,
    shift: np.float32,
) -> None:
    two = len(pictures) > 1
    split = []
    for picture in pictures:
        u, v, correction = np.empty((3, chroma.shape[1], QUAD, weight.shape[1] - 1), f32)
        splitting.split_chroma(picture, shift, u, v, correction)
        split.append((u, v, correction))
    a, b = split[0], split[-1]
    splitting.draw_split_luma(
        luma, pictures[0], pictures[-1], two, weight, light, noise, shift, a[2], b[2]
    )
    for channel, add in ((0, light.add_u), (1, light.add_v)):
        splitting.finish_chroma(
            chroma[channel], a[channel], b[channel], two, weight, light.chroma_gain, add, noise
        )


def to_rgb(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """yuv420p (height * 3 / 2, width) to RGB (height, width, 3), for looking at, not for speed."""
    height = planes.shape[0] * 2 // 3
    width = planes.shape[1]
    y = (planes[:height].astype(f32) - 16) / 219
    u, v = (planes[height:].reshape(2, height // 2, width // 2).astype(f32) - 128) / 224
    u, v = (plane.repeat(2, axis=0).repeat(2, axis=1) for plane in (u, v))
    red, blue = y + 1.5748 * v, y + 1.8556 * u
    green = (y - 0.2126 * red - 0.0722 * blue) / 0.7152
    rgb = np.clip(np.stack([red, green, blue], axis=-1), 0, 1)
    return np.asarray(rgb * 255 + 0.5, dtype=np.uint8)


def to_yuv420(rgb: NDArray[np.float32]) -> NDArray[np.uint8]:
    """RGB (height, width, 3) 0..1 to yuv420p planes in one array, BT.709 limited range."""
    height, width, _ = rgb.shape
    luma = rgb @ np.array([0.2126, 0.7152, 0.0722], f32)
    out = np.empty((height * 3 // 2, width), np.uint8)
    out[:height] = np.round(16 + 219 * luma)
    small = rgb.reshape(height // 2, 2, width // 2, 2, 3).mean(axis=(1, 3))
    small_luma = small @ np.array([0.2126, 0.7152, 0.0722], f32)
    chroma = out[height:].reshape(2, height // 2, width // 2)
    chroma[0] = np.round(128 + 224 * (small[..., 2] - small_luma) / 1.8556)
    chroma[1] = np.round(128 + 224 * (small[..., 0] - small_luma) / 1.5748)
    return out
