"""What Black Forest Labs' image models take.

Source: docs.bfl.ai and black-forest-labs/skills (bfl-api), November 2026. FLUX.2 takes pixels,
FLUX 3 an aspect ratio and a size class; each refuses the other's fields.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from clavilux.model.errors import ProviderError
from clavilux.providers.adapting import nearest_aspect, ratio, size_of

USUAL = "flux-2-pro"

STEP = 16
STEEPEST = 4.0
"""What is longer than that looks like nothing that it has seen."""
FEWEST, USUAL_MOST, MOST = 1_000_000, 2_000_000, 4_000_000
"""Pixels of FLUX.2: what is paid for anyway, what we ask for by ourselves, what it makes."""

LARGEST_SEED = 2**31 - 1

ASPECTS = (
    "21:9", "2:1", "16:9", "3:2", "7:5", "4:3", "5:4", "1:1",
    "4:5", "3:4", "5:7", "2:3", "9:16", "1:2", "9:21",
)  # fmt: skip
"""Of FLUX 3."""

CLASSES = {"768sq": 768, "1k": 1024, "1.5k": 1536, "2k": 2048, "4k": 4096}
"""FLUX 3: the side of a square picture of each size class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Models that take the same."""

    by_pixels: bool
    """Width and height, else aspect ratio and size class."""
    seed: bool
    references: int


FLUX_2 = Family(by_pixels=True, seed=True, references=8)
KLEIN = Family(by_pixels=True, seed=True, references=4)
FLUX_3 = Family(by_pixels=False, seed=False, references=10)

_FAMILIES = ((r"flux-2-klein-.+", KLEIN), (r"flux-2-.+", FLUX_2), (r"flux-3-image.*", FLUX_3))


def family_of(model: str) -> Family:
    """What a model takes. Raises ProviderError for one whose fields nobody here knows."""
    for pattern, family in _FAMILIES:
        if re.fullmatch(pattern, model):
            return family
    raise ProviderError(
        f"bfl: the fields of '{model}' are not known; set [providers.bfl] model to {USUAL}, "
        "flux-2-max, flux-2-klein-9b or flux-3-image",
        trouble="model_gone",
    )


def pixels_for(width: int, height: int, *, most: int = MOST) -> tuple[int, int]:
    """A size that FLUX.2 takes, of this shape and about this area, never more than `most`."""
    aspect = min(max(width / height, 1 / STEEPEST), STEEPEST)
    area = min(max(width * height, FEWEST), most)
    while True:
        found = size_of(aspect, pixels=area, step=STEP)
        if found[0] * found[1] <= most:
            return found
        area -= area // 64


def class_for(width: int, height: int, size: str) -> tuple[str, int, int]:
    """The aspect ratio of FLUX 3 nearest to a shape; about the width and height it then has."""
    aspect = nearest_aspect(width, height, ASPECTS)
    return aspect, *size_of(ratio(aspect), pixels=CLASSES[size] ** 2, step=STEP)
