"""Deep space: gas lit from inside by a young core, dust in front of it, stars that drift past.

`travel` carries the camera forward through three layers of stars and lets the gas roll; bass swells
the light of the core, mid brightens the filaments, high makes the stars twinkle, a beat sends a
ring of light out through the gas (a light echo). `energy` widens the lit region, `progress` moves
the camera in. The seed chooses where the core is and how gas and dust lie around it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clavilux.scenes.nebula.gas import Core, Light, gas
from clavilux.scenes.nebula.stars import stars
from clavilux.scenes.noise import f32, u32
from clavilux.scenes.planes import depth_to_fill, single

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView


_LAYERS = ((0.05, 600, 0.75), (0.5, 130, 1.0), (0.95, 22, 1.5))  # far to near: depth, stars, size


class Nebula:
    """Gas lit from inside by a young core, and the stars in front of it."""

    name: ClassVar[str] = "nebula"
    words: ClassVar[tuple[str, ...]] = (
        "nebula",
        "space",
        "stars",
        "galaxy",
        "cosmos",
        "universe",
        "cosmic",
        "dream",
    )
    scale: ClassVar[float] = 0.5

    def draw(
        self, rgb: NDArray[np.float32], view: SceneView, *, depth: NDArray[np.float32] | None = None
    ) -> None:
        """The gas, which says how much light its dust lets through, then three layers of stars."""
        _, rows, columns = rgb.shape
        short = min(rows, columns)
        dice = np.random.default_rng(view.seed)
        seed = u32(view.seed & 0xFFFFFFFF)
        space = depth_to_fill(rgb, depth)
        moved = 0.02 * view.time + 0.035 * view.travel
        x, y = dice.choice([-1, 1], 2) * dice.uniform([0.1, 0.05], [0.22, 0.16])
        core = single(Core(x=x * columns / short, y=y * rows / short))
        start = dice.uniform(0, 50, 3)
        roll = (start + moved * np.array([0.7, -0.5, 0.45])).astype(np.float32)
        zoom = f32(dice.uniform(1.3, 1.75) / (1 + 0.3 * view.progress))
        dust = np.empty((rows, columns), np.float32)
        octaves = 7 if view.detail else 5
        gas(
            rgb,
            space,
            dust,
            f32(1 / short),
            zoom,
            core,
            roll,
            _light(view),
            view.ramp,
            view.palette[-1],
            octaves,
            seed,
        )
        many = (2 if view.detail else 1) * max(columns, rows) / short
        for k, (level, count, size) in enumerate(_LAYERS):
            stars(
                rgb,
                space,
                dust,
                int(count * many),
                f32((0.5 + 0.6 * k) * moved + 0.3 * k),
                f32(level),
                f32(max(size * (short / 540), 0.7)),
                f32(0.9 * view.high),
                f32(view.time),
                _tones(view),
                seed + u32(101 * (k + 1)),
            )


def _light(view: SceneView) -> Light:
    return single(
        Light(
            radius=(0.36 + 0.2 * view.energy) * (0.88 + 0.28 * view.bass),
            filaments=0.9 * view.mid,
            echo=0.08 + 0.75 * (1 - view.beat),
            echo_strength=view.beat,
            warmth=0.05 * (view.brightness - 0.5),
        )
    )


def _tones(view: SceneView) -> NDArray[np.float32]:
    """Colours of the stars, (3, 3): two of three are white."""
    white = view.ramp[:, 250]
    tinted = 0.5 * (view.palette[min(2, len(view.palette) - 1)] + white)
    return np.stack([white, white, tinted]).astype(np.float32)
