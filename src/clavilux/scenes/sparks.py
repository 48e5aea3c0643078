"""Small soft lights: stars, fireflies, grains of sand that catch the sun."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

import numpy as np

from clavilux.compiled import fast
from clavilux.scenes.noise import clamp01, f32, glow


@fast
def spark(rgb, x, y, area, reach, squeeze, rim, power, colour):
    """Add one light at (x, y), in pixels.

    area: its radius squared; reach: pixels around it that are looked at; squeeze: below 1 it is
    wider than high; rim: distance squared, in radii, at which it has faded out.
    """
    _, rows, columns = rgb.shape
    left, top = np.int32(x), np.int32(y)
    for j in range(max(top - reach, 0), min(top + reach + 1, rows)):
        for i in range(max(left - reach, 0), min(left + reach + 1, columns)):
            dx = (f32(i) + f32(0.5) - x) * squeeze
            dy = f32(j) + f32(0.5) - y
            d2 = (dx * dx + dy * dy) / area
            a = power * glow(d2, f32(1)) * clamp01(f32(1) - d2 / rim)
            for c in range(3):
                rgb[c, j, i] += a * colour[c]
