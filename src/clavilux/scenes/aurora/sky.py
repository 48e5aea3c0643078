"""The sky behind the curtains: their light as tones, its soft veil, dusk, stars."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import f32, hash01, mix, sin_turn
from clavilux.scenes.sparks import spark

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Night(NamedTuple):
    """Tones of the sky without northern light."""

    low: float
    """Added at the horizon."""
    dark: float


@kernel
def stars(rgb, tone, line, count, size, time, twinkle, colour, seed):
    """Stars above `line`, drowned where the tone is bright."""
    _, rows, columns = rgb.shape
    reach = np.int32(f32(3) * size) + 1
    for k in range(count):
        cx = hash01(k, 1, seed) * f32(columns)
        cy = hash01(k, 2, seed) * f32(rows)
        own = hash01(k, 3, seed)
        here = min(np.int32(cx), columns - 1)
        if cy > line[here] - f32(4):
            continue
        power = f32(0.12) + f32(0.9) * own**8
        power *= f32(0.75) + f32(0.25) * sin_turn(time * (f32(0.2) + own) + f32(33) * own)
        power *= f32(1) + twinkle * sin_turn(time * (f32(1) + own) + f32(71) * own)
        power *= max(f32(1) - f32(1.9) * tone[np.int32(cy), here], f32(0))
        area = size * size * (f32(0.6) + own * own)
        spark(rgb, cx, cy, area, reach, f32(1), f32(9), power, colour)


@kernel
def sky(tone, light, veil, cell, level, night):
    """Turn gathered light, and its soft veil on a grid of `cell` pixels, into tones; dusk below."""
    columns = tone.shape[1]
    row = np.empty(veil.shape[1], np.float32)
    for j in range(np.int32(level)):
        dusk = f32(1) - f32(j) / level
        low = night.low * np.exp(-f32(5) * dusk) + night.dark
        gy = min(max(f32(j) / cell - f32(0.5), f32(0)), f32(veil.shape[0]) - f32(1.01))
        a = np.int32(gy)
        wy = gy - f32(a)
        for i in range(len(row)):
            row[i] = mix(veil[a, i], veil[a + 1, i], wy)
        for i in range(columns):
            gx = min(max(f32(i) / cell - f32(0.5), f32(0)), f32(len(row)) - f32(1.01))
            b = np.int32(gx)
            soft = mix(row[b], row[b + 1], gx - f32(b))
            bright = light[j, i] + f32(1.1) * soft
            tone[j, i] = low + f32(0.98) * bright / (bright + f32(0.95))


def veil(light: NDArray[np.float32], cell: int) -> NDArray[np.float32]:
    """The light (columns, rows) as a soft veil (rows, columns) on a grid of `cell` pixels."""
    columns, rows = light.shape
    across = np.add.reduceat(light, np.arange(0, columns, cell), axis=0)
    small = np.add.reduceat(across, np.arange(0, rows, cell), axis=1).T / np.float32(cell * cell)
    for _ in range(3):
        for axis in (0, 1):
            edge = np.pad(small, [(2, 2) if axis == a else (0, 0) for a in (0, 1)], mode="edge")
            n = small.shape[axis]
            small = np.mean([np.take(edge, range(k, k + n), axis) for k in range(5)], axis=0)
    return np.ascontiguousarray(small, np.float32)
