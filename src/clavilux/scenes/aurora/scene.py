"""Curtains of northern light over snowy hills and a still lake.

Each curtain is a folded sheet: a curve on the ground, followed step by step, that throws a ray of
light upward at each step; where the sheet turns away from the eye, rays gather and it brightens.
`travel` runs the folds along the sheet, bass swells the sheets' height, mid runs bright patches
along them, high sharpens the single rays and makes the stars twinkle, a beat sends a bright knot
down each sheet. `energy` adds curtains and light, `progress` brings them overhead. The seed chooses
the sheets, the hills and the shore.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clavilux.scenes.aurora.curtains import curtains
from clavilux.scenes.aurora.lake import lake
from clavilux.scenes.aurora.land import Shade, land, noise_along, tree_tops
from clavilux.scenes.aurora.sky import Night, sky, stars, veil
from clavilux.scenes.noise import f32, u32
from clavilux.scenes.planes import depth_to_fill, paint, single

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView


_HILLS = ((2.0, 0.26, 0.03), (3.1, 0.13, 0.015))  # far, near: peaks per short side, height, least


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
        """The light, the sky that it makes, hills and shore before it, all in the lake, stars."""
        _, rows, columns = rgb.shape
        short = min(rows, columns)
        unit = f32(1 / short)
        dice = np.random.default_rng(view.seed)
        ground = depth_to_fill(rgb, depth)
        ground[:] = 0.05
        level = f32(int(rows * dice.uniform(0.7, 0.78)))  # the row where the lake begins
        light = np.zeros((columns, rows), np.float32)
        curtains(light, view, level, unit, dice)
        tone = np.zeros((rows, columns), np.float32)
        cell = max(short // 34, 1)
        night = single(Night(low=0.17 + 0.08 * view.brightness, dark=0.035))
        sky(tone, np.ascontiguousarray(light.T), veil(light, cell), f32(cell), level, night)
        line = _draw_land(tone, ground, view, level, unit, dice)
        ripple = f32(0.5 * view.time + 0.4 * view.travel)
        lake(tone, ground, level, unit, ripple, f32(0.35 + 0.6 * view.bass), u32(9))
        paint(rgb, tone, view.ramp)
        stars(
            rgb,
            tone,
            line,
            int(700 * rows * columns / short**2) * (2 if view.detail else 1),
            f32(max(0.85 * short / 540, 0.7)),
            f32(view.time),
            f32(0.9 * view.high),
            view.ramp[:, 245].copy(),
            u32(view.seed % 9999),
        )


def _draw_land(
    tone: NDArray[np.float32],
    ground: NDArray[np.float32],
    view: SceneView,
    level: np.float32,
    unit: np.float32,
    dice: np.random.Generator,
) -> NDArray[np.float32]:
    """Two rows of hills and the shore. Returns the row, per column, above which is sky."""
    columns = tone.shape[1]
    tall = float(level) / min(tone.shape)
    at = np.arange(columns) * float(unit)
    place = dice.uniform(0, 90, 3)
    top = np.full(columns, level, np.float32)
    lit = 0.16 + 0.3 * view.loudness
    for k, (scale, height, least) in enumerate(_HILLS):
        big = noise_along(0.8 * scale * at + place[k], 0.5, 2, view.seed + 43 + k)
        peak = 1 - np.abs(noise_along(scale * at + place[k], 0.5, 6, view.seed + 41 + k)) * 1.7
        rise = height * min(tall, 1.0) * np.clip(0.35 + 0.5 * peak + 0.8 * big, 0, None) + least
        line = (level - rise / unit).astype(np.float32)
        top = np.minimum(top, line)
        shade = single(
            Shade(
                rock=0.07 - 0.03 * k,
                snow=lit * (0.9 - 0.35 * k),
                mist=0.07 - 0.03 * k,
                depth=0.3 + 0.15 * k,
            )
        )
        octaves = 7 if view.detail else 5
        land(tone, ground, line, level, shade, unit, octaves, u32(view.seed % 1000 + 7 * k))
    shore = 0.004 + 0.012 * np.maximum(noise_along(2.5 * at + place[2], 0.5, 3, view.seed + 77), 0)
    line = (level - (shore + tree_tops(columns, float(unit), dice)) / unit).astype(np.float32)
    shade = single(Shade(rock=0.012, snow=0, mist=0, depth=0.7))
    land(tone, ground, line, level, shade, unit, 1, u32(5))
    return top
