"""The ornament: tiles with straps, leaves or stars, filigree and rosettes, carved."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clavilux.compiled import fast, kernel
from clavilux.scenes.noise import angle_turn, cos_turn, f32, hash01, log2_fast, mix, smoothstep


class Tilt(NamedTuple):
    """How the dome leans away when seen from one side."""

    x: float
    y: float


class Shape(NamedTuple):
    """Of the tiles."""

    lean: float
    """How slender the leaves are."""
    echoes: float
    """Outlines that echo a leaf, per unit."""
    beads: float
    petals: float
    tiers: float
    """How many, compared with tiles as wide as high."""
    star: float
    """1 for stars in place of leaves."""


@fast
def _line(distance, half_width, pixel):
    """1 on a line, 0 beside it, with an edge of about a pixel and a half."""
    return smoothstep(half_width + pixel, max(half_width - pixel, f32(-1)), abs(distance)) * min(
        f32(1), f32(2) * half_width / pixel
    )


@kernel
def carve(height, tone, lamp, cx, cy, unit, tilt, fold, spin, flow, open_, swell, shape, seed):
    """The ornament: relief (0..1), glaze (0..1, which tile colour) and lamp light (0..1)."""
    rows, columns = height.shape
    per_turn = fold * f32(0.15915494) * shape.tiers
    for y in range(rows):
        dy = (f32(y) + f32(0.5) - cy) * unit
        for x in range(columns):
            dx = (f32(x) + f32(0.5) - cx) * unit
            near = f32(1) / (f32(1) + tilt.x * dx + tilt.y * dy)
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
            lean = shape.lean + open_ * (pick - f32(0.3))
            bow = np.sqrt((side + lean) * (side + lean) + (up + f32(0.02)) * (up + f32(0.02)))
            leaf = bow - np.sqrt(lean * lean + f32(0.105))
            # or an eight-pointed star: two squares laid over each other
            level = abs(up)
            star = (
                min(max(side, level), f32(0.7071) * (side + level))
                - f32(0.2)
                - f32(0.06) * open_ * pick
            )
            leaf = mix(leaf, star, shape.star)
            outline = _line(leaf, f32(0.013), pixel)
            inner = _line(leaf + f32(0.055), f32(0.008), pixel)
            body = smoothstep(pixel, -pixel, leaf)
            heart = smoothstep(pixel, -pixel, leaf + f32(0.12) + f32(0.05) * pick)
            # filigree: between strap and leaf, outlines that echo the leaf and break into beads; in
            # the leaf, a finer lattice of the same lozenges
            echo = leaf * shape.echoes - open_
            echo = (echo - np.floor(echo) - f32(0.5)) / shape.echoes
            bead = f32(0.5) + f32(0.5) * cos_turn(shape.beads * up / (f32(0.3) + side))
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
            petal = f32(0.085) + f32(0.022) * cos_turn(shape.petals * angle_turn(cb, ca))
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
