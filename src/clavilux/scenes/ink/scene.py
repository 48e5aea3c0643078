"""Ink let into still water: plumes that fold over themselves, lit like silk.

Two noise fields push the picture about, the pushed picture is pushed again, and vortices wind it
up; a plume seen through that becomes folds, filaments and thin pigment edges. `travel` lets the ink
drift and fold, bass swells the plume, mid turns the light so that the sheen wanders, high brings
out fine filaments and motes, a beat sends a pressure ring through the folds. `energy` lets in more
ink and light; `progress` lets the plume spread. A light ground (first palette colour) is paper.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clavilux.scenes.ink.folds import Ring, fold, wind_up
from clavilux.scenes.ink.plume import Light, Plume, dye, relief, thicken
from clavilux.scenes.noise import f32, u32
from clavilux.scenes.planes import single

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView


_VORTICES = 4


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
        """Wound-up coordinates, folds upon folds, a plume seen through them, light, dye."""
        _, rows, columns = rgb.shape
        dice = np.random.default_rng(view.seed)
        reach = np.array([columns, rows]) / min(rows, columns)
        unit = f32(2 / min(rows, columns))
        seed = u32(view.seed & 0xFFFFFFFF)
        moved = 0.05 * view.travel + 0.02 * view.time
        vortices = _vortices(moved, reach, dice)
        heading = (0.0 if columns >= rows else 0.5 * np.pi) + dice.uniform(-0.8, 0.8)
        x, y = 0.25 * reach * dice.uniform(-1, 1, 2)
        ring = single(Ring(x=x, y=y, radius=1.8 * (1 - view.beat), push=0.05 * view.beat))
        px, py, q1, q2, r1, r2, h = (np.empty((rows, columns), np.float32) for _ in range(7))
        wind_up(px, py, unit, vortices, ring)
        ox, oy = dice.uniform(0, 50, 2)
        for out, (a, b), push, scale, (flow_x, flow_y) in (
            (q1, (px, px), 0.0, 0.8, (0.9, 0.2)),
            (q2, (px, px), 0.0, 0.8, (-0.3, 0.7)),
            (r1, (q1, q2), 1.5, 0.9, (0.4, -0.8)),
            (r2, (q2, q1), 1.5, 0.9, (-0.7, -0.3)),
            (h, (r1, r2), 2.2, 0.75, (0.2, 0.5)),
        ):
            ox, oy = ox + 17.3, oy + 9.1
            at = f32(ox + flow_x * moved), f32(oy + flow_y * moved)
            fold(out, px, py, a, b, f32(push), f32(scale), *at, seed)
        fine_fold = q1
        fold(fine_fold, px, py, r1, h, f32(3.0), f32(3.2), f32(ox), f32(oy - moved), seed)
        h += f32(0.09 if view.detail else 0.06) * (fine_fold - f32(0.5))
        density, face, steep = q1, q2, np.empty_like(h)
        light = _light(view, moved)
        thicken(density, px, py, r1, r2, h, _plume(view, x, y, heading))
        relief(face, steep, h, unit, light)
        paper = f32(float(view.palette[0] @ np.array([0.3, 0.6, 0.1])) > 0.5)
        fine = f32(0.8 * view.high + 0.3 * view.flux + 0.2 * view.loudness)
        accent = view.palette[-1]
        dye(rgb, density, face, steep, r2, h, view.ramp, accent, light.shine, paper, fine)
        if depth is not None:
            near = 0.15 + 0.45 * np.clip(density + 0.2, 0, 1) + 0.4 * np.clip(density, 0, 1) * h
            np.clip(near, 0, 1, out=depth)


def _vortices(
    moved: float, reach: NDArray[np.float64], dice: np.random.Generator
) -> NDArray[np.float32]:
    """They sway, and turn more or less: see wind_up."""
    centres = dice.uniform(-0.8, 0.8, (_VORTICES, 2)) * reach
    pace = dice.uniform(size=_VORTICES) + moved * dice.uniform(0.3, 0.8, _VORTICES)
    sway = 2 * np.pi * pace
    turns = dice.choice([-1, 1], _VORTICES) * (0.3 + 0.14 * np.sin(sway))
    centres += 0.12 * np.stack([np.cos(sway), np.sin(sway)], 1)
    sharp = dice.uniform(2.0, 6.0, _VORTICES)
    return np.column_stack([centres, sharp, turns]).astype(np.float32)


def _plume(view: SceneView, x: float, y: float, heading: float) -> Plume:
    return single(
        Plume(
            x=x,
            y=y,
            cos=np.cos(heading),
            sin=np.sin(heading),
            width=0.45 + 0.15 * view.bass + 0.2 * view.energy + 0.15 * view.progress,
            ragged=1.0,
            push=1.3,
        )
    )


def _light(view: SceneView, moved: float) -> Light:
    angle = 2 * np.pi * (0.62 + 0.06 * np.sin(3 * moved) + 0.06 * view.mid)
    shine = 0.4 + 0.6 * view.energy + 0.25 * view.brightness + 0.1 * view.bar
    return single(Light(x=np.cos(angle), y=np.sin(angle), shine=shine))
