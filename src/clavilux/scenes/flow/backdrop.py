"""What is behind the threads: a faint light around the body, its edge, the ring of a beat."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clavilux.compiled import fast, kernel
from clavilux.scenes.noise import clamp01, f32, glow, mix, ramp_at, smoothstep


class Ring(NamedTuple):
    """What a beat sends out from the body."""

    radius: float
    strength: float


@fast
def ring_light(ring, r):
    """At distance r from the body's middle."""
    return ring.strength * glow((r - ring.radius) * (r - ring.radius), f32(40))


@kernel
def backdrop(rgb, ramp, unit, body, ring, warmth, reach):
    """The dark: a faint light behind the body, its edge catching the light, the ring of a beat."""
    _, rows, columns = rgb.shape
    for y in range(rows):
        py = (f32(y) + f32(0.5) - f32(0.5) * f32(rows)) * unit
        for x in range(columns):
            px = (f32(x) + f32(0.5) - f32(0.5) * f32(columns)) * unit
            dx = px - body.x
            dy = py - body.y
            r = np.sqrt(dx * dx + dy * dy)
            side = (dx * body.lit_x + dy * body.lit_y) / (r + f32(1e-3))
            halo = glow(
                max(r - body.radius, f32(0)) * max(r - body.radius, f32(0)), f32(2.2) / reach
            )
            inside = smoothstep(body.radius + f32(1.5) * unit, body.radius - f32(1.5) * unit, r)
            rim = glow((r - body.radius) * (r - body.radius), f32(900)) * clamp01(
                f32(0.35) + f32(0.65) * side
            )
            wave = ring_light(ring, r)
            back = (
                f32(0.03)
                + halo * (f32(0.10) + f32(0.08) * side) * (f32(0.6) + warmth)
                + f32(0.12) * wave
            )
            index = mix(back, f32(0.02), inside) + f32(0.3) * rim * (
                f32(0.6) + f32(0.6) * ring.strength
            )
            rgb[0, y, x], rgb[1, y, x], rgb[2, y, x] = ramp_at(ramp, index)
