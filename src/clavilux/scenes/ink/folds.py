"""Folds: coordinates that vortices wind up and noise pushes about, again and again."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import cos_turn, f32, fbm3, glow, sin_turn


class Ring(NamedTuple):
    """The pressure ring of a beat. Short side of the picture = 2 units, from its middle."""

    x: float
    y: float
    radius: float
    push: float


@kernel
def wind_up(px, py, unit, vortices, ring):
    """Picture coordinates (short side = 2 units), turned by vortices, pushed by a beat's ring.

    vortices: (v, 4) centre, 1 / radius^2, turns at the centre.
    """
    rows, columns = px.shape
    for y in range(rows):
        for x in range(columns):
            px[y, x] = (f32(x) + f32(0.5) - f32(0.5) * f32(columns)) * unit
            py[y, x] = (f32(y) + f32(0.5) - f32(0.5) * f32(rows)) * unit
        across = px[y]
        down = py[y]
        for k in range(vortices.shape[0]):
            cx, cy, sharp, turns = vortices[k, 0], vortices[k, 1], vortices[k, 2], vortices[k, 3]
            for x in range(columns):
                dx = across[x] - cx
                dy = down[x] - cy
                turn = turns * glow(dx * dx + dy * dy, sharp)
                c = cos_turn(turn)
                s = sin_turn(turn)
                across[x] = cx + c * dx - s * dy
                down[x] = cy + s * dx + c * dy
        for x in range(columns):
            dx = px[y, x] - ring.x
            dy = py[y, x] - ring.y
            r = np.sqrt(dx * dx + dy * dy) + f32(1e-3)
            push = ring.push * glow((r - ring.radius) * (r - ring.radius), f32(40)) / r
            px[y, x] -= push * dx
            py[y, x] -= push * dy


@kernel
def fold(out, px, py, ax, ay, push, scale, ox, oy, seed):
    """Noise at coordinates p pushed by the fields a (0..1 each, 0.5 is no push)."""
    rows, columns = out.shape
    for y in range(rows):
        for x in range(columns):
            u = px[y, x] + push * (ax[y, x] - f32(0.5))
            v = py[y, x] + push * (ay[y, x] - f32(0.5))
            out[y, x] = fbm3(u * scale + ox, v * scale + oy, seed)
