"""Brutalist halls of concrete in raking light: slabs, columns and beams in fog, a wet floor, lamps.

The camera glides through with `travel`; the sun's direction sways with `travel` and mid, its shafts
thicken with `energy` and bass. Blocks slide slowly, bass lifts the beams; high makes the small
lamps flicker, a beat brightens the lantern of a lone walker and runs along the lamps into the
depth. `progress` raises the camera. The seed chooses the hall: a nave of columns, a field of
monoliths, a canyon of cantilevers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clavilux.scenes.monolith.edges import sharpen_edges
from clavilux.scenes.monolith.hall import CELL, EYE_Z, hall
from clavilux.scenes.monolith.lamps import lamp_glow
from clavilux.scenes.monolith.perspective import Camera, trace
from clavilux.scenes.monolith.shading import Mood, shade
from clavilux.scenes.monolith.sunlight import COARSE, SLICES, shafts
from clavilux.scenes.monolith.walker import walker
from clavilux.scenes.noise import f32, u32
from clavilux.scenes.planes import single

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView


_KINDS = ("nave", "field", "canyon")  # by seed


class Monolith:
    """Concrete halls in raking light and fog."""

    name: ClassVar[str] = "monolith"
    words: ClassVar[tuple[str, ...]] = (
        "monolith",
        "concrete",
        "brutalist",
        "architecture",
        "building",
        "city",
        "temple",
        "pillar",
        "stone",
        "industrial",
    )
    scale: ClassVar[float] = 0.5

    def draw(
        self, rgb: NDArray[np.float32], view: SceneView, *, depth: NDArray[np.float32] | None = None
    ) -> None:
        """The hall and the wet floor, light on them, clean edges, then the walker and the lamps."""
        _, rows, columns = rgb.shape
        dice = np.random.default_rng(view.seed)
        short = min(rows, columns)
        unit = f32(1.36 / short)
        horizon = f32(rows * dice.uniform(0.52, 0.68))
        sway = 2 * np.pi * (0.03 * view.travel + 0.02 * view.time + dice.uniform())
        yaw = 0.08 * np.sin(sway) + dice.uniform(-0.26, 0.26)
        walked = 0.8 * view.travel + 0.2 * view.time
        z = walked + 400 * dice.uniform()
        eye = _eye(view, sway, z, dice)
        look = np.array([np.cos(yaw), np.sin(yaw), 0.5 * columns * unit], np.float32)
        camera = Camera(eye.astype(np.float32), look, unit, horizon)
        sun = _sun(view, sway, dice)
        walker_at = np.array([0.55 * np.sin(0.9 * sway + 1), 0, 20 + 1.5 * np.sin(0.4 * sway)])
        lamps = _lamps(view, walker_at, z)
        boxes = hall(_KINDS[view.seed % 3], view, z).astype(np.float32)
        image = np.empty_like(rgb)
        dist, face = _draw_hall(image, view, boxes, lamps, camera, sun)
        rgb[:] = image
        if depth is not None:
            np.clip(5 / (4 + dist), 0, 1, out=depth)
        sharpen_edges(rgb, image, 16 if view.detail else 4, face, boxes, camera)
        place = np.vstack([[*walker_at, 0], lamps]) - [*eye[:3], 0]
        x, y, ahead = _seen_at(place, look, unit, horizon, columns)
        walker(
            rgb,
            np.empty(rgb.shape[1:], np.float32) if depth is None else depth,
            dist,
            view.ramp[:, 10],
            view.ramp[:, 130],
            f32(x[0]),
            f32(y[0]),
            f32(1 / ahead[0] / unit),
            f32(ahead[0]),
            f32(walked / 1.5 % 1),
        )
        size = np.maximum(0.07 / ahead / unit, 0.9 * short / 540)
        spots = np.column_stack([x, y, size, ahead, place[:, 3]])[1:].astype(np.float32)
        lamp_glow(rgb, dist, spots, view.palette[-1])


def _eye(view: SceneView, sway: float, z: float, dice: np.random.Generator) -> NDArray[np.float64]:
    """Where the camera is: see Camera."""
    height = dice.uniform(1.5, 3.5) + 1.6 * view.progress
    return np.array([0.5 * np.sin(0.7 * sway), height, EYE_Z, EYE_Z - z % 4096])


def _sun(view: SceneView, sway: float, dice: np.random.Generator) -> NDArray[np.float32]:
    """The unit vector to the sun: ahead, on one side, its height and bearing swaying."""
    side = float(dice.choice([-1.0, 1.0]))
    bearing = side * (0.62 + 0.22 * np.sin(0.8 * sway) + 0.12 * view.mid)
    height = 0.62 + 0.12 * np.sin(0.53 * sway)
    return np.array(
        [np.sin(bearing) * np.cos(height), np.sin(height), np.cos(bearing) * np.cos(height)],
        np.float32,
    )


def _lamps(view: SceneView, walker_at: NDArray[np.float64], z: float) -> NDArray[np.float32]:
    """The walker's lantern and the lamps along the way: (l, 4) position, brightness."""
    lantern = 0.75 + 0.25 * view.beat + 0.2 * view.loudness + 0.2 * view.flux
    lamps = [[walker_at[0] + 0.36, 0.85, walker_at[2] - 0.1, lantern]]
    here = int(np.floor(z / CELL))
    for cell in range(here, here + 8):
        phase = np.random.default_rng([view.seed & 0xFFFFFFFF, cell]).uniform()
        away = cell * CELL + 2.5 - z
        if away > 0.5:
            turns = phase + 0.9 * view.time
            flicker = 1 - 0.5 * view.high * (0.5 + 0.5 * np.sin(2 * np.pi * turns))
            wave = view.beat * np.exp(-12 * (away / 40 - (1 - view.beat)) ** 2)
            enter = min(1.0, (away - 0.5) / 3) * min(1.0, max(0.0, (44 - away) / 8))
            bright = (0.6 * flicker + 0.5 * wave) * enter
            lamps.append([3.1 * (-1) ** cell, 0.4, away + EYE_Z, bright])
    return np.array(lamps, np.float32)


