"""The halls: boxes laid out cell by cell as the camera comes to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView


CELL = 6.0  # metres of hall that are laid out together
EYE_Z = 10.0  # where the camera stays, as float32 is exact there; the hall moves
_AHEAD = 10  # cells drawn in front of the camera

Box = list[float]
"""x0 y0 z0 x1 y1 z1 in metres."""


def hall(kind: str, view: SceneView, z: float) -> NDArray[np.float64]:
    """The boxes around a camera that has come to `z`: (n, 7), the last a number for the texture.

    kind: "nave", "field" or "canyon".
    """
    here = int(np.floor(z / CELL))
    cells = range(here - 2, here + _AHEAD)
    boxes = np.array([box for cell in cells for box in _cell(kind, cell, view)])
    boxes[:, [2, 5]] -= z - EYE_Z
    grown = np.clip((64 - boxes[:, 2]) / 10, 0, 1)  # new cells grow where the fog hides them
    boxes[:, [1, 4]] *= grown[:, None]
    return boxes


def _cell(kind: str, cell: int, view: SceneView) -> list[Box]:
    dice = np.random.default_rng([view.seed & 0xFFFFFFFF, cell + 4096])
    lay_out = {"nave": _nave, "field": _field, "canyon": _canyon}[kind]
    boxes = lay_out(cell, cell * CELL, view, dice)
    return [[*box, float((9 * cell + k) % 97)] for k, box in enumerate(boxes)]


def _slide(view: SceneView, dice: np.random.Generator) -> float:
    """How far a block has slid to and fro, -1..1."""
    turns = dice.uniform() + 0.03 * view.travel + 0.01 * view.time
    return float(np.sin(2 * np.pi * turns))


def _nave(cell: int, z: float, view: SceneView, dice: np.random.Generator) -> list[Box]:
    """Columns on both sides, walls behind them, a beam across."""
    boxes: list[Box] = []
    wide, deep = 1.3, 1.1
    for side in (-1, 1):
        x = side * 5.5
        boxes.append([x - wide / 2, 0, z, x + wide / 2, 13, z + deep])
        top = 13 + dice.uniform(0, 5)
        w = side * (10.0 + 1.5 * _slide(view, dice))
        outer = w + side * 4
        boxes.append([min(w, outer), 0, z + 0.6, max(w, outer), top, z + CELL - 0.9])
    y = 11.5 + 0.4 * _slide(view, dice) + 0.5 * view.bass
    boxes.append([-12, y, z - 0.1, 12, y + 1.6, z + 1.3 + 1.2 * dice.uniform()])
    return boxes


def _field(cell: int, z: float, view: SceneView, dice: np.random.Generator) -> list[Box]:
    """Monoliths at random, now and then one in the air."""
    boxes: list[Box] = []
    for side in (-1, 1):
        gap = dice.uniform(2.6, 7.0)
        w, h, d = dice.uniform(1.2, 5.5), dice.uniform(4, 19), dice.uniform(0.8, 3.5)
        x = side * (gap + w / 2 + 0.8 * _slide(view, dice))
        boxes.append([x - w / 2, 0, z, x + w / 2, h, z + d])
        if dice.uniform() < 0.5:
            x += side * (w / 2 + dice.uniform(2, 6))
            boxes.append([x - 1.2, 0, z + 1, x + 1.2, h * dice.uniform(0.6, 1.7), z + 4])
    if cell % 4 == 0:
        y = 7 + 1.2 * _slide(view, dice) + 0.5 * view.bass
        left, right = -4.5 + 2 * _slide(view, dice), 3.5 + 2 * _slide(view, dice)
        boxes.append([left, y, z + 3, right, y + 2.2, z + 5.2])
    return boxes


def _canyon(cell: int, z: float, view: SceneView, dice: np.random.Generator) -> list[Box]:
    """Three storeys of cantilevers on both sides, now and then a bridge."""
    boxes: list[Box] = []
    for side in (-1, 1):
        y = 0.0
        x = side * 5.5
        for _storey in range(3):
            h = dice.uniform(2.6, 5.5)
            out = dice.uniform(-1.8, 2.6) + 0.5 * _slide(view, dice)
            edge, wall = x + side * out, side * 16
            front = z + dice.uniform(0, 0.8)
            back = z + CELL - dice.uniform(0.2, 2.4)
            boxes.append([min(edge, wall), y, front, max(edge, wall), y + h, back])
            y += h
    if cell % 3 == 0:
        y = 9 + 1.5 * dice.uniform() + 0.5 * view.bass + 0.5 * _slide(view, dice)
        boxes.append([-9, y, z + 2, 9, y + 1.8, z + 4])
    return boxes
