"""Ridges: their lines of heights, their slopes, and the mist at their feet."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import clamp01, f32, fbm_row, glow, mix, u32

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Look(NamedTuple):
    """Of one ridge. Tones are places on the ramp."""

    tone: float
    rim: float
    """Light along its line, next to the sun."""
    mist: float
    """Tone that the mist adds."""
    mist_height: float
    """In short sides of the picture."""
    texture: float
    """How uneven the mist is."""
    depth: float


def heights(columns: int, unit: float, slide: float, near: float, seed: int) -> NDArray[np.float32]:
    """Heights along a ridge, per column: high and steep if far (`near` 0), else low and round."""
    x = ((np.arange(columns) + 0.5) * unit + slide).astype(np.float32)
    level = np.full_like(x, 0.5)
    shape, sharp = np.empty_like(x), np.empty_like(x)
    fbm_row(shape, f32(1.5 + 0.5 * near) * x, level, 7, u32(seed))
    fbm_row(sharp, f32(2.6 - near) * x, level, 5, u32(seed + 50))
    peak = 1 - np.abs(2 * sharp - 1) * 1.6
    rise = (0.6 - 0.35 * near) * (shape - 0.45) + (0.17 - 0.14 * near) * (peak - 0.5)
    return (0.9 * rise).astype(np.float32)


def smoothed(line: NDArray[np.float32], half: int) -> NDArray[np.float32]:
    """The running mean of a line over 2 `half` + 1 columns, twice."""
    for _ in range(2):
        total = np.cumsum(np.pad(line.astype(np.float64), (half + 1, half), mode="edge"))
        line = ((total[2 * half + 1 :] - total[: -2 * half - 1]) / (2 * half + 1)).astype(
            np.float32
        )
    return line


@kernel
def ridge(tone, depth, line, lie, slide, unit, sun, look, drift, octaves, seed):
    """Draw one ridge below `line` (rows, per column), and mist that fills it up below `lie`."""
    rows, columns = tone.shape
    u = np.empty(columns, np.float32)
    v = np.empty(columns, np.float32)
    mist = np.empty(columns, np.float32)
    first = max(np.int32(line.min()) - 2, 0)
    for j in range(first, rows):
        for i in range(columns):
            u[i] = f32(2.2) * (f32(i) * unit + slide) + drift
            v[i] = f32(5) * f32(j) * unit - f32(0.4) * drift
        fbm_row(mist, u, v, octaves, seed)
        for i in range(columns):
            below = (f32(j) + f32(0.5) - line[i]) * unit
            cover = clamp01(below / unit / f32(1.6) + f32(0.5))
            dx = f32(i) * unit - sun.x
            dy = f32(j) * unit - sun.y
            near = glow(dx * dx + dy * dy, f32(1.6) / sun.width)
            rim = look.rim * near / (f32(1) + f32(26) * max(below, f32(0)))
            deep = (f32(j) - lie[i]) * unit + look.texture * (mist[i] - f32(0.5))
            foot = clamp01(deep / look.mist_height) * clamp01(below * f32(24))
            foot = foot * foot * (f32(3) - f32(2) * foot)
            veil = (
                look.mist
                * (f32(0.5) + f32(0.9) * sun.power * near)
                * (f32(0.75) + f32(0.5) * mist[i])
            )
            t = mix(look.tone + rim, look.tone + veil, foot)
            tone[j, i] = mix(tone[j, i], t, cover)
            depth[j, i] = mix(depth[j, i], look.depth, cover)
