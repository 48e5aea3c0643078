"""Mountain ridges at dusk, one behind another with mist between them, and pines on the nearest.

Each ridge is a line of heights; the sun stands behind the far ones and lights the mist that lies in
front of each. `travel` slides the ridges past at their own speeds, bass brightens the mist, mid
sways the trees, high makes the fireflies over them glint, a beat sends a ring of light out from the
sun and lights the ridge lines near it. `energy` widens the glow, `progress` raises or sets the sun.
The seed chooses ridges, trees and the place of the sun.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import (
    angle_turn,
    clamp01,
    f32,
    fbm_row,
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

_COUNT = 7  # ridges, far to near


@kernel
def _sky(tone, floor, edge, unit, sun, ring, drift, octaves, seed):
    """Sky, sun, thin clouds and beams down to row `floor`; `edge` is where land hides them.

    sun: x, y, radius, power, width, dark; ring: radius, strength.
    """
    _, columns = tone.shape
    u = np.empty(columns, np.float32)
    v = np.empty(columns, np.float32)
    cloud = np.empty(columns, np.float32)
    beam = np.empty(columns, np.float32)
    for j in range(floor):
        y = f32(j) * unit
        for i in range(columns):
            x = f32(i) * unit
            u[i] = f32(1.1) * x + drift
            v[i] = f32(6.5) * y + f32(0.6) * x
        fbm_row(cloud, u, v, octaves, seed)
        for i in range(columns):
            turn = angle_turn(y - sun[1], f32(i) * unit - sun[0])
            u[i] = f32(34) * abs(turn) + f32(0.6) * drift
            v[i] = f32(3.3) * drift
        fbm_row(beam, u, v, 3, seed + u32(9))
        for i in range(columns):
            dx = f32(i) * unit - sun[0]
            dy = y - sun[1]
            d2 = dx * dx + dy * dy
            d = np.sqrt(d2)
            up = y / edge
            halo = f32(0.24) * glow(d2, f32(2.6) / sun[4]) + f32(0.22) * glow(d2, f32(26) / sun[4])
            wave = ring[1] * glow((d - ring[0]) * (d - ring[0]), f32(700)) * f32(0.10)
            rays = f32(0.8) + f32(0.4) * beam[i]
            sky = sun[5] * (f32(0.45) + f32(0.75) * up * up) + sun[3] * (halo * rays + wave)
            veil = smoothstep(f32(0.48), f32(0.78), cloud[i]) * smoothstep(f32(0.0), f32(0.25), up)
            sky += veil * (f32(0.03) + f32(0.16) * sun[3] * glow(d2, f32(3) / sun[4]))
            disc = smoothstep(sun[2] + f32(1.2) * unit, sun[2] - f32(1.2) * unit, d)
            tone[j, i] = mix(sky, f32(0.95) - f32(0.18) * veil, disc)


@kernel
def _ridge(tone, depth, line, lie, slide, unit, sun, look, drift, octaves, seed):
    """Draw one ridge below `line` (rows, per column), and mist that fills it up below `lie`.

    look: tone, rim, mist tone, mist height, texture, depth.
    """
    rows, columns = tone.shape
    u = np.empty(columns, np.float32)
    v = np.empty(columns, np.float32)
    mist = np.empty(columns, np.float32)
    first = max(np.int32(line.min()) - 2, 0)
    for j in range(first, rows):
        for i in range(columns):
            u[i] = f32(2.2) * (f32(i) * unit + slide) + drift
            v[i] = f32(5) * f32(j) * unit - f32(0.4) * drift
        fbm_row(mist, u, v, octaves, seed)
        for i in range(columns):
            below = (f32(j) + f32(0.5) - line[i]) * unit
            cover = clamp01(below / unit / f32(1.6) + f32(0.5))
            dx = f32(i) * unit - sun[0]
            dy = f32(j) * unit - sun[1]
            near = glow(dx * dx + dy * dy, f32(1.6) / sun[4])
            rim = look[1] * near / (f32(1) + f32(26) * max(below, f32(0)))
            deep = (f32(j) - lie[i]) * unit + look[4] * (mist[i] - f32(0.5))
            foot = clamp01(deep / look[3]) * clamp01(below * f32(24))
            foot = foot * foot * (f32(3) - f32(2) * foot)
            veil = (
                look[2] * (f32(0.5) + f32(0.9) * sun[3] * near) * (f32(0.75) + f32(0.5) * mist[i])
            )
            t = mix(look[0] + rim, look[0] + veil, foot)
            tone[j, i] = mix(tone[j, i], t, cover)
            depth[j, i] = mix(depth[j, i], look[5], cover)


@kernel
def _pines(tone, depth, line, slide, unit, spacing, tall, dark, sway, level, seed):
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


@kernel
def _birds(tone, unit, place, count, time, size, dark, seed):
    """A loose flock: each bird two strokes that rise and fall."""
    rows, columns = tone.shape
    for k in range(count):
        own = hash01(k, 1, seed)
        x0 = (
            place[0]
            + place[2] * (hash01(k, 2, seed) - f32(0.5))
            + f32(0.012) * sin_turn(time * f32(0.2) + own)
        )
        y0 = (
            place[1]
            + f32(0.4) * place[2] * (hash01(k, 3, seed) - f32(0.5))
            + f32(0.006) * sin_turn(time * f32(0.31) + f32(3) * own)
        )
        flap = sin_turn(time * (f32(1.1) + f32(0.5) * own) + own) * f32(0.5) + f32(0.15)
        span = size * (f32(0.6) + f32(0.6) * own)
        for j in range(
            max(np.int32((y0 - span) / unit), 0), min(np.int32((y0 + span) / unit) + 1, rows)
        ):
            for i in range(
                max(np.int32((x0 - span) / unit), 0), min(np.int32((x0 + span) / unit) + 1, columns)
            ):
                dx = abs((f32(i) + f32(0.5)) * unit - x0) / span
                dy = ((f32(j) + f32(0.5)) * unit - y0) / span
                wing = -flap * dx * (f32(1.6) - f32(0.9) * dx)
                thick = f32(0.10) * (f32(1) - dx) + f32(0.02)
                cover = clamp01(
                    (thick - abs(dy - wing)) * span / (f32(1.5) * unit) + f32(0.5)
                ) * clamp01((f32(1) - dx) * span / unit)
                tone[j, i] = mix(tone[j, i], dark, cover)


@kernel
def _paint(rgb, tone, ramp):
    _, rows, columns = rgb.shape
    for j in range(rows):
        for i in range(columns):
            rgb[0, j, i], rgb[1, j, i], rgb[2, j, i] = ramp_at(ramp, tone[j, i])


@kernel
def _fireflies(rgb, unit, count, time, moved, size, power, top, colour, seed):
    """Sparks that wander over the near ridge and glint one by one."""
    _, rows, columns = rgb.shape
    wide = f32(columns) * unit
    tall = f32(rows) * unit
    for k in range(count):
        own = hash01(k, 1, seed)
        near = f32(0.4) + own
        x = (
            hash01(k, 2, seed) * f32(1.3) * wide
            - moved * near
            + f32(0.03) * sin_turn(time * f32(0.13) + f32(7) * own)
        )
        x = x - np.floor(x / (f32(1.3) * wide)) * f32(1.3) * wide - f32(0.15) * wide
        rise = hash01(k, 3, seed) - time * f32(0.02) * (f32(0.5) + own)
        rise -= np.floor(rise)
        y = (
            tall
            - (tall - top) * (f32(1) - rise)
            + f32(0.012) * sin_turn(time * f32(0.3) + f32(11) * own)
        )
        blink = max(sin_turn(time * (f32(0.25) + f32(0.3) * own) + f32(29) * own), f32(0))
        a0 = (
            power
            * (f32(0.1) + blink * blink)
            * smoothstep(f32(0), f32(0.2), rise)
            * smoothstep(f32(1), f32(0.75), rise)
        )
        cx = x / unit
        cy = y / unit
        r = size * near
        reach = np.int32(f32(4) * r) + 1
        for j in range(max(np.int32(cy) - reach, 0), min(np.int32(cy) + reach + 1, rows)):
            for i in range(max(np.int32(cx) - reach, 0), min(np.int32(cx) + reach + 1, columns)):
                dx = f32(i) + f32(0.5) - cx
                dy = f32(j) + f32(0.5) - cy
                d2 = (dx * dx + dy * dy) / (r * r)
                a = a0 * glow(d2, f32(1)) * clamp01(f32(1) - d2 / f32(16))
                for c in range(3):
                    rgb[c, j, i] += a * colour[c]


def _smooth(line: NDArray[np.float32], half: int) -> NDArray[np.float32]:
    """The running mean of a line over 2 `half` + 1 columns, twice."""
    for _ in range(2):
        total = np.cumsum(np.pad(line.astype(np.float64), (half + 1, half), mode="edge"))
        line = ((total[2 * half + 1 :] - total[: -2 * half - 1]) / (2 * half + 1)).astype(
            np.float32
        )
    return line


def _rise(columns: int, unit: float, slide: float, near: float, seed: int) -> NDArray[np.float32]:
    """Heights along a ridge, per column: high and steep if far (`near` 0), else low and round."""
    x = ((np.arange(columns) + 0.5) * unit + slide).astype(np.float32)
    level = np.full_like(x, 0.5)
    shape, sharp = np.empty_like(x), np.empty_like(x)
    fbm_row(shape, f32(1.5 + 0.5 * near) * x, level, 7, u32(seed))
    fbm_row(sharp, f32(2.6 - near) * x, level, 5, u32(seed + 50))
    peak = 1 - np.abs(2 * sharp - 1) * 1.6
    rise = (0.6 - 0.35 * near) * (shape - 0.45) + (0.17 - 0.14 * near) * (peak - 0.5)
    return (0.9 * rise).astype(np.float32)


class Ridges:
    """Ridges in mist before a low sun."""

    name: ClassVar[str] = "ridges"
    words: ClassVar[tuple[str, ...]] = (
        "mountains",
        "ridges",
        "forest",
        "pines",
        "mist",
        "fog",
        "dusk",
        "dawn",
        "hills",
        "nature",
    )
    scale: ClassVar[float] = 0.5

    def draw(
        self, rgb: NDArray[np.float32], view: SceneView, *, depth: NDArray[np.float32] | None = None
    ) -> None:
        _, rows, columns = rgb.shape
        short = min(rows, columns)
        unit = f32(1 / short)
        dice = np.random.default_rng(view.seed)
        seed = view.seed % 65536
        # Worked out even where nobody asks for it: two code paths would round differently.
        ground = np.empty((rows, columns), np.float32) if depth is None else depth
        ground[:] = 0.03
        wide, tall = columns / short, rows / short
        extra = 2 if view.detail else 0
        setting = dice.choice([-1, 1])
        across = wide * dice.uniform(0.2, 0.8)
        height = tall * (dice.uniform(0.28, 0.4) + 0.09 * setting * (view.progress - 0.5))
        power = 0.75 + 0.3 * view.loudness + 0.04 * view.beat
        sun = np.array(
            [
                across,
                height,
                dice.uniform(0.05, 0.11),
                power,
                0.5 + 0.9 * view.energy,
                0.09 + 0.05 * view.brightness,
            ],
            np.float32,
        )
        ring = np.array([sun[2] + 0.5 * (1 - view.beat), view.beat], np.float32)
        drift = f32(0.025 * view.time + 0.03 * view.travel)
        tone = np.zeros((rows, columns), np.float32)
        base = dice.uniform(0.5, 0.56)
        starts = dice.uniform(0, 90, _COUNT)
        lines = []
        for k, start in enumerate(starts):
            near = k / (_COUNT - 1)
            slide = (0.004 + 0.05 * near**2) * (view.travel + 0.6 * view.time) + start
            place = tall * (base + (0.97 - base) * near**1.25) - 0.05
            rise = _rise(columns, float(unit), slide, near, seed + k)
            lines.append((slide, ((place - rise) / float(unit)).astype(np.float32)))
        floor = min(max(int(lines[0][1].max()) + 3, int(0.6 * rows)), rows)
        edge = f32((base + 0.12) * tall)
        _sky(tone, floor, edge, unit, sun, ring, drift, 4 + extra, u32(seed))
        for k, (slide, line) in enumerate(lines):
            near = k / (_COUNT - 1)
            mist = 0.06 if k == _COUNT - 1 else 0.2 + 0.18 * (1 - near)
            look = np.array(
                [
                    0.21 * (1 - near) + 0.015,
                    0.16 * (1 - near) * (0.4 + 0.4 * view.beat),
                    mist * (0.6 + 0.5 * view.bass),
                    0.13 + 0.1 * near,
                    0.12 + 0.1 * view.mid,
                    0.1 + 0.8 * near,
                ],
                np.float32,
            )
            if k >= _COUNT - 3:
                dark = 0.21 * (1 - near) + 0.01
                step = (0.011, 0.019, 0.034)[k - _COUNT + 3]
                _pines(
                    tone,
                    ground,
                    line,
                    f32(slide),
                    unit,
                    f32(step),
                    f32(7.5 * step),
                    f32(dark),
                    f32(0.02 + 0.05 * view.mid),
                    f32(0.1 + 0.8 * near),
                    u32(seed + 70 + k),
                )
            lie = _smooth(line, int(0.13 / unit))
            _ridge(
                tone,
                ground,
                line,
                lie,
                f32(slide),
                unit,
                sun,
                look,
                drift,
                3 + extra,
                u32(seed + 30 + k),
            )
        flown = (0.012 * view.time + 0.014 * view.travel + dice.uniform()) % 1.0
        flock = np.array(
            [flown * (wide + 0.5) - 0.25, tall * dice.uniform(0.2, 0.4), 0.3], np.float32
        )
        _birds(
            tone,
            unit,
            flock,
            9,
            f32(view.time + 0.3 * view.travel),
            f32(0.014),
            f32(0.02),
            u32(seed),
        )
        _paint(rgb, tone, view.ramp)
        _fireflies(
            rgb,
            unit,
            50 * (1 + view.detail),
            f32(view.time),
            f32(0.05 * view.travel),
            f32(max(1.6 * short / 540, 0.9)),
            f32(0.15 + 0.9 * view.high),
            f32(tall * 0.72),
            view.ramp[:, 235].copy(),
            u32(seed),
        )
