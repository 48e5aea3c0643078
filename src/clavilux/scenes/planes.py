"""The planes that scenes fill before there is colour: tones, and how near things are.

A tone is a place 0..1 on the palette's ramp, so what is drawn as tones has the palette's colours
whatever they are.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import f32, ramp_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

Numbers = TypeVar("Numbers", bound=NamedTuple)


@kernel
def paint(rgb, tone, ramp):
    """Colour a plane of tones through a (3, 256) ramp."""
    _, rows, columns = rgb.shape
    for j in range(rows):
        for i in range(columns):
            rgb[0, j, i], rgb[1, j, i], rgb[2, j, i] = ramp_at(ramp, tone[j, i])


def depth_to_fill(
    rgb: NDArray[np.float32], depth: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """The depth that is asked for, or an array that nobody looks at.

    Depth is worked out even where nobody asks: two code paths would round differently.
    """
    return np.empty(rgb.shape[1:], np.float32) if depth is None else depth


def single(numbers: Numbers) -> Numbers:
    """The same named numbers as float32, which is what kernels compute with."""
    return numbers._make(map(f32, numbers))
