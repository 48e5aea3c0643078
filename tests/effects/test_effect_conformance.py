"""Every installed effect keeps the rules, and the rules notice an effect that does not."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

from clavilux import registry
from clavilux.effects.dissolve import Dissolve
from clavilux.effects.punch import Punch
from clavilux.effects.vignette import Vignette
from clavilux.interfaces import Parameter, Shot, Stage
from clavilux.model.timeline import Curve
from clavilux.testing import check_effect


@pytest.mark.parametrize("name", registry.names("effects"))
def test_effect(name: str) -> None:
    effect = registry.get("effects", name)
    check_effect(effect)
    assert effect.name == name


class Negative:
    """A user's own effect, on a plain array."""

    name: ClassVar[str] = "negative"
    stage: ClassVar[Stage] = "picture"
    about: ClassVar[str] = "Light and dark change places."
    driven_by: ClassVar[str] = "beats"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(name="amount", low=0, high=1, default=0.5, unit="", about="0 is the picture"),
    )

    def drive(self, shot: Shot) -> dict[str, Curve]:
        return {"amount": Curve(gain=min(shot.strength, 1.0), signal="beat")}

    def paint(self, rgb: np.ndarray, values: dict[str, float], *, frame: int) -> np.ndarray:
        return rgb + (1 - 2 * rgb) * np.float32(values["amount"])


def test_an_effect_on_a_plain_array() -> None:
    check_effect(Negative())


class _Nan(Vignette):
    def apply(self, fields: Any, values: Any) -> None:
        super().apply(fields, values)
        fields.gain[0, 0] = np.nan


class _WrongShape(Vignette):
    def apply(self, fields: Any, values: Any) -> None:
        fields.gain = fields.gain[:-1]


class _Impure(Vignette):
    def apply(self, fields: Any, values: Any) -> None:
        fields.gain *= np.float32(np.random.default_rng().random())


class _TooStrong(Punch):
    def drive(self, shot: Shot) -> dict[str, Curve]:
        return {"zoom": Curve(gain=5 * shot.strength, signal="beat")}


class _Deaf(Punch):
    def drive(self, shot: Shot) -> dict[str, Curve]:
        return {"zoom": Curve(gain=1, signal="drums")}


class _Incomplete(Punch):
    def drive(self, shot: Shot) -> dict[str, Curve]:
        return {}


class _Jumping(Punch):
    def move(self, layer: Any, values: Any) -> None:
        layer.x = layer.x + np.float32(0.1 * (int(layer.seconds * 60 + 0.5) % 2))


class _Backwards(Dissolve):
    def apply(self, fields: Any, values: Any) -> None:
        super().apply(fields, values)
        fields.weight = 1 - fields.weight


class _Overshooting(Dissolve):
    def apply(self, fields: Any, values: Any) -> None:
        super().apply(fields, values)
        fields.weight = fields.weight * 2


class _Homeless(Vignette):
    stage: ClassVar[Any] = "lens"


class _Methodless(Vignette):
    stage: ClassVar[Stage] = "camera"


class _Upside(Punch):
    parameters = (Parameter(name="zoom", low=0, high=1, default=2, unit="%", about="x"),)


class _Messy(Negative):
    def paint(self, rgb: np.ndarray, values: dict[str, float], *, frame: int) -> np.ndarray:
        rgb *= 0.5
        return rgb + 0.1


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (_Nan, "not finite"),
        (_WrongShape, "shape"),
        (_Impure, "second frame is another"),
        (_TooStrong, "reaches 20, outside 0..8"),
        (_Deaf, "'drums'"),
        (_Incomplete, "a curve for each"),
        (_Jumping, "jumps"),
        (_Backwards, "begin with the first"),
        (_Overshooting, "within 0..1"),
        (_Homeless, "`stage`"),
        (_Methodless, "`move`"),
        (_Upside, "low <= default <= high"),
        (_Messy, "changed its input"),
    ],
)
def test_each_rule_can_be_broken(kind: Any, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        check_effect(kind())
