"""A dome seen from below: an n-fold mirrored ornament of lozenges, straps and filigree.

Tiers of lozenge tiles shrink towards a lit oculus, as in a Persian dome. `travel` lets the tiers
grow out of the centre and the dome turn, bass swells it, mid opens the leaves in the tiles, high
makes gilding glint, a beat sends a ring of lamp light outward through the tiers. The relief is lit
from the oculus; `energy` widens that light. The seed chooses the order of symmetry and the tiles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clavilux.scenes.kaleidoscope.lamplight import Ring, light_up
from clavilux.scenes.kaleidoscope.ornament import Shape, Tilt, carve
from clavilux.scenes.noise import f32, u32
from clavilux.scenes.planes import single
from clavilux.scenes.supersample import draw_supersampled, wants_supersampling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView


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
        """The ornament as relief, glaze and lamps, then the light on it."""
        if wants_supersampling(rgb, view):
            draw_supersampled(self, rgb, view, depth=depth)
            return
        _, rows, columns = rgb.shape
        dice = np.random.default_rng(view.seed)
        fold = f32(dice.choice([8, 10, 12, 14, 16, 20]))
        shape = _shape(dice)
        unit = f32(2 / min(rows, columns))
        aside, tilt = _aside(view, np.array([columns, rows]) / min(rows, columns), dice)
        cx, cy = f32(columns / 2 + aside[0] / unit), f32(rows / 2 + aside[1] / unit)
        height, tone, lamp = (np.empty((rows, columns), np.float32) for _ in range(3))
        flow = dice.uniform(0, 50) + 0.05 * view.time + 0.16 * view.travel
        spin = dice.uniform() + 0.003 * view.time + 0.006 * view.travel
        carve(
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
        light_up(
            rgb,
            height,
            tone,
            lamp,
            view.ramp,
            view.palette[max(len(view.palette) - 2, 0)],
            view.palette[-1],
            cx,
            cy,
            unit,
            f32(0.4 + 0.55 * view.energy + 0.15 * view.progress + 0.08 * view.bar),
            _ring(view, dice),
            f32(0.7 * view.high + 0.3 * view.flux),
            f32(view.brightness),
        )
        if depth is not None:
            y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
            r = np.hypot(x + 0.5 - cx, y + 0.5 - cy) * unit
            depth[:] = np.clip(r / 1.6, 0, 1) ** 0.8


def _shape(dice: np.random.Generator) -> Shape:
    return single(
        Shape(
            lean=dice.uniform(0.08, 0.3),
            echoes=dice.uniform(16, 24),
            beads=dice.choice([6, 8, 10]),
            petals=8,
            tiers=dice.uniform(0.7, 1.35),
            star=dice.choice([0.0, 0.0, 0.0, 1.0, 1.0]),
        )
    )


def _aside(
    view: SceneView, reach: NDArray[np.float64], dice: np.random.Generator
) -> tuple[NDArray[np.float64], Tilt]:
    """Where the oculus is: seen straight from below, or from one side of the dome."""
    aside = dice.uniform(-0.5, 0.5, 2) * dice.choice([0, 1])
    drift = 2 * np.pi * (0.02 * view.time + 0.02 * view.travel + dice.uniform(size=2))
    aside = aside * reach + 0.04 * np.sin(drift)
    return aside, single(Tilt(*(0.42 * aside / reach**2)))


def _ring(view: SceneView, dice: np.random.Generator) -> Ring:
    oculus = dice.choice([40, 90, 160])
    return single(Ring(radius=1.6 - 1.6 * view.beat, strength=0.6 * view.beat, oculus=oculus))
