"""The engine's reference: every effect and the composition, slow and obvious, in float64.

Nothing is shared with the engine but its inputs: the source planes (8.8 video codes), the depth
map and the noise tile. Every smooth thing is worked out exactly at every pixel: no coarse grid, no
box filters, aberration on red, green and blue. Positions are normalised as the engine's are: the
frame's centre is (0, 0), its height 1. A plane's pixel centres lie at (k + 1/2) / width of the
picture; output chroma is sited at the left luma pixel, between two lines (MPEG-2, H.264 default).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from clavilux.rendering.picture import Planes
from clavilux.rendering.resolve import FrameState, LayerState

Array = NDArray[np.float64]

KR, KG, KB = 0.2126, 0.7152, 0.0722
"""BT.709."""
SMALL_LINES = 135
"""Glow and morphs see a picture of about that many lines."""


def bilinear(plane: Array, x: Array, y: Array, aspect: float) -> Array:
    """A plane of a picture of some aspect, looked up at normalised positions; edges are held."""
    height, width = plane.shape
    column = np.clip((x / aspect + 0.5) * width - 0.5, 0, width - 1)
    row = np.clip((y + 0.5) * height - 0.5, 0, height - 1)
    left = np.minimum(np.floor(column).astype(int), width - 2)
    top = np.minimum(np.floor(row).astype(int), height - 2)
    fx, fy = column - left, row - top
    above = plane[top, left] * (1 - fx) + plane[top, left + 1] * fx
    below = plane[top + 1, left] * (1 - fx) + plane[top + 1, left + 1] * fx
    return above * (1 - fy) + below * fy


def area_average(plane: Array, rows: int, columns: int) -> Array:
    """Exact box averages of a plane over rows x columns equal boxes."""

    def along(values: Array, count: int) -> Array:
        edges = np.linspace(0, len(values), count + 1)
        total = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])
        whole = np.minimum(np.floor(edges).astype(int), len(values) - 1)
        part = (edges - whole).reshape(-1, *[1] * (values.ndim - 1))
        at = total[whole] + part * values[whole]
        return np.diff(at, axis=0) * count / len(values)

    return along(along(plane, rows).T, columns).T


class Source:
    """A picture in codes, float64."""

    def __init__(self, planes: Planes) -> None:
        self.y, self.u, self.v = (
            p.astype(np.float64) / 256 for p in (planes.y, planes.u, planes.v)
        )
        self.depth = planes.depth.astype(np.float64)
        rows, columns = self.y.shape
        lines = min(rows, SMALL_LINES)
        shape = (lines, max(2, round(columns * lines / rows)))
        self.small = [
            (area_average(self.y, *shape) - 16) / 219,
            (area_average(self.u, *shape) - 128) / 224,
            (area_average(self.v, *shape) - 128) / 224,
        ]
        self.aspect = columns / rows

    def at(self, plane: Array, x: Array, y: Array) -> Array:
        return bilinear(plane, x, y, self.aspect)


@dataclass
class Points:
    """Positions in the frame: at every luma pixel, or at every chroma pixel."""

    x: Array
    y: Array


def luma_points(width: int, height: int) -> Points:
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    return Points((x - width / 2) / height, (y - height / 2) / height)


def at_chroma(values: Array) -> Array:
    """A field given at luma pixels, read where chroma is sited."""
    return (values[0::2, 0::2] + values[1::2, 0::2]) / 2


def smoothstep(t: Array | float) -> Array:
    t = np.clip(t, 0, 1)
    return t * t * (3 - 2 * t)


# Camera


def eased(p: float, soft: float = 0.12) -> float:
    """The integral of a speed that rises over `soft`, stays, and falls over `soft`."""
    t = np.linspace(0, 1, 20001)
    speed = np.clip(np.minimum(t, 1 - t) / soft, 0, 1)
    way = np.concatenate([[0], np.cumsum((speed[1:] + speed[:-1]) / 2)])
    return float(np.interp(np.clip(p, 0, 1), t, way / way[-1]))


def ken_burns(
    x: Array, y: Array, v: dict[str, float], layer: LayerState, aspect: float
) -> tuple[Array, Array]:
    done = eased(layer.seconds / layer.duration)
    rate = v["zoom_rate"] / 100
    seconds = layer.duration * (done if rate >= 0 else 1 - done)
    zoom = (1 + max(abs(v["pan_x"]), abs(v["pan_y"]))) * math.exp(abs(rate) * seconds)
    zoom *= v.get("framing_zoom", 1.0)
    return (
        x / zoom + min(aspect, 1) * (v["pan_x"] * (done - 0.5) + v.get("framing_x", 0.0)),
        y / zoom + v["pan_y"] * (done - 0.5) + v.get("framing_y", 0.0),
    )


def punch(x: Array, y: Array, v: dict[str, float]) -> tuple[Array, Array]:
    return x / (1 + v["zoom"] / 100), y / (1 + v["zoom"] / 100)


def parallax(
    x: Array, y: Array, v: dict[str, float], layer: LayerState, source: Source
) -> tuple[Array, Array]:
    near = source.at(source.depth, x, y) - 0.5
    swing = math.sin(math.pi * (layer.seconds / layer.duration - 0.5))
    angle = 2 * math.pi * v["angle"]
    room = 1 + v["separation"] + v["push"] / 100
    closer = 1 - near * v["push"] / 100
    return (
        x * closer / room
        + near * v["separation"] * swing * math.cos(angle) * min(source.aspect, 1),
        y * closer / room + near * v["separation"] * swing * math.sin(angle) / 2,
    )


def camera(points: Points, layer: LayerState, source: Source) -> Points:
    x, y = points.x, points.y
    for name, values in layer.effects.items():
        if name == "ken_burns":
            x, y = ken_burns(x, y, values, layer, source.aspect)
        elif name == "punch":
            x, y = punch(x, y, values)
        elif name == "parallax":
            x, y = parallax(x, y, values, layer, source)
    return Points(x, y)


# Mixing


def small_at(source: Source, points: Points) -> list[Array]:
    return [source.at(plane, points.x, points.y) for plane in source.small]


def slopes(light: Array) -> tuple[Array, Array]:
    """Uphill in a blurred picture, the longest slope 1."""
    down, right = np.gradient(gaussian_filter(light, light.shape[0] / 22, mode="nearest"))
    longest = max(np.hypot(down, right).max(), 1e-9)
    return right / longest, down / longest


def dissolve_weight(second_luma: Array, v: dict[str, float], progress: float) -> Array:
    lead = v["lights_first"]
    return smoothstep(progress * (1 + lead) - lead * (1 - np.clip(second_luma, 0, 1)))


MORPH_LEAD = 1 / 45
"""The blur of what comes first, in heights."""


def morph_weight(first: Array, second: Array, v: dict[str, float], progress: float) -> Array:
    lead = gaussian_filter(second - first, MORPH_LEAD * first.shape[0], mode="nearest")
    lead = lead / max(np.abs(lead).max(), 1e-3)
    edge = v["edge"]
    return smoothstep((progress * (1 + edge) - (1 - lead) / 2 * (1 - edge)) / (2 * edge))


# Light: each returns a gain and an addition in signal (1 is white) for luma, and colour


@dataclass
class Light:
    gain: Array
    add: list[Array]
    """Luma and the two colour differences."""

    def screen(self, luma: Array, u: Array, v: Array) -> None:
        keep = np.clip(1 - luma, 0, 1)
        self.gain = self.gain * keep
        self.add = [a * keep + more for a, more in zip(self.add, (luma, u, v), strict=True)]


def bloom(light: Light, small: list[Array], v: dict[str, float]) -> None:
    if v["intensity"] <= 0:
        return
    over = smoothstep((small[0] - v["threshold"]) / (1 - v["threshold"]))
    sigma = v["radius"] * small[0].shape[0]
    glow = [
        v["intensity"] * gaussian_filter(plane * over, sigma, mode="nearest", truncate=5)
        for plane in small
    ]
    limit = np.minimum(1, 0.9 / np.maximum(glow[0], 1e-9))
    light.screen(*(plane * limit for plane in glow))


def pulse(light: Light, small: list[Array], v: dict[str, float]) -> None:
    r, g, b = v["red"], v["green"], v["blue"]
    luma = KR * r + KG * g + KB * b
    there = gaussian_filter(np.clip(small[0], 0, 1), small[0].shape[0] / 16, mode="nearest")
    amount = v["intensity"] * np.minimum(0.18 + 2 * there, 1)
    light.screen(amount * luma, amount * (b - luma) / 1.8556, amount * (r - luma) / 1.5748)


def vignette(light: Light, points: Points, v: dict[str, float], aspect: float) -> None:
    distance = (points.x**2 + points.y**2) / ((aspect**2 + 1) / 4)
    keep = 1 - v["depth"] * np.clip(distance, 0, 1) ** 1.5
    light.gain = light.gain * keep
    light.add = [plane * keep for plane in light.add]


# The whole frame


def yuv_at(source: Source, points: Points, aberration: float) -> list[Array]:
    """Codes of a picture at positions; red enlarged, blue shrunk."""

    def rgb(scale: float) -> tuple[Array, Array, Array]:
        x, y = points.x / scale, points.y / scale
        luma = (source.at(source.y, x, y) - 16) / 219
        u = (source.at(source.u, x, y) - 128) / 224
        v = (source.at(source.v, x, y) - 128) / 224
        r, b = luma + 1.5748 * v, luma + 1.8556 * u
        return r, (luma - KR * r - KB * b) / KG, b

    red, green, blue = rgb(1 + aberration)[0], rgb(1)[1], rgb(1 - aberration)[2]
    luma = KR * red + KG * green + KB * blue
    return [
        16 + 219 * luma,
        128 + 224 * (blue - luma) / 1.8556,
        128 + 224 * (red - luma) / 1.5748,
    ]


def draw(
    state: FrameState, sources: list[Planes], *, width: int, height: int, tile: NDArray[np.int8]
) -> tuple[Array, Array, Array]:
    """The finished planes in codes before rounding: luma (h, w) and two of chroma (h/2, w/2)."""
    pictures = [Source(planes) for planes in sources]
    frame = luma_points(width, height)
    looks = [
        camera(frame, layer, picture) for layer, picture in zip(state.layers, pictures, strict=True)
    ]
    smalls = [small_at(p, at) for p, at in zip(pictures, looks, strict=True)]
    weight = np.zeros((height, width))
    if state.mix == "dissolve":
        weight = dissolve_weight(smalls[1][0], state.mix_values, state.progress)
    elif state.mix == "morph":
        flow, progress = state.mix_values["flow"], state.progress
        toward = [slopes(smalls[1][0]), slopes(smalls[0][0])]
        amounts = [flow * progress, -flow * (1 - progress)]
        looks = [
            Points(at.x + amount * right, at.y + amount * down)
            for at, amount, (right, down) in zip(looks, amounts, toward, strict=True)
        ]
        smalls = [small_at(p, at) for p, at in zip(pictures, looks, strict=True)]
        weight = morph_weight(smalls[0][0], smalls[1][0], state.mix_values, progress)
    small = smalls[0]
    if len(smalls) > 1:
        small = [a + (b - a) * weight for a, b in zip(*smalls, strict=True)]
    light = Light(np.ones((height, width)), [np.zeros((height, width)) for _ in range(3)])
    aberration = grain = 0.0
    for name, values in state.effects.items():
        if name == "bloom":
            bloom(light, small, values)
        elif name == "pulse":
            pulse(light, small, values)
        elif name == "vignette":
            vignette(light, frame, values, width / height)
        elif name == "aberration":
            aberration = values["offset"] / 100
        elif name == "grain":
            grain = values["intensity"] / 100
    at_luma = [yuv_at(p, at, aberration)[0] for p, at in zip(pictures, looks, strict=True)]
    chroma_looks = [Points(at_chroma(at.x), at_chroma(at.y)) for at in looks]
    at_colour = [
        yuv_at(p, at, aberration)[1:] for p, at in zip(pictures, chroma_looks, strict=True)
    ]
    luma = 16 + (mixed(at_luma, weight) - 16) * light.gain + 219 * light.add[0]
    noise = noise_of(tile, state.frame, width, height)
    level = (luma - 16) / 219
    grain_codes = grain * 219 / 32 * (0.25 + 3 * level * (1 - level))
    luma = np.clip(luma + noise * np.maximum(grain_codes, 0.35 / 32), 16, 235)
    chroma = []
    for channel in (0, 1):
        value = mixed([c[channel] for c in at_colour], at_chroma(weight))
        lit = 128 + (value - 128) * at_chroma(light.gain) + 224 * at_chroma(light.add[channel + 1])
        dither = chroma_noise(noise) * 0.35 / 32
        chroma.append(np.clip(lit + dither, 16, 240))
    return luma, chroma[0], chroma[1]


def mixed(values: list[Array], weight: Array) -> Array:
    if len(values) == 1:
        return values[0]
    return values[0] + (values[1] - values[0]) * weight


def noise_of(tile: NDArray[np.int8], frame: int, width: int, height: int) -> Array:
    """The noise of a frame in tile units: the tile, laid at a place that belongs to the frame."""
    x, y = np.random.default_rng((frame, 0x6EA1)).integers(0, 512, 2)
    rows = (np.arange(height) + y) % tile.shape[0]
    return tile[rows, x : x + width].astype(np.float64)


def chroma_noise(noise: Array) -> Array:
    """(h, w) -> (h / 2, w / 2): of each eight pixels the first four."""
    height, width = noise.shape[0] // 2, noise.shape[1] // 2
    columns = np.arange(width)
    return noise[:height, 8 * (columns // 4) + columns % 4]


def psnr(fast: NDArray[np.uint8], exact: Array, *, margin: int = 0) -> float:
    """dB against a peak of 255, without a margin of pixels on each side."""
    error = fast.astype(np.float64) - exact
    if margin:
        error = error[margin:-margin, margin:-margin]
    return float(10 * np.log10(255**2 / max(np.mean(error**2), 1e-12)))
