"""Source pictures: planes as the kernels read them, made once from RGB."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clavilux.compiled import fast, kernel

f32 = np.float32

Floats = NDArray[np.float32]

KNEE = 0.8
"""Where drawn light begins to bend: what scenes draw may exceed 1."""

LIFT = 0.45
"""How much deep shadows gain: scenes are composed dark, screens at home stand in light rooms."""


@dataclass(frozen=True)
class Planes:
    """A picture in 8.8 video codes, with small versions for everything that is smooth.

    The picture fills the frame exactly at zoom 1: its height is the frame's, whatever its pixels.
    """

    y: NDArray[np.uint16]
    """(h, w)."""
    u: NDArray[np.uint16]
    """(h, w) for scenes, which are drawn small, or (h / 2, w / 2)."""
    v: NDArray[np.uint16]
    small: Floats
    """(3, hs, ws): luma 0..1 and the two colour differences -0.5..0.5, about 135 lines."""
    depth: Floats
    """(hd, wd): 0 far, 1 near, smooth."""


@fast
def develop_value(x, knee, lift):
    """Bend what is above the knee towards 1 instead of clipping it, then lift the shadows."""
    over = max(x - knee, f32(0))
    room = max(f32(1) - knee, f32(1e-6))
    y = max(min(x, knee) + over * room / (over + room), f32(0))
    return y * (f32(1) + lift * (f32(1) - y))


@kernel
def _to_yuv(rgb, knee, lift, y, u, v):
    """Gamma-coded RGB planes (3, h, w) to BT.709 limited-range codes times 256 (float32 planes)."""
    _, height, width = rgb.shape
    for row in range(height):
        red = rgb[0, row]
        green = rgb[1, row]
        blue = rgb[2, row]
        yr = y[row]
        ur = u[row]
        vr = v[row]
        for k in range(width):
            r = develop_value(red[k], knee, lift)
            g = develop_value(green[k], knee, lift)
            b = develop_value(blue[k], knee, lift)
            luma = f32(0.2126) * r + f32(0.7152) * g + f32(0.0722) * b
            yr[k] = np.uint16((f32(16) + f32(219) * luma) * f32(256))
            ur[k] = np.uint16((f32(128) + f32(224 / 1.8556) * (b - luma)) * f32(256))
            vr[k] = np.uint16((f32(128) + f32(224 / 1.5748) * (r - luma)) * f32(256))


@kernel
def _shrink(plane, factor, out):
    """Box average by a whole factor."""
    height, width = out.shape
    norm = f32(1.0) / f32(factor * factor)
    for row in range(height):
        for k in range(width):
            total = f32(0)
            for j in range(factor):
                for i in range(factor):
                    total += f32(plane[row * factor + j, k * factor + i])
            out[row, k] = total * norm


def develop(plane: Floats) -> Floats:
    """Drawn light of any size to finished values 0..1, exactly as the frames of a scene are."""
    over, room = np.maximum(plane - KNEE, 0), 1 - KNEE
    y = np.maximum(np.minimum(plane, KNEE) + over * room / (over + room), 0)
    return (y * (1 + LIFT * (1 - y))).astype(f32)


def shrink(plane: NDArray[np.uint16] | Floats, factor: int) -> Floats:
    """A plane made smaller by a whole factor; edge pixels that do not fill a box are dropped."""
    height, width = plane.shape[0] // factor, plane.shape[1] // factor
    out = np.empty((max(height, 1), max(width, 1)), f32)
    _shrink(plane, factor, out)
    return out


def _small_factors(height: int, *, halved: bool) -> tuple[int, int]:
    """By how much luma and chroma shrink to about 135 lines: by the same part of the picture."""
    if halved:
        half = max(1, round(height / 270))
        return 2 * half, half
    factor = max(1, round(height / 135))
    return factor, factor


def _small(y: NDArray[np.uint16], u: NDArray[np.uint16], v: NDArray[np.uint16]) -> Floats:
    factor, chroma_factor = _small_factors(y.shape[0], halved=u.shape != y.shape)
    luma = shrink(y, factor)
    height, width = luma.shape
    small = np.empty((3, height, width), f32)
    small[0] = (luma / 256 - 16) / 219
    for channel, plane in ((1, u), (2, v)):
        shrunk = shrink(plane, chroma_factor)[:height, :width]
        small[channel] = np.pad(
            (shrunk / 256 - 128) / 224,
            ((0, height - shrunk.shape[0]), (0, width - shrunk.shape[1])),
            mode="edge",
        )
    return small


def from_rgb(
    rgb: Floats,
    *,
    depth: Floats | None = None,
    full_chroma: bool = False,
    finished: bool = False,
) -> Planes:
    """Planes of an RGB picture (3, h, w), gamma-coded.

    `full_chroma` keeps colour at the picture's own size, for pictures drawn at half size. A picture
    that is `finished` lies within 0..1; others may exceed it and are rolled off.
    """
    shape = rgb.shape[1:]
    y, u, v = (np.empty(shape, np.uint16) for _ in range(3))
    knee, lift = (1.0, 0.0) if finished else (KNEE, LIFT)
    _to_yuv(rgb, f32(knee), f32(lift), y, u, v)
    if not full_chroma:
        u, v = (np.round(shrink(plane, 2)).astype(np.uint16) for plane in (u, v))
    small = _small(y, u, v)
    if depth is None:
        depth = depth_of(small)
    return Planes(y=y, u=u, v=v, small=small, depth=depth)


def depth_of(small: Floats) -> Floats:
    """A depth map from the picture itself: lower in the frame, brighter and sharper is nearer.

    These are the classic monocular cues (height in the picture, aerial perspective, defocus). The
    map is smooth, so that a wrong guess bends the picture gently instead of tearing it.
    """
    from scipy.ndimage import gaussian_filter, gaussian_gradient_magnitude

    luma = small[0]
    height = luma.shape[0]
    low = np.linspace(0.0, 1.0, height, dtype=f32)[:, None]
    low *= np.sqrt(low)
    sharp = gaussian_filter(gaussian_gradient_magnitude(luma, 1.0), height / 20)
    sharp = sharp / max(float(sharp.max()), 1e-3)
    light = gaussian_filter(luma, height / 25)
    light = (light - light.min()) / max(float(np.ptp(light)), 1e-3)
    depth = gaussian_filter(0.5 * low + 0.3 * sharp + 0.2 * light, height / 30)
    spread = max(float(np.ptp(depth)), 1e-3)
    return np.ascontiguousarray((depth - depth.min()) / spread, dtype=f32)
