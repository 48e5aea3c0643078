"""Colour pulse: the frame takes on a palette colour on the beat."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from clavilux.interfaces import Parameter, Shot, Stage
from clavilux.model.color import hex_to_srgb
from clavilux.model.timeline import Curve
from clavilux.rendering.blur import blur
from clavilux.rendering.fields import FrameFields


class Pulse:
    name: ClassVar[str] = "pulse"
    stage: ClassVar[Stage] = "light"
    about: ClassVar[str] = "A breath of palette colour on each beat: attack within a frame."
    driven_by: ClassVar[str] = "beat onsets"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            name="intensity", low=0, high=0.4, default=0.08, unit="", about="1 is the full colour"
        ),
        Parameter(name="red", low=0, high=1, default=1, unit="", about="sRGB"),
        Parameter(name="green", low=0, high=1, default=1, unit="", about="sRGB"),
        Parameter(name="blue", low=0, high=1, default=1, unit="", about="sRGB"),
    )

    def drive(self, shot: Shot) -> dict[str, Curve]:
        colors = np.array([hex_to_srgb(c) for c in shot.palette])
        red, green, blue = colors[np.argmax(colors @ np.array([0.2126, 0.7152, 0.0722]))]
        reach = (0.08 + 0.09 * shot.energy) * shot.strength
        return {
            "intensity": Curve(gain=min(reach, 0.4), signal="beat"),
            "red": Curve(base=red),
            "green": Curve(base=green),
            "blue": Curve(base=blue),
        }

    def apply(self, fields: FrameFields, values: dict[str, float]) -> None:
        """Screen the colour over the frame where there is light to carry it; black stays black."""
        if values["intensity"] <= 0:
            return
        r, g, b = values["red"], values["green"], values["blue"]
        luma = 0.2126 * r + 0.7152 * g + 0.0722 * b
        light = blur(np.clip(fields.small()[0], 0, 1), fields.grid.height / 8 / 16)
        carried = np.minimum(np.float32(0.18) + 2 * light, 1)
        amount = np.float32(values["intensity"]) * carried
        fields.screen(
            amount * np.float32(luma),
            amount * np.float32((b - luma) / 1.8556),
            amount * np.float32((r - luma) / 1.5748),
        )
