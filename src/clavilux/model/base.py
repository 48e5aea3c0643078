"""The one way values are made here: frozen pydantic models that refuse unknown fields by name."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

DECIMALS = 5
"""Numbers inside arrays keep this many decimals, so that JSON round trips are exact."""


class Value(BaseModel):
    """A frozen value: equal when its fields are equal, JSON in and out, unknown fields refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, ser_json_inf_nan="null"
    )

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.model_dump() == other.model_dump()

    def __hash__(self) -> int:
        return hash(self.model_dump_json())


def _to_read_only(values: Any) -> NDArray[np.float32]:
    array = np.round(np.asarray(values, dtype=np.float64), DECIMALS).astype(np.float32)
    if array.ndim != 1 or not np.isfinite(array).all():
        raise ValueError("expected a flat list of finite numbers")
    array.setflags(write=False)
    return array


def _to_list(values: NDArray[np.float32]) -> list[float]:
    return [float(v) for v in np.round(values.astype(np.float64), DECIMALS)]


FloatArray = Annotated[
    NDArray[np.float32], BeforeValidator(_to_read_only), PlainSerializer(_to_list)
]
"""A flat, finite, read-only float32 array that is a list of numbers in JSON."""
