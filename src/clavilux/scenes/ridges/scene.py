"""Mountain ridges at dusk, one behind another with mist between them, and pines on the nearest.

Each ridge is a line of heights; the sun stands behind the far ones and lights the mist that lies in
front of each. `travel` slides the ridges past at their own speeds, bass brightens the mist, mid
sways the trees, high makes the fireflies over them glint, a beat sends a ring of light out from the
sun and lights the ridge lines near it. `energy` widens the glow, `progress` raises or sets the sun.
The seed chooses ridges, trees and the place of the sun.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clavilux.scenes.noise import f32, u32
from clavilux.scenes.planes import depth_to_fill, paint, single
from clavilux.scenes.ridges.creatures import Flock, birds, fireflies
from clavilux.scenes.ridges.land import Look, heights, ridge, smoothed
from clavilux.scenes.ridges.pines import pines
from clavilux.scenes.ridges.sky import Ring, Sun, sky

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView


_COUNT = 7  # ridges, far to near
_SPACING = (0.011, 0.019, 0.034)  # of the pines on the nearest ones, in short sides of the picture


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
        """The sky, then ridge after ridge toward the eye, then what lives there."""
        _, rows, columns = rgb.shape
        short = min(rows, columns)
        unit = f32(1 / short)
        wide, tall = columns / short, rows / short
        dice = np.random.default_rng(view.seed)
        seed = view.seed % 65536
        octaves = 2 if view.detail else 0  # more of them in a still
        ground = depth_to_fill(rgb, depth)
        ground[:] = 0.03
        tone = np.zeros((rows, columns), np.float32)
        sun = _sun(view, wide, tall, dice)
        ring = single(Ring(radius=sun.radius + 0.5 * (1 - view.beat), strength=view.beat))
        drift = f32(0.025 * view.time + 0.03 * view.travel)
        base = dice.uniform(0.5, 0.56)  # where the farthest ridge stands, of the picture's height
        lines = _lines(view, columns, unit, tall, base, dice.uniform(0, 90, _COUNT))
        floor = min(max(int(lines[0][1].max()) + 3, int(0.6 * rows)), rows)
        edge = f32((base + 0.12) * tall)
        sky(tone, floor, edge, unit, sun, ring, drift, 4 + octaves, u32(seed))
        for k, (slide, line) in enumerate(lines):
            if k >= _COUNT - 3:
                _plant(tone, ground, view, line, slide, unit, k)
            lie, look = smoothed(line, int(0.13 / unit)), _look(view, k)
            own = u32(seed + 30 + k)
            ridge(tone, ground, line, lie, f32(slide), unit, sun, look, drift, 3 + octaves, own)
        flock = _flock(view, wide, tall, dice)
        flown = f32(view.time + 0.3 * view.travel)
        birds(tone, unit, flock, 9, flown, f32(0.014), f32(0.02), u32(seed))
        paint(rgb, tone, view.ramp)
        fireflies(
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


def _sun(view: SceneView, wide: float, tall: float, dice: np.random.Generator) -> Sun:
    """A low sun that rises or sets with `progress`."""
    setting = dice.choice([-1, 1])
    across = wide * dice.uniform(0.2, 0.8)
    height = tall * (dice.uniform(0.28, 0.4) + 0.09 * setting * (view.progress - 0.5))
    return single(
        Sun(
            x=across,
            y=height,
            radius=dice.uniform(0.05, 0.11),
            power=0.75 + 0.3 * view.loudness + 0.04 * view.beat,
            width=0.5 + 0.9 * view.energy,
            dark=0.09 + 0.05 * view.brightness,
        )
    )


def _near(k: int) -> float:
    """How near a ridge is, 0..1."""
    return k / (_COUNT - 1)


def _lines(
    view: SceneView,
    columns: int,
    unit: np.float32,
    tall: float,
    base: float,
    starts: NDArray[np.float64],
) -> list[tuple[float, NDArray[np.float32]]]:
    """For each ridge how far it has slid, and its line: a row per column."""
    lines = []
    for k, start in enumerate(starts):
        near = _near(k)
        slide = (0.004 + 0.05 * near**2) * (view.travel + 0.6 * view.time) + start
        place = tall * (base + (0.97 - base) * near**1.25) - 0.05
        rise = heights(columns, float(unit), slide, near, view.seed % 65536 + k)
        lines.append((slide, ((place - rise) / float(unit)).astype(np.float32)))
    return lines


def _look(view: SceneView, k: int) -> Look:
    """Far ridges are pale and deep in mist."""
    near = _near(k)
    mist = 0.06 if k == _COUNT - 1 else 0.2 + 0.18 * (1 - near)
    return single(
        Look(
            tone=0.21 * (1 - near) + 0.015,
            rim=0.16 * (1 - near) * (0.4 + 0.4 * view.beat),
            mist=mist * (0.6 + 0.5 * view.bass),
            mist_height=0.13 + 0.1 * near,
            texture=0.12 + 0.1 * view.mid,
            depth=0.1 + 0.8 * near,
        )
    )


def _plant(
    tone: NDArray[np.float32],
    ground: NDArray[np.float32],
    view: SceneView,
    line: NDArray[np.float32],
    slide: float,
    unit: np.float32,
    k: int,
) -> None:
    """Pines on a ridge, larger the nearer it is."""
    near = _near(k)
    step = _SPACING[k - _COUNT]
    pines(
        tone,
        ground,
        line,
        f32(slide),
        unit,
        f32(step),
        f32(7.5 * step),
        f32(0.21 * (1 - near) + 0.01),
        f32(0.02 + 0.05 * view.mid),
        f32(0.1 + 0.8 * near),
        u32(view.seed % 65536 + 70 + k),
    )


def _flock(view: SceneView, wide: float, tall: float, dice: np.random.Generator) -> Flock:
    """Birds that cross the picture and come again."""
    flown = (0.012 * view.time + 0.014 * view.travel + dice.uniform()) % 1.0
    return single(Flock(x=flown * (wide + 0.5) - 0.25, y=tall * dice.uniform(0.2, 0.4), spread=0.3))
