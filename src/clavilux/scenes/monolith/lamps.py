"""Lamps: the light that they throw, and how they are seen."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import clamp01, f32, glow, smoothstep


@kernel
def lamplight(warm, px, py, pz, lamps):
    for i in range(len(warm)):
        warm[i] = f32(0)
    for n in range(lamps.shape[0]):
        lx, ly, lz, bright = lamps[n, 0], lamps[n, 1], lamps[n, 2], lamps[n, 3]
        for i in range(len(warm)):
            dx = px[i] - lx
            dy = py[i] - ly
            dz = pz[i] - lz
            warm[i] += bright * glow(dx * dx + dy * dy + dz * dz, f32(0.3))


@kernel
def lamp_glow(rgb, dist, spots, accent):
    """Draw the lamps themselves. spots: (l, 5) x, y, radius in pixels, depth, brightness."""
    _, rows, columns = rgb.shape
    for n in range(spots.shape[0]):
        reach = spots[n, 2] * f32(9)
        for y in range(
            max(0, np.int32(spots[n, 1] - reach)), min(rows, np.int32(spots[n, 1] + reach) + 1)
        ):
            for x in range(
                max(0, np.int32(spots[n, 0] - reach)),
                min(columns, np.int32(spots[n, 0] + reach) + 1),
            ):
                dx = (f32(x) - spots[n, 0]) / spots[n, 2]
                dy = (f32(y) - spots[n, 1]) / spots[n, 2]
                r2 = dx * dx + dy * dy
                fade = clamp01(f32(1) - r2 / f32(81))
                a = (
                    spots[n, 4]
                    * (glow(r2, f32(1.2)) + f32(0.25) * glow(r2, f32(0.08)))
                    * fade
                    * fade
                )
                a = a * smoothstep(spots[n, 3] - f32(0.6), spots[n, 3], dist[y, x])
                for p in range(3):
                    rgb[p, y, x] += min(a, f32(1)) * (
                        accent[p] * f32(1.1) - rgb[p, y, x] * f32(0.6)
                    )
