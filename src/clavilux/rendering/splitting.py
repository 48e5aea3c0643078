"""The compiled loops for chromatic aberration: red enlarged by 1 + shift, blue shrunk by 1 - shift.

With Y' = .2126 R + .7152 G + .0722 B, R = Y + 1.5748 V, B = Y + 1.8556 U (BT.709), such a frame
needs its luma at three scales, and chroma that is no longer the source's. Chroma comes first, as it
tells what the moved colours add to luma.
"""

from __future__ import annotations

import numpy as np

from clavilux.compiled import kernel
from clavilux.rendering import cells as c
from clavilux.rendering.cells import CELL, QUAD

f32 = np.float32
u32 = np.uint32


@kernel
def split_chroma(picture, shift, u, v, correction):
    """Chroma of a picture with red and blue moved apart.

    Writes float32 (h / 2, QUAD, cells), as the loops over cells take them: u and v as 8.8 codes,
    and `correction`, what the moved chroma adds to luma.
    """
    cells = picture.luma_x.shape[1] - 1
    lx, ly, cx, cy = c.nodes(cells), c.nodes(cells), c.nodes(cells), c.nodes(cells)
    sx, sy, room = c.nodes(cells), c.nodes(cells), c.scratch(cells)
    y0, yr, yb, u0, ub, v0, vr = np.empty((7, cells), f32)
    luma, plane_u, plane_v = picture.y.ravel(), picture.u.ravel(), picture.v.ravel()
    high, wide = picture.y.shape
    chroma_high, chroma_wide = picture.u.shape
    to_chroma = f32(224.0 / 219.0)  # a luma code in chroma codes, per unit of signal
    red = f32(1) - shift  # to enlarge is to look nearer to the centre
    blue = f32(1) + shift
    for row in range(u.shape[0]):
        at = f32(row * 2 + 1)
        c.set_line(picture.luma_x, at, lx)
        c.set_line(picture.luma_y, at, ly)
        c.set_line(picture.chroma_x, at, cx)
        c.set_line(picture.chroma_y, at, cy)
        for k in range(QUAD):
            along = f32(2 * k) + f32(0.5)
            c.sample(luma, wide, lx, ly, along, room, y0)
            c.sample(plane_u, chroma_wide, cx, cy, along, room, u0)
            c.sample(plane_v, chroma_wide, cx, cy, along, room, v0)
            c.scale_line(lx, wide, red, sx)
            c.scale_line(ly, high, red, sy)
            c.sample(luma, wide, sx, sy, along, room, yr)
            c.scale_line(lx, wide, blue, sx)
            c.scale_line(ly, high, blue, sy)
            c.sample(luma, wide, sx, sy, along, room, yb)
            c.scale_line(cx, chroma_wide, blue, sx)
            c.scale_line(cy, chroma_high, blue, sy)
            c.sample(plane_u, chroma_wide, sx, sy, along, room, ub)
            c.scale_line(cx, chroma_wide, red, sx)
            c.scale_line(cy, chroma_high, red, sy)
            c.sample(plane_v, chroma_wide, sx, sy, along, room, vr)
            to_u, to_v, extra = u[row, k], v[row, k], correction[row, k]
            for i in range(cells):
                moved = f32(0.3348) * (vr[i] - v0[i]) + f32(0.1340) * (ub[i] - u0[i])
                mean = f32(0.2126) * yr[i] + f32(0.7152) * y0[i] + f32(0.0722) * yb[i]
                to_u[i] = ub[i] + ((yb[i] - mean) * to_chroma - moved) * f32(1 / 1.8556)
                to_v[i] = vr[i] + ((yr[i] - mean) * to_chroma - moved) * f32(1 / 1.5748)
                extra[i] = moved * f32(219.0 / 224.0)


