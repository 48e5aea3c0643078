"""What is in the air: sky and sun, heat, streaks of blown sand, grains that catch the light."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clavilux.compiled import kernel
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
from clavilux.scenes.sparks import spark


class Sun(NamedTuple):
    """Lengths in short sides of the picture, from the horizon and the picture's middle."""

    x: float
    up: float
    radius: float
    low: float
    """Tone of the sky at the horizon."""
    high: float
    """Tone of the sky above."""
    power: float
    width: float
    """Of the glow around it, about 1."""


class Wind(NamedTuple):
    """How much sand it blows: streaks over the land, and dust in the sky."""

    streaks: float
    dust: float


@kernel
def grains(rgb, unit, count, time, moved, size, power, horizon, colour, seed):
    """Grains in the air that catch the light as the wind carries them past."""
    columns = rgb.shape[2]
    for k in range(count):
        own = hash01(k, 1, seed)
        near = f32(0.3) + own * own
        x = hash01(k, 2, seed) + (moved * f32(0.6) + f32(0.04) * time) * near
        x -= np.floor(x)
        lift = hash01(k, 3, seed)
        y = f32(0.5) * lift + f32(0.02) * sin_turn(time * f32(0.3) + f32(9) * own)
        cx = (x * f32(1.1) - f32(0.05)) * f32(columns)
        cy = horizon + y / unit * near
        blink = f32(0.5) + f32(0.5) * sin_turn(time * (f32(0.4) + own) + f32(37) * own)
        r = size * (f32(0.6) + near)
        reach = np.int32(f32(3) * r) + 1
        bright = power * blink * blink
        spark(rgb, cx, cy, r * r, reach, f32(0.6), f32(9), bright, colour)


@kernel
def finish(rgb, tone, full, depth, ramp, horizon, unit, sun, wind, time, moved, octaves, seed):
    """Lay the sky behind the land and blown sand over both, then colour."""
    _, rows, columns = rgb.shape
    u = np.empty(columns, np.float32)
    v = np.empty(columns, np.float32)
    veil = np.zeros(columns, np.float32)
    sand = np.zeros(columns, np.float32)
    for j in range(rows):
        up = (horizon - f32(j) - f32(0.5)) * unit
        # Hot air bends what stands near the horizon.
        heat = f32(0.004) * glow(up * up, f32(220))
        bend = heat * (
            sin_turn(f32(j) * unit * f32(17) - f32(0.7) * time)
            + sin_turn(f32(j) * unit * f32(29) + f32(0.9) * time)
        )
        for i in range(columns):
            x = (f32(i) + f32(0.5) - f32(0.5) * f32(columns)) * unit
            u[i] = f32(0.9) * x - f32(0.12) * moved
            v[i] = f32(11) * up + f32(0.5) * x
        if up > f32(0):
            fbm_row(veil, u, v, octaves, seed)
        for i in range(columns):
            x = (f32(i) + f32(0.5) - f32(0.5) * f32(columns)) * unit
            u[i] = f32(1.6) * x - f32(1.7) * moved
            v[i] = f32(22) * up + f32(2.4) * x
        if up < f32(0.08):
            fbm_row(sand, u, v, octaves, seed + u32(5))
        low = glow(max(up, f32(0)) * max(up, f32(0)), f32(22))
        drift = smoothstep(f32(0.08), f32(-0.10), up) * smoothstep(f32(-0.55), f32(-0.05), up)
        for i in range(columns):
            x = (f32(i) + f32(0.5) - f32(0.5) * f32(columns)) * unit
            dx = x + bend - sun.x
            dy = up - sun.up
            d2 = dx * dx + dy * dy
            halo = f32(0.22) * glow(d2, f32(3.5) / sun.width) + f32(0.26) * glow(
                d2, f32(40) / sun.width
            )
            sky = sun.high + (sun.low - sun.high) * low + sun.power * halo
            cloud = smoothstep(f32(0.45), f32(0.75), veil[i]) * smoothstep(f32(0.02), f32(0.2), up)
            sky += cloud * (f32(0.03) + f32(0.12) * glow(d2, f32(4)))
            disc = smoothstep(
                sun.radius + f32(1.3) * unit, sun.radius - f32(1.3) * unit, np.sqrt(d2)
            )
            sky = mix(sky, f32(0.96) - f32(0.2) * cloud, disc)
            a = clamp01(full[j, i])
            t = tone[j, i] + (f32(1) - a) * sky
            streak = smoothstep(f32(0.5), f32(0.8), sand[i])
            near = glow((x - sun.x) * (x - sun.x), f32(1.2))
            t += wind.streaks * streak * drift * (f32(0.06) + f32(0.22) * near)
            sand[i] = t + wind.dust * low * f32(0.05) * near
            depth[j, i] = clamp01(depth[j, i] + (f32(1) - a) * f32(0.03))
        for i in range(columns):
            rgb[0, j, i], rgb[1, j, i], rgb[2, j, i] = ramp_at(ramp, sand[i])
