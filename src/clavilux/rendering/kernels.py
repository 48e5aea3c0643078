"""The compiled loops of the engine: one pass from source planes to finished 8-bit planes.

Everything smooth (where a pixel comes from, how two pictures mix, how light is added) arrives as
values on a coarse grid of nodes CELL pixels apart and is interpolated linearly between them. What
is left per pixel: fetch, mix, light, grain, round. How that is done fast: `cells`.

Planes are uint16 holding an 8-bit video code times 256 (BT.709, limited range), so gradients keep
their precision until the last step. Coordinates are pixels of the source plane, centre of the first
pixel at 0. Node (j, i) stands at output luma position (8 i, 8 j), pixel k spanning k..k+1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from clavilux.compiled import kernel
from clavilux.rendering import cells as c
from clavilux.rendering.cells import CELL, QUAD

f32 = np.float32
u32 = np.uint32


class Picture(NamedTuple):
    """A source's planes and, per node, where in them a node's pixel comes from."""

    y: NDArray[np.uint16]
    u: NDArray[np.uint16]
    v: NDArray[np.uint16]
    luma_x: NDArray[np.float32]
    luma_y: NDArray[np.float32]
    chroma_x: NDArray[np.float32]
    chroma_y: NDArray[np.float32]


class Light(NamedTuple):
    """Per node: what is multiplied and added. Gains leave black and grey where they are."""

    gain: NDArray[np.float32]
    chroma_gain: NDArray[np.float32]
    add_y: NDArray[np.float32]
    add_u: NDArray[np.float32]
    add_v: NDArray[np.float32]


class Noise(NamedTuple):
    """A tile of noise (int8, 32 is one standard deviation), where it is laid, how strong."""

    tile: NDArray[np.int8]
    """(rows, CELL, columns): the pixels of a line as the cells' loops take them."""
    x: int
    y: int
    grain: float
    """Codes per tile unit, luma only."""
    dither: float
    """Codes per tile unit, the least noise anywhere, against banding."""


@kernel
def look_up(planes, xs, ys, out):
    """Bilinear samples (n, gh, gw) of small planes (n, h, w) at pixel coordinates (gh, gw).

    Edges are held.
    """
    count, height, width = planes.shape
    for row in range(xs.shape[0]):
        for k in range(xs.shape[1]):
            x = min(max(xs[row, k], f32(0)), f32(width - 1))
            y = min(max(ys[row, k], f32(0)), f32(height - 1))
            i = min(int(x), width - 2) if width > 1 else 0
            j = min(int(y), height - 2) if height > 1 else 0
            right = min(i + 1, width - 1)
            down = min(j + 1, height - 1)
            fx = x - f32(i)
            fy = y - f32(j)
            for n in range(count):
                plane = planes[n]
                top = plane[j, i] + (plane[j, right] - plane[j, i]) * fx
                bottom = plane[down, i] + (plane[down, right] - plane[down, i]) * fx
                out[n, row, k] = top + (bottom - top) * fy


@kernel
def draw_plane(
    out,  # uint8 (h, w): the finished plane
    step,  # 1 for luma, 2 for chroma: luma pixels per output pixel
    a,  # uint16 (ha, wa)
    ax,  # float32 (gh, gw): source pixel per node
    ay,
    b,  # the second picture; ignored where two is False
    bx,
    by,
    two,
    weight,  # float32 (gh, gw): 0 first picture, 1 second
    gain,  # float32 (gh, gw)
    add,  # float32 (gh, gw), codes
    pivot,  # 16 for luma, 128 for chroma: what gain leaves alone
    noise,
    grain,
    high,  # 235 or 240
):
    """Draw one plane without chromatic aberration.

    A chroma pixel stands, as in H.264, over the left one of its two luma pixels, between two lines.
    """
    cells = gain.shape[1] - 1
    ax_line, ay_line, bx_line, by_line = (
        c.nodes(cells),
        c.nodes(cells),
        c.nodes(cells),
        c.nodes(cells),
    )
    weights, gains, adds = c.nodes(cells), c.nodes(cells), c.nodes(cells)
    value, other, room = np.empty(cells, f32), np.empty(cells, f32), c.scratch(cells)
    words = np.zeros((CELL // step // QUAD, cells), u32)
    line = np.empty(words.size, u32)
    flat_a, flat_b = a.ravel(), b.ravel()
    dither = f32(noise.dither)
    for row in range(out.shape[0]):
        y = (f32(row) + f32(0.5)) * f32(step)
        c.set_line(ax, y, ax_line)
        c.set_line(ay, y, ay_line)
        c.set_line(gain, y, gains)
        c.set_line(add, y, adds)
        if two:
            c.set_line(bx, y, bx_line)
            c.set_line(by, y, by_line)
            c.set_line(weight, y, weights)
        for k in range(CELL // step):
            along = f32(k * step) + f32(0.5)
            c.sample(flat_a, a.shape[1], ax_line, ay_line, along, room, value)
            if two:
                c.sample(flat_b, b.shape[1], bx_line, by_line, along, room, other)
                c.mix(value, other, weights, along)
            grains = c.noise_of(noise.tile, row + noise.y, k + noise.x, cells)
            c.finish(
                value, gains, adds, along, pivot, high, grains, grain, dither,
                u32(8 * (k % QUAD)), words[k // QUAD],
            )  # fmt: skip
        c.write_words(words, line, out[row])
