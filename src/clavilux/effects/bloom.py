"""Bloom: bright parts glow into their surroundings."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from clavilux.interfaces import Parameter, Shot, Stage
from clavilux.model.timeline import Curve
from clavilux.rendering.blur import blur
from clavilux.rendering.fields import FrameFields


class Bloom:
    name: ClassVar[str] = "bloom"
    stage: ClassVar[Stage] = "light"
    about: ClassVar[str] = "Bright parts glow into their surroundings."
    driven_by: ClassVar[str] = "RMS loudness"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            name="intensity", low=0, high=2, default=0.5, unit="", about="of the added light"
        ),
        Parameter(
            name="radius", low=0.005, high=0.15, default=0.04, unit="heights", about="of the glow"
        ),
        Parameter(
            name="threshold", low=0, high=0.95, default=0.55, unit="", about="luma that glows"
        ),
    )

    def drive(self, shot: Shot) -> dict[str, Curve]:
        strength = min(shot.strength, 2.0)
        return {
            "intensity": Curve(base=0.12 * strength, gain=0.55 * strength, signal="loudness"),
            "radius": Curve(base=0.03 + 0.03 * shot.energy),
            "threshold": Curve(base=0.5),
        }

    def apply(self, fields: FrameFields, values: dict[str, float]) -> None:
        """Take what is brighter than the threshold, blur it, screen it back."""
        if values["intensity"] <= 0:
            return
        picture = fields.small()
        threshold = values["threshold"]
        over = np.clip((picture[0] - threshold) / (1 - threshold), 0, 1)
        over = over * over * (3 - 2 * over)
        bright = picture * over
        glow = blur(bright, values["radius"] * fields.grid.height / 8)
        glow *= np.float32(values["intensity"])
        limit = np.minimum(1, 0.9 / np.maximum(glow[0], 1e-6))
        fields.screen(glow[0] * limit, glow[1] * limit, glow[2] * limit)
