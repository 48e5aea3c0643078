"""Ink let into still water: plumes that fold over themselves, lit like silk.

Two noise fields push the picture about, the pushed picture is pushed again, and vortices wind it
up; a plume seen through that becomes folds, filaments and thin pigment edges. `travel` lets the ink
drift and fold, bass swells the plume, mid turns the light so that the sheen wanders, high brings
out fine filaments and motes, a beat sends a pressure ring through the folds. `energy` lets in more
ink and light; `progress` lets the plume spread. A light ground (first palette colour) is paper.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import (
    clamp01,
    cos_turn,
    f32,
    fbm3,
    glow,
    mix,
    paint_row,
    sin_turn,
    smoothstep,
    u32,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView


@kernel
def _wind_up(px, py, unit, vortices, ring):
    """Picture coordinates (short side = 2 units), turned by vortices, pushed by a beat's ring.

    vortices: (v, 4) centre, 1 / radius^2, turns at the centre. ring: centre, radius, push.
    """
    rows, columns = px.shape
    for y in range(rows):
        for x in range(columns):
            px[y, x] = (f32(x) + f32(0.5) - f32(0.5) * f32(columns)) * unit
            py[y, x] = (f32(y) + f32(0.5) - f32(0.5) * f32(rows)) * unit
        across = px[y]
        down = py[y]
        for k in range(vortices.shape[0]):
            cx, cy, sharp, turns = vortices[k, 0], vortices[k, 1], vortices[k, 2], vortices[k, 3]
            for x in range(columns):
                dx = across[x] - cx
                dy = down[x] - cy
                turn = turns * glow(dx * dx + dy * dy, sharp)
                c = cos_turn(turn)
                s = sin_turn(turn)
                across[x] = cx + c * dx - s * dy
                down[x] = cy + s * dx + c * dy
        for x in range(columns):
            dx = px[y, x] - ring[0]
            dy = py[y, x] - ring[1]
            r = np.sqrt(dx * dx + dy * dy) + f32(1e-3)
            push = ring[3] * glow((r - ring[2]) * (r - ring[2]), f32(40)) / r
            px[y, x] -= push * dx
            py[y, x] -= push * dy


@kernel
def _fold(out, px, py, ax, ay, push, scale, ox, oy, seed):
    """Noise at coordinates p pushed by the fields a (0..1 each, 0.5 is no push)."""
    rows, columns = out.shape
    for y in range(rows):
        for x in range(columns):
            u = px[y, x] + push * (ax[y, x] - f32(0.5))
            v = py[y, x] + push * (ay[y, x] - f32(0.5))
            out[y, x] = fbm3(u * scale + ox, v * scale + oy, seed)


@kernel
def _thicken(density, px, py, r1, r2, h, plume):
    """How much ink: under 0 none, about 1 in the heart of the plume, seen through the folds.

    plume: source, direction, width, raggedness, push of the folds.
    """
    for y in range(density.shape[0]):
        out, u_row, v_row, a, b, c = density[y], px[y], py[y], r1[y], r2[y], h[y]
        for x in range(len(out)):
            u = u_row[x] + plume[6] * (a[x] - f32(0.5)) - plume[0]
            v = v_row[x] + plume[6] * (b[x] - f32(0.5)) - plume[1]
            along = u * plume[2] + v * plume[3]
            across = v * plume[2] - u * plume[3]
            wide = plume[4] * (f32(0.55) + f32(0.45) * clamp01(f32(0.5) + f32(0.4) * along))
            out[x] = (
                f32(1)
                - abs(across) / wide
                - f32(0.16) * along * along
                + plume[5] * (c[x] - f32(0.5))
            )


@kernel
def _relief(face, steep, h, unit, light):
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
                (f32(0.6) - f32(0.44) * (gx * light[0] + gy * light[1]))
                / np.sqrt(f32(1) + f32(0.22) * g2)
            )
            fast_[x] = np.sqrt(g2) * unit
        face[y, 0], face[y, columns - 1] = face[y, 1], face[y, columns - 2]
        steep[y, 0], steep[y, columns - 1] = steep[y, 1], steep[y, columns - 2]


@kernel
def _dye(rgb, density, face, steep, r2, h, ramp, accent, shine, paper, fine):
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


class Ink:
    """Plumes of ink in water."""

    name: ClassVar[str] = "ink"
    words: ClassVar[tuple[str, ...]] = (
        "ink",
        "paint",
        "water",
        "smoke",
        "silk",
        "liquid",
        "watercolour",
        "dissolve",
        "marble",
        "fluid",
    )
    scale: ClassVar[float] = 0.5

    def draw(
        self, rgb: NDArray[np.float32], view: SceneView, *, depth: NDArray[np.float32] | None = None
    ) -> None:
        _, rows, columns = rgb.shape
        dice = np.random.default_rng(view.seed)
        short = min(rows, columns)
        reach = np.array([columns, rows]) / short
        unit = f32(2 / short)
        seed = u32(view.seed & 0xFFFFFFFF)
        moved = 0.05 * view.travel + 0.02 * view.time
        count = 4
        centres = dice.uniform(-0.8, 0.8, (count, 2)) * reach
        sway = 2 * np.pi * (dice.uniform(size=count) + moved * dice.uniform(0.3, 0.8, count))
        turns = dice.choice([-1, 1], count) * (0.3 + 0.14 * np.sin(sway))
        centres += 0.12 * np.stack([np.cos(sway), np.sin(sway)], 1)
        vortices = np.column_stack([centres, dice.uniform(2.0, 6.0, count), turns]).astype(
            np.float32
        )
        heading = (0.0 if columns >= rows else 0.5 * np.pi) + dice.uniform(-0.8, 0.8)
        source = 0.25 * reach * dice.uniform(-1, 1, 2)
        ring = np.array([*source, 1.8 * (1 - view.beat), 0.05 * view.beat], np.float32)
        px, py, q1, q2, r1, r2, h = (np.empty((rows, columns), np.float32) for _ in range(7))
        _wind_up(px, py, unit, vortices, ring)
        ox, oy = dice.uniform(0, 50, 2)
        for out, (a, b), push, scale, flow in (
            (q1, (px, px), 0.0, 0.8, (0.9, 0.2)),
            (q2, (px, px), 0.0, 0.8, (-0.3, 0.7)),
            (r1, (q1, q2), 1.5, 0.9, (0.4, -0.8)),
            (r2, (q2, q1), 1.5, 0.9, (-0.7, -0.3)),
            (h, (r1, r2), 2.2, 0.75, (0.2, 0.5)),
        ):
            ox, oy = ox + 17.3, oy + 9.1
            _fold(
                out,
                px,
                py,
                a,
                b,
                f32(push),
                f32(scale),
                f32(ox + flow[0] * moved),
                f32(oy + flow[1] * moved),
                seed,
            )
        plume = np.array(
            [
                *source,
                np.cos(heading),
                np.sin(heading),
                0.45 + 0.15 * view.bass + 0.2 * view.energy + 0.15 * view.progress,
                1.0,
                1.3,
            ],
            np.float32,
        )
        angle = 2 * np.pi * (0.62 + 0.06 * np.sin(3 * moved) + 0.06 * view.mid)
        light = np.array(
            [
                np.cos(angle),
                np.sin(angle),
                0.4 + 0.6 * view.energy + 0.25 * view.brightness + 0.1 * view.bar,
            ],
            np.float32,
        )
        paper = f32(float(view.palette[0] @ np.array([0.3, 0.6, 0.1])) > 0.5)
        fine_fold = q1
        _fold(fine_fold, px, py, r1, h, f32(3.0), f32(3.2), f32(ox), f32(oy - moved), seed)
        h += f32(0.09 if view.detail else 0.06) * (fine_fold - f32(0.5))
        density, face, steep = q1, q2, np.empty_like(h)
        _thicken(density, px, py, r1, r2, h, plume)
        _relief(face, steep, h, unit, light)
        _dye(
            rgb,
            density,
            face,
            steep,
            r2,
            h,
            view.ramp,
            view.palette[-1],
            light[2],
            paper,
            f32(0.8 * view.high + 0.3 * view.flux + 0.2 * view.loudness),
        )
        if depth is not None:
            np.clip(
                0.15 + 0.45 * np.clip(density + 0.2, 0, 1) + 0.4 * np.clip(density, 0, 1) * h,
                0,
                1,
                out=depth,
            )
