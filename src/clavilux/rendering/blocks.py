"""A finished picture as the means of a few blocks: enough to find its flashes and accents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clavilux.compiled import kernel

ROWS, COLUMNS = 9, 16
LINES = 135
"""Of larger planes so many lines are measured, as far apart as their columns: 15 x 15 samples in a
block are enough for an average."""

Blocks = NDArray[np.uint16]
"""(..., 3, ROWS, COLUMNS): mean luma and colour differences, 8-bit video codes times 256."""

Reel = Sequence[Blocks]
"""Of a whole video: pieces (frames, 3, ROWS, COLUMNS) that follow each other. Each may be read from
a file when it is asked for, so that memory does not grow with the video."""


def block_means(planes: NDArray[np.uint8]) -> Blocks:
    """The blocks of yuv420p planes in one array, (height * 3 / 2, width)."""
    height = planes.shape[0] * 2 // 3
    u, v = planes[height:].reshape(2, height // 2, planes.shape[1] // 2)
    return plane_means(planes[:height], u, v)


def plane_means(y: NDArray[np.uint8], u: NDArray[np.uint8], v: NDArray[np.uint8]) -> Blocks:
    """(3, ROWS, COLUMNS) of three contiguous planes."""
    means = np.empty((3, ROWS, COLUMNS), np.uint16)
    for plane, out in zip((y, u, v), means, strict=True):
        _average(plane, max(1, len(plane) // LINES), out)
    return means


def as_signal(blocks: Blocks) -> NDArray[np.float32]:
    """Luma 0..1 and colour differences -0.5..0.5 (BT.709, limited range), of the same shape."""
    signal = blocks.astype(np.float32) / np.float32(256)
    signal[..., 0, :, :] = (signal[..., 0, :, :] - 16) / 219
    signal[..., 1:, :, :] = (signal[..., 1:, :, :] - 128) / 224
    return signal


@kernel
def _average(plane, step, out):  # type: ignore[no-untyped-def]
    height, width = plane.shape
    for row in range(ROWS):
        top = row * height // ROWS
        bottom = max((row + 1) * height // ROWS, top + 1)
        for column in range(COLUMNS):
            left = column * width // COLUMNS
            right = max((column + 1) * width // COLUMNS, left + 1)
            total, count = np.int64(0), np.int64(0)
            for i in range(top, bottom, step):
                line = plane[i]
                for k in range(left, right, step):
                    total += np.int64(line[k])
                    count += 1
            out[row, column] = (total * 256 + count // 2) // count
