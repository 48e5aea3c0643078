"""A flight through a ribbed tunnel of panels towards a bright far end.

`travel` is the flight, and bends the tunnel; bass widens it, mid rolls it, high sends light along
the seams and makes small lamps twinkle; a beat is a ring of light that runs from the far end past
the camera. `energy` opens the far light and switches on more panels, `progress` brings the end
nearer. The seed chooses the cross-section (round, square, hexagonal...), its ribs and panels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clavilux.scenes.noise import f32, u32
from clavilux.scenes.planes import single
from clavilux.scenes.supersample import draw_supersampled, wants_supersampling
from clavilux.scenes.tunnel.walls import Bend, Lights, Rib, Ring, Way, fly

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView


class Tunnel:
    """A flight through a ribbed tunnel of light."""

    name: ClassVar[str] = "tunnel"
    words: ClassVar[tuple[str, ...]] = (
        "tunnel",
        "vortex",
        "corridor",
        "flight",
        "speed",
        "warp",
        "tube",
        "drive",
        "machine",
        "spaceship",
    )
    scale: ClassVar[float] = 0.5

    def draw(
        self, rgb: NDArray[np.float32], view: SceneView, *, depth: NDArray[np.float32] | None = None
    ) -> None:
        """The bend of the tunnel, the flight along it, and the lights: all of it in one pass."""
        if wants_supersampling(rgb, view):
            draw_supersampled(self, rgb, view, depth=depth)
            return
        _, rows, columns = rgb.shape
        dice = np.random.default_rng(view.seed)
        sides = f32(dice.choice([4, 6, 8, 16]))
        bend = _bend(view, rows, columns, dice)
        unit = f32(2 / min(rows, columns) * (0.95 - 0.08 * view.bass + 0.1 * view.energy))
        squash = f32(dice.uniform(0.75, 1.4))
        way = _way(view, dice)
        roll = dice.uniform() + 0.01 * view.time + 0.012 * view.mid + 0.012 * view.travel
        twist = dice.choice([0.0, 0.012, -0.02])
        rib = single(Rib(height=dice.uniform(0.05, 0.09), thickness=dice.uniform(0.12, 0.3)))
        strips = f32(dice.integers(3, 6) if sides < 16 else 2)  # panels across one side
        strength = 1.4 * view.beat * (1 - 0.5 * view.beat)
        fly(
            rgb,
            np.empty(rgb.shape[1:], np.float32) if depth is None else depth,
            view.ramp,
            view.palette[-1],
            unit,
            squash,
            bend,
            sides,
            way,
            f32(roll % 1),
            f32(twist),
            rib,
            strips,
            _lights(view),
            single(Ring(depth=0.4 + 9.0 * view.beat, strength=strength)),
            u32(view.seed & 0xFFFFFFFF),
        )


def _bend(view: SceneView, rows: int, columns: int, dice: np.random.Generator) -> Bend:
    """It winds about, farther along the picture's long side."""
    wind = 2 * np.pi * (0.03 * view.travel + 0.008 * view.time + dice.uniform())
    turn = 2 * np.pi * (0.021 * view.travel + 0.011 * view.time + dice.uniform())
    bend = np.array([0.5 * np.cos(wind), 0.38 * np.sin(turn)], np.float32)
    bend *= f32(0.8 + 0.2 * view.energy)
    bend *= np.array([max(1.0, columns / rows) ** 0.5, max(1.0, rows / columns) ** 0.5], np.float32)
    return Bend(*bend)


def _way(view: SceneView, dice: np.random.Generator) -> Way:
    spacing = dice.uniform(1.6, 2.6)
    flown = 1.1 * view.travel + 0.25 * view.time + dice.uniform(0, 99)
    return single(Way(at=flown % (spacing * 4096), spacing=spacing))


def _lights(view: SceneView) -> Lights:
    return single(
        Lights(
            end=0.42 + 0.5 * view.energy + 0.12 * view.loudness + 0.08 * view.bar,
            panels=0.06 + 0.2 * view.energy,
            seams=0.7 * view.high + 0.3 * view.flux,
            twinkle=view.high,
            clock=(0.5 * view.travel + 0.2 * view.time) % 4096,
            fog=0.1 + 0.04 * view.progress,
            haze=0.12 + 0.08 * view.brightness,
        )
    )
