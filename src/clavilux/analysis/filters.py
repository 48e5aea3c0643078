"""Running filters over curves, in numpy alone: scipy.ndimage and scipy.signal take long to import.

Curves are float32 of shape (n,) or (n, k), filtered along time, the first axis; the ends go on as
their last values. The cost does not depend on the width.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]

SPANS_AT_ONCE = 256
"""Spans whose rows are summed at once, so that memory stays small."""
NEGLIGIBLE = 1e-8
"""Shares of the past below this are left out: float32 does not hold them."""


def box_mean(curve: Floats, size: int) -> Floats:
    """Mean of the `size` values around each (one more before than after if `size` is even)."""
    return _by_column(_box_mean, curve, size)


def box_max(curve: Floats, size: int) -> Floats:
    """The greatest of the `size` values around each (one more before than after if even).

    Van Herk, "A fast algorithm for local minimum and maximum filters", Pattern Recognition
    Letters 1992.
    """
    return _by_column(_box_max, curve, size)


def one_pole(curve: Floats, decay: float) -> Floats:
    """y[i] = decay * y[i - 1] + (1 - decay) * x[i] from y = 0: a mean that forgets; decay in 0..1.

    The sum over the past is built by doubling (Hillis and Steele, "Data parallel algorithms",
    Communications of the ACM 1986).
    """
    mean = np.asarray(curve, dtype=np.float32) * np.float32(1 - decay)
    reach = 1
    while reach < len(mean) and decay**reach > NEGLIGIBLE:
        # NumPy keeps a copy of the overlapping part, so that this adds what was there before
        mean[reach:] += np.float32(decay**reach) * mean[:-reach]
        reach *= 2
    return mean


def span_means(rows: Floats, first: Indices, last: Indices) -> NDArray[np.float64]:
    """(n, k) -> (spans, k) means of rows[first:last] for each of the spans; first < last <= n."""
    means = np.empty((len(first), rows.shape[1]))
    for begin in range(0, len(first), SPANS_AT_ONCE):
        part = slice(begin, begin + SPANS_AT_ONCE)
        low, high = first[part], last[part]
        near = rows[low.min() : high.max() + 1]
        if high.max() == len(rows):  # an index at the very end is one too many for reduceat
            near = np.concatenate([near, np.zeros_like(rows[:1])])
        # reduceat sums from each index to the next: every second of its sums is a span's
        index = np.stack([low, high], axis=1).ravel() - low.min()
        means[part] = np.add.reduceat(near, index, axis=0, dtype=np.float64)[::2]
    return means / (last - first)[:, None]


def _by_column(filter_: Callable[[Floats, int], Floats], curve: Floats, size: int) -> Floats:
    curve = np.asarray(curve, dtype=np.float32)
    if size <= 1 or len(curve) == 0:
        return curve.copy()
    if curve.ndim == 1:
        return filter_(curve, size)
    out = np.empty_like(curve)
    for index, column in enumerate(curve.T):
        out[:, index] = filter_(column, size)
    return out


def _box_mean(curve: Floats, size: int) -> Floats:
    sums = np.zeros(len(curve) + size)
    np.cumsum(np.pad(curve, (size // 2, (size - 1) // 2), mode="edge"), out=sums[1:])
    means = sums[size:] - sums[:-size]
    means /= size
    return means.astype(np.float32)


def _box_max(curve: Floats, size: int) -> Floats:
    """The window ending at i is the tail of one block of `size` and the head of the next."""
    padded = np.pad(curve, (size // 2, (size - 1) // 2), mode="edge")
    blocks = np.pad(padded, (0, -len(padded) % size), mode="edge").reshape(-1, size)
    heads = np.maximum.accumulate(blocks, axis=1).ravel()
    tails = np.maximum.accumulate(blocks[:, ::-1], axis=1)[:, ::-1].ravel()
    return np.maximum(tails[: len(curve)], heads[size - 1 : size - 1 + len(curve)])
