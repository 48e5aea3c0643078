"""The plume: how thick the ink is, how it faces the light, and its colour."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import clamp01, f32, glow, mix, paint_row, smoothstep


class Plume(NamedTuple):
    """Short side of the picture = 2 units, from its middle."""

    x: float
    y: float
    """Where it comes from."""
    cos: float
    sin: float
    """Where it goes."""
    width: float
    ragged: float
    """How uneven its edge is."""
    push: float
    """How far the folds carry it."""


class Light(NamedTuple):
    """From one side, over silk in relief."""

    x: float
    y: float
    shine: float


@kernel
def thicken(density, px, py, r1, r2, h, plume):
    """How much ink: under 0 none, about 1 in the heart of the plume, seen through the folds."""
    for y in range(density.shape[0]):
        out, u_row, v_row, a, b, c = density[y], px[y], py[y], r1[y], r2[y], h[y]
        for x in range(len(out)):
            u = u_row[x] + plume.push * (a[x] - f32(0.5)) - plume.x
            v = v_row[x] + plume.push * (b[x] - f32(0.5)) - plume.y
            along = u * plume.cos + v * plume.sin
            across = v * plume.cos - u * plume.sin
            wide = plume.width * (f32(0.55) + f32(0.45) * clamp01(f32(0.5) + f32(0.4) * along))
            out[x] = (
                f32(1)
                - abs(across) / wide
                - f32(0.16) * along * along
                + plume.ragged * (c[x] - f32(0.5))
            )


@kernel
def relief(face, steep, h, unit, light):
    """How the folds, as silk in relief, face the light (0..1), and their change per pixel."""
    rows, columns = h.shape
    for y in range(rows):
        middle = min(max(y, 1), rows - 2)
        left = h[middle][: columns - 2]
        right = h[middle][2:]
        up = h[middle - 1][1 : columns - 1]
        down = h[middle + 1][1 : columns - 1]
        out = face[y][1 : columns - 1]
        fast_ = steep[y][1 : columns - 1]
        for x in range(len(out)):
            gx = (right[x] - left[x]) / (f32(2) * unit)
            gy = (down[x] - up[x]) / (f32(2) * unit)
            g2 = gx * gx + gy * gy
            out[x] = clamp01(
                (f32(0.6) - f32(0.44) * (gx * light.x + gy * light.y))
                / np.sqrt(f32(1) + f32(0.22) * g2)
            )
            fast_[x] = np.sqrt(g2) * unit
        face[y, 0], face[y, columns - 1] = face[y, 1], face[y, columns - 2]
        steep[y, 0], steep[y, columns - 1] = steep[y, 1], steep[y, columns - 2]


@kernel
def dye(rgb, density, face, steep, r2, h, ramp, accent, shine, paper, fine):
    """Colour ink by its thickness and light; filaments are level lines of the folds."""
    columns = rgb.shape[2]
    value = np.empty(columns, np.float32)
    glint = np.empty(columns, np.float32)
    for y in range(rgb.shape[1]):
        ink, facing, change, other, fold = density[y], face[y], steep[y], r2[y], h[y]
        for x in range(len(value)):
            body = smoothstep(f32(-0.15), f32(0.55), ink[x])
            thick = smoothstep(f32(0.1), f32(1.2), ink[x])
            f = facing[x]
            sheen = f * f
            sheen = sheen * sheen * f
            width = change[x] * f32(13)
            turn = fold[x] * f32(13)
            turn = abs(turn - np.floor(turn) - f32(0.5)) * f32(2)
            filament = smoothstep(f32(0.72) - width, f32(1), turn) * smoothstep(
                f32(0.4), f32(0.08), width
            )
            water = glow(f32(0.5) * ink[x] * ink[x] + f32(0.3) * (f32(1) - body), f32(1.5))
            bleed = smoothstep(f32(0.48), f32(0.72), other[x]) * body
            v = (
                f32(0.03)
                + f32(0.06) * water
                + body * (f32(0.08) + f32(0.36) * f * (f32(0.4) + f32(0.6) * thick))
            )
            v += shine * body * sheen * (f32(0.25) + f32(0.75) * thick) * f32(0.9)
            v += body * filament * (f32(0.08) + fine * f32(0.2)) * (f32(0.3) + f)
            v += body * (f32(1) - body) * f32(0.4) * f + f32(0.14) * bleed * f
            value[x] = mix(v, f32(0.97) - v, paper)
            glint[x] = clamp01(bleed * sheen * f32(1.2))
        paint_row(rgb[0, y], rgb[1, y], rgb[2, y], value, ramp)
        for p in range(3):
            plane = rgb[p, y]
            tint = accent[p]
            for x in range(len(plane)):
                plane[x] = mix(plane[x], tint, glint[x])
