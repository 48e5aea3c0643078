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

from clavilux.rendering.compiled import kernel
from clavilux.scenes.noise import (
    clamp01,
    cos_turn,
    f32,
    fbm3,
    glow,
    hash01,
    mix,
    ramp_at,
    sin_turn,
    smoothstep,
    u32,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView


@kernel
def _wind_up(px, py, unit, vortices, ring):
    """Picture coordinates (short side = 2 units), turned by vortices and pushed by the ring of a beat.

    vortices: (v, 4) centre, 1 / radius^2, turns at the centre. ring: centre, radius, push.
    """
    rows, columns = px.shape
    for y in range(rows):
        for x in range(columns):
            px[y, x] = (f32(x) + f32(0.5) - f32(0.5) * f32(columns)) * unit
            py[y, x] = (f32(y) + f32(0.5) - f32(0.5) * f32(rows)) * unit
        for k in range(vortices.shape[0]):
            for x in range(columns):
                dx = px[y, x] - vortices[k, 0]
                dy = py[y, x] - vortices[k, 1]
                turn = vortices[k, 3] * glow(dx * dx + dy * dy, vortices[k, 2])
                c = cos_turn(turn)
                s = sin_turn(turn)
                px[y, x] = vortices[k, 0] + c * dx - s * dy
                py[y, x] = vortices[k, 1] + s * dx + c * dy
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
def _dye(rgb, depth, px, py, r1, r2, h, ramp, accent, unit, plume, light, paper, fine, seed):
    """Ink density from the folded plume, light from the slope of the folds."""
    _, rows, columns = rgb.shape
    density = np.empty((2, columns), np.float32)
    for y in range(rows):
        up = max(y - 1, 0)
        down = min(y + 1, rows - 1)
        for x in range(columns):
            u = px[y, x] + plume[6] * (r1[y, x] - f32(0.5))
            v = py[y, x] + plume[6] * (r2[y, x] - f32(0.5))
            along = (u - plume[0]) * plume[2] + (v - plume[1]) * plume[3]
            across = (v - plume[1]) * plume[2] - (u - plume[0]) * plume[3]
            wide = plume[4] * (f32(0.55) + f32(0.45) * clamp01(f32(0.5) + f32(0.4) * along))
            density[0, x] = f32(1) - abs(across) / wide - f32(0.16) * along * along + plume[5] * (h[y, x] - f32(0.5))
        for x in range(columns):
            left = max(x - 1, 0)
            right = min(x + 1, columns - 1)
            gx = (h[y, right] - h[y, left]) / (f32(2) * unit)
            gy = (h[down, x] - h[up, x]) / (f32(2) * unit)
            body = smoothstep(f32(-0.15), f32(0.55), density[0, x])
            # silk: the folds as a sheet in relief
            slope = f32(1) / np.sqrt(f32(1) + f32(0.22) * (gx * gx + gy * gy))
            face = (f32(0.6) - f32(0.44) * (gx * light[0] + gy * light[1])) * slope
            facing = clamp01(face)
            sheen = facing * facing
            sheen = sheen * sheen * facing
            # contour lines of the folds are filaments; they fade where they would alias
            steep = np.sqrt(gx * gx + gy * gy) * unit * f32(13)
            turn = h[y, x] * f32(13)
            turn = abs(turn - np.floor(turn) - f32(0.5)) * f32(2)
            filament = smoothstep(f32(0.72) - steep, f32(1), turn) * smoothstep(f32(0.4), f32(0.08), steep)
            edge = body * (f32(1) - body) * f32(4)
            thick = smoothstep(f32(0.1), f32(1.2), density[0, x])
            water = glow(f32(0.5) * density[0, x] * density[0, x] + f32(0.3) * (f32(1) - body), f32(1.5))
            value = f32(0.03) + f32(0.06) * water + body * (f32(0.08) + f32(0.36) * facing * (f32(0.4) + f32(0.6) * thick))
            value += light[2] * body * sheen * (f32(0.25) + f32(0.75) * thick) * f32(0.9)
            value += body * filament * (f32(0.08) + fine * f32(0.2)) * (f32(0.3) + facing)
            value += edge * f32(0.10) * facing
            bleed = smoothstep(f32(0.48), f32(0.72), r2[y, x]) * body
            value += f32(0.14) * bleed * facing
            red, green, blue = ramp_at(ramp, mix(value, f32(0.97) - value, paper))
            glint = clamp01(bleed * sheen * f32(1.2))
            rgb[0, y, x] = mix(red, accent[0], glint)
            rgb[1, y, x] = mix(green, accent[1], glint)
            rgb[2, y, x] = mix(blue, accent[2], glint)
            if depth.shape[0] > 1:
                depth[y, x] = clamp01(f32(0.1) + f32(0.5) * body + f32(0.4) * thick * h[y, x])


class Ink:
    """Plumes of ink in water."""

    name: ClassVar[str] = "ink"
    words: ClassVar[tuple[str, ...]] = ("ink", "paint", "water", "smoke", "silk", "liquid", "watercolour", "dissolve", "marble", "fluid")
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
        vortices = np.column_stack([centres, dice.uniform(2.0, 6.0, count), turns]).astype(np.float32)
        heading = 2 * np.pi * dice.uniform()
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
            _fold(out, px, py, a, b, f32(push), f32(scale), f32(ox + flow[0] * moved), f32(oy + flow[1] * moved), seed)
        plume = np.array(
            [*source, np.cos(heading), np.sin(heading), 0.4 + 0.15 * view.bass + 0.2 * view.energy + 0.15 * view.progress, 1.0, 1.3],
            np.float32,
        )
        angle = 2 * np.pi * (0.62 + 0.06 * np.sin(3 * moved) + 0.06 * view.mid)
        light = np.array([np.cos(angle), np.sin(angle), 0.5 + 0.6 * view.energy], np.float32)
        paper = f32(float(view.palette[0] @ np.array([0.3, 0.6, 0.1])) > 0.5)
        _dye(
            rgb, np.empty((1, 1), np.float32) if depth is None else depth, px, py, r1, r2, h, view.ramp,
            view.palette[-1], unit, plume, light, paper, f32(view.high), seed,
        )
