"""A lone walker."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

import numpy as np

from clavilux.compiled import fast, kernel
from clavilux.scenes.noise import clamp01, cos_turn, f32, mix, sin_turn, smoothstep


@fast
def _capsule(x, y, ax, ay, bx, by):
    """Distance of a point to a line segment."""
    dx = bx - ax
    dy = by - ay
    h = clamp01(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy))
    ex = x - ax - h * dx
    ey = y - ay - h * dy
    return np.sqrt(ex * ex + ey * ey)


@kernel
def walker(rgb, depth, dist, dark, bright, foot_x, foot_y, metre, away, stride):
    """A person in a long coat, seen from behind, `metre` pixels per metre, feet at a pixel."""
    _, rows, columns = rgb.shape
    swing = f32(0.26) * sin_turn(stride)
    bob = f32(0.025) * cos_turn(f32(2) * stride)
    for y in range(
        max(0, np.int32(foot_y - f32(2) * metre)),
        min(rows, np.int32(foot_y + f32(0.2) * metre) + 1),
    ):
        for x in range(
            max(0, np.int32(foot_x - metre)), min(columns, np.int32(foot_x + metre) + 1)
        ):
            a = (f32(x) + f32(0.5) - foot_x) / metre
            b = (foot_y - f32(y) - f32(0.5)) / metre - bob
            shape = _capsule(a, b, f32(0), f32(1.62), f32(0), f32(1.66)) - f32(0.105)
            shape = min(
                shape, _capsule(a, b, f32(-0.09), f32(1.36), f32(0.09), f32(1.36)) - f32(0.13)
            )
            coat = max(
                abs(a) - f32(0.2) - f32(0.09) * clamp01(f32(1.3) - b),
                max(b - f32(1.4), f32(0.55) - b),
            )
            shape = min(shape, coat)
            lift = f32(0.07) * max(swing, f32(0)) * f32(2)
            shape = min(
                shape,
                _capsule(a, b, f32(-0.08), f32(0.7), f32(-0.09), f32(0.06) + lift) - f32(0.075),
            )
            lift = f32(0.07) * max(-swing, f32(0)) * f32(2)
            shape = min(
                shape, _capsule(a, b, f32(0.08), f32(0.7), f32(0.09), f32(0.06) + lift) - f32(0.075)
            )
            shape = min(
                shape, _capsule(a, b, f32(0.2), f32(1.35), f32(0.36), f32(0.95)) - f32(0.055)
            )
            cover = smoothstep(f32(0.8), f32(-0.8), shape * metre) if dist[y, x] > away else f32(0)
            rim = (
                f32(0.6)
                * smoothstep(f32(-0.07), f32(0.0), shape)
                * smoothstep(f32(-0.05), f32(0.3), a)
            )
            for p in range(3):
                rgb[p, y, x] = mix(rgb[p, y, x], mix(dark[p], bright[p], rim), cover)
            if depth.shape[0] > 1:
                depth[y, x] = mix(depth[y, x], f32(5) / (f32(4) + away), cover)
