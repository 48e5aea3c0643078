"""The compiled loops of the engine: one pass from source planes to finished 8-bit planes.

Everything smooth (where a pixel comes from, how two pictures mix, how light is added) arrives as
values on a coarse grid of nodes CELL pixels apart and is interpolated linearly between them. What
is left per pixel: fetch, mix, light, grain, round.

Planes are uint16 holding an 8-bit video code times 256 (BT.709, limited range), so gradients keep
their precision until the last step. Coordinates are pixels of the source plane, centre of the first
pixel at 0. Node (j, i) stands at output luma position (8 i, 8 j), pixel k spanning k..k+1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from clavilux.compiled import fast, kernel

CELL = 8
"""Output pixels between two nodes of the coarse grid."""

HALF_CELL = 4
"""The same in chroma pixels."""

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
    x: int
    y: int
    grain: float
    """Codes per tile unit, luma only."""
    dither: float
    """Codes per tile unit, the least noise anywhere, against banding."""


@fast
def _nodes_of_row(grid, y, row):
    """Interpolate a node grid (gh, gw) down to one output line at luma position y."""
    t = y * f32(1.0 / CELL)
    j = min(np.int64(t), np.int64(grid.shape[0] - 2))
    w = t - f32(j)
    above = grid[j]
    below = grid[j + 1]
    for i in range(grid.shape[1]):
        row[i] = above[i] + (below[i] - above[i]) * w


@fast
def _spread(nodes, step, offset, pixels):
    """Interpolate node values along a line to pixels at luma positions step x k + offset.

    `pixels` holds whole cells. A cell is written out pixel by pixel: LLVM makes one SIMD store of
    it, three times as fast as a loop of known length.
    """
    scale = f32(step) * f32(1.0 / CELL)
    start = offset * f32(1.0 / CELL)
    if step == 1:
        for i in range(len(pixels) // CELL):
            d = nodes[i + 1] - nodes[i]
            a = nodes[i] + d * start
            d *= scale
            at = u32(i * CELL)
            pixels[at] = a
            pixels[at + u32(1)] = a + d
            pixels[at + u32(2)] = a + d * f32(2)
            pixels[at + u32(3)] = a + d * f32(3)
            pixels[at + u32(4)] = a + d * f32(4)
            pixels[at + u32(5)] = a + d * f32(5)
            pixels[at + u32(6)] = a + d * f32(6)
            pixels[at + u32(7)] = a + d * f32(7)
    else:
        for i in range(len(pixels) // HALF_CELL):
            d = nodes[i + 1] - nodes[i]
            a = nodes[i] + d * start
            d *= scale
            at = u32(i * HALF_CELL)
            pixels[at] = a
            pixels[at + u32(1)] = a + d
            pixels[at + u32(2)] = a + d * f32(2)
            pixels[at + u32(3)] = a + d * f32(3)


class Scratch(NamedTuple):
    """Row buffers of `_fetch_row`: where each pixel lies, how far between, its four neighbours."""

    at: NDArray[np.int32]
    right: NDArray[np.float32]
    down: NDArray[np.float32]
    a: NDArray[np.uint16]
    b: NDArray[np.uint16]
    c: NDArray[np.uint16]
    d: NDArray[np.uint16]


@fast
def _scratch(length):
    return Scratch(
        np.empty(length, np.int32),
        np.empty(length, f32),
        np.empty(length, f32),
        np.empty(length, np.uint16),
        np.empty(length, np.uint16),
        np.empty(length, np.uint16),
        np.empty(length, np.uint16),
    )


@fast
def _fetch_row(plane, stride, xs, ys, out, scratch):
    """Bilinear samples of a flattened plane, in 8.8 codes. Coordinates must lie inside.

    In three loops, because only the middle one, which fetches, cannot be SIMD code: 2.3 times as
    fast as one loop.
    """
    at, right, down = scratch.at, scratch.right, scratch.down
    a, b, c, d = scratch.a, scratch.b, scratch.c, scratch.d
    for k in range(len(out)):
        xi = np.int32(xs[k])
        yi = np.int32(ys[k])
        right[k] = xs[k] - f32(xi)
        down[k] = ys[k] - f32(yi)
        at[k] = yi * np.int32(stride) + xi
    for k in range(len(out)):
        here = u32(at[k])
        below = u32(here + u32(stride))
        a[k] = plane[here]
        b[k] = plane[here + u32(1)]
        c[k] = plane[below]
        d[k] = plane[below + u32(1)]
    for k in range(len(out)):
        top = f32(a[k]) + (f32(b[k]) - f32(a[k])) * right[k]
        bottom = f32(c[k]) + (f32(d[k]) - f32(c[k])) * right[k]
        out[k] = top + (bottom - top) * down[k]


@fast
def _mix_row(value, other, weight):
    for k in range(len(value)):
        value[k] += (other[k] - value[k]) * weight[k]


@fast
def _finish_row(value, gain, add, pivot, grain_row, grain, dither, low, high, out):
    """Light, grain and rounding of one line; grain is strongest in the middle tones."""
    for k in range(len(out)):
        code = value[k] * f32(1.0 / 256.0) - pivot
        code = pivot + code * gain[k] + add[k]
        level = (code - f32(16)) * f32(1.0 / 219.0)
        shape = f32(0.25) + f32(3.0) * level * (f32(1) - level)
        noise = f32(grain_row[k]) * max(grain * shape, dither)
        out[k] = np.uint8(min(max(code + noise + f32(0.5), low), high))


@kernel
def look_up(plane, xs, ys, out):
    """Bilinear samples of a small plane (h, w) at pixel coordinates (gh, gw), edges held."""
    height, width = plane.shape
    for row in range(out.shape[0]):
        for k in range(out.shape[1]):
            x = min(max(xs[row, k], f32(0)), f32(width - 1))
            y = min(max(ys[row, k], f32(0)), f32(height - 1))
            i = min(int(x), width - 2) if width > 1 else 0
            j = min(int(y), height - 2) if height > 1 else 0
            right = min(i + 1, width - 1)
            down = min(j + 1, height - 1)
            fx = x - f32(i)
            fy = y - f32(j)
            top = plane[j, i] + (plane[j, right] - plane[j, i]) * fx
            bottom = plane[down, i] + (plane[down, right] - plane[down, i]) * fx
            out[row, k] = top + (bottom - top) * fy


@fast
def _place_row(grid_x, grid_y, y, step, offset, nodes, xs, ys):
    """Source coordinates of one output line."""
    _nodes_of_row(grid_x, y, nodes)
    _spread(nodes, step, offset, xs)
    _nodes_of_row(grid_y, y, nodes)
    _spread(nodes, step, offset, ys)


@fast
def _light_row(gain, add, y, step, offset, nodes, gains, adds):
    _nodes_of_row(gain, y, nodes)
    _spread(nodes, step, offset, gains)
    _nodes_of_row(add, y, nodes)
    _spread(nodes, step, offset, adds)


@kernel
def draw_plane(
    out,  # uint8 (h, w): the finished plane
    step,  # 1 for luma, 2 for chroma: luma pixels per output pixel
    offset_x,  # luma position of the first output pixel's centre
    offset_y,
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
    """Draw one plane without chromatic aberration."""
    height, width = out.shape
    padded = (gain.shape[1] - 1) * (CELL // step)  # whole cells
    nodes = np.empty(gain.shape[1], f32)
    xs = np.empty(padded, f32)
    ys = np.empty(padded, f32)
    value = np.empty(padded, f32)
    other = np.empty(padded, f32)
    mixing = np.empty(padded, f32)
    gains = np.empty(padded, f32)
    adds = np.empty(padded, f32)
    scratch = _scratch(padded)
    flat_a = a.ravel()
    flat_b = b.ravel()
    tile = noise.tile
    for row in range(height):
        y = f32(row * step) + offset_y
        _place_row(ax, ay, y, step, offset_x, nodes, xs, ys)
        _fetch_row(flat_a, a.shape[1], xs, ys, value, scratch)
        if two:
            _place_row(bx, by, y, step, offset_x, nodes, xs, ys)
            _fetch_row(flat_b, b.shape[1], xs, ys, other, scratch)
            _nodes_of_row(weight, y, nodes)
            _spread(nodes, step, offset_x, mixing)
            _mix_row(value, other, mixing)
        _light_row(gain, add, y, step, offset_x, nodes, gains, adds)
        grain_row = tile[(row + noise.y) % tile.shape[0], noise.x : noise.x + width]
        _finish_row(
            value, gains, adds, pivot, grain_row, grain, f32(noise.dither), f32(16), high, out[row]
        )


@fast
def _scaled_row(xs, centre, scale, out):
    """Coordinates pushed away from the centre."""
    for k in range(len(out)):
        out[k] = centre + (xs[k] - centre) * scale


@fast
def _fetch_scaled(plane, xs, ys, scale, sx, sy, out, scratch):
    _scaled_row(xs, f32(plane.shape[1] - 1) * f32(0.5), scale, sx)
    _scaled_row(ys, f32(plane.shape[0] - 1) * f32(0.5), scale, sy)
    _fetch_row(plane.ravel(), plane.shape[1], sx, sy, out, scratch)


@kernel
def split_chroma(picture, shift, u, v, correction):
    """Chroma of a picture whose red is enlarged by 1 + shift and whose blue shrunk by 1 - shift.

    Writes float32 (h/2, w/2): u and v as 8.8 codes, and `correction`, what the moved chroma adds to
    luma. With Y' = .2126 R + .7152 G + .0722 B, R = Y + 1.5748 V, B = Y + 1.8556 U (BT.709).
    """
    height, width = u.shape
    padded = (picture.luma_x.shape[1] - 1) * HALF_CELL
    nodes = np.empty(picture.luma_x.shape[1], f32)
    rows = np.empty((10, padded), f32)
    xs, ys, sx, sy, y0, yr, yb, u0, ub, v0 = rows
    vr = np.empty(padded, f32)
    scratch = _scratch(padded)
    grey = f32(128 * 256)
    luma = f32(224.0 / 219.0)  # a luma code in chroma codes, per unit of signal
    red = f32(1) - shift  # to enlarge is to look nearer to the centre
    blue = f32(1) + shift
    for row in range(height):
        at = f32(row * 2 + 1)
        _place_row(picture.luma_x, picture.luma_y, at, 2, f32(0.5), nodes, xs, ys)
        _fetch_row(picture.y.ravel(), picture.y.shape[1], xs, ys, y0, scratch)
        _fetch_scaled(picture.y, xs, ys, red, sx, sy, yr, scratch)
        _fetch_scaled(picture.y, xs, ys, blue, sx, sy, yb, scratch)
        _place_row(picture.chroma_x, picture.chroma_y, at, 2, f32(0.5), nodes, xs, ys)
        _fetch_row(picture.u.ravel(), picture.u.shape[1], xs, ys, u0, scratch)
        _fetch_row(picture.v.ravel(), picture.v.shape[1], xs, ys, v0, scratch)
        _fetch_scaled(picture.u, xs, ys, blue, sx, sy, ub, scratch)
        _fetch_scaled(picture.v, xs, ys, red, sx, sy, vr, scratch)
        for k in range(width):
            blue_u = ub[k] - grey
            red_v = vr[k] - grey
            chroma_part = f32(0.3348) * (vr[k] - v0[k]) + f32(0.1340) * (ub[k] - u0[k])
            luma_part = f32(0.2126) * yr[k] + f32(0.7152) * y0[k] + f32(0.0722) * yb[k]
            u[row, k] = grey + blue_u + ((yb[k] - luma_part) * luma - chroma_part) * f32(1 / 1.8556)
            v[row, k] = grey + red_v + ((yr[k] - luma_part) * luma - chroma_part) * f32(1 / 1.5748)
            correction[row, k] = chroma_part * f32(219.0 / 224.0)


@fast
def _split_luma(picture, shift, correction, row, value, nodes, rows, scratch):
    """One luma line of the same picture, 8.8 codes, into `value` (whole cells)."""
    xs, ys, sx, sy, yr, yb = rows
    _place_row(picture.luma_x, picture.luma_y, f32(row) + f32(0.5), 1, f32(0.5), nodes, xs, ys)
    _fetch_row(picture.y.ravel(), picture.y.shape[1], xs, ys, value, scratch)
    _fetch_scaled(picture.y, xs, ys, f32(1) - shift, sx, sy, yr, scratch)
    _fetch_scaled(picture.y, xs, ys, f32(1) + shift, sx, sy, yb, scratch)
    line = correction[row // 2]
    for k in range(2 * len(line)):
        value[k] = f32(0.2126) * yr[k] + f32(0.7152) * value[k] + f32(0.0722) * yb[k] + line[k // 2]


@kernel
def draw_aberrated_luma(out, a, b, two, weight, light, noise, shift, correction_a, correction_b):
    """Draw the luma plane with red and blue moved apart."""
    height, width = out.shape
    padded = (weight.shape[1] - 1) * CELL
    nodes = np.empty(weight.shape[1], f32)
    value = np.empty(padded, f32)
    other = np.empty(padded, f32)
    mixing = np.empty(padded, f32)
    gains = np.empty(padded, f32)
    adds = np.empty(padded, f32)
    rows = np.empty((6, padded), f32)
    scratch = _scratch(padded)
    tile = noise.tile
    for row in range(height):
        y = f32(row) + f32(0.5)
        _split_luma(a, shift, correction_a, row, value, nodes, rows, scratch)
        if two:
            _split_luma(b, shift, correction_b, row, other, nodes, rows, scratch)
            _nodes_of_row(weight, y, nodes)
            _spread(nodes, 1, f32(0.5), mixing)
            _mix_row(value, other, mixing)
        _light_row(light.gain, light.add_y, y, 1, f32(0.5), nodes, gains, adds)
        grain_row = tile[(row + noise.y) % tile.shape[0], noise.x : noise.x + width]
        _finish_row(
            value,
            gains,
            adds,
            f32(16),
            grain_row,
            f32(noise.grain),
            f32(noise.dither),
            f32(16),
            f32(235),
            out[row],
        )


@kernel
def finish_chroma(out, a, b, two, weight, gain, add, noise):
    """Mix, light and round a chroma plane given as float32 8.8 codes."""
    height, width = out.shape
    padded = (gain.shape[1] - 1) * HALF_CELL
    nodes = np.empty(gain.shape[1], f32)
    value = np.empty(width, f32)
    mixing = np.empty(padded, f32)
    gains = np.empty(padded, f32)
    adds = np.empty(padded, f32)
    tile = noise.tile
    for row in range(height):
        y = f32(row * 2 + 1)
        value[:] = a[row]
        if two:
            _nodes_of_row(weight, y, nodes)
            _spread(nodes, 2, f32(0.5), mixing)
            _mix_row(value, b[row], mixing)
        _light_row(gain, add, y, 2, f32(0.5), nodes, gains, adds)
        grain_row = tile[(row + noise.y) % tile.shape[0], noise.x : noise.x + width]
        _finish_row(
            value,
            gains,
            adds,
            f32(128),
            grain_row,
            f32(0),
            f32(noise.dither),
            f32(16),
            f32(240),
            out[row],
        )
