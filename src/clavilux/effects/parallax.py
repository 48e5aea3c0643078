"""Parallax: near things move more than far ones, by the picture's depth map."""

from __future__ import annotations

import math
from typing import ClassVar

from clavilux.interfaces import Parameter, Shot, Stage
from clavilux.model.timeline import Curve
from clavilux.rendering.fields import Layer


class Parallax:
    name: ClassVar[str] = "parallax"
    stage: ClassVar[Stage] = "camera"
    about: ClassVar[str] = "Depth layers drift apart; the bass pushes the near ones forward."
    driven_by: ClassVar[str] = "bass energy"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            name="separation",
            low=0,
            high=0.12,
            default=0.03,
            unit="heights",
            about="sideways distance between far and near",
        ),
        Parameter(
            name="push", low=0, high=12, default=4, unit="%", about="how much nearer near comes"
        ),
        Parameter(name="angle", low=0, high=1, default=0, unit="turns", about="of the drift"),
    )

    def drive(self, shot: Shot) -> dict[str, Curve]:
        strength = min(shot.strength, 2.0)
        return {
            "separation": Curve(base=min(0.03 + 0.03 * shot.energy, 0.06) * strength),
            "push": Curve(
                base=0.4 * strength, gain=(2.5 + 3.0 * shot.energy) * strength, signal="bass"
            ),
            "angle": Curve(base=shot.variation[2]),
        }

    def move(self, layer: Layer, values: dict[str, float]) -> None:
        """Shift each node by its depth: a slow swing across the clip, and a push along the view."""
        near = layer.depth() - 0.5
        swing = math.sin(math.pi * (layer.seconds / max(layer.duration, 1e-6) - 0.5))
        angle = 2 * math.pi * values["angle"]
        shift = near * (values["separation"] * swing)
        scale = 1 - near * (values["push"] / 100)
        room = 1 + values["separation"] + values["push"] / 100
        height, width = layer.planes.y.shape
        side = min(width / height, 1.0)  # an upright picture has less room on its sides
        layer.x = layer.x * scale / room + shift * (side * math.cos(angle))
        layer.y = layer.y * scale / room + shift * (0.5 * math.sin(angle))
