"""The sky over the ridges: the sun with its glow, thin clouds, beams, the ring of a beat."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import angle_turn, f32, fbm_row, glow, mix, smoothstep, u32


class Sun(NamedTuple):
    """Places and lengths in short sides of the picture, from its upper left corner."""

    x: float
    y: float
    radius: float
    power: float
    """Of all its light, about 1."""
    width: float
    """Of the glow around it, about 1."""
    dark: float
    """Tone of the sky far from it."""


class Ring(NamedTuple):
    """What a beat sends out from the sun."""

    radius: float
    strength: float


@kernel
def sky(tone, floor, edge, unit, sun, ring, drift, octaves, seed):
    """Sky, sun, thin clouds and beams down to row `floor`; `edge` is where land hides them."""
    _, columns = tone.shape
    u = np.empty(columns, np.float32)
    v = np.empty(columns, np.float32)
    cloud = np.empty(columns, np.float32)
    beam = np.empty(columns, np.float32)
    for j in range(floor):
        y = f32(j) * unit
        for i in range(columns):
            x = f32(i) * unit
            u[i] = f32(1.1) * x + drift
            v[i] = f32(6.5) * y + f32(0.6) * x
        fbm_row(cloud, u, v, octaves, seed)
        for i in range(columns):
            turn = angle_turn(y - sun.y, f32(i) * unit - sun.x)
            u[i] = f32(34) * abs(turn) + f32(0.6) * drift
            v[i] = f32(3.3) * drift
        fbm_row(beam, u, v, 3, seed + u32(9))
        for i in range(columns):
            dx = f32(i) * unit - sun.x
            dy = y - sun.y
            d2 = dx * dx + dy * dy
            d = np.sqrt(d2)
            up = y / edge
            halo = f32(0.24) * glow(d2, f32(2.6) / sun.width) + f32(0.22) * glow(
                d2, f32(26) / sun.width
            )
            wave = ring.strength * glow((d - ring.radius) * (d - ring.radius), f32(700)) * f32(0.10)
            rays = f32(0.8) + f32(0.4) * beam[i]
            sky = sun.dark * (f32(0.45) + f32(0.75) * up * up) + sun.power * (halo * rays + wave)
            veil = smoothstep(f32(0.48), f32(0.78), cloud[i]) * smoothstep(f32(0.0), f32(0.25), up)
            sky += veil * (f32(0.03) + f32(0.16) * sun.power * glow(d2, f32(3) / sun.width))
            disc = smoothstep(sun.radius + f32(1.2) * unit, sun.radius - f32(1.2) * unit, d)
            tone[j, i] = mix(sky, f32(0.95) - f32(0.18) * veil, disc)
