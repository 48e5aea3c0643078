"""A sea of dunes under a low sun: sharp crests, a lit and a dark side, sand in the wind.

The land is drawn from the nearest point outward, one distance at a time: each column keeps how high
it is filled already, and only what rises above that is seen. `travel` flies over the dunes (the eye
keeps above the sand), bass makes the land heave, mid drives the streaks of blown sand, high lights
grains in the air, a beat runs a band of light over the sand from the horizon to the eye. `energy`
widens the glow and the wind, `progress` moves the sun. The seed chooses the dunes, which side the
sun stands, and the height of the horizon.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clavilux.scenes.dunes.air import Sun, Wind, finish, grains
from clavilux.scenes.dunes.land import Band, Light, Toward, land
from clavilux.scenes.dunes.shape import Course, Place, eye_height
from clavilux.scenes.noise import f32, u32
from clavilux.scenes.planes import depth_to_fill, single

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView


_HAZE = f32(0.035)  # how thick the air is: 1 / the distance at which 63 % is haze


class Dunes:
    """Dunes before a low sun."""

    name: ClassVar[str] = "dunes"
    words: ClassVar[tuple[str, ...]] = (
        "dunes",
        "desert",
        "sand",
        "sahara",
        "heat",
        "mirage",
        "caravan",
        "oasis",
    )
    scale: ClassVar[float] = 0.5

    def draw(
        self, rgb: NDArray[np.float32], view: SceneView, *, depth: NDArray[np.float32] | None = None
    ) -> None:
        """The land, the sky behind it with blown sand over both, then grains in the air."""
        _, rows, columns = rgb.shape
        short = min(rows, columns)
        unit = f32(1 / short)
        dice = np.random.default_rng(view.seed)
        seed = u32(view.seed % 65536)
        ground = depth_to_fill(rgb, depth)
        ground[:] = 0
        tone = np.zeros((rows, columns), np.float32)
        full = np.zeros((rows, columns), np.float32)
        horizon = f32(rows * dice.uniform(0.38, 0.48))
        side = dice.choice([-1, 1])
        across = side * (columns / short) * dice.uniform(0.1, 0.32)
        setting = dice.choice([-1, 1])
        up = dice.uniform(0.1, 0.2) + 0.07 * setting * (view.progress - 0.5)
        run, moved = _course(view, dice), _place(view, dice)
        power = 0.8 + 0.25 * view.loudness
        low = 0.26 + 0.08 * view.brightness
        land(
            tone,
            full,
            ground,
            eye_height(moved, run, seed),
            unit,
            horizon,
            run,
            _toward(side, up),
            single(Light(haze=low, sun=across, power=power, dark=0.075)),
            single(Band(distance=0.8 + 12 * view.beat, strength=view.beat)),
            moved,
            f32(0.6 if view.detail else 1.0),
            _HAZE,
            seed,
        )
        sun = single(
            Sun(
                x=across,
                up=up,
                radius=dice.uniform(0.045, 0.09),
                low=low,
                high=0.08,
                power=power + 0.08 * view.beat,
                width=0.6 + 0.8 * view.energy,
            )
        )
        wind = single(Wind(streaks=0.25 + 0.5 * view.energy + 0.6 * view.mid, dust=view.flux))
        time, blown = f32(view.time), f32(0.12 * view.time + 0.4 * view.travel)
        octaves = 5 if view.detail else 4
        finish(
            rgb, tone, full, ground, view.ramp, horizon, unit, sun, wind, time, blown, octaves, seed
        )
        size, bright = f32(max(0.9 * short / 540, 0.7)), f32(0.04 + 0.4 * view.high)
        gold = view.ramp[:, 235].copy()
        count = 90 * (1 + view.detail)
        grains(rgb, unit, count, time, blown, size, bright, horizon, gold, seed)


def _course(view: SceneView, dice: np.random.Generator) -> Course:
    turn = 2 * np.pi * dice.choice([-1, 1]) * dice.uniform(0.05, 0.14)
    return single(Course(cos=np.cos(turn), sin=np.sin(turn), height=0.75 + 0.1 * view.bass))


def _place(view: SceneView, dice: np.random.Generator) -> Place:
    """Where the flight over the dunes has come to."""
    return single(
        Place(
            x=dice.uniform(0, 300) + 0.06 * view.time,
            z=dice.uniform(0, 300) + 0.22 * view.time + 0.85 * view.travel,
        )
    )


def _toward(side: int, up: float) -> Toward:
    """Where the light comes from: the side where the sun stands, and a little from behind."""
    toward = np.array([side * 0.86, 0.2 + 0.3 * up, 0.42], np.float32)
    return Toward(*toward / np.linalg.norm(toward))
