"""Ken Burns: a slow zoom and pan over the picture."""

from __future__ import annotations

import math
from typing import ClassVar

from clavilux.interfaces import Parameter, Shot, Stage
from clavilux.model.timeline import Curve
from clavilux.rendering.fields import Layer


def eased(progress: float) -> float:
    """0..1 to 0..1, starting and stopping softly, straight in between."""
    soft = 0.12
    p = min(max(progress, 0.0), 1.0)
    if p < soft:
        area = p * p / (2 * soft)
    elif p > 1 - soft:
        area = (1 - soft) - (1 - p) ** 2 / (2 * soft)
    else:
        area = p - soft / 2
    return area / (1 - soft)


class KenBurns:
    name: ClassVar[str] = "ken_burns"
    stage: ClassVar[Stage] = "camera"
    about: ClassVar[str] = "Slow zoom and pan, eased over the clip."
    driven_by: ClassVar[str] = "section energy"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            name="zoom_rate", low=-3, high=3, default=1, unit="%/s", about="negative zooms out"
        ),
        Parameter(
            name="pan_x", low=-0.1, high=0.1, default=0, unit="heights", about="over the clip"
        ),
        Parameter(
            name="pan_y", low=-0.1, high=0.1, default=0, unit="heights", about="over the clip"
        ),
        Parameter(
            name="framing_zoom", low=1, high=2, default=1, unit="x", about="how close to begin with"
        ),
        Parameter(
            name="framing_x", low=-0.5, high=0.5, default=0, unit="heights", about="what to look at"
        ),
        Parameter(
            name="framing_y", low=-0.5, high=0.5, default=0, unit="heights", about="what to look at"
        ),
    )

    def drive(self, shot: Shot) -> dict[str, Curve]:
        inward = 1.0 if shot.variation[0] < 0.65 else -1.0
        angle = 2 * math.pi * shot.variation[1]
        strength = min(shot.strength, 1.5)
        reach = min(min(0.012 * shot.seconds, 0.06) * (0.5 + shot.energy) * strength, 0.1)
        close = (1.0, 1.34, 1.18)[shot.framing % 3]
        room = 0.3 * (1 - 1 / close)
        return {
            "zoom_rate": Curve(base=inward * (0.5 + 1.5 * shot.energy) * strength),
            "pan_x": Curve(base=reach * math.cos(angle)),
            "pan_y": Curve(base=0.5 * reach * math.sin(angle)),
            "framing_zoom": Curve(base=close),
            "framing_x": Curve(base=room if shot.variation[3] < 0.5 else -room),
            "framing_y": Curve(base=0.6 * room * (2 * shot.variation[2] - 1)),
        }

    def move(self, layer: Layer, values: dict[str, float]) -> None:
        """Zoom from the widest framing that leaves room for the pan."""
        done = eased(layer.seconds / max(layer.duration, 1e-6))
        rate = values["zoom_rate"] / 100
        travelled = done if rate >= 0 else 1 - done
        growth = math.exp(abs(rate) * layer.duration * travelled)
        reach = max(abs(values["pan_x"]), abs(values["pan_y"]))
        zoom = (1 + reach) * growth * values["framing_zoom"]
        height, width = layer.planes.y.shape
        side = min(width / height, 1.0)  # an upright picture has less room on its sides
        layer.x = layer.x / zoom + side * (values["pan_x"] * (done - 0.5) + values["framing_x"])
        layer.y = layer.y / zoom + values["pan_y"] * (done - 0.5) + values["framing_y"]
