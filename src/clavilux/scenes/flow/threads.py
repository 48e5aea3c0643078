"""Threads: ribbons of them, followed step by step along the current."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clavilux.compiled import fast, kernel
from clavilux.scenes.flow.backdrop import ring_light
from clavilux.scenes.flow.current import velocity
from clavilux.scenes.noise import f32, glow, hash01, mix, ramp_at, smoothstep, u32


class Layer(NamedTuple):
    """One of three, far to near."""

    reach: float
    """Across a ribbon."""
    width: float
    """Of a thread, in pixels."""
    alpha: float
    lift: float
    """Added to the threads' tone."""
    zoom: float
    stride: float
    """Length of a step."""


class Light(NamedTuple):
    """From one side; `fall` is how soon it fades away from the body."""

    x: float
    y: float
    fall: float


class Counts(NamedTuple):
    ribbons: int
    threads: int
    """In a ribbon."""
    steps: int
    """Along a thread."""


class Ribbon(NamedTuple):
    """A ribbon in one of its lives."""

    x: float
    y: float
    age: float
    shown: float
    tone: float
    width: float


@kernel
def threads(rgb, ramp, psi, cell, unit, body, layer, light, glint, clock, ring, counts, seed):
    """Draw one layer: ribbons of threads along the stream, each alive for one turn of its clock."""
    _, rows, columns = rgb.shape
    wide = unit * f32(columns) * f32(0.5) + f32(0.3)
    tall = unit * f32(rows) * f32(0.5) + f32(0.3)
    for k in range(counts.ribbons):
        ribbon = _ribbon(k, clock, wide, tall, body, layer, seed)
        for thread in range(counts.threads):
            own = hash01(thread, k, seed + u32(11))
            t = (f32(thread) + hash01(thread, k, seed + u32(7))) / f32(counts.threads) - f32(0.5)
            _follow(
                rgb, ramp, psi, cell, unit, body, layer, light, glint, ring, counts.steps, ribbon,
                t, own,
            )  # fmt: skip


@fast
def _ribbon(k, clock, wide, tall, body, layer, seed):
    """Where ribbon k is born, and what it is like; drawn to the body, where the light is."""
    phase = clock + hash01(k, 1, seed)
    life = np.int32(np.floor(phase))
    age = phase - np.floor(phase)
    x = wide * (f32(2) * hash01(k, 8 * life + 2, seed) - f32(1))
    y = tall * (f32(2) * hash01(k, 8 * life + 3, seed) - f32(1))
    pull = f32(0.75) * hash01(k, 8 * life + 6, seed)
    tone = hash01(k, 8 * life + 4, seed)
    width = layer.reach * (f32(0.3) + f32(0.9) * hash01(k, 8 * life + 5, seed))
    shown = smoothstep(f32(0), f32(0.25), age) * smoothstep(f32(1), f32(0.75), age)
    return Ribbon(mix(x, body.x, pull), mix(y, body.y, pull), age, shown, tone, width)


