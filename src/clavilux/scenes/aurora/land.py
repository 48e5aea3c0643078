"""Snowy hills and the trees on the shore."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import clamp01, f32, fbm_row, mix, smoothstep, u32

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Shade(NamedTuple):
    """Of one row of hills. Tones are places on the ramp."""

    rock: float
    snow: float
    """Tone that snow adds."""
    mist: float
    """Tone that mist adds, at their feet."""
    depth: float


@kernel
def land(tone, depth, line, level, shade, unit, octaves, seed):
    """Draw hills below `line` (rows from the top, per column) over `tone`: snow and bare rock."""
    columns = tone.shape[1]
    u = np.empty(columns, np.float32)
    v = np.empty(columns, np.float32)
    rock = np.empty(columns, np.float32)
    lee = np.empty(columns, np.float32)
    for j in range(max(np.int32(line.min()) - 2, 0), np.int32(level)):
        for i in range(columns):
            below = (f32(j) - line[i]) * unit
            u[i] = f32(11) * f32(i) * unit + f32(5) * below
            v[i] = f32(9) * below + f32(14) * line[i] * unit
        fbm_row(rock, u, v, octaves, seed)
        for i in range(columns):
            u[i] -= f32(0.09)
            v[i] -= f32(0.04)
        fbm_row(lee, u, v, octaves, seed)
        for i in range(columns):
            cover = clamp01((f32(j) - line[i]) / f32(1.5) + f32(0.5))
            below = (f32(j) - line[i]) * unit
            ridge = abs(lee[i] - f32(0.5)) - abs(rock[i] - f32(0.5))
            snow = smoothstep(f32(-0.01), f32(0.055), ridge) * (f32(0.6) + f32(0.8) * rock[i])
            mist = smoothstep(f32(0), f32(1), below / (level * unit - line[i] * unit + f32(0.01)))
            t = (
                shade.rock
                + shade.snow * (f32(0.15) + snow) * (f32(1) - f32(0.6) * mist)
                + shade.mist * mist
            )
            tone[j, i] = mix(tone[j, i], t, cover)
            depth[j, i] = mix(depth[j, i], shade.depth, cover)


def tree_tops(columns: int, unit: float, dice: np.random.Generator) -> NDArray[np.float32]:
    """How far trees rise above the shore, per column, in short sides of the picture."""
    x = np.arange(columns) * unit
    top = np.zeros(columns)
    width = columns * unit
    for group in dice.uniform(0, width, 5):
        for _ in range(14):
            at = group + 0.09 * dice.normal()
            tall = dice.uniform(0.018, 0.06) * np.exp(-(((at - group) / 0.14) ** 2))
            a, b = (max(int((at + way * 0.21 * tall) / unit), 0) for way in (-1, 1))
            away = np.abs(x[a:b] - at) / (0.2 * tall + 1e-4)
            top[a:b] = np.maximum(top[a:b], tall * np.maximum(1 - away, 0) ** 0.8)
    return top.astype(np.float32)


def noise_along(
    at: NDArray[np.float64], other: float, octaves: int, seed: int
) -> NDArray[np.float32]:
    """Noise -1..1 along a line that itself drifts through `other`."""
    out = np.empty(len(at), np.float32)
    across = np.full(len(at), other, np.float32)
    fbm_row(out, at.astype(np.float32), across, octaves, u32(seed & 0xFFFFFFFF))
    return 2 * out - 1
