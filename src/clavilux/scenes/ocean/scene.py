"""Open sea under a low sun or moon: swell, a path of glitter, clouds, a far coast.

Each pixel of water finds where its sight line meets the swell, takes the slope of the swell and the
chop there, and looks up the sky that the slope mirrors. `travel` carries the eye forward and moves
the clouds, bass swells the sea, mid roughens it and so widens the path of light, high makes the
glitter sparkle, a beat sends a band of light down the path toward the eye. `energy` raises
whitecaps, `progress` lowers the sun. The seed chooses where the sun stands, clouds, coast and the
run of the sea.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clavilux.scenes.noise import f32, u32
from clavilux.scenes.ocean.coast import coast, coastline
from clavilux.scenes.ocean.sky import Drift, Sun, sky
from clavilux.scenes.ocean.water import Band, Chop, Swell, water
from clavilux.scenes.planes import depth_to_fill, single

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView


_COASTS = ((0.05, 0.13), (0.03, 0.07))  # far, near: height in short sides of the picture, tone


class Ocean:
    """A swell under a low sun."""

    name: ClassVar[str] = "ocean"
    words: ClassVar[tuple[str, ...]] = (
        "ocean",
        "sea",
        "water",
        "waves",
        "horizon",
        "sunset",
        "moonlight",
        "tide",
    )
    scale: ClassVar[float] = 0.5

    def draw(
        self, rgb: NDArray[np.float32], view: SceneView, *, depth: NDArray[np.float32] | None = None
    ) -> None:
        """The sky with its sun, the coast on the horizon, then the water that mirrors the sky."""
        _, rows, columns = rgb.shape
        short = min(rows, columns)
        unit = f32(1 / short)
        dice = np.random.default_rng(view.seed)
        seed = u32(view.seed % 65536)
        ground = depth_to_fill(rgb, depth)
        octaves = 7 if view.detail else 5
        horizon = f32(rows * dice.uniform(0.44, 0.6))
        sun = _sun(view, columns / short, dice)
        wide = f32(0.7 + 0.7 * view.energy)
        drift = _drift(view, dice)
        cover = f32(dice.uniform(0.25, 1.0))
        sky(rgb, ground, view.ramp, horizon, unit, sun, wide, drift, cover, octaves, seed)
        for k, (height, tone) in enumerate(_COASTS):
            line = coastline(view, columns, unit, layer=k, tall=height, dice=dice)
            coast(rgb, ground, view.ramp, line, horizon, f32(tone), f32(0.12 + 0.06 * k))
        below = (rows - float(horizon)) / short
        water(
            rgb,
            ground,
            view.ramp,
            horizon,
            unit,
            sun,
            wide,
            _swell(view, max(2.1 * (rows - float(horizon)) / short, 0.8), dice),
            _chop(view),
            f32(0.35 * view.time + 1.5 * view.travel),
            single(Band(down=below * (1.1 * (1 - view.beat)), strength=view.beat)),
            octaves,
            seed,
        )


def _sun(view: SceneView, wide: float, dice: np.random.Generator) -> Sun:
    """A low sun that sinks with `progress`."""
    across = dice.choice([-1, 1]) * dice.uniform(0.08, 0.24) * wide
    high = dice.uniform(0.05, 0.3)
    radius = dice.uniform(0.035, 0.085)
    tone = 0.1 + 0.05 * view.brightness
    return single(
        Sun(
            x=across,
            up=high * (1.15 - 0.6 * view.progress) + 0.35 * radius,
            radius=radius,
            high=tone * 0.5,
            low=tone + 0.27,
            power=0.75 + 0.35 * view.loudness + 0.1 * view.beat,
            disc=1.0,
        )
    )


def _drift(view: SceneView, dice: np.random.Generator) -> Drift:
    across, toward = dice.uniform(0, 60, 2)
    return single(
        Drift(
            across=across + 0.02 * view.time,
            toward=toward + (0.05 * view.travel + 0.01 * view.time),
        )
    )


def _swell(view: SceneView, eye: float, dice: np.random.Generator) -> Swell:
    """Each wave at its own pace and with its own lean."""
    phases = dice.uniform(0, 1, 3) + view.time * np.array([0.11, 0.13, 0.17])
    lean = dice.uniform(-0.7, 0.7, 3)
    height = 0.03 + 0.03 * view.energy + 0.06 * view.bass
    return single(Swell._make([height, *phases, *lean, eye]))


def _chop(view: SceneView) -> Chop:
    return single(
        Chop(
            roughness=0.16 + 0.16 * view.mid + 0.1 * view.energy,
            sparkle=view.high,
            foam=view.energy,
        )
    )
