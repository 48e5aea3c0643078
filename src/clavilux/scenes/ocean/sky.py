"""The sky: its clear tones, which the water mirrors too, clouds lit at their edges, the sun."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clavilux.compiled import fast, kernel
from clavilux.scenes.noise import clamp01, f32, fbm_row, glow, mix, ramp_at, smoothstep


class Sun(NamedTuple):
    """Lengths in short sides of the picture, from the horizon and the picture's middle."""

    x: float
    up: float
    radius: float
    high: float
    """Tone of the sky above."""
    low: float
    """Tone of the sky at the horizon."""
    power: float
    disc: float
    """How clearly it is seen, 0..1."""


class Drift(NamedTuple):
    """How far the clouds have moved, in their own units."""

    across: float
    toward: float


@fast
def clear_sky(x, up, sun, wide):
    """Tone of the clear sky, with the glow around the sun, at `x` and height `up`."""
    dx = x - sun.x
    dy = up - sun.up
    d2 = dx * dx + dy * dy
    low = f32(1) / (f32(1) + f32(5) * max(up, f32(0)))
    near = f32(1) / (f32(1) + f32(0.9) * dx * dx)
    base = sun.high + (sun.low - sun.high) * low * low * (f32(0.45) + f32(0.55) * near)
    halo = f32(0.2) * glow(d2, f32(9) / wide) + f32(0.32) * glow(d2, f32(90) / wide)
    return base + sun.power * halo


@kernel
def sky(rgb, depth, ramp, horizon, unit, sun, wide, drift, cover, octaves, seed):
    """Draw sky, clouds and the sun down to row `horizon`."""
    _, rows, columns = rgb.shape
    x = np.empty(columns, np.float32)
    u = np.empty(columns, np.float32)
    v = np.empty(columns, np.float32)
    cloud = np.empty(columns, np.float32)
    beyond = np.empty(columns, np.float32)
    tone = np.empty(columns, np.float32)
    for i in range(columns):
        x[i] = (f32(i) + f32(0.5) - f32(0.5) * f32(columns)) * unit
    for j in range(min(np.int32(horizon) + 3, rows)):
        up = (horizon - f32(j) - f32(0.5)) * unit
        far = f32(0.5) / (max(up, f32(0)) + f32(0.13))
        for i in range(columns):
            u[i] = x[i] * far * f32(1.5) + drift.across
            v[i] = far * f32(3.4) + drift.toward
        fbm_row(cloud, u, v, octaves, seed)
        for i in range(columns):
            dx = sun.x - x[i]
            u[i] += f32(0.22) * dx / (abs(dx) + f32(0.3))
            v[i] += f32(0.16)
        fbm_row(beyond, u, v, octaves - 2, seed)
        edge = f32(0.6) - cover * f32(0.2)
        thin = smoothstep(f32(-0.01), f32(0.12), up)
        for i in range(columns):
            dx = x[i] - sun.x
            dy = up - sun.up
            d2 = dx * dx + dy * dy
            sky = clear_sky(x[i], up, sun, wide)
            body = smoothstep(edge, edge + f32(0.2), cloud[i]) * thin
            lit = clamp01(f32(0.45) + f32(4) * (cloud[i] - beyond[i]))
            near = glow(d2, f32(2.2))
            rim = body * (f32(1) - body) * f32(4)
            shade = f32(0.5) * sky + f32(0.03) + lit * (f32(0.06) + f32(0.34) * near * sun.power)
            shade += rim * near * f32(0.12) * sun.power
            disc = smoothstep(
                sun.radius + f32(1.2) * unit, sun.radius - f32(1.2) * unit, np.sqrt(d2)
            )
            sky = mix(sky, f32(0.97), disc * sun.disc)
            tone[i] = mix(sky, shade, body * (f32(0.86) - f32(0.3) * disc))
        for i in range(columns):
            rgb[0, j, i], rgb[1, j, i], rgb[2, j, i] = ramp_at(ramp, tone[i])
            depth[j, i] = f32(0.04)
