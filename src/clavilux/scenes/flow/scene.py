"""Ribbons of silk threads carried by a slow current, lit from one side like hair or fibre.

Some two thousand fine threads follow the current in ribbons, three layers deep, around one calm
dark body. `travel` carries the threads along and turns the current, bass swells the dark body and
fans the ribbons, mid turns the light so that the sheen wanders, high makes the heads of the threads
glint, a beat runs a bright ring of light out from the body. `energy` brings more threads into the
light. The seed chooses where the body is and how the current runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clavilux.scenes.flow.backdrop import Ring, backdrop
from clavilux.scenes.flow.current import GRID, MARGIN, Body, stream
from clavilux.scenes.flow.threads import Counts, Layer, Light, threads
from clavilux.scenes.noise import f32, u32
from clavilux.scenes.planes import single

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView


# Far to near: width of a thread at 540 rows, alpha, tone, zoom, ribbons, threads in each.
_LAYERS = (
    (1.6, 0.35, 0.0, 0.96, 70, 18),
    (1.1, 0.6, 0.06, 1.0, 84, 20),
    (1.3, 0.75, 0.12, 1.06, 24, 14),
)
_STEPS = 56
_STRIDE = 0.032


class Flow:
    """Silk threads in a current around a dark body."""

    name: ClassVar[str] = "flow"
    words: ClassVar[tuple[str, ...]] = (
        "flow",
        "silk",
        "thread",
        "hair",
        "current",
        "wind",
        "river",
        "fibre",
        "particles",
        "breath",
    )
    scale: ClassVar[float] = 0.5

    def draw(
        self, rgb: NDArray[np.float32], view: SceneView, *, depth: NDArray[np.float32] | None = None
    ) -> None:
        """The current around the body, the light behind it, three layers of threads over it."""
        _, rows, columns = rgb.shape
        dice = np.random.default_rng(view.seed)
        short = min(rows, columns)
        unit = f32(2 / short)
        cell = f32(2 / GRID)
        seed = u32(view.seed & 0xFFFFFFFF)
        moved = 0.02 * view.time + 0.06 * view.travel
        body, size, angle = _body(view, columns / short, rows / short, dice)
        kind = f32(dice.choice([0.0, 0.25, 0.6, 0.9]))
        psi = np.empty(
            (int(rows / short * GRID) + 2 * MARGIN, int(columns / short * GRID) + 2 * MARGIN),
            np.float32,
        )
        lean = f32(dice.uniform() + 0.08 * view.progress)
        stream(psi, cell, kind, body, lean, f32(moved), f32(0.7 + 0.5 * view.energy), seed)
        ring = single(Ring(radius=size + 1.2 * (1 - view.beat), strength=0.8 * view.beat))
        warmth = f32(view.loudness + 0.3 * view.bar)
        backdrop(rgb, view.ramp, unit, body, ring, warmth, f32(0.5 + view.energy))
        light = single(
            Light(x=np.cos(angle + 0.6), y=np.sin(angle + 0.6), fall=0.55 / (0.5 + view.energy))
        )
        for k, (*looks, ribbons, many) in enumerate(_LAYERS):
            threads(
                rgb,
                view.ramp,
                psi,
                cell,
                unit,
                body,
                _layer(view, looks, short / 540),
                light,
                f32(0.7 * view.high + 0.3 * view.flux),
                f32(0.02 * view.time + moved * (1.0 + 0.3 * k)),
                ring,
                Counts(ribbons=ribbons, threads=many * (2 if view.detail else 1), steps=_STEPS),
                seed + u32(k),
            )
        if depth is not None:
            _fill_depth(depth, unit, body, size)


def _body(
    view: SceneView, wide: float, tall: float, dice: np.random.Generator
) -> tuple[Body, float, float]:
    """The body, its radius in full precision, and the angle from which it is lit."""
    x, y = dice.uniform(-0.35, 0.35, 2) * [wide, tall]
    toward = dice.uniform()
    size = dice.uniform(0.28, 0.45) * (0.85 + 0.12 * view.bass + 0.25 * view.progress)
    angle = 2 * np.pi * (toward + 0.03 * view.time / 6 + 0.1 * view.mid)
    body = Body(x=x, y=y, radius=size, lit_x=np.cos(angle), lit_y=np.sin(angle))
    return single(body), size, angle


def _layer(view: SceneView, looks: list[float], pixel: float) -> Layer:
    """`pixel`: how large a pixel of a picture with 540 rows is here."""
    width, alpha, lift, zoom = looks
    return single(
        Layer(
            reach=0.25 + 0.2 * view.bass,
            width=max(width * pixel / (1.5 if view.detail else 1), 1.0),
            alpha=alpha,
            lift=lift + 0.08 * view.brightness,
            zoom=zoom,
            stride=_STRIDE,
        )
    )


def _fill_depth(depth: NDArray[np.float32], unit: np.float32, body: Body, size: float) -> None:
    """The body is nearest; all around it lies farther back the farther out it is."""
    rows, columns = depth.shape
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32) + 0.5
    far = np.hypot((x - columns / 2) * unit - body.x, (y - rows / 2) * unit - body.y) - size
    depth[:] = (
        0.15 + 0.4 / (1 + np.maximum(far, 0) ** 2) + 0.35 * np.clip(0.5 - far / (6 * unit), 0, 1)
    )