@kernel
def draw_split_luma(out, a, b, two, weight, light, noise, shift, correction_a, correction_b):
    """Draw the luma plane with red and blue moved apart."""
    cells = weight.shape[1] - 1
    weights, gains, adds = c.nodes(cells), c.nodes(cells), c.nodes(cells)
    ax = (c.nodes(cells), c.nodes(cells), c.nodes(cells))
    ay = (c.nodes(cells), c.nodes(cells), c.nodes(cells))
    bx = (c.nodes(cells), c.nodes(cells), c.nodes(cells))
    by = (c.nodes(cells), c.nodes(cells), c.nodes(cells))
    value, other, room = np.empty(cells, f32), np.empty(cells, f32), c.scratch(cells)
    red, blue = np.empty(cells, f32), np.empty(cells, f32)
    words, line = np.zeros((CELL // QUAD, cells), u32), np.empty(CELL // QUAD * cells, u32)
    grain, dither = f32(noise.grain), f32(noise.dither)
    for row in range(out.shape[0]):
        y = f32(row) + f32(0.5)
        _set_three(a, y, shift, ax, ay)
        if two:
            _set_three(b, y, shift, bx, by)
            c.set_line(weight, y, weights)
        c.set_line(light.gain, y, gains)
        c.set_line(light.add_y, y, adds)
        for k in range(CELL):
            along = f32(k) + f32(0.5)
            _sample_three(
                a.y, ax, ay, along, correction_a[row // 2, k // 2], room, red, blue, value
            )
            if two:
                extra = correction_b[row // 2, k // 2]
                _sample_three(b.y, bx, by, along, extra, room, red, blue, other)
                c.mix(value, other, weights, along)
            grains = c.noise_of(noise.tile, row + noise.y, k + noise.x, cells)
            c.finish(
                value, gains, adds, along, f32(16), f32(235), grains, grain, dither,
                u32(8 * (k % QUAD)), words[k // QUAD],
            )  # fmt: skip
        c.write_words(words, line, out[row])


@kernel
def _set_three(picture, y, shift, x_lines, y_lines):
    """Source coordinates of one line: as they are, for red and for blue."""
    c.set_line(picture.luma_x, y, x_lines[0])
    c.set_line(picture.luma_y, y, y_lines[0])
    high, wide = picture.y.shape
    c.scale_line(x_lines[0], wide, f32(1) - shift, x_lines[1])
    c.scale_line(y_lines[0], high, f32(1) - shift, y_lines[1])
    c.scale_line(x_lines[0], wide, f32(1) + shift, x_lines[2])
    c.scale_line(y_lines[0], high, f32(1) + shift, y_lines[2])


@kernel
def _sample_three(plane, x_lines, y_lines, along, correction, room, red, blue, out):
    """Luma of one pixel of every cell, 8.8 codes."""
    flat, wide = plane.ravel(), plane.shape[1]
    c.sample(flat, wide, x_lines[0], y_lines[0], along, room, out)
    c.sample(flat, wide, x_lines[1], y_lines[1], along, room, red)
    c.sample(flat, wide, x_lines[2], y_lines[2], along, room, blue)
    for i in range(len(out)):
        mean = f32(0.2126) * red[i] + f32(0.7152) * out[i] + f32(0.0722) * blue[i]
        out[i] = mean + correction[i]


@kernel
def finish_chroma(out, a, b, two, weight, gain, add, noise):
    """Mix, light and round a chroma plane given as float32 8.8 codes, (h, QUAD, cells)."""
    cells = gain.shape[1] - 1
    weights, gains, adds = c.nodes(cells), c.nodes(cells), c.nodes(cells)
    value = np.empty(cells, f32)
    words, line = np.zeros((1, cells), u32), np.empty(cells, u32)
    for row in range(out.shape[0]):
        y = f32(row * 2 + 1)
        c.set_line(gain, y, gains)
        c.set_line(add, y, adds)
        if two:
            c.set_line(weight, y, weights)
        for k in range(QUAD):
            along = f32(2 * k) + f32(0.5)
            value[:] = a[row, k]
            if two:
                c.mix(value, b[row, k], weights, along)
            grains = c.noise_of(noise.tile, row + noise.y, k + noise.x, cells)
            c.finish(
                value, gains, adds, along, f32(128), f32(240), grains, f32(0), f32(noise.dither),
                u32(8 * k), words[0],
            )  # fmt: skip
        c.write_words(words, line, out[row])
