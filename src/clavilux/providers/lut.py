"""A picture through a three-dimensional table of colours, in whole numbers and with dither.

Tetrahedral interpolation, which keeps greys grey (as in ICC colour engines; Kasson, Nin, Plouffe
and Hafner, "Performing color space conversions with three-dimensional linear interpolation", 1995).
Dither by the R2 sequence (M. Roberts, "The unreasonable effectiveness of quasirandom sequences",
2018): as even as blue noise, a function of the place alone, so all machines give the same bytes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clavilux.compiled import kernel

NODES = 33
"""Along each side of the cube."""
ONE = 256
"""Entries of a table are 256ths of an 8-bit step."""


def lut_nodes() -> NDArray[np.float64]:
    """The colours that a table has entries for: sRGB 0..1, shape (33, 33, 33, 3), red slowest."""
    axis = np.linspace(0, 1, NODES)
    return np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)


def apply_lut(rgb: NDArray[np.uint8], srgb: NDArray[np.float64]) -> NDArray[np.uint8]:
    """(h, w, 3) uint8 through a table of sRGB 0..1 for `lut_nodes`.

    A table that holds the nodes themselves changes no byte.
    """
    steps = np.round(np.clip(srgb, 0, 1) * (255 * ONE)).astype(np.int32)
    table = np.ascontiguousarray(steps.reshape(NODES**3, 3))
    out = np.empty(rgb.shape, np.uint8)
    _apply(np.ascontiguousarray(rgb), table, out)
    return out


def _through_table(rgb: Any, table: Any, out: Any) -> None:
    """Six tetrahedra meet in the grey diagonal of each cell; the order of the parts finds which."""
    # Everything it needs is in this function: Numba's cache does not see changes elsewhere.
    cell = np.empty(256, np.int32)
    part = np.empty(256, np.int32)
    for v in range(256):
        cell[v] = min(v * 32 // 255, 31)
        part[v] = v * 32 - 255 * cell[v]
    height, width = rgb.shape[0], rgb.shape[1]
    for y in range(height):
        for x in range(width):
            r, g, b = rgb[y, x, 0], rgb[y, x, 1], rgb[y, x, 2]
            fr, fg, fb = part[r], part[g], part[b]
            low = cell[r] * 1089 + cell[g] * 33 + cell[b]
            if fr >= fg:
                if fg >= fb:
                    first, second, f1, f2, f3 = 1089, 1122, fr, fg, fb
                elif fr >= fb:
                    first, second, f1, f2, f3 = 1089, 1090, fr, fb, fg
                else:
                    first, second, f1, f2, f3 = 1, 1090, fb, fr, fg
            elif fr >= fb:
                first, second, f1, f2, f3 = 33, 1122, fg, fr, fb
            elif fg >= fb:
                first, second, f1, f2, f3 = 33, 34, fg, fb, fr
            else:
                first, second, f1, f2, f3 = 1, 34, fb, fg, fr
            noise = np.uint32(x) * np.uint32(3242174889) + np.uint32(y) * np.uint32(2447445414)
            for c in range(3):
                value = (
                    table[low, c] * (255 - f1)
                    + table[low + first, c] * (f1 - f2)
                    + table[low + second, c] * (f2 - f3)
                    + table[low + 1123, c] * f3
                )
                dither = np.int64(np.uint32(noise + np.uint32(1431655765) * np.uint32(c)) >> 24)
                out[y, x, c] = min((np.int64(value) // 255 + dither) >> 8, 255)


_apply: Any = kernel(_through_table)
