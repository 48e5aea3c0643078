"""What a provider is asked for, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clavilux.model.base import Value
from clavilux.model.color import Palette
from clavilux.model.likeness import AlikeBy


class ImageRequest(Value):
    """One keyframe: everything that decides its pixels."""

    section: str
    index: int = Field(ge=0)
    """Which still of its section."""
    prompt: str
    negative_prompt: str = ""
    simplified: str = ""
    """The prompt of the second try."""
    width: int = Field(ge=16)
    height: int = Field(ge=16)
    seed: int = Field(ge=0)
    """The embedded painter's: every still has its own."""
    shared_seed: int = Field(default=1, ge=1, lt=2**31)
    """Image models': the sections of a video share it, so that their pictures are related."""
    variation: int = Field(default=0, ge=0)
    """How many stills before this one have the same prompt: it must be another picture."""
    style: str = ""
    """What all pictures of the video have in common."""
    grading: float = Field(default=0.5, ge=0, le=1)
    """How strongly a picture from outside is graded towards the palette."""
    likeness: AlikeBy = Field(default="seeds", exclude=True)
    """How the style wants the pictures of the video made alike. It is no part of any address: what
    a provider makes of it stands in its orders, and the painter makes nothing of it."""
    theme: str = ""
    """What is seen, in a few words."""
    scene: str
    """What the embedded painter paints where neither theme nor prompt names anything it knows."""
    palette: Palette
    energy: float = Field(ge=0, le=1)
    hero: bool = False


@dataclass(frozen=True)
class Still:
    """A keyframe's pixels."""

    rgb: NDArray[np.uint8]
    """(height, width, 3), sRGB."""
    depth: NDArray[np.uint8] | None = None
    """(height / 4, width / 4) or any other size: 0 far, 255 near."""
