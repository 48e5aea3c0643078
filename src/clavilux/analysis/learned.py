"""Numbers learned from made songs (tools/), and the small models that use them."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@cache
def arrays(file: str) -> dict[str, NDArray[Any]]:
    """All arrays of one of this folder's .npz files, read once."""
    place = resources.files(__package__).joinpath(file)
    with place.open("rb") as opened, np.load(opened, allow_pickle=False) as tables:
        return {name: tables[name] for name in tables.files}


def table(name: str) -> Array:
    """One of the arrays of shape.npz, float64."""
    return np.asarray(arrays("shape.npz")[name], dtype=np.float64)


def sigmoid(x: NDArray[Any]) -> Array:
    """1 / (1 + exp(-x)), without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * np.asarray(x, dtype=np.float64))))


def perceptron(features: NDArray[Any], name: str) -> Array:
    """(n, k) -> (n, classes) probabilities: one hidden layer of tanh, each output on its own."""
    scaled = (features - table(f"{name}_mean")) / table(f"{name}_spread")
    hidden = np.tanh(scaled @ table(f"{name}_hidden") + table(f"{name}_hidden_bias"))
    return sigmoid(hidden @ table(f"{name}_out") + table(f"{name}_out_bias"))
