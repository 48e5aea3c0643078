"""Light from the oculus on the relief, lamps, and gilding."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import clamp01, f32, glow, mix, ramp_at, smoothstep


class Ring(NamedTuple):
    """The lamp light of a beat, and how small the oculus is."""

    radius: float
    strength: float
    oculus: float


@kernel
def light_up(rgb, height, tone, lamp, ramp, gold, accent, cx, cy, unit, reach, ring, glint, warmth):
    """Light the relief from the oculus and colour it."""
    rows, columns = height.shape
    for y in range(rows):
        above = height[max(y - 1, 0)]
        below = height[min(y + 1, rows - 1)]
        dy = (f32(y) + f32(0.5) - cy) * unit
        for x in range(columns):
            dx = (f32(x) + f32(0.5) - cx) * unit
            r = np.sqrt(dx * dx + dy * dy + f32(1e-6))
            h = height[y, x]
            gx = height[y, min(x + 1, columns - 1)] - height[y, max(x - 1, 0)]
            gy = below[x] - above[x]
            facing = clamp01(f32(0.5) - f32(0.55) * (gx * dx + gy * dy) / r)
            shine = f32(0.1) + f32(1) / (f32(1) + (r / reach) * np.sqrt(r / reach))
            wave = ring.strength * glow((r - ring.radius) * (r - ring.radius), f32(60))
            lit = shine + wave
            oculus = glow(r * r, ring.oculus / (f32(0.4) + reach))
            lamps = lamp[y, x] * (f32(0.25) + f32(0.75) * glint + wave)
            glazed = f32(0.05) + (f32(0.10) + f32(0.34) * tone[y, x]) * lit * (f32(0.5) + facing)
            metal = smoothstep(f32(0.25), f32(0.6), h)
            gilt = metal * lit * facing * facing * (f32(1.1) + warmth)
            index = glazed + f32(0.55) * gilt + f32(0.5) * lamps * (f32(0.3) + lit) + oculus
            red, green, blue = ramp_at(ramp, index)
            tint = metal * clamp01(lit * f32(0.8)) * f32(0.6)
            warm = clamp01(lamps) * f32(0.7)
            shade = facing * min(lit * f32(1.3), f32(1.1))
            bright = min(f32(2) * index, f32(1.05))
            rgb[0, y, x] = mix(mix(red, gold[0] * shade, tint), accent[0] * bright, warm)
            rgb[1, y, x] = mix(mix(green, gold[1] * shade, tint), accent[1] * bright, warm)
            rgb[2, y, x] = mix(mix(blue, gold[2] * shade, tint), accent[2] * bright, warm)
