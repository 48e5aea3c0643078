"""Rows that come block by block -> one array, never held twice."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FIRST_ROWS = 4096
GROWTH = 1.5


class Growing:
    """An array that grows in place along its first axis."""

    def __init__(self) -> None:
        self._array: NDArray[Any] | None = None
        self._length = 0

    def append(self, rows: NDArray[Any]) -> None:
        """Shape (b, ...); all but b stays the same from block to block, and so does the type."""
        needed = self._length + len(rows)
        if self._array is None:
            self._array = np.empty((max(needed, FIRST_ROWS), *rows.shape[1:]), rows.dtype)
        elif needed > len(self._array):
            length = max(needed, int(GROWTH * len(self._array)))
            # the system moves large arrays without a copy; pages never written take no memory
            self._array.resize((length, *rows.shape[1:]), refcheck=False)
        self._array[self._length : needed] = rows
        self._length = needed

    def finish(self) -> NDArray[Any]:
        """All rows, shape (n, ...). Nothing can be appended afterwards."""
        if self._array is None:
            raise ValueError("no rows were appended")
        array, self._array = self._array, None
        array.resize((self._length, *array.shape[1:]), refcheck=False)
        return array
