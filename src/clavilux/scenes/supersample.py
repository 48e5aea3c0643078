"""Stills of scenes with hard geometry: drawn twice as large, then averaged down."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import Scene, SceneView

_MOST_PIXELS = 4_000_000  # larger stills are fine enough as they are


def wants_supersampling(rgb: NDArray[np.float32], view: SceneView) -> bool:
    return view.detail > 0 and rgb[0].size <= _MOST_PIXELS


def draw_supersampled(
    scene: Scene,
    rgb: NDArray[np.float32],
    view: SceneView,
    *,
    depth: NDArray[np.float32] | None = None,
) -> None:
    """Let a scene draw four samples per pixel, each as in motion."""
    _, rows, columns = rgb.shape
    large = np.empty((3, 2 * rows, 2 * columns), np.float32)
    large_depth = None if depth is None else np.empty(large.shape[1:], np.float32)
    scene.draw(large, dataclasses.replace(view, detail=0), depth=large_depth)
    large.reshape(3, rows, 2, columns, 2).mean((2, 4), out=rgb)
    if depth is not None and large_depth is not None:
        large_depth.reshape(rows, 2, columns, 2).mean((1, 3), out=depth)