def _draw_hall(
    image: NDArray[np.float32],
    view: SceneView,
    boxes: NDArray[np.float32],
    lamps: NDArray[np.float32],
    camera: Camera,
    sun: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Fill the picture. Returns the distance and the face seen in each pixel: see trace."""
    _, rows, columns = image.shape
    dist, mirror = np.empty((rows, columns), np.float32), np.empty((rows, columns), np.float32)
    face, ignored = np.empty((rows, columns), np.int32), np.empty((rows, columns), np.int32)
    trace(dist, face, boxes, camera, False)
    trace(mirror, ignored, boxes, camera, True)
    mood = _mood(view)
    scatter = np.empty((SLICES, rows // COARSE + 2, columns // COARSE + 2), np.float32)
    shafts(scatter, boxes, camera, sun, mood.fog)
    shade(
        image,
        dist,
        face,
        mirror,
        scatter,
        boxes,
        lamps,
        view.ramp,
        view.palette[-1],
        camera,
        sun,
        mood,
        u32(view.seed & 0xFFFFFFFF),
        view.detail > 0,
    )
    return dist, face


def _mood(view: SceneView) -> Mood:
    """Energy clears the fog and lets the sun through."""
    return single(
        Mood(
            fog=0.032 + 0.014 * (1 - view.energy),
            sun=0.48 + 0.3 * view.energy + 0.1 * view.loudness + 0.06 * view.bar,
            wetness=0.8,
            haze=0.55 + 0.35 * view.energy + 0.12 * view.brightness,
            shafts=0.3 + 0.2 * view.energy + 0.22 * view.bass,
        )
    )


def _seen_at(
    place: NDArray[np.float64],
    look: NDArray[np.float32],
    unit: np.float32,
    horizon: np.float32,
    columns: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Where places (n, 3 or more), as seen from the eye, are in the picture, and how far ahead."""
    ahead = np.maximum(place[:, 0] * look[1] + place[:, 2] * look[0], 0.3)
    x = columns / 2 + (place[:, 0] * look[0] - place[:, 2] * look[1]) / ahead / unit
    return x, horizon - place[:, 1] / ahead / unit, ahead
