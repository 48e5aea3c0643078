"""A dome seen from below: an n-fold mirrored ornament of lozenges, straps and filigree.

Tiers of lozenge tiles shrink towards a lit oculus, as in a Persian dome. `travel` lets the tiers
grow out of the centre and the dome turn, bass swells it, mid opens the leaves in the tiles, high
makes gilding glint, a beat sends a ring of lamp light outward through the tiers. The relief is lit
from the oculus; `energy` widens that light. The seed chooses the order of symmetry and the tiles.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clavilux.compiled import fast, kernel
from clavilux.scenes.noise import (
    angle_turn,
    clamp01,
    cos_turn,
    f32,
    glow,
    hash01,
    log2_fast,
    mix,
    ramp_at,
    smoothstep,
    u32,
)
from clavilux.scenes.supersample import draw_supersampled, wants_supersampling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView


@fast
def _line(distance, half_width, pixel):
    """1 on a line, 0 beside it, with an edge of about a pixel and a half."""
    return smoothstep(half_width + pixel, max(half_width - pixel, f32(-1)), abs(distance)) * min(
        f32(1), f32(2) * half_width / pixel
    )


@kernel
def _carve(height, tone, lamp, cx, cy, unit, tilt, fold, spin, flow, open_, swell, shape, seed):
    """The ornament: relief (0..1), glaze (0..1, which tile colour) and lamp light (0..1)."""
    rows, columns = height.shape
    per_turn = fold * f32(0.15915494) * shape[4]
    for y in range(rows):
        dy = (f32(y) + f32(0.5) - cy) * unit
        for x in range(columns):
            dx = (f32(x) + f32(0.5) - cx) * unit
            near = f32(1) / (f32(1) + tilt[0] * dx + tilt[1] * dy)
            sx = dx * near
            sy = dy * near
            r2 = sx * sx + sy * sy + f32(1e-6)
            u = fold * (angle_turn(sy, sx) + spin)
            v = per_turn * (f32(0.34657359) * log2_fast(r2) + swell * r2 / (f32(1) + r2)) - flow
            pixel = per_turn * unit * near / np.sqrt(r2)
            a = u + v
            b = u - v
            fa = np.floor(a)
            fb = np.floor(b)
            la = a - fa - f32(0.5)
            lb = b - fb - f32(0.5)
            side = f32(0.5) * abs(la + lb)
            up = f32(0.5) * (la - lb)
            tier = np.int32(fa) - np.int32(fb)
            pick = hash01(tier, 0, seed)
            edge = (f32(0.5) - max(abs(la), abs(lb))) * f32(0.7071)
            # the strap around a tile, with a groove
            strap = smoothstep(f32(0.050) + pixel, f32(0.035) - pixel, edge)
            groove = _line(edge - f32(0.085), f32(0.008), pixel)
            # a leaf: where two circles overlap; three nested outlines
            lean = shape[0] + open_ * (pick - f32(0.3))
            bow = np.sqrt((side + lean) * (side + lean) + (up + f32(0.02)) * (up + f32(0.02)))
            leaf = bow - np.sqrt(lean * lean + f32(0.105))
            # or an eight-pointed star: two squares laid over each other
            level = abs(up)
            star = (
                min(max(side, level), f32(0.7071) * (side + level))
                - f32(0.2)
                - f32(0.06) * open_ * pick
            )
            leaf = mix(leaf, star, shape[5])
            outline = _line(leaf, f32(0.013), pixel)
            inner = _line(leaf + f32(0.055), f32(0.008), pixel)
            body = smoothstep(pixel, -pixel, leaf)
            heart = smoothstep(pixel, -pixel, leaf + f32(0.12) + f32(0.05) * pick)
            # filigree: between strap and leaf, outlines that echo the leaf and break into beads; in
            # the leaf, a finer lattice of the same lozenges
            echo = leaf * shape[1] - open_
            echo = (echo - np.floor(echo) - f32(0.5)) / shape[1]
            bead = f32(0.5) + f32(0.5) * cos_turn(shape[2] * up / (f32(0.3) + side))
            scroll = _line(echo, f32(0.003) + f32(0.008) * bead, pixel) * (f32(1) - body)
            scroll = scroll * smoothstep(f32(0.1), f32(0.12), edge)
            na = f32(6) * la - np.floor(f32(6) * la) - f32(0.5)
            nb = f32(6) * lb - np.floor(f32(6) * lb) - f32(0.5)
            net = (f32(0.5) - max(abs(na), abs(nb))) * f32(0.118)
            net = _line(net, f32(0.003), pixel)
            knot = smoothstep(
                f32(0.018) + pixel, f32(0.018) - pixel, np.sqrt(na * na + nb * nb) * f32(0.118)
            )
            scroll = max(
                scroll, max(net * f32(0.8), knot) * body * smoothstep(f32(-0.06), f32(-0.065), leaf)
            )
            # a rosette on each corner
            ca = f32(0.5) - abs(la)
            cb = f32(0.5) - abs(lb)
            c2 = f32(0.5) * (ca * ca + cb * cb)
            c1 = np.sqrt(c2)
            petal = f32(0.085) + f32(0.022) * cos_turn(shape[3] * angle_turn(cb, ca))
            rosette = smoothstep(pixel, -pixel, c1 - petal)
            boss = smoothstep(f32(0.045) + pixel, f32(0.02), c1)
            rim = _line(c1 - petal, f32(0.012), pixel)
            fade = smoothstep(f32(0.22), f32(0.07), pixel)
            relief = max(
                max(strap * f32(0.8), groove * f32(0.4)), max(outline * f32(0.9), inner * f32(0.5))
            )
            relief = max(
                relief * (f32(1) - rosette), max(scroll * f32(0.7) * (f32(1) - heart), boss)
            )
            relief = max(relief, max(rim, heart * f32(0.35)))
            height[y, x] = mix(f32(0.3), relief, fade)
            glaze = mix(pick * f32(0.5), f32(0.55) + f32(0.45) * hash01(tier, 1, seed), body)
            glaze = mix(glaze, f32(0.15), heart)
            tone[y, x] = mix(f32(0.4), mix(glaze, f32(0.2), rosette), fade)
            window = heart * smoothstep(f32(0.62), f32(0.66), pick)
            lamp[y, x] = fade * max(window, boss * f32(0.5))


@kernel
def _light(rgb, height, tone, lamp, ramp, gold, accent, cx, cy, unit, reach, ring, glint, warmth):
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
            wave = ring[1] * glow((r - ring[0]) * (r - ring[0]), f32(60))
            lit = shine + wave
            oculus = glow(r * r, ring[2] / (f32(0.4) + reach))
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


class Kaleidoscope:
    """An endless dome of mirrored tiles around a lit oculus."""

    name: ClassVar[str] = "kaleidoscope"
    words: ClassVar[tuple[str, ...]] = (
        "kaleidoscope",
        "mandala",
        "ornament",
        "mosaic",
        "temple",
        "dome",
        "cathedral",
        "sacred",
        "persian",
        "symmetry",
    )
    scale: ClassVar[float] = 0.5

    def draw(
        self, rgb: NDArray[np.float32], view: SceneView, *, depth: NDArray[np.float32] | None = None
    ) -> None:
        if wants_supersampling(rgb, view):
            draw_supersampled(self, rgb, view, depth=depth)
            return
        _, rows, columns = rgb.shape
        dice = np.random.default_rng(view.seed)
        fold = f32(dice.choice([8, 10, 12, 14, 16, 20]))
        shape = np.array(
            [
                dice.uniform(0.08, 0.3),
                dice.uniform(16, 24),
                dice.choice([6, 8, 10]),
                8,
                dice.uniform(0.7, 1.35),
                dice.choice([0.0, 0.0, 0.0, 1.0, 1.0]),
            ],
            np.float32,
        )
        reach = np.array([columns, rows]) / min(rows, columns)
        unit = f32(2 / min(rows, columns))
        # seen straight from below, or from one side of the dome
        aside = dice.uniform(-0.5, 0.5, 2) * dice.choice([0, 1])
        drift = 2 * np.pi * (0.02 * view.time + 0.02 * view.travel + dice.uniform(size=2))
        aside = aside * reach + 0.04 * np.sin(drift)
        cx, cy = f32(columns / 2 + aside[0] / unit), f32(rows / 2 + aside[1] / unit)
        tilt = (0.42 * aside / reach**2).astype(np.float32)
        height, tone, lamp = (np.empty((rows, columns), np.float32) for _ in range(3))
        flow = dice.uniform(0, 50) + 0.05 * view.time + 0.16 * view.travel
        spin = dice.uniform() + 0.003 * view.time + 0.006 * view.travel
        _carve(
            height,
            tone,
            lamp,
            cx,
            cy,
            unit,
            tilt,
            fold,
            f32(spin % 1),
            f32(flow),
            f32(0.25 * view.mid),
            f32(0.14 * view.bass),
            shape,
            u32(view.seed & 0xFFFFFFFF),
        )
        light, accent = view.palette[max(len(view.palette) - 2, 0)], view.palette[-1]
        spread = f32(0.4 + 0.55 * view.energy + 0.15 * view.progress + 0.08 * view.bar)
        ring = np.array(
            [1.6 - 1.6 * view.beat, 0.6 * view.beat, dice.choice([40, 90, 160])], np.float32
        )
        _light(
            rgb,
            height,
            tone,
            lamp,
            view.ramp,
            light,
            accent,
            cx,
            cy,
            unit,
            spread,
            ring,
            f32(0.7 * view.high + 0.3 * view.flux),
            f32(view.brightness),
        )
        if depth is not None:
            y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
            r = np.hypot(x + 0.5 - cx, y + 0.5 - cy) * unit
            depth[:] = np.clip(r / 1.6, 0, 1) ** 0.8
