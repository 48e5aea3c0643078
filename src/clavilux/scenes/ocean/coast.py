"""A far coast."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import clamp01, f32, fbm_row, mix, ramp_at, u32

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView


def coastline(
    view: SceneView,
    columns: int,
    unit: np.float32,
    *,
    layer: int,
    tall: float,
    dice: np.random.Generator,
) -> NDArray[np.float32]:
    """Height of the land over the horizon, in pixels, per column; 0 and less is open sea."""
    at = np.arange(columns, dtype=np.float32) * unit
    slide = 0.002 * view.time + 0.004 * view.travel
    shape = np.empty(columns, np.float32)
    start = f32(dice.uniform(0, 50))
    across = (3 + 2 * layer) * at + start + f32(slide * (1 + layer))
    fbm_row(shape, across, np.full_like(at, 0.5), 6, u32(view.seed % 999 + layer))
    middle = dice.uniform(-0.2, 1.2) * columns * float(unit)
    bump = np.exp(-(((at - middle) / dice.uniform(0.2, 0.5)) ** 2))
    return ((shape * bump - 0.2) * tall * 2.2 / unit).astype(np.float32)


@kernel
def coast(rgb, depth, ramp, line, horizon, tone, level):
    """A far coast: dark land above the horizon, per-column height `line` in pixels."""
    _, rows, columns = rgb.shape
    for i in range(columns):
        if line[i] <= f32(0):
            continue
        top = horizon - line[i]
        for j in range(max(np.int32(top) - 1, 0), min(np.int32(horizon) + 1, rows)):
            a = clamp01((f32(j) + f32(0.5) - top) / f32(1.5) + f32(0.5)) * clamp01(line[i])
            a *= clamp01((horizon - f32(j) - f32(0.5)) / f32(1.5) + f32(0.5))
            mist = (f32(j) - top) / (line[i] + f32(1))
            red, green, blue = ramp_at(ramp, tone + f32(0.06) * mist * mist)
            rgb[0, j, i] = mix(rgb[0, j, i], red, a)
            rgb[1, j, i] = mix(rgb[1, j, i], green, a)
            rgb[2, j, i] = mix(rgb[2, j, i], blue, a)
            depth[j, i] = mix(depth[j, i], level, a)
