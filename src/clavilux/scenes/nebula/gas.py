"""Gas lit from inside, filaments in it and dust before it."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import clamp01, f32, fbm_row, glow, ramp_at, smoothstep, u32


class Core(NamedTuple):
    """Where it is, in short sides of the picture from its middle."""

    x: float
    y: float


class Light(NamedTuple):
    """Of the core, and what the music makes of it."""

    radius: float
    """How far it reaches, in short sides of the picture."""
    filaments: float
    echo: float
    """Radius of the ring that a beat sends out."""
    echo_strength: float
    warmth: float
    """Added to all tones."""


@kernel
def gas(rgb, depth, dust, unit, zoom, core, roll, light, ramp, tint, octaves, seed):
    """Draw the gas and remember how much light the dust lets through.

    roll: three offsets. Lengths are in short sides of the picture, the core is the origin.
    """
    _, rows, columns = rgb.shape
    x = np.empty(columns, np.float32)
    u = np.empty(columns, np.float32)
    v = np.empty(columns, np.float32)
    wx = np.empty(columns, np.float32)
    wy = np.empty(columns, np.float32)
    cloudy = np.empty(columns, np.float32)
    nearer = np.empty(columns, np.float32)
    web = np.empty(columns, np.float32)
    lane = np.empty(columns, np.float32)
    for i in range(columns):
        x[i] = (f32(i) + f32(0.5) - f32(0.5) * f32(columns)) * unit - core.x
    for j in range(rows):
        y = (f32(j) + f32(0.5) - f32(0.5) * f32(rows)) * unit - core.y
        py = y * zoom
        for i in range(columns):
            u[i] = f32(1.1) * x[i] * zoom + roll[0]
            v[i] = f32(1.1) * py + roll[1]
        fbm_row(wx, u, v, 3, seed)
        fbm_row(wy, u, v, 3, seed + u32(17))
        for i in range(columns):
            u[i] = f32(2.3) * (x[i] * zoom + f32(0.95) * wx[i] - f32(0.5)) + roll[2]
            v[i] = f32(2.3) * (py + f32(0.95) * wy[i] - f32(0.5))
        fbm_row(cloudy, u, v, octaves, seed + u32(31))
        for i in range(columns):
            r = np.sqrt(x[i] * x[i] + y * y) + f32(0.01)
            nearer[i] = x[i]
            lane[i] = u[i] - f32(0.17) * x[i] / r
            web[i] = v[i] - f32(0.17) * y / r
        fbm_row(nearer, lane, web, octaves - 2, seed + u32(31))
        for i in range(columns):
            u[i] = f32(1.3) * u[i] - roll[0]
            v[i] = f32(1.3) * v[i] + roll[1]
        fbm_row(web, u, v, octaves - 1, seed + u32(53))
        for i in range(columns):
            u[i] = f32(1.5) * x[i] * zoom + f32(1.4) * wy[i] + roll[1]
            v[i] = f32(1.5) * py - f32(1.4) * wx[i] + roll[2]
        fbm_row(lane, u, v, octaves - 1, seed + u32(71))
        for i in range(columns):
            r2 = x[i] * x[i] + y * y
            r = np.sqrt(r2)
            reach = glow(r2, f32(1) / (light.radius * light.radius))
            heart = glow(r2, f32(45) / (light.radius * light.radius))
            web_ = max(f32(1) - f32(3.4) * abs(f32(2) * web[i] - f32(1)), f32(0))
            lane_ = smoothstep(
                f32(0.46) + f32(0.09) * reach,
                f32(0.68) + f32(0.07) * reach,
                lane[i] + f32(0.25) * (cloudy[i] - f32(0.5)),
            )
            cloud = smoothstep(
                f32(0.33) - f32(0.26) * reach, f32(0.76) - f32(0.2) * reach, cloudy[i]
            )
            relief = clamp01(f32(0.5) + f32(3.4) * (cloudy[i] - nearer[i]))
            ring = light.echo_strength * glow((r - light.echo) * (r - light.echo), f32(70))
            lit = f32(0.07) * cloudy[i] + cloud * (
                f32(0.13) + f32(1.1) * reach * (f32(0.25) + f32(1.1) * relief)
            )
            lit += cloud * ring * reach * (f32(0.3) + relief)
            lit += (f32(0.25) + light.filaments) * web_ * web_ * (f32(0.12) + reach) * cloud
            clear = f32(1) - f32(0.93) * lane_ * (f32(1) - f32(0.8) * heart)
            dust[j, i] = clear * (f32(1) - f32(0.5) * cloud)
            # An even veil of light around the core, then the core itself.
            lit += f32(0.16) * reach * reach + heart * (f32(0.5) + f32(0.8) * cloudy[i])
            cloudy[i] = lit * clear
            web[i] = (
                reach * lane_ * relief * (f32(1) - heart) + f32(0.5) * heart * cloudy[i]
            ) * clear
            depth[j, i] = f32(0.15) + f32(0.2) * cloud + f32(0.3) * lane_
        for i in range(columns):
            shown = cloudy[i] / (cloudy[i] + f32(1.1))
            red, green, blue = ramp_at(ramp, f32(0.02) + f32(1.2) * shown + light.warmth)
            ember = f32(0.3) * web[i]
            rgb[0, j, i] = red + ember * tint[0]
            rgb[1, j, i] = green + ember * tint[1]
            rgb[2, j, i] = blue + ember * tint[2]
