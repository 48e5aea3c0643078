"""The land in perspective, lit from the side, drawn from near to far."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.dunes.shape import heights
from clavilux.scenes.noise import clamp01, f32, fbm_row, glow, mix, sin_turn, smoothstep, u32


class Toward(NamedTuple):
    """The unit vector to the sun."""

    x: float
    up: float
    z: float


class Light(NamedTuple):
    """What the land is lit with. Tones are places on the ramp."""

    haze: float
    """Tone at the horizon."""
    sun: float
    """Place of the sun across, in short sides of the picture from its middle."""
    power: float
    dark: float
    """Tone of the shadows."""


class Band(NamedTuple):
    """The light of a beat on the sand."""

    distance: float
    strength: float


@kernel
def land(tone, full, depth, eye, unit, horizon, run, toward, light, band, moved, fine, haze, seed):
    """Draw the land, near to far. `full` (rows, columns) is how much of each pixel is land."""
    rows, columns = tone.shape
    screen = np.empty(columns, np.float32)
    x = np.empty(columns, np.float32)
    zs = np.empty(columns, np.float32)
    h = np.empty(columns, np.float32)
    before = np.zeros(columns, np.float32)
    places = np.zeros((2, columns), np.float32)
    phase = np.empty(columns, np.float32)
    u = np.empty(columns, np.float32)
    v = np.empty(columns, np.float32)
    grain = np.empty(columns, np.float32)
    value = np.empty(columns, np.float32)
    last = np.zeros(columns, np.float32)
    last_y = np.full(columns, f32(rows) + f32(4), np.float32)
    top = np.full(columns, f32(rows), np.float32)
    y = np.empty(columns, np.float32)
    z = f32(0.55)
    step = f32(0.01)
    started = False
    for i in range(columns):
        screen[i] = (f32(i) + f32(0.5) - f32(0.5) * f32(columns)) * unit
    while z < f32(75):
        for i in range(columns):
            x[i] = screen[i] * z + moved.x
            zs[i] = z + moved.z
        for _ in range(1 if started else 2):  # the first time tells where the places are
            heights(h, phase, x, zs, run, places, seed)
        for i in range(columns):
            u[i] = f32(2.2) * x[i]
            v[i] = f32(2.2) * zs[i]
        fbm_row(grain, u, v, 2, seed + u32(9))
        # Ripples and grain fade out where they would be finer than a pixel.
        ripples = smoothstep(f32(0.35), f32(0.1), z * unit * f32(16)) * smoothstep(
            f32(0.5), f32(0.15), step * f32(8)
        )
        air = f32(1) - np.exp(-haze * z)
        _shade(
            value, h, before, phase, grain, screen, z, step, started, unit, run, toward, light,
            band, ripples, air,
        )  # fmt: skip
        level = smoothstep(f32(50), f32(12), z)
        for i in range(columns):
            y[i] = horizon + (eye - h[i] * level) / (z * unit)
        if started:
            _raise(tone, full, depth, top, value, y, last, last_y, z)
        for i in range(columns):
            last[i] = value[i]
            last_y[i] = y[i]
            before[i] = h[i]
        started = True
        step = (
            min(max(f32(0.8) * z * z * unit / eye, f32(0.008) * z), max(f32(0.06), f32(0.01) * z))
            * fine
        )
        z += step


@kernel
def _shade(
    value, h, before, phase, grain, screen, z, step, started, unit, run, toward, light, band,
    ripples, air,
):  # fmt: skip
    """Tones of the land at distance z: sunlight by its slope, ripples, the beat's band, haze."""
    wave = band.strength * glow(
        (z - band.distance) * (z - band.distance),
        f32(4) / (f32(0.4) + f32(0.05) * band.distance * band.distance),
    )
    for i in range(len(value)):
        a = max(i - 1, 0)
        b = min(i + 1, len(value) - 1)
        hx = (h[b] - h[a]) / (f32(b - a) * unit * z)
        hz = (h[i] - before[i]) / step - screen[i] * hx if started else f32(0)
        r = f32(0.09) * ripples * sin_turn(phase[i] * f32(8) + f32(1.6) * grain[i])
        hx += r * run.cos
        hz += r * run.sin
        size = f32(1) / np.sqrt(f32(1) + hx * hx + hz * hz)
        facing = (toward.up - hx * toward.x - hz * toward.z) * size
        lit = smoothstep(f32(-0.02), f32(0.75), facing)
        lit *= f32(0.86) + f32(0.28) * grain[i]
        shadow = light.dark * (
            f32(0.45) + f32(0.6) * size * size + f32(6) * r + f32(0.5) * clamp01(hx * toward.x)
        )
        near_sun = glow((screen[i] - light.sun) * (screen[i] - light.sun), f32(1.2))
        t = shadow + light.power * lit * (f32(0.42) + f32(0.2) * near_sun + f32(0.3) * wave)
        far = light.haze * (f32(0.62) + f32(0.6) * near_sun)
        value[i] = mix(t, far, air)


@kernel
def _raise(tone, full, depth, top, value, y, last, last_y, z):
    """Fill each column up from what is filled already (`top`) to where the land at z is seen (y).

    Tones run from those of the distance before (last, seen at last_y) to `value`.
    """
    for i in range(len(y)):
        if y[i] >= top[i]:
            continue
        # The last sliver before a crest already turns away: keep it from fraying.
        thin = smoothstep(f32(0.2), f32(1), top[i] - y[i])
        rise = max(last_y[i] - y[i], f32(1e-3))
        bottom = top[i] if last_y[i] > top[i] else last_y[i]
        bottom = max(bottom, top[i])
        first = max(np.int32(np.floor(y[i])), 0)
        for j in range(first, min(np.int32(np.floor(bottom)) + 1, tone.shape[0])):
            cover = min(f32(j) + f32(1), bottom) - max(f32(j), y[i])
            if cover > f32(0):
                w = clamp01((last_y[i] - f32(j) - f32(0.5)) / rise) * thin
                tone[j, i] += cover * mix(last[i], value[i], w)
                full[j, i] += cover
                depth[j, i] += cover * f32(1.25) / (f32(1) + f32(0.22) * z)
        top[i] = y[i]
