"""Curtains of northern light over snowy hills and a still lake.

Each curtain is a folded sheet: a curve on the ground, followed step by step, that throws a ray of
light upward at each step; where the sheet turns away from the eye, rays gather and it brightens.
`travel` runs the folds along the sheet, bass swells the sheets' height, mid runs bright patches
along them, high sharpens the single rays and makes the stars twinkle, a beat sends a bright knot
down each sheet. `energy` adds curtains and light, `progress` brings them overhead. The seed chooses
the sheets, the hills and the shore.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import (
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


@kernel
def _sheet(light, path, rays, shape, horizon, unit):
    """Add one sheet of light to `light` (columns, rows).

    path: (2, n): place across at distance 1 (short sides of the picture from the middle), and
    distance; rays: (2, n): brightness of each ray, and how tall it is; shape: foot, height,
    softness.
    """
    columns, rows = light.shape
    middle = f32(0.5) * f32(columns)
    for k in range(path.shape[1] - 1):
        if rays[0, k] < f32(0.002):
            continue
        near = f32(1) / path[1, k]
        here = path[0, k] * near / unit + middle
        there = path[0, k + 1] / path[1, k + 1] / unit + middle
        foot = horizon - shape[0] * near / unit
        length = max(shape[1] * rays[1, k] * near / unit, f32(1))
        # A piece of the sheet is as wide as the columns it covers, and softer the nearer it is.
        soft = max(shape[2] * near / unit, f32(2))
        low = min(here, there)
        wide = max(abs(there - here), f32(0.001))
        power = rays[0, k] / wide
        first = max(np.int32(np.floor(low - f32(0.5) * soft)), 0)
        last = min(np.int32(np.ceil(low + wide + f32(0.5) * soft)), columns)
        above = max(np.int32(foot - length), 0)
        below = min(np.int32(foot + f32(0.08) * length) + 1, rows)
        for i in range(first, last):
            at = low - f32(i) - f32(0.5)
            cover = clamp01((at + wide) / soft + f32(0.5)) - clamp01(at / soft + f32(0.5))
            cover *= power
            for j in range(above, below):
                h = (foot - f32(j)) / length
                rise = clamp01((h + f32(0.08)) * f32(5))
                fall = clamp01(f32(1) - h)
                light[i, j] += (
                    rise
                    * rise
                    * (f32(3) - f32(2) * rise)
                    * fall
                    * fall
                    * (f32(0.2) + f32(0.8) * fall * fall)
                    * cover
                )


@kernel
def _land(tone, depth, line, level, shade, unit, octaves, seed):
    """Draw hills below `line` (rows from the top, per column) over `tone`: snow and bare rock."""
    columns = tone.shape[1]
    u = np.empty(columns, np.float32)
    v = np.empty(columns, np.float32)
    rock = np.empty(columns, np.float32)
    lee = np.empty(columns, np.float32)
    for j in range(max(np.int32(line.min()) - 2, 0), np.int32(level)):
        for i in range(columns):
            below = (f32(j) - line[i]) * unit
            u[i] = f32(11) * f32(i) * unit + f32(5) * below
            v[i] = f32(9) * below + f32(14) * line[i] * unit
        fbm_row(rock, u, v, octaves, seed)
        for i in range(columns):
            u[i] -= f32(0.09)
            v[i] -= f32(0.04)
        fbm_row(lee, u, v, octaves, seed)
        for i in range(columns):
            cover = clamp01((f32(j) - line[i]) / f32(1.5) + f32(0.5))
            below = (f32(j) - line[i]) * unit
            ridge = abs(lee[i] - f32(0.5)) - abs(rock[i] - f32(0.5))
            snow = smoothstep(f32(-0.01), f32(0.055), ridge) * (f32(0.6) + f32(0.8) * rock[i])
            mist = smoothstep(f32(0), f32(1), below / (level * unit - line[i] * unit + f32(0.01)))
            t = (
                shade[0]
                + shade[1] * (f32(0.15) + snow) * (f32(1) - f32(0.6) * mist)
                + shade[2] * mist
            )
            tone[j, i] = mix(tone[j, i], t, cover)
            depth[j, i] = mix(depth[j, i], shade[3], cover)


@kernel
def _lake(tone, depth, level, unit, time, chop, seed):
    """Below row `level`: the sky again, mirrored, drawn out by ripples that grow toward the eye."""
    rows, columns = tone.shape
    u = np.empty(columns, np.float32)
    v = np.empty(columns, np.float32)
    bend = np.empty(columns, np.float32)
    for j in range(np.int32(level), rows):
        down = (f32(j) + f32(0.5) - level) * unit
        far = f32(0.05) / (down + f32(0.012))
        for i in range(columns):
            u[i] = (f32(i) - f32(0.5) * f32(columns)) * unit * far * f32(3)
            v[i] = far * f32(26) + time
        fbm_row(bend, u, v, 3, seed)
        fade = clamp01(f32(8) * down)
        shore = smoothstep(f32(0), f32(0.012), down)
        for i in range(columns):
            sway = (bend[i] - f32(0.5)) * chop * fade * (f32(0.15) + down) / unit
            up = level - (f32(j) + f32(0.5) - level) * f32(1.6) + sway
            up = min(max(up, f32(0)), level - f32(1.5))
            a = np.int32(up)
            w = up - f32(a)
            seen = mix(tone[a, i], tone[a + 1, i], w)
            dim = f32(0.8) - f32(0.25) * smoothstep(f32(0), f32(0.5), down)
            tone[j, i] = seen * dim * (f32(0.55) + f32(0.45) * shore)
            depth[j, i] = f32(0.4) + f32(0.6) * (f32(j) - level) / (f32(rows) - level)


@kernel
def _paint(rgb, tone, ramp):
    _, rows, columns = rgb.shape
    for j in range(rows):
        for i in range(columns):
            rgb[0, j, i], rgb[1, j, i], rgb[2, j, i] = ramp_at(ramp, tone[j, i])


@kernel
def _sky(tone, light, veil, cell, level, shade):
    """Turn gathered light, and its soft veil on a grid of `cell` pixels, into tones; dusk below."""
    columns = tone.shape[1]
    row = np.empty(veil.shape[1], np.float32)
    for j in range(np.int32(level)):
        dusk = f32(1) - f32(j) / level
        low = shade[0] * np.exp(-f32(5) * dusk) + shade[1]
        gy = min(max(f32(j) / cell - f32(0.5), f32(0)), f32(veil.shape[0]) - f32(1.01))
        a = np.int32(gy)
        wy = gy - f32(a)
        for i in range(len(row)):
            row[i] = mix(veil[a, i], veil[a + 1, i], wy)
        for i in range(columns):
            gx = min(max(f32(i) / cell - f32(0.5), f32(0)), f32(len(row)) - f32(1.01))
            b = np.int32(gx)
            soft = mix(row[b], row[b + 1], gx - f32(b))
            bright = light[j, i] + f32(1.1) * soft
            tone[j, i] = low + f32(0.98) * bright / (bright + f32(0.95))


@kernel
def _stars(rgb, tone, line, count, size, time, twinkle, colour, seed):
    """Stars above `line`, drowned where the tone is bright."""
    _, rows, columns = rgb.shape
    reach = np.int32(f32(3) * size) + 1
    for k in range(count):
        cx = hash01(k, 1, seed) * f32(columns)
        cy = hash01(k, 2, seed) * f32(rows)
        own = hash01(k, 3, seed)
        i0 = np.int32(cx)
        j0 = np.int32(cy)
        if cy > line[min(i0, columns - 1)] - f32(4):
            continue
        power = f32(0.12) + f32(0.9) * own**8
        power *= f32(0.75) + f32(0.25) * sin_turn(time * (f32(0.2) + own) + f32(33) * own)
        power *= f32(1) + twinkle * sin_turn(time * (f32(1) + own) + f32(71) * own)
        power *= max(f32(1) - f32(1.9) * tone[j0, min(i0, columns - 1)], f32(0))
        for j in range(max(j0 - reach, 0), min(j0 + reach + 1, rows)):
            for i in range(max(i0 - reach, 0), min(i0 + reach + 1, columns)):
                dx = f32(i) + f32(0.5) - cx
                dy = f32(j) + f32(0.5) - cy
                d2 = (dx * dx + dy * dy) / (size * size * (f32(0.6) + own * own))
                a = power * glow(d2, f32(1)) * clamp01(f32(1) - d2 / f32(9))
                for c in range(3):
                    rgb[c, j, i] += a * colour[c]


def _noise(at: NDArray[np.float64], other: float, octaves: int, seed: int) -> NDArray[np.float32]:
    """Noise -1..1 along a line that itself drifts through `other`."""
    out = np.empty(len(at), np.float32)
    across = np.full(len(at), other, np.float32)
    fbm_row(out, at.astype(np.float32), across, octaves, u32(seed & 0xFFFFFFFF))
    return 2 * out - 1


def _pines(columns: int, unit: float, dice: np.random.Generator) -> NDArray[np.float32]:
    """How far trees rise above the shore, per column, in short sides of the picture."""
    x = np.arange(columns) * unit
    top = np.zeros(columns)
    width = columns * unit
    for group in dice.uniform(0, width, 5):
        for _ in range(14):
            at = group + 0.09 * dice.normal()
            tall = dice.uniform(0.018, 0.06) * np.exp(-(((at - group) / 0.14) ** 2))
            a, b = (max(int((at + way * 0.21 * tall) / unit), 0) for way in (-1, 1))
            away = np.abs(x[a:b] - at) / (0.2 * tall + 1e-4)
            top[a:b] = np.maximum(top[a:b], tall * np.maximum(1 - away, 0) ** 0.8)
    return top.astype(np.float32)


class Aurora:
    """Northern light over a lake."""

    name: ClassVar[str] = "aurora"
    words: ClassVar[tuple[str, ...]] = (
        "aurora",
        "northern",
        "arctic",
        "winter",
        "snow",
        "ice",
        "lake",
        "polar",
    )
    scale: ClassVar[float] = 0.5

    def draw(
        self, rgb: NDArray[np.float32], view: SceneView, *, depth: NDArray[np.float32] | None = None
    ) -> None:
        _, rows, columns = rgb.shape
        short = min(rows, columns)
        unit = f32(1 / short)
        dice = np.random.default_rng(view.seed)
        # Worked out even where nobody asks for it: two code paths would round differently.
        ground = np.empty((rows, columns), np.float32) if depth is None else depth
        ground[:] = 0.05
        level = f32(int(rows * dice.uniform(0.7, 0.78)))
        tall = float(level) / short
        light = np.zeros((columns, rows), np.float32)
        self._light(light, view, level, unit, tall, dice)
        tone = np.zeros((rows, columns), np.float32)
        cell = max(short // 34, 1)
        veil = _veil(light, cell)
        shade = np.array([0.17 + 0.08 * view.brightness, 0.035], np.float32)
        _sky(tone, np.ascontiguousarray(light.T), veil, f32(cell), level, shade)
        at = np.arange(columns) * float(unit)
        place = dice.uniform(0, 90, 3)
        stars = np.full(columns, level, np.float32)
        lit = 0.16 + 0.3 * view.loudness
        for k, (scale, height, low) in enumerate([(2.0, 0.26, 0.03), (3.1, 0.13, 0.015)]):
            big = _noise(0.8 * scale * at + place[k], 0.5, 2, view.seed + 43 + k)
            peak = 1 - np.abs(_noise(scale * at + place[k], 0.5, 6, view.seed + 41 + k)) * 1.7
            rise = height * min(tall, 1.0) * np.clip(0.35 + 0.5 * peak + 0.8 * big, 0, None) + low
            line = (level - rise / unit).astype(np.float32)
            stars = np.minimum(stars, line)
            hill = np.array(
                [0.07 - 0.03 * k, lit * (0.9 - 0.35 * k), 0.07 - 0.03 * k, 0.3 + 0.15 * k],
                np.float32,
            )
            _land(
                tone,
                ground,
                line,
                level,
                hill,
                unit,
                7 if view.detail else 5,
                u32(view.seed % 1000 + 7 * k),
            )
        shore = 0.004 + 0.012 * np.maximum(_noise(2.5 * at + place[2], 0.5, 3, view.seed + 77), 0)
        line = (level - (shore + _pines(columns, float(unit), dice)) / unit).astype(np.float32)
        _land(tone, ground, line, level, np.array([0.012, 0, 0, 0.7], np.float32), unit, 1, u32(5))
        ripple = f32(0.5 * view.time + 0.4 * view.travel)
        _lake(tone, ground, level, unit, ripple, f32(0.35 + 0.6 * view.bass), u32(9))
        _paint(rgb, tone, view.ramp)
        size = f32(max(0.85 * short / 540, 0.7))
        count = int(700 * rows * columns / short**2) * (2 if view.detail else 1)
        white = view.ramp[:, 245].copy()
        _stars(
            rgb,
            tone,
            stars,
            count,
            size,
            f32(view.time),
            f32(0.9 * view.high),
            white,
            u32(view.seed % 9999),
        )

    def _light(
        self,
        light: NDArray[np.float32],
        view: SceneView,
        level: np.float32,
        unit: np.float32,
        tall: float,
        dice: np.random.Generator,
    ) -> None:
        columns = light.shape[0]
        count = int(columns * (1.6 if view.detail else 0.75))
        s = np.linspace(0, 1, count)
        wide = columns * float(unit)
        run = 0.035 * view.time + 0.06 * view.travel
        side = dice.choice([-1, 1])
        for k in range(4):
            distance, lean, phase = dice.uniform(
                [0.6 + 0.36 * k, 0.3, 0], [0.74 + 0.36 * k, 0.9, 70]
            )
            lean *= side * (-1) ** k
            away = distance * (1.12 - 0.2 * view.progress)
            # The sheet's course on the ground meanders like a river: its heading swings to and fro.
            drift = 0.5 * run
            swing = _noise(4.2 * s + phase - run, drift, 2, view.seed + k)
            curl = _noise(17 * s - phase + 1.5 * run, drift, 2, view.seed + 19 + k)
            heading = lean + (2.8 + 0.3 * view.mid) * swing + (1.1 + 0.35 * view.bass) * curl
            x = np.cumsum(np.cos(heading)) / count
            z = np.cumsum(np.sin(heading)) / count
            x = (x - x.mean()) * 2.1 * max(wide, 1.2) * away
            z = away * np.exp(1.0 * (z - z.mean()))
            grain = _noise(
                70 * s + 2 * swing + phase, 1.1 * run, 5 if view.detail else 4, view.seed + 51 + k
            )
            patch = _noise(3.2 * s + phase + 1.6 * run, 0.6 * run, 2, view.seed + 61 + k)
            knot = np.exp(-(((s - (1.05 - 1.1 * view.beat)) / 0.07) ** 2))
            knot *= 7 * view.beat * (1 - view.beat)
            ends = np.sin(np.pi * s) ** 1.5
            spread = np.abs(np.gradient(x / z, s)) / wide
            ray = np.clip(0.85 + (0.7 + 0.6 * view.high) * grain, 0.06, None) ** 1.5
            glow_ = np.clip(0.62 + (0.8 + 0.3 * view.mid) * patch, 0.18, None) + knot
            power = (
                (0.75 + 0.65 * view.energy)
                * (columns / count)
                * (1.0 - 0.14 * k)
                * ray
                * glow_
                * ends
                * np.minimum(0.03 + spread, 2.5) ** 1.25
            )
            power *= np.clip(1.6 * view.energy + 1.5 - k, 0, 1)
            height = (0.5 + 0.25 * view.bass) * (0.8 + 0.6 * grain + 0.3 * patch)
            rays = np.stack([power, np.clip(height, 0.15, None)]).astype(np.float32)
            path = np.stack([x, z]).astype(np.float32)
            shape = np.array([0.36 * tall, 0.8 * tall, 0.0055], np.float32)
            _sheet(light, path, rays, shape, level, unit)


def _veil(light: NDArray[np.float32], cell: int) -> NDArray[np.float32]:
    """The light (columns, rows) as a soft veil (rows, columns) on a grid of `cell` pixels."""
    columns, rows = light.shape
    across = np.add.reduceat(light, np.arange(0, columns, cell), axis=0)
    small = np.add.reduceat(across, np.arange(0, rows, cell), axis=1).T / np.float32(cell * cell)
    for _ in range(3):
        for axis in (0, 1):
            edge = np.pad(small, [(2, 2) if axis == a else (0, 0) for a in (0, 1)], mode="edge")
            n = small.shape[axis]
            small = np.mean([np.take(edge, range(k, k + n), axis) for k in range(5)], axis=0)
    return np.ascontiguousarray(small, np.float32)
