"""Vignette: the corners fall off, so that the eye stays in the picture."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from clavilux.interfaces import Parameter, Shot, Stage
from clavilux.model.timeline import Curve
from clavilux.rendering.fields import FrameFields


class Vignette:
    name: ClassVar[str] = "vignette"
    stage: ClassVar[Stage] = "light"
    about: ClassVar[str] = "Darker corners, a little less so when the music is strong."
    driven_by: ClassVar[str] = "overall energy"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(name="depth", low=0, high=0.9, default=0.3, unit="", about="loss in the corners"),
    )

    def drive(self, shot: Shot) -> dict[str, Curve]:
        strength = min(shot.strength, 2.0)
        return {"depth": Curve(base=0.34 * strength, gain=-0.12 * strength, signal="energy")}

    def apply(self, fields: FrameFields, values: dict[str, float]) -> None:
        """Follow the fourth power of the distance, 1 in the corners, like a real lens (cos^4)."""
        corner = (fields.grid.aspect**2 + 1) / 4
        distance = np.clip((fields.x**2 + fields.y**2) / np.float32(corner), 0, 1)
        loss = 1 - np.float32(values["depth"]) * distance * np.sqrt(distance)
        fields.gain *= loss
        fields.chroma_gain *= loss
        fields.add_y *= loss
        fields.add_u *= loss
        fields.add_v *= loss
