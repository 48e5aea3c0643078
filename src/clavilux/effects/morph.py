"""Morph: two pictures flow into each other, each displaced by the other's forms."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from clavilux.interfaces import Parameter, Shot, Stage
from clavilux.model.timeline import Curve
from clavilux.rendering.blur import gaussian
from clavilux.rendering.fields import FrameFields, Layer


def slope_of(light: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The direction uphill in a blurred picture, (gh, gw) each, longest about 1."""
    broad = gaussian(light, light.shape[0] / 22)
    down, right = np.gradient(broad)
    scale = np.float32(max(float(np.sqrt(down * down + right * right).max()), 1e-4))
    return np.asarray(right / scale), np.asarray(down / scale)


def displace(layer: Layer, toward: NDArray[np.float32], amount: float) -> None:
    """Let a layer flow along the slopes of another picture."""
    right, down = slope_of(toward)
    layer.x = layer.x + np.float32(amount) * right
    layer.y = layer.y + np.float32(amount) * down
    layer.settle()


class Morph:
    name: ClassVar[str] = "morph"
    stage: ClassVar[Stage] = "mix"
    about: ClassVar[str] = "Two pictures flow into each other, not a plain fade."
    driven_by: ClassVar[str] = "section transitions"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            name="flow",
            low=0,
            high=0.4,
            default=0.12,
            unit="heights",
            about="farthest displacement",
        ),
        Parameter(
            name="edge", low=0.05, high=1, default=0.35, unit="", about="softness of the front"
        ),
    )

    def drive(self, shot: Shot) -> dict[str, Curve]:
        flow = (0.08 + 0.08 * shot.energy) * min(shot.strength, 2.0)
        return {"flow": Curve(base=flow), "edge": Curve(base=0.35)}

    def apply(self, fields: FrameFields, values: dict[str, float]) -> None:
        """Displace both by both, then let the new picture grow out of its own light."""
        first, second = fields.layers
        progress = values["progress"]
        light_a, light_b = first.small[0], second.small[0]
        displace(first, light_b, values["flow"] * progress)
        displace(second, light_a, -values["flow"] * (1 - progress))
        lead = gaussian(second.small[0] - first.small[0], fields.grid.shape[0] / 45)
        lead = lead / max(float(np.abs(lead).max()), 1e-3)
        edge = values["edge"]
        late = (1 - lead) / 2
        t = np.clip((progress * (1 + edge) - late * (1 - edge)) / (2 * edge), 0, 1)
        fields.weight = (t * t * (3 - 2 * t)).astype(np.float32)