@kernel
def _follow(rgb, ramp, psi, cell, unit, body, layer, light, glint, ring, steps, ribbon, t, own):
    """Draw one thread. t: its place across the ribbon, -0.5..0.5; own: its own number, 0..1."""
    _, rows, columns = rgb.shape
    grid_rows, grid_columns = psi.shape
    x = ribbon.x + ribbon.width * t * f32(0.6)
    y = ribbon.y + ribbon.width * t
    head = ribbon.age * f32(1.3) + f32(0.25) * own - f32(0.1)
    for step in range(steps):
        gi = (x / cell) + f32(0.5) * f32(grid_columns - 1)
        gj = (y / cell) + f32(0.5) * f32(grid_rows - 1)
        if gi < f32(2) or gj < f32(2) or gi >= f32(grid_columns - 3) or gj >= f32(grid_rows - 3):
            break
        i = np.int32(gi)
        j = np.int32(gj)
        vx, vy = velocity(psi, i, j, gi - f32(i), gj - f32(j))
        speed = np.sqrt(vx * vx + vy * vy) + f32(1e-6)
        stride = layer.stride * min(speed / cell * f32(1.2) + f32(0.3), f32(1))
        tx = vx / speed
        ty = vy / speed
        nx = x + stride * tx
        ny = y + stride * ty
        s = (f32(step) + f32(0.5)) / f32(steps)
        shown = smoothstep(head - f32(0.75), head - f32(0.2), s) * smoothstep(
            head, head - f32(0.06), s
        )
        shown *= smoothstep(f32(0.3) * own, f32(0.3) * own + f32(0.25), s)
        alpha = layer.alpha * shown * ribbon.shown * (f32(0.35) + f32(0.65) * own)
        dx = x - body.x
        dy = y - body.y
        r = np.sqrt(dx * dx + dy * dy) + f32(1e-3)
        if alpha > f32(0.004) and r > body.radius:
            tip = glint * smoothstep(head - f32(0.12), head - f32(0.05), s) * own * own
            side = f32(0.5) + f32(0.5) * (dx * body.lit_x + dy * body.lit_y) / r
            index = _tone(layer, ribbon, light, ring, body.radius, r, side, tx, ty, t, tip)
            red, green, blue = ramp_at(ramp, index)
            ax = x * layer.zoom / unit + f32(0.5) * f32(columns - 1)
            ay = y * layer.zoom / unit + f32(0.5) * f32(rows - 1)
            bx = nx * layer.zoom / unit + f32(0.5) * f32(columns - 1)
            by = ny * layer.zoom / unit + f32(0.5) * f32(rows - 1)
            _segment(rgb, ax, ay, bx, by, layer.width, alpha, red, green, blue)
        x = nx
        y = ny


@fast
def _tone(layer, ribbon, light, ring, edge, r, side, tx, ty, t, tip):
    """Tone of a thread that runs along (tx, ty): brightest where it lies across the light."""
    turned = tx * light.x + ty * light.y
    sheen = f32(1) - turned * turned
    sheen = sheen * sheen * sheen
    round_ = f32(1) - f32(4) * (t - f32(0.2)) * (t - f32(0.2))
    falloff = glow(max(r - edge, f32(0)) * max(r - edge, f32(0)), light.fall)
    wave = ring_light(ring, r)
    index = (
        layer.lift
        + f32(0.08)
        + f32(0.14) * ribbon.tone
        + falloff * (f32(0.2) + f32(0.8) * side) * (f32(0.22) + f32(0.7) * sheen * round_)
    )
    return index + (f32(0.25) * wave + f32(0.5) * tip * (f32(0.3) + falloff))


@kernel
def _segment(rgb, x0, y0, x1, y1, width, alpha, red, green, blue):
    """Blend one short piece of thread over the picture, soft-edged, `width` pixels wide."""
    _, rows, columns = rgb.shape
    steep = abs(y1 - y0) > abs(x1 - x0)
    if steep:
        x0, y0, x1, y1 = y0, x0, y1, x1
    if x1 < x0:
        x0, y0, x1, y1 = x1, y1, x0, y0
    slope = (y1 - y0) / (x1 - x0 + f32(1e-6))
    spread = width * np.sqrt(f32(1) + slope * slope)
    first = np.int32(np.ceil(x0))
    last = np.int32(np.ceil(x1))
    ends = rows if steep else columns
    sides = columns if steep else rows
    for p in range(max(first, 0), min(last, ends)):
        centre = y0 + (f32(p) - x0) * slope
        low = np.int32(np.ceil(centre - spread))
        high = np.int32(np.floor(centre + spread)) + 1
        for q in range(max(low, 0), min(high, sides)):
            away = (f32(q) - centre) / spread
            cover = f32(1) - away * away
            a = alpha * cover * cover
            j = p if steep else q
            i = q if steep else p
            rgb[0, j, i] += a * (red - rgb[0, j, i])
            rgb[1, j, i] += a * (green - rgb[1, j, i])
            rgb[2, j, i] += a * (blue - rgb[2, j, i])
