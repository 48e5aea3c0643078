"""The light behind the glass, in it and through it."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import f32, fbm2, glow, mix, ramp_at, smoothstep


class Sun(NamedTuple):
    """The light behind. Short side of the picture = 2 units, from its middle."""

    x: float
    y: float
    power: float
    fall: float
    """How soon it fades."""


class Drift(NamedTuple):
    """How far the leaves have moved, in their own units."""

    x: float
    y: float


@kernel
def behind(back, unit, sun, sky, drift, seed):
    """The light behind the glass: a sun, a sky, and leaves that move in front of them."""
    for y in range(back.shape[0]):
        row = back[y]
        py = (f32(y) + f32(0.5) - f32(0.5) * f32(back.shape[0])) * unit
        for x in range(len(row)):
            px = (f32(x) + f32(0.5) - f32(0.5) * f32(back.shape[1])) * unit
            leaves = fbm2(px * f32(1.4) + drift.x, py * f32(1.4) + drift.y, seed)
            shade = mix(f32(0.4), f32(1.15), smoothstep(f32(0.32), f32(0.62), leaves))
            dx = px - sun.x
            dy = py - sun.y
            bright = sun.power * glow(dx * dx + dy * dy, sun.fall)
            row[x] = sky * (f32(0.75) - f32(0.25) * py) * shade + bright * mix(
                shade, f32(1), f32(0.4)
            )


@kernel
def pane_light(light, pane, back, site_x, site_y, c, s, lit, unit, sun, grain, seed):
    """Light in each pane: what is behind it, its own, its grain, brighter on the side of the sun.

    Looking up a pane's numbers and drawing noise are separate loops: together they are not SIMD.
    """
    along = np.empty(light.shape[1], np.float32)
    across = np.empty(light.shape[1], np.float32)
    for y in range(light.shape[0]):
        row = light[y]
        which = pane[y]
        behind = back[y]
        py = (f32(y) + f32(0.5) - f32(0.5) * f32(light.shape[0])) * unit
        for x in range(len(row)):
            px = (f32(x) + f32(0.5) - f32(0.5) * f32(light.shape[1])) * unit
            k = which[x]
            dx = px - site_x[k]
            dy = py - site_y[k]
            sx = sun.x - px
            sy = sun.y - py
            toward = (dx * sx + dy * sy) / np.sqrt(sx * sx + sy * sy + f32(0.01))
            row[x] = behind[x] * (f32(1) + f32(1.4) * toward) + lit[k]
            along[x] = (dx * c[k] + dy * s[k]) * f32(7) + f32(k) * f32(3.7)
            across[x] = (dy * c[k] - dx * s[k]) * f32(26)
        for x in range(len(row)):
            row[x] *= f32(1) + grain * (fbm2(along[x], across[x], seed) - f32(0.5))


@kernel
def shine(rgb, edge, pane, light, bar, tint, tone, ramp, unit):
    """Colour light and lead. tint: (s, 3) colours, tone: (s,) places on the ramp."""
    for y in range(rgb.shape[1]):
        which = pane[y]
        far = edge[y]
        lit = light[y]
        dark = bar[y]
        red, green, blue = rgb[0, y], rgb[1, y], rgb[2, y]
        for x in range(len(far)):
            k = which[x]
            e = far[x]
            patina = f32(0.5) + f32(0.5) * smoothstep(f32(0), f32(0.05), e)
            bevel = smoothstep(f32(0.004), f32(0.008), e) * smoothstep(f32(0.018), f32(0.011), e)
            bright = lit[x] * patina * (f32(1) + f32(0.35) * bevel)
            hot = f32(0.85) * smoothstep(f32(0.75), f32(1.6), bright)
            shown = f32(0.45) * min(f32(0.12) + bright, f32(1.2))
            glass = smoothstep(-unit, unit, e)
            index = mix(dark[x], tone[k] * (f32(0.25) + f32(0.85) * bright), glass)
            r, g, b = ramp_at(ramp, index)
            share = glass * f32(0.45)
            red[x] = mix(r + glass * (tint[k, 0] * shown) - share * r, ramp[0, 245], hot * glass)
            green[x] = mix(g + glass * (tint[k, 1] * shown) - share * g, ramp[1, 245], hot * glass)
            blue[x] = mix(b + glass * (tint[k, 2] * shown) - share * b, ramp[2, 245], hot * glass)
