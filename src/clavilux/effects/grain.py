"""Film grain: luma only, new on every frame, strongest in the middle tones."""

from __future__ import annotations

from typing import ClassVar

from clavilux.interfaces import Parameter, Shot, Stage
from clavilux.model.timeline import Curve
from clavilux.rendering.fields import FrameFields


class Grain:
    name: ClassVar[str] = "grain"
    stage: ClassVar[Stage] = "finish"
    about: ClassVar[str] = "Soft film grain in luma, new on every frame."
    driven_by: ClassVar[str] = "overall energy"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            name="intensity",
            low=0,
            high=8,
            default=1,
            unit="% of white",
            about="standard deviation in the middle tones",
        ),
    )

    def drive(self, shot: Shot) -> dict[str, Curve]:
        strength = min(shot.strength, 3.0)
        return {"intensity": Curve(base=0.45 * strength, gain=0.55 * strength, signal="energy")}

    def apply(self, fields: FrameFields, values: dict[str, float]) -> None:
        fields.grain = values["intensity"] / 100
