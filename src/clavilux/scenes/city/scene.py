"""A city at nightfall across dark water: towers in haze, windows, neon, lamps and their reflection.

Four rows of buildings stand one before the other, each made of cells along a street without end.
`travel` slides them past at their own speeds and drives the lights on the quay, bass swells the
glow behind the skyline, mid raises the lit floors of some towers like a level meter, high makes
windows glint, a beat sends a front of light along the window rows from the middle outward, a
downbeat lights the spires. `energy` and `progress` light more windows. The seed chooses the street.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clavilux.scenes.city.lights import colour, quay
from clavilux.scenes.city.sky import Glow, enlarge, sky
from clavilux.scenes.city.towers import Row, street
from clavilux.scenes.city.water import reflect
from clavilux.scenes.city.windows import Music
from clavilux.scenes.noise import f32, u32
from clavilux.scenes.planes import depth_to_fill, single

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView


_ROWS = (  # far to near: a Row without its depth, with its speed
    (0.055, 0.14, 0.52, 0.17, 0.42, 0.0055, 0.0075, 0.006),
    (0.085, 0.1, 0.58, 0.105, 0.72, 0.0075, 0.0095, 0.011),
    (0.12, 0.06, 0.36, 0.055, 0.92, 0.0105, 0.0125, 0.019),
    (0.17, 0.03, 0.14, 0.022, 1.0, 0.015, 0.016, 0.03),
)


class City:
    """A skyline of lights over dark water."""

    name: ClassVar[str] = "city"
    words: ClassVar[tuple[str, ...]] = (
        "city",
        "skyline",
        "street",
        "metropolis",
        "neon",
        "downtown",
        "towers",
        "urban",
        "lights",
    )
    scale: ClassVar[float] = 1.0

    def draw(
        self, rgb: NDArray[np.float32], view: SceneView, *, depth: NDArray[np.float32] | None = None
    ) -> None:
        """The sky, row after row of towers, the lights on the quay, then all of it in the water."""
        _, rows, columns = rgb.shape
        short = min(rows, columns)
        unit = f32(1 / short)
        dice = np.random.default_rng(view.seed)
        seed = view.seed % 65536
        ground = depth_to_fill(rgb, depth)
        ground[:] = 0.02
        wide = columns / short
        base = int(rows * dice.uniform(0.7, 0.76))  # the row where towers end and water begins
        middle = wide * dice.uniform(0.3, 0.7)
        tone = np.zeros((rows, columns), np.float32)
        neon = np.zeros((rows, columns), np.float32)
        power = (0.62 + 0.45 * view.bass + 0.12 * view.beat) * (1.15 - 0.35 * view.progress)
        _draw_sky(tone, view, base, unit, middle, power, dice)
        start = dice.uniform(0, 40)
        for k, (*sizes, speed) in enumerate(_ROWS):
            slide = f32(start * (1 + 0.3 * k) + speed * (view.travel + 0.35 * view.time))
            street(
                tone,
                neon,
                ground,
                f32(base),
                slide,
                unit,
                _row(k, sizes, min(base / short, 1.5)),
                f32((0.4 - 0.105 * k) * (0.55 + 0.6 * power)),
                _music(view, middle),
                f32(view.bar),
                u32(seed + 11 * k),
            )
        passed = f32(0.05 * view.time + 0.16 * view.travel)
        quay(tone, neon, f32(base), unit, slide, passed, f32(0.5 + 0.5 * view.loudness), u32(seed))
        ripple = f32(0.5 * view.time + 0.5 * view.travel)
        chop = f32(0.35 + 0.5 * view.bass)
        octaves = 5 if view.detail else 2
        reflect(tone, neon, ground, base, unit, ripple, chop, f32(power), octaves, u32(seed + 3))
        colour(rgb, tone, neon, view.ramp, view.palette[-1])


def _draw_sky(
    tone: NDArray[np.float32],
    view: SceneView,
    base: int,
    unit: np.float32,
    middle: float,
    power: float,
    dice: np.random.Generator,
) -> None:
    """Down to row `base`: soft, so it is drawn small and enlarged."""
    rows, columns = tone.shape
    light = single(
        Glow(
            x=middle,
            power=power,
            width=0.6 + 0.6 * view.energy,
            dark=0.03 + 0.03 * view.brightness,
        )
    )
    times = max(min(rows, columns) // 150, 1)
    field = np.empty((base // times + 2, columns // times + 2), np.float32)
    drift = f32(dice.uniform(0, 60) + 0.012 * view.time + 0.03 * view.travel)
    beams = _beams(view, columns / min(rows, columns), dice)
    seed = u32(view.seed % 65536)
    sky(field, f32(unit * times), f32(base * unit), light, beams, drift, seed)
    enlarge(tone, field, f32(times), base)


def _beams(view: SceneView, wide: float, dice: np.random.Generator) -> NDArray[np.float32]:
    """Searchlights that sweep to and fro, more of them with energy."""
    count = 3
    foot = wide * dice.uniform(0.1, 0.9, count)
    pace = dice.uniform(0.02, 0.04, count) * dice.choice([-1, 1], count)
    turn = pace * (view.travel + 0.5 * view.time) + dice.uniform(0, 1, count)
    angle = 0.55 * np.sin(2 * np.pi * turn)
    strength = np.clip(3 * view.energy - np.arange(count) * 0.7, 0.15, 1)
    strength = 0.16 * strength * (0.6 + 0.4 * view.loudness + 0.4 * view.bar)
    return np.stack([foot, np.sin(angle), np.cos(angle), strength], axis=1).astype(np.float32)


def _music(view: SceneView, middle: float) -> Music:
    return single(
        Music(
            lit=0.3 + 0.12 * view.energy + 0.08 * view.progress,
            time=view.time,
            glint=0.9 * view.high,
            meter=0.1 + 0.9 * view.mid,
            front=0.05 + 0.9 * (1 - view.beat),
            front_strength=view.beat,
            middle=middle,
        )
    )


def _row(k: int, sizes: list[float], tall: float) -> Row:
    """`tall`: how much room there is for towers, in short sides of the picture."""
    cell, least, added, tone, bright, bay, floor = sizes
    return single(
        Row(
            cell=cell,
            least=least * tall,
            added=added * tall,
            tone=tone,
            windows=bright,
            bay=bay,
            floor=floor,
            depth=0.2 + 0.17 * k,
        )
    )
