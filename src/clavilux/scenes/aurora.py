"""Curtains of northern light over snowy hills and a still lake.

Each curtain is a folded sheet: a curve on the ground, followed step by step, that throws a ray of
light upward at each step; where the sheet turns away from the eye, rays gather and it brightens.
`travel` runs the folds along the sheet, bass swells the sheets' height, mid runs bright patches
along them, high sharpens the single rays and makes the stars twinkle, a beat sends a bright knot
down each sheet. `energy` adds curtains and light, `progress` brings them overhead. The seed chooses
the sheets, the hills and the shore.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clavilux.rendering.compiled import kernel
from clavilux.scenes.noise import (
    clamp01,
    f32,
    fbm_row,
    glow,
    hash01,
    mix,
    ramp_at,
    sin_turn,
    smoothstep,
    u32,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView


@kernel
def _sheet(light, tall, path, rays, patches, shape, horizon, unit):
    """Add one sheet of light: `light` gathers brightness, `tall` brightness times height (0..1).

    path: (2, n) position across (short sides of the picture from the middle, at distance 1) and
    distance; rays, patches: (n) brightness of each ray; shape: strength, foot, height.
    """
    rows, columns = light.shape
    for k in range(path.shape[1] - 1):
        near = f32(1) / path[1, k]
        x = (path[0, k] * near) / unit + f32(0.5) * f32(columns)
        far = (path[0, k + 1] / path[1, k + 1]) / unit + f32(0.5) * f32(columns)
        foot = horizon - shape[1] * near / unit
        length = shape[2] * near / unit * (f32(0.55) + f32(0.45) * patches[k])
        power = shape[0] * rays[k] * patches[k] * near
        # The light of a piece of sheet is spread over the columns it covers, at least two.
        low = min(x, far) - f32(0.5)
        wide = max(abs(far - x), f32(0.02))
        power *= min(max(f32(0.9) / wide, f32(0.06)), f32(2.4))
        first = np.int32(np.floor(low))
        last = np.int32(np.floor(low + wide)) + 1
        above = max(np.int32(foot - length), 0)
        below = min(np.int32(foot + f32(0.06) * length) + 1, rows)
        for i in range(max(first, 0), min(last + 1, columns)):
            c = f32(i)
            cover = min(c + f32(1), low + wide + f32(1)) - max(c, low)
            cover = clamp01(min(cover, f32(1))) * power
            lean = (c - f32(0.5) * f32(columns)) * f32(0.0)
            for j in range(above, below):
                h = (foot - f32(j)) / length
                rise = clamp01((h + f32(0.06)) * f32(9))
                fall = clamp01(f32(1) - h)
                glow_ = rise * rise * fall * fall * fall * cover
                light[j, i] += glow_
                tall[j, i] += glow_ * h


class Aurora:
    """Northern light over a lake."""
