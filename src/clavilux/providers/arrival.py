"""What a provider sent -> a picture of the wanted size, or the reason why it is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clavilux.providers.decoding import decoded, unusable

if TYPE_CHECKING:
    from PIL.Image import Image

SMALLEST_SIDE = 256
"""Pixels: anything smaller is a placeholder or a mistake."""
MUCH_CROPPED, MOST_CROPPED = 2.0, 3.0
"""How far the shape may be off: one part in so many is left of the longer side. A square for 16:9
is 1.8 off, an upright picture for a wide one 3.2."""
MUCH_ENLARGED = 2.0

BLANK_STEP = 8
"""Of 255: colours this near to each other are one."""
BLANK_SHARE = 0.0005
"""A picture with fewer pixels of another colour than this is blank; stars in the night are more."""


@dataclass(frozen=True)
class Arrived:
    """A picture that can be shown."""

    rgb: NDArray[np.uint8]
    """(height, width, 3), sRGB, of the size that was asked for."""
    notes: tuple[str, ...]
    """For the user, to be read after "the picture ": what was not as one would expect."""


def arrived(data: bytes, *, width: int, height: int, ground: str) -> Arrived:
    """Check what came and fit it: cropped around the centre to the shape of width x height, and
    scaled to that.

    `ground` (#RRGGBB) shows where the picture is transparent. Raises ProviderError (unusable) for
    what is no picture, blank, tiny, or of quite another shape.
    """
    image, notes = decoded(data, ground=ground)
    came = f"{image.width}x{image.height}"
    if min(image.size) < SMALLEST_SIDE:
        raise unusable(f"the picture is {came}, too small")
    ratio = (image.width / image.height) / (width / height)
    cropped = max(ratio, 1 / ratio)
    if cropped > MOST_CROPPED:
        raise unusable(f"the picture is {came}, far from the shape of {width}x{height}")
    _check_content(image)
    box = _centred(image, width / height)
    enlarged = width / (box[2] - box[0])
    if cropped > MUCH_CROPPED:
        notes = (*notes, f"came as {came}: only {100 / cropped:.0f} % of it is shown")
    if enlarged > MUCH_ENLARGED:
        notes = (*notes, f"came as {came} and is enlarged {enlarged:.1f} times")
    return Arrived(_scaled(image, width, height, box), notes)


def _check_content(image: Image) -> None:
    """Some services answer with a plain or empty picture instead of an error."""
    step = max(1, round((image.width * image.height / 500_000) ** 0.5))
    some = np.asarray(image)[step // 2 :: step, step // 2 :: step].reshape(-1, 3).astype(np.int16)
    usual = np.median(some, axis=0)
    other = (np.abs(some - usual) > BLANK_STEP).any(axis=1)
    if other.mean() < BLANK_SHARE:
        raise unusable("the picture is blank")


def _centred(image: Image, aspect: float) -> tuple[float, float, float, float]:
    """The largest box of that shape around the centre: left, top, right, bottom in pixels."""
    across = min(image.width, image.height * aspect)
    down = across / aspect
    left, top = (image.width - across) / 2, (image.height - down) / 2
    return left, top, left + across, min(top + down, image.height)


def _scaled(
    image: Image, width: int, height: int, box: tuple[float, float, float, float]
) -> NDArray[np.uint8]:
    from PIL.Image import Resampling

    if (width, height) == image.size:
        return np.array(image)
    return np.array(image.resize((width, height), Resampling.LANCZOS, box=box))
