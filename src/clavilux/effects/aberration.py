"""Chromatic aberration: red and blue part towards the edges, as in a cheap lens under stress."""

from __future__ import annotations

from typing import ClassVar

from clavilux.interfaces import Parameter, Shot, Stage
from clavilux.model.timeline import Curve
from clavilux.rendering.fields import FrameFields


class Aberration:
    name: ClassVar[str] = "aberration"
    stage: ClassVar[Stage] = "finish"
    about: ClassVar[str] = "Red and blue part towards the edges at moments of change."
    driven_by: ClassVar[str] = "spectral flux, at high-change moments"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            name="offset", low=0, high=2, default=0.5, unit="%", about="radial, of the distance"
        ),
    )

    def drive(self, shot: Shot) -> dict[str, Curve]:
        reach = (0.25 + 0.45 * shot.energy) * min(shot.strength, 2.0)
        return {"offset": Curve(gain=reach, signal="surge")}

    def apply(self, fields: FrameFields, values: dict[str, float]) -> None:
        fields.aberration = values["offset"] / 100
