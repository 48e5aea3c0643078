"""The water: three long waves and two layers of chop, and the light that they mirror."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clavilux.compiled import fast, kernel
from clavilux.scenes.noise import (
    clamp01,
    cos_turn,
    f32,
    fbm_row,
    glow,
    mix,
    ramp_at,
    sin_turn,
    smoothstep,
    u32,
)
from clavilux.scenes.ocean.sky import clear_sky


class Swell(NamedTuple):
    """Three long waves, and the eye over them."""

    height: float
    phase_1: float
    phase_2: float
    phase_3: float
    """Turns."""
    lean_1: float
    lean_2: float
    lean_3: float
    """How much each runs across the view."""
    eye: float
    """Its height over the water."""


class Chop(NamedTuple):
    """The small waves, 0..1."""

    roughness: float
    sparkle: float
    foam: float


class Band(NamedTuple):
    """The light of a beat on the path of glitter."""

    down: float
    """Where it is, in short sides of the picture below the horizon."""
    strength: float


@kernel
def water(rgb, depth, ramp, horizon, unit, sun, wide, sea, chop, moved, light, octaves, seed):
    """Draw the sea below `horizon`, row by row."""
    _, rows, columns = rgb.shape
    x = np.empty(columns, np.float32)
    wx = np.empty(columns, np.float32)
    wz = np.empty(columns, np.float32)
    sz = np.empty(columns, np.float32)
    sx = np.empty(columns, np.float32)
    high = np.empty(columns, np.float32)
    m1 = np.empty(columns, np.float32)
    m2 = np.empty(columns, np.float32)
    n1 = np.empty(columns, np.float32)
    n2 = np.empty(columns, np.float32)
    tone = np.empty(columns, np.float32)
    for i in range(columns):
        x[i] = (f32(i) + f32(0.5) - f32(0.5) * f32(columns)) * unit
    for j in range(max(np.int32(horizon) - 1, 0), rows):
        down = (f32(j) + f32(0.5) - horizon) * unit
        low = max(down, f32(0.3) * unit)
        _meet(wx, wz, high, sz, sx, x, down, low, moved, sea)
        calm = _ripple(n1, n2, m1, m2, wx, wz, sea.eye / low, unit, sea.eye, moved, octaves, seed)
        _mirror(tone, x, n1, n2, high, sz, sx, down, calm, sun, wide, sea.height, chop, light)
        a = clamp01(down / unit / f32(1.5) + f32(0.5))
        near = clamp01(down / (f32(rows) * unit - horizon * unit))
        for i in range(columns):
            red, green, blue = ramp_at(ramp, tone[i])
            rgb[0, j, i] = mix(rgb[0, j, i], red, a) if a < f32(1) else red
            rgb[1, j, i] = mix(rgb[1, j, i], green, a) if a < f32(1) else green
            rgb[2, j, i] = mix(rgb[2, j, i], blue, a) if a < f32(1) else blue
            depth[j, i] = mix(f32(0.2), f32(1), near)


@kernel
def _meet(wx, wz, high, sz, sx, x, down, low, moved, sea):
    """Where the sight lines of a row meet the swell, how high it is there, and its slopes."""
    fade = smoothstep(f32(0), f32(0.03), down)  # no swell at the horizon, it would alias
    fade *= smoothstep(f32(0), f32(7), sea.eye / low)  # gentle close by: faces would tower
    for i in range(len(x)):
        z = sea.eye / low
        h = f32(0)
        for _ in range(3):
            h, dz, dx = _swell(x[i] * z, z + moved, sea)
            z = mix(z, (sea.eye - f32(0.7) * h * fade) / low, f32(0.7))
        h, dz, dx = _swell(x[i] * z, z + moved, sea)
        wx[i] = x[i] * z
        wz[i] = z + moved
        high[i] = h * fade
        sz[i] = dz * fade
        sx[i] = dx * fade


@kernel
def _ripple(n1, n2, m1, m2, wx, wz, size, unit, eye, moved, octaves, seed):
    """The chop (n1, n2) of a row whose distance is `size`. Returns how calm it looks from here.

    It is drawn out along the view, twice as long at each step, before its cells would be finer than
    pixels; between two steps they are blended.
    """
    finest = max(np.log2(f32(50) * size * size * unit / eye), f32(0))
    step = np.floor(finest)
    blend = smoothstep(f32(0), f32(1), finest - step)
    fewer = min(octaves, 3) if step > 0 else octaves
    _chop(n1, n2, wx, wz, f32(17.6) * f32(0.5) ** step, moved, fewer, seed)
    if blend > f32(0):
        _chop(m1, m2, wx, wz, f32(8.8) * f32(0.5) ** step, moved, 3, seed)
        for i in range(len(wx)):
            n1[i] = mix(n1[i], m1[i], blend)
            n2[i] = mix(n2[i], m2[i], blend)
    return f32(1) / (f32(1) + f32(0.25) * finest)


@kernel
def _mirror(tone, x, n1, n2, high, sz, sx, down, calm, sun, wide, height, chop, light):
    """Tones of a row: the sky that its slopes mirror, the sun's glitter, foam, haze."""
    for i in range(len(tone)):
        rough = chop.roughness * (f32(0.35) + f32(0.65) * calm)
        tilt = f32(0.5) * sz[i] + rough * (n1[i] - f32(0.5))
        side = f32(0.5) * sx[i] + rough * f32(0.7) * (n2[i] - f32(0.5))
        up = max(down * f32(1.0) + f32(0.03) + f32(1.6) * tilt, f32(0.015))
        across = x[i] * (f32(1) + f32(0.2) * down) + f32(1.1) * side
        mirrored = clear_sky(across, up, sun, wide)
        facing = clamp01(f32(0.5) + f32(1.4) * tilt + f32(0.25) * (f32(1) - calm))
        deep = f32(0.035) + f32(0.05) * max(high[i], f32(0))
        t = mix(deep, mirrored, f32(0.4) + f32(0.5) * facing)
        ex = (across - sun.x) / (f32(0.05) + f32(0.10) * down + sun.radius)
        ey = (up - sun.up) / (f32(0.10) + sun.radius)
        flash = glow(ex * ex + f32(0.55) * ey * ey, f32(1.1))
        path = (x[i] - sun.x) / (f32(0.10) + f32(0.55) * down)
        in_path = glow(path * path, f32(0.9))
        bits = smoothstep(
            f32(0.52), f32(0.72), n1[i] * f32(0.6) + n2[i] * f32(0.4) + f32(0.06) * chop.sparkle
        )
        band = light.strength * glow((down - light.down) * (down - light.down), f32(900))
        t += sun.power * (
            f32(0.75) * flash
            + in_path * bits * (f32(0.18) + f32(0.5) * chop.sparkle + f32(0.9) * band)
        )
        crest = high[i] / (height + f32(0.01)) - f32(1)
        foam = smoothstep(f32(0.6), f32(0.85), n1[i] + f32(0.4) * min(crest, f32(0.2)))
        t += chop.foam * foam * f32(0.14) * n2[i] * smoothstep(f32(0.3), f32(0.9), calm)
        haze = f32(1) / (f32(1) + f32(60) * down)
        tone[i] = mix(t, clear_sky(x[i], f32(0.02), sun, wide) * f32(0.8), haze * f32(0.8))


