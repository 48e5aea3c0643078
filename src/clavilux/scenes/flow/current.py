"""The current: a stream function around a calm body."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clavilux.compiled import fast, kernel
from clavilux.scenes.noise import cos_turn, f32, fbm2, mix, sin_turn, smoothstep

GRID = 72  # cells of the current along the short side
MARGIN = 10  # cells around the picture


class Body(NamedTuple):
    """The calm dark body. Short side of the picture = 2 units, from its middle."""

    x: float
    y: float
    radius: float
    lit_x: float
    lit_y: float
    """The direction from which it is lit."""


@fast
def velocity(psi, i, j, u, v):
    """Along the level lines of the stream function, at (u, v) within the cell of row j, column i.

    Central differences at its four corners, interpolated.
    """
    vx = mix(
        mix(psi[j + 1, i] - psi[j - 1, i], psi[j + 1, i + 1] - psi[j - 1, i + 1], u),
        mix(psi[j + 2, i] - psi[j, i], psi[j + 2, i + 1] - psi[j, i + 1], u),
        v,
    )
    vy = -mix(
        mix(psi[j, i + 1] - psi[j, i - 1], psi[j, i + 2] - psi[j, i], u),
        mix(psi[j + 1, i + 1] - psi[j + 1, i - 1], psi[j + 1, i + 2] - psi[j + 1, i], u),
        v,
    )
    return vx, vy


@kernel
def stream(psi, cell, kind, body, lean, drift, roughness, seed):
    """The stream function: threads follow its level lines. Short side of the picture = 2 units."""
    rows, columns = psi.shape
    for j in range(rows):
        y = (f32(j) - f32(0.5) * f32(rows - 1)) * cell
        for i in range(columns):
            x = (f32(i) - f32(0.5) * f32(columns - 1)) * cell
            dx = x - body.x
            dy = y - body.y
            r2 = dx * dx + dy * dy
            near = body.radius * body.radius / (r2 + f32(0.1) * body.radius * body.radius)
            across = dy * cos_turn(lean) - dx * sin_turn(lean)
            along = dx * cos_turn(lean) + dy * sin_turn(lean)
            wave = f32(0.35) * sin_turn(f32(0.22) * along + drift)
            stream = (across + wave) * (f32(1) - min(near, f32(1)))
            whirl = f32(0.55) * np.log(r2 + f32(0.02))
            calm = smoothstep(f32(1), f32(2.5), r2 / (body.radius * body.radius))
            wild = fbm2(f32(0.9) * x + drift, f32(0.9) * y - f32(0.6) * drift, seed) - f32(0.5)
            psi[j, i] = mix(stream, whirl, kind) + roughness * calm * wild
