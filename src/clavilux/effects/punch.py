"""Punch: the camera leans in on every beat and settles back."""

from __future__ import annotations

from typing import ClassVar

from clavilux.interfaces import Parameter, Shot, Stage
from clavilux.model.timeline import Curve
from clavilux.rendering.fields import Layer


class Punch:
    name: ClassVar[str] = "punch"
    stage: ClassVar[Stage] = "camera"
    about: ClassVar[str] = "A small zoom on each beat that settles back."
    driven_by: ClassVar[str] = "beats"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(name="zoom", low=0, high=8, default=1.2, unit="%", about="at the beat"),
    )

    def drive(self, shot: Shot) -> dict[str, Curve]:
        reach = (0.5 + 1.4 * shot.energy) * shot.strength
        return {"zoom": Curve(gain=min(reach, 8.0), signal="beat")}

    def move(self, layer: Layer, values: dict[str, float]) -> None:
        zoom = 1 + values["zoom"] / 100
        layer.x = layer.x / zoom
        layer.y = layer.y / zoom
