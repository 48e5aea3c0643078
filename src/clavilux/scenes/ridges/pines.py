"""Pines: a tapering saw-edged tree to a cell of the ridge."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import clamp01, f32, hash01, mix, sin_turn


@kernel
def pines(tone, depth, line, slide, unit, spacing, tall, dark, sway, level, seed):
    """Draw a row of pines on a ridge: in every cell of `spacing` one tree, some left out."""
    rows, columns = tone.shape
    first = np.int32(np.floor(slide / spacing)) - 2
    last = np.int32(np.floor((slide + f32(columns) * unit) / spacing)) + 3
    for cell in range(first, last):
        grove = f32(0.5) + f32(0.5) * sin_turn(f32(cell) * f32(0.071) + hash01(1, 2, seed))
        if hash01(cell, 5, seed) > f32(0.35) + f32(0.6) * grove:
            continue
        at = (f32(cell) + f32(0.9) * hash01(cell, 1, seed)) * spacing - slide
        own = hash01(cell, 2, seed)
        height = tall * (f32(0.35) + f32(0.65) * own * own) * (f32(0.5) + f32(0.5) * grove)
        foot = np.int32(at / unit)
        root = line[min(max(foot, 0), columns - 1)] * unit + f32(0.012)
        half = height * (f32(0.16) + f32(0.07) * hash01(cell, 3, seed))
        tiers = f32(5) + np.floor(f32(6) * hash01(cell, 4, seed))
        bend = sway * sin_turn(f32(0.37) * f32(cell) + hash01(cell, 6, seed))
        low = max(np.int32((root - height) / unit) - 1, 0)
        for j in range(low, min(np.int32(root / unit) + 1, rows)):
            t = clamp01(((f32(j) + f32(0.5)) * unit - root + height) / height)
            axis = at + bend * (f32(1) - t) * (f32(1) - t) * height
            tier = t * tiers
            saw = tier - np.floor(tier)
            side = half * (
                t * (f32(0.72) + f32(0.1) * saw) + f32(0.36) * saw * (f32(0.25) + t) / f32(1.25)
            )
            trunk = f32(0.02) * height
            reach = max(side, trunk) + f32(2) * unit
            a = max(np.int32((axis - reach) / unit), 0)
            b = min(np.int32((axis + reach) / unit) + 2, columns)
            for i in range(a, b):
                x = (f32(i) + f32(0.5)) * unit
                ragged = f32(0.7) + f32(0.6) * hash01(
                    np.int32(tier * f32(2)), np.int32(x > axis) + 2 * cell, seed
                )
                edge = max(side * ragged, trunk)
                cover = clamp01((edge - abs(x - axis)) / (f32(1.5) * unit) + f32(0.5))
                cover *= clamp01(t * height / unit)
                tone[j, i] = mix(tone[j, i], dark, cover)
                depth[j, i] = mix(depth[j, i], level, cover)
