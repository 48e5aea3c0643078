"""Numbers learned from generated songs (tools/fit_shape.py), and the small models that use them."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

FILE = "shape.npz"

Array = NDArray[np.float64]


@cache
def table(name: str) -> Array:
    """One of the arrays in FILE, float64, read once."""
    return _all()[name]


@cache
def _all() -> dict[str, Array]:
    with resources.files(__package__).joinpath(FILE).open("rb") as file, np.load(file) as tables:
        return {name: np.asarray(tables[name], dtype=np.float64) for name in tables.files}


def sigmoid(x: NDArray[Any]) -> Array:
    """1 / (1 + exp(-x)), without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * np.asarray(x, dtype=np.float64))))


def perceptron(features: NDArray[Any], name: str) -> Array:
    """(n, k) -> (n, classes) probabilities: one hidden layer of tanh, each output on its own."""
    scaled = (features - table(f"{name}_mean")) / table(f"{name}_spread")
    hidden = np.tanh(scaled @ table(f"{name}_hidden") + table(f"{name}_hidden_bias"))
    return sigmoid(hidden @ table(f"{name}_out") + table(f"{name}_out_bias"))
