"""Fast blurs for small planes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clavilux.compiled import kernel

Floats = NDArray[np.float32]


def blur(planes: Floats, sigma: float) -> Floats:
    """Nearly Gaussian blur of (..., h, w) by three box filters (Wells, 1986), edges held."""
    size = max(1, round(float(np.sqrt(4 * sigma * sigma + 1))))
    half = size // 2
    out = np.empty(planes.shape, np.float32)
    for index in np.ndindex(planes.shape[:-2]):
        down = _thrice(np.ascontiguousarray(planes[index], dtype=np.float32), half)
        out[index] = _thrice(np.ascontiguousarray(down.T), half).T
    return out


def gaussian(plane: Floats, sigma: float) -> Floats:
    """A Gaussian blur of (h, w) over four standard deviations each way, edges held."""
    reach = int(4 * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    taps = (weights / weights.sum()).astype(np.float32)
    for _ in range(2):
        out = np.zeros_like(plane, dtype=np.float32, order="C")
        _weigh(np.ascontiguousarray(plane, dtype=np.float32), taps, out)
        plane = out.T
    return np.ascontiguousarray(plane)


def _thrice(plane: Floats, half: int) -> Floats:
    first, second = np.empty_like(plane), np.empty_like(plane)
    total = np.empty(plane.shape[1], np.float32)
    _box(plane, half, total, first)
    _box(first, half, total, second)
    _box(second, half, total, first)
    return first


@kernel
def _box(plane, half, total, out):  # type: ignore[no-untyped-def]
    """Each line becomes the mean of it and of `half` lines above and below; `total` is room."""
    height = plane.shape[0]
    share = np.float32(1) / np.float32(2 * half + 1)
    for k in range(len(total)):
        total[k] = 0
    for j in range(-half, half + 1):
        line = plane[min(max(j, 0), height - 1)]
        for k in range(len(total)):
            total[k] += line[k]
    for row in range(height):
        mean, comes = out[row], plane[min(row + half + 1, height - 1)]
        goes = plane[max(row - half, 0)]
        for k in range(len(total)):
            mean[k] = total[k] * share
            total[k] += comes[k] - goes[k]


@kernel
def _weigh(plane, taps, out):  # type: ignore[no-untyped-def]
    """Add to each line the lines around it, by their weights."""
    height, reach = plane.shape[0], len(taps) // 2
    for row in range(height):
        line = out[row]
        for j in range(len(taps)):
            near, weight = plane[min(max(row + j - reach, 0), height - 1)], taps[j]
            for k in range(len(line)):
                line[k] += near[k] * weight
