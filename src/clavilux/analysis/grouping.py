"""Sections -> which of them sound alike."""

from __future__ import annotations

import numpy as np

from clavilux.analysis.bars import Array
from clavilux.analysis.segmentation import Cuts

SAME_GROUP = 0.53
"""Sections that are more alike than this share a letter."""
ORDER_SHARE = 0.5
"""What likeness bar for bar counts, against that of each bar to the best of the other section."""

JOINED_SECONDS, JOINED_CHANGE = 26.0, 0.35
"""Neighbours of one group are one section if that is no longer than this, and no more new where
they meet."""


def group(cuts: Cuts, alike: Array) -> tuple[list[int], Array]:
    """A number per section, in order of appearance, which alike ones share; and their likeness.

    Complete linkage: every two members of a group are alike, so that a section between two kinds
    does not join them.
    """
    near = section_likeness(cuts, alike)
    labels = np.arange(len(near))
    links = near.copy()
    np.fill_diagonal(links, -1.0)
    while len(links) > 1:
        one, other = np.unravel_index(int(np.argmax(links)), links.shape)
        if links[one, other] < SAME_GROUP:
            break
        labels[labels == labels[other]] = labels[one]
        links[one] = links[:, one] = np.minimum(links[one], links[other])
        links[other] = links[:, other] = -1.0
        links[one, one] = -1.0
    order: dict[int, int] = {}
    return [order.setdefault(int(label), len(order)) for label in labels], near


def join(cuts: Cuts, groups: list[int], *, edges: Array, change: Array) -> tuple[Cuts, list[int]]:
    """Cuts and groups without the cuts between short neighbours that go on as before."""
    kept = [0]
    for i in range(1, len(groups)):
        length = edges[cuts[i + 1]] - edges[cuts[kept[-1]]]
        goes_on = groups[i] == groups[i - 1] and change[cuts[i]] < JOINED_CHANGE
        if not goes_on or length > JOINED_SECONDS:
            kept.append(i)
    return np.append(cuts[kept], cuts[-1]), [groups[i] for i in kept]


def section_likeness(cuts: Cuts, alike: Array) -> Array:
    """(n, n), 0..1: how alike two sections are, in the best alignment and out of order."""
    diagonals = _diagonal_sums(alike)
    count = len(cuts) - 1
    near = np.ones((count, count))
    for i in range(count):
        for j in range(i):
            block = alike[cuts[i] : cuts[i + 1], cuts[j] : cuts[j + 1]]
            loose = 0.5 * (float(block.max(axis=0).mean()) + float(block.max(axis=1).mean()))
            order = _best_diagonal(diagonals, cuts[i : i + 2], cuts[j : j + 2])
            near[i, j] = near[j, i] = ORDER_SHARE * order + (1 - ORDER_SHARE) * loose
    return near


def _diagonal_sums(alike: Array) -> Array:
    """(N + 1, N + 1): sums along each diagonal from the matrix's top or left edge."""
    sums = np.zeros((len(alike) + 1, len(alike) + 1))
    for i, row in enumerate(alike):
        sums[i + 1, 1:] = sums[i, :-1] + row
    return sums


def _best_diagonal(diagonals: Array, one: Cuts, other: Cuts) -> float:
    """Mean likeness along the best alignment that covers the shorter section."""
    rows, columns = int(one[1] - one[0]), int(other[1] - other[0])
    shorter = min(rows, columns)
    top = one[0] + np.arange(rows - shorter + 1)
    left = other[0] + np.arange(columns - shorter + 1)
    sums = diagonals[top + shorter, left + shorter] - diagonals[top, left]
    return float(sums.max()) / shorter
