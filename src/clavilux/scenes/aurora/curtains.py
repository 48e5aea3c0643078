"""Sheets of light: their courses on the ground, their rays, and how they are seen."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.aurora.land import noise_along
from clavilux.scenes.noise import clamp01, f32
from clavilux.scenes.planes import single

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView


class Shape(NamedTuple):
    """Of a sheet at distance 1, in short sides of the picture."""

    foot: float
    """How far above the horizon it begins."""
    height: float
    softness: float


def curtains(
    light: NDArray[np.float32],
    view: SceneView,
    level: np.float32,
    unit: np.float32,
    dice: np.random.Generator,
) -> None:
    """Add four sheets, near to far, to `light` (columns, rows); `level` is the horizon's row."""
    columns = light.shape[0]
    count = int(columns * (1.6 if view.detail else 0.75))
    s = np.linspace(0, 1, count)
    tall = float(level) / min(light.shape)
    shape = single(Shape(foot=0.36 * tall, height=0.8 * tall, softness=0.0055))
    side = dice.choice([-1, 1])
    for k in range(4):
        distance, lean, phase = dice.uniform([0.6 + 0.36 * k, 0.3, 0], [0.74 + 0.36 * k, 0.9, 70])
        lean *= side * (-1) ** k
        away = distance * (1.12 - 0.2 * view.progress)
        wide = columns * float(unit)
        x, z, swing = _course(s, view, k, lean=lean, phase=phase, away=away, wide=wide)
        rays = _rays(
            s,
            view,
            k,
            spread=np.abs(np.gradient(x / z, s)) / wide,
            swing=swing,
            phase=phase,
            columns=columns,
        )
        _sheet(light, np.stack([x, z]).astype(np.float32), rays, shape, level, unit)


def _run(view: SceneView) -> float:
    """How far the folds have run along the sheets."""
    return 0.035 * view.time + 0.06 * view.travel


def _course(
    s: NDArray[np.float64],
    view: SceneView,
    k: int,
    *,
    lean: float,
    phase: float,
    away: float,
    wide: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float32]]:
    """Places of sheet `k` at `s` (n,), 0..1 along it: x and distance z, and how its heading swings.

    It meanders like a river: its heading swings to and fro.
    """
    run = _run(view)
    drift = 0.5 * run
    swing = noise_along(4.2 * s + phase - run, drift, 2, view.seed + k)
    curl = noise_along(17 * s - phase + 1.5 * run, drift, 2, view.seed + 19 + k)
    heading = lean + (2.8 + 0.3 * view.mid) * swing + (1.1 + 0.35 * view.bass) * curl
    x = np.cumsum(np.cos(heading)) / len(s)
    z = np.cumsum(np.sin(heading)) / len(s)
    x = (x - x.mean()) * 2.1 * max(wide, 1.2) * away
    return x, away * np.exp(1.0 * (z - z.mean())), swing


def _rays(
    s: NDArray[np.float64],
    view: SceneView,
    k: int,
    *,
    spread: NDArray[np.float64],
    swing: NDArray[np.float32],
    phase: float,
    columns: int,
) -> NDArray[np.float32]:
    """Brightness and height of the rays of sheet `k`, shape (2, n).

    spread: how much of the picture's width a step along the sheet covers.
    """
    run = _run(view)
    octaves = 5 if view.detail else 4
    grain = noise_along(70 * s + 2 * swing + phase, 1.1 * run, octaves, view.seed + 51 + k)
    patch = noise_along(3.2 * s + phase + 1.6 * run, 0.6 * run, 2, view.seed + 61 + k)
    knot = np.exp(-(((s - (1.05 - 1.1 * view.beat)) / 0.07) ** 2))
    knot *= 7 * view.beat * (1 - view.beat)
    ends = np.sin(np.pi * s) ** 1.5
    ray = np.clip(0.85 + (0.7 + 0.6 * view.high) * grain, 0.06, None) ** 1.5
    glow_ = np.clip(0.62 + (0.8 + 0.3 * view.mid) * patch, 0.18, None) + knot
    power = (
        (0.75 + 0.65 * view.energy)
        * (columns / len(s))
        * (1.0 - 0.14 * k)
        * ray
        * glow_
        * ends
        * np.minimum(0.03 + spread, 2.5) ** 1.25
    )
    power *= np.clip(1.6 * view.energy + 1.5 - k, 0, 1)
    height = (0.5 + 0.25 * view.bass) * (0.8 + 0.6 * grain + 0.3 * patch)
    return np.stack([power, np.clip(height, 0.15, None)]).astype(np.float32)


@kernel
def _sheet(light, path, rays, shape, horizon, unit):
    """Add one sheet of light to `light` (columns, rows).

    path: (2, n): place across at distance 1 (short sides of the picture from the middle), and
    distance; rays: (2, n): brightness of each ray, and how tall it is.
    """
    columns, rows = light.shape
    middle = f32(0.5) * f32(columns)
    for k in range(path.shape[1] - 1):
        if rays[0, k] < f32(0.002):
            continue
        near = f32(1) / path[1, k]
        here = path[0, k] * near / unit + middle
        there = path[0, k + 1] / path[1, k + 1] / unit + middle
        foot = horizon - shape.foot * near / unit
        length = max(shape.height * rays[1, k] * near / unit, f32(1))
        # A piece of the sheet is as wide as the columns it covers, and softer the nearer it is.
        soft = max(shape.softness * near / unit, f32(2))
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
