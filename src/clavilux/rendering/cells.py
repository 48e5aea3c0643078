"""The engine's inner loops: one line of the frame, all its cells at once.

A cell is CELL luma pixels wide, and what is smooth is linear inside it. So the loops run over the
cells, not over the pixels: first the leftmost pixel of every cell, then the second one of every
cell, and so on. Values between nodes then come from a multiplication and an addition on
neighbouring numbers, which is what SIMD units do best; a line's buffers stay in the fastest cache.
Four pixels of a cell become one 32-bit word at the end.

`along` is the position of a pixel inside its cell, in luma pixels. Planes hold 8.8 video codes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from clavilux.compiled import fast

CELL = 8
"""Luma pixels between two nodes of the coarse grid."""
QUAD = 4
"""Pixels in a word."""

f32 = np.float32
u32 = np.uint32


class Nodes(NamedTuple):
    """A node grid along one line: float32 (cells,) each."""

    value: NDArray[np.float32]
    """At the left edge of each cell."""
    step: NDArray[np.float32]
    """Per luma pixel to the right."""


class Scratch(NamedTuple):
    """Room for one sample per cell: where it lies, how far between, its four neighbours."""

    at: NDArray[np.int32]
    right: NDArray[np.float32]
    down: NDArray[np.float32]
    top: NDArray[np.uint32]
    bottom: NDArray[np.uint32]


@fast
def nodes(cells):
    return Nodes(np.empty(cells, f32), np.empty(cells, f32))


@fast
def scratch(cells):
    return Scratch(
        np.empty(cells, np.int32),
        np.empty(cells, f32),
        np.empty(cells, f32),
        np.empty(cells, u32),
        np.empty(cells, u32),
    )


@fast
def set_line(grid, y, line):
    """Interpolate a node grid (rows, cells + 1) down to the line at luma position y."""
    t = y * f32(1.0 / CELL)
    j = min(np.int64(t), np.int64(grid.shape[0] - 2))
    w = t - f32(j)
    above = grid[j]
    below = grid[j + 1]
    value, step = line.value, line.step
    for i in range(len(value)):
        left = above[i] + (below[i] - above[i]) * w
        right = above[i + 1] + (below[i + 1] - above[i + 1]) * w
        value[i] = left
        step[i] = (right - left) * f32(1.0 / CELL)


@fast
def sample(plane, stride, x, y, along, room, out):
    """Bilinear samples of a flattened plane, one per cell. Coordinates must lie inside it.

    In three loops, because only the middle one, which fetches, cannot be SIMD code. Neighbours are
    put together in one word: LLVM loads both at once.
    """
    at, right, down, top, bottom = room.at, room.right, room.down, room.top, room.bottom
    for i in range(len(at)):
        px = x.value[i] + x.step[i] * along
        py = y.value[i] + y.step[i] * along
        column = np.int32(px)
        row = np.int32(py)
        right[i] = px - f32(column)
        down[i] = py - f32(row)
        at[i] = row * np.int32(stride) + column
    for i in range(len(at)):
        here = u32(at[i])
        below = u32(here + u32(stride))
        top[i] = u32(plane[here]) | (u32(plane[here + u32(1)]) << u32(16))
        bottom[i] = u32(plane[below]) | (u32(plane[below + u32(1)]) << u32(16))
    for i in range(len(out)):
        a = f32(np.int32(top[i] & u32(0xFFFF)))
        b = f32(np.int32(top[i] >> u32(16)))
        c = f32(np.int32(bottom[i] & u32(0xFFFF)))
        d = f32(np.int32(bottom[i] >> u32(16)))
        upper = a + (b - a) * right[i]
        lower = c + (d - c) * right[i]
        out[i] = upper + (lower - upper) * down[i]


@fast
def scale_line(line, size, scale, out):
    """Coordinates in a plane of so many pixels, pushed away from its centre."""
    middle = f32(size - 1) * f32(0.5)
    for i in range(len(out.value)):
        out.value[i] = middle + (line.value[i] - middle) * scale
        out.step[i] = line.step[i] * scale


@fast
def mix(value, other, weight, along):
    for i in range(len(value)):
        value[i] += (other[i] - value[i]) * (weight.value[i] + weight.step[i] * along)


@fast
def finish(value, gain, add, along, pivot, high, noise, grain, dither, shift, word):
    """Light, grain and rounding; the 8-bit code goes into `word` at bit `shift`.

    Grain is strongest in the middle tones. `pivot` is what the gain leaves alone.
    """
    for i in range(len(word)):
        code = value[i] * f32(1.0 / 256.0) - pivot
        bright = gain.value[i] + gain.step[i] * along
        light = add.value[i] + add.step[i] * along
        code = pivot + code * bright + light
        level = (code - f32(16)) * f32(1.0 / 219.0)
        shape = f32(0.25) + f32(3.0) * level * (f32(1) - level)
        code += f32(noise[i]) * max(grain * shape, dither) + f32(0.5)
        word[i] |= u32(np.int32(min(max(code, f32(16)), high))) << shift


@fast
def noise_of(tile, row, pixel, cells):
    """(cells,) of a noise tile (rows, CELL, columns): of one pixel of every cell."""
    line = tile[row % tile.shape[0]]
    column = pixel // CELL
    return line[pixel % CELL][column : column + cells]


@fast
def write_words(words, line, out):
    """Words (quads, cells) to pixels. `line`: room for all, uint32 (quads * cells,)."""
    quads, cells = words.shape
    for quad in range(quads):
        part = words[quad]
        for i in range(cells):
            line[quads * i + quad] = part[i]
            part[i] = u32(0)
    pixels = line.view(np.uint8)
    for k in range(len(out)):
        out[k] = pixels[k]