@fast
def _swell(x, z, sea):
    """Height of the long waves, and its slopes along z and x."""
    a1 = f32(0.20) * (z + sea.lean_1 * x) + sea.phase_1
    a2 = f32(0.31) * (z + sea.lean_2 * x) + sea.phase_2
    a3 = f32(0.53) * (z + sea.lean_3 * x) + sea.phase_3
    s1 = sin_turn(a1)
    s2 = sin_turn(a2)
    s3 = sin_turn(a3)
    # Crests are sharper than troughs.
    h = (
        s1 * (f32(0.75) + f32(0.25) * s1)
        + f32(0.6) * s2
        + f32(0.34) * s3 * (f32(0.7) + f32(0.3) * s3)
    )
    c1 = cos_turn(a1) * (f32(0.75) + f32(0.5) * s1) * f32(1.257)
    c2 = cos_turn(a2) * f32(1.169)
    c3 = cos_turn(a3) * f32(1.132) * (f32(0.7) + f32(0.6) * s3)
    return (
        sea.height * h,
        sea.height * (c1 + c2 + c3),
        sea.height * (c1 * sea.lean_1 + c2 * sea.lean_2 + c3 * sea.lean_3),
    )


@kernel
def _chop(n1, n2, wx, wz, scale, moved, octaves, seed):
    """Two noises 0..1 over the water at (wx, wz): the small waves, with `scale` cells along z."""
    u = np.empty(len(wx), np.float32)
    v = np.empty(len(wx), np.float32)
    for i in range(len(wx)):
        u[i] = f32(11) * wx[i] + f32(0.3) * wz[i]
        v[i] = scale * wz[i]
    fbm_row(n1, u, v, octaves, seed)
    for i in range(len(wx)):
        u[i] += f32(31.7)
        v[i] -= f32(0.4) * moved
    fbm_row(n2, u, v, octaves, seed + u32(5))
