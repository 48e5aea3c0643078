"""Cross-dissolve: one picture fades into the next."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from clavilux.interfaces import Parameter, Shot, Stage
from clavilux.model.timeline import Curve
from clavilux.rendering.fields import FrameFields


def smooth(t: float) -> float:
    """0..1 to 0..1 with level ends."""
    t = min(max(t, 0.0), 1.0)
    return t * t * (3 - 2 * t)


class Dissolve:
    name: ClassVar[str] = "dissolve"
    stage: ClassVar[Stage] = "mix"
    about: ClassVar[str] = "A cross-dissolve of 1-4 beats that ends on the downbeat."
    driven_by: ClassVar[str] = "section transitions"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            name="lights_first",
            low=0,
            high=1,
            default=0.3,
            unit="",
            about="bright parts of the next picture appear first",
        ),
    )

    def drive(self, shot: Shot) -> dict[str, Curve]:
        return {"lights_first": Curve(base=min(0.3 * shot.strength, 1.0))}

    def apply(self, fields: FrameFields, values: dict[str, float]) -> None:
        lead = values["lights_first"]
        light = np.clip(fields.layers[1].small[0], 0, 1)
        t = np.clip(values["progress"] * (1 + lead) - lead * (1 - light), 0, 1)
        fields.weight = (t * t * (3 - 2 * t)).astype(np.float32)
