"""How far apart the colours of two pictures are, and how far from a palette.

Between pictures: the sliced Wasserstein distance of their colours in OKLab (Rabin, Peyré, Delon and
Bernot, "Wasserstein barycenter and its application to texture mixing", 2011): how far one picture's
colours must be moved to become the other's, wherever in the picture they are.

From a palette: the same in a and b alone, from what its colours make when any two of them mix, each
as often as it covers area. Both are unlike what the grading does, so they can judge it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from clavilux.model.color import Array, Palette, hex_to_srgb, srgb_to_oklab
from clavilux.model.consistency import ConsistencyReport
from clavilux.providers.grade import AREA

SAMPLES = 4096
LIGHTNESS = 0.5
"""What lightness counts against a and b: how light a section is, is up to the music."""

_QUANTILES = (np.arange(128) + 0.5) / 128


def _directions(count: int) -> Array:
    """Evenly spread over half a sphere, (count, 3): a Fibonacci lattice."""
    z = (np.arange(count) + 0.5) / count
    turn = np.pi * (1 + 5**0.5) * np.arange(count)
    across = np.sqrt(1 - z * z)
    return np.stack([z, across * np.cos(turn), across * np.sin(turn)], axis=-1)


_DIRECTIONS = _directions(24)

Colors = NDArray[np.float32]
"""Some of a picture's colours in OKLab, shape (n, 3)."""


@dataclass(frozen=True)
class Graded:
    """One picture's colours before and after grading, and what it was graded towards."""

    before: Colors
    after: Colors
    palette: Palette


def colors_of(rgb: NDArray[np.uint8]) -> Colors:
    """Some thousand of a picture's colours, evenly spread; all one needs to keep for a figure.

    `rgb` is (h, w, 3), sRGB.
    """
    step = max(1, int((rgb.shape[0] * rgb.shape[1] / SAMPLES) ** 0.5))
    some = rgb[step // 2 :: step, step // 2 :: step].reshape(-1, 3)
    return srgb_to_oklab((some if len(some) else rgb.reshape(-1, 3)) / 255.0).astype(np.float32)


def picture_distance(one: Colors, other: Colors) -> float:
    """Between two pictures, in OKLab units; 0 where the same colours cover the same areas."""
    slices = [_sliced(colors) for colors in (one, other)]
    # The mean of |u·n| over directions n is half of |u|: doubled, a shift counts as it is.
    return float(2 * np.abs(slices[0] - slices[1]).mean())


def _sliced(colors: Colors) -> Array:
    """Quantiles of the colours along each direction."""
    scaled = colors.astype(np.float64) * (LIGHTNESS, 1.0, 1.0)
    return np.asarray(np.quantile(scaled @ _DIRECTIONS.T, _QUANTILES, axis=0))


def palette_distance(colors: Colors, palette: Palette) -> float:
    """Between a picture and a palette, in OKLab units; lightness does not count."""
    points, weights = _mixtures(palette)
    turns = np.arange(12) * np.pi / 12
    apart = [
        np.abs(np.quantile(colors[:, 1:] @ line, _QUANTILES) - _quantiles(points @ line, weights))
        for line in np.stack([np.cos(turns), np.sin(turns)], axis=-1)
    ]
    # The mean of |u·n| over directions in a plane is 2/π of |u|.
    return float(np.pi / 2 * np.mean(apart))


def _mixtures(palette: Palette) -> tuple[Array, Array]:
    """The a and b of all pairs of colours, half and half, and how often they meet."""
    area = AREA[: len(palette)] / AREA[: len(palette)].sum()
    own = np.array([srgb_to_oklab(hex_to_srgb(c))[1:] for c in palette])
    return ((own[:, None] + own) / 2).reshape(-1, 2), np.outer(area, area).ravel()


def _quantiles(values: Array, weights: Array) -> Array:
    order = np.argsort(values, kind="stable")
    return np.interp(_QUANTILES, np.cumsum(weights[order]) - weights[order] / 2, values[order])


def consistency(pictures: Sequence[Graded]) -> ConsistencyReport | None:
    """The figure of a video; `pictures` in the order of the song. None where there is none."""
    if not pictures:
        return None
    before, after = [p.before for p in pictures], [p.after for p in pictures]
    return ConsistencyReport(
        neighbours_before=_between_neighbours(before),
        neighbours_after=_between_neighbours(after),
        palette_before=_mean([palette_distance(p.before, p.palette) for p in pictures]),
        palette_after=_mean([palette_distance(p.after, p.palette) for p in pictures]),
        pictures=len(pictures),
    )


def _between_neighbours(pictures: Sequence[Colors]) -> float | None:
    distances = [picture_distance(one, other) for one, other in pairwise(pictures)]
    return _mean(distances) if distances else None


def _mean(distances: Sequence[float]) -> float:
    return round(sum(distances) / len(distances), 4)
