"""Lamps, cars, and how tones and neon become colours."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import clamp01, f32, glow, hash01, ramp_at


@kernel
def spot(field, x, y, radius, power, stretch):
    """Add a soft light, `stretch` times as wide as it is high."""
    rows, columns = field.shape
    radius = max(radius, f32(0.8))
    tall = np.int32(f32(4) * radius) + 1
    wide = np.int32(f32(4) * radius * stretch) + 1
    for j in range(max(np.int32(y) - tall, 0), min(np.int32(y) + tall + 1, rows)):
        for i in range(max(np.int32(x) - wide, 0), min(np.int32(x) + wide + 1, columns)):
            dx = (f32(i) + f32(0.5) - x) / stretch
            dy = f32(j) + f32(0.5) - y
            d2 = (dx * dx + dy * dy) / (radius * radius)
            field[j, i] += power * glow(d2, f32(1)) * clamp01(f32(1) - d2 / f32(16))


@kernel
def quay(tone, neon, base, unit, slide, passed, power, seed):
    """Lamps along the quay, and the lights of cars that run both ways before them."""
    columns = tone.shape[1]
    wide = f32(columns) * unit
    first = np.int32(np.floor(slide / f32(0.085)))
    for k in range(first, first + np.int32(wide / f32(0.085)) + 2):
        x = (f32(k) * f32(0.085) - slide) / unit
        spot(tone, x, base - f32(0.017) / unit, f32(0.0034) / unit, f32(0.75), f32(1))
    for k in range(26):
        own = hash01(k, 1, seed)
        way = f32(1) if k % 2 == 0 else f32(-1)
        at = hash01(k, 2, seed) + way * passed * (f32(0.6) + f32(0.5) * own)
        x = (at - np.floor(at)) * (wide + f32(0.3)) - f32(0.15)
        y = base - (f32(0.0045) if k % 2 == 0 else f32(0.0095)) / unit
        if k % 2 == 0:
            spot(tone, x / unit, y, f32(0.0022) / unit, power, f32(5))
        else:
            spot(neon, x / unit, y, f32(0.002) / unit, power, f32(6))


@kernel
def colour(rgb, tone, neon, ramp, accent):
    """Tones through the ramp, and neon in the accent colour over them."""
    """Tones through the ramp, and neon in the accent colour over them."""
    _, rows, columns = rgb.shape
    for j in range(rows):
        for i in range(columns):
            red, green, blue = ramp_at(ramp, tone[j, i])
            n = neon[j, i]
            rgb[0, j, i] = red + n * accent[0]
            rgb[1, j, i] = green + n * accent[1]
            rgb[2, j, i] = blue + n * accent[2]
