"""The lead between the panes: where it runs, and how it catches the light."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clavilux.compiled import fast, kernel
from clavilux.scenes.noise import clamp01, f32, sin_turn

_TILE = 16  # pixels; each tile looks only at the sites that can matter in it
_FAR = 0.05  # distance from the lead beyond which the glass no longer knows about it


class Warp(NamedTuple):
    """How the whole window is bent: by waves of `amount`, with `pitch` turns per unit."""

    amount: float
    pitch: float
    phase_x: float
    phase_y: float


@fast
def _nearby(near, far, sites, x, y, half):
    """Note in `near` which sites can matter in the tile around (x, y). half: its half diagonal."""
    best = f32(1e9)
    for k in range(len(far)):
        dx = sites[k, 0] - x
        dy = sites[k, 1] - y
        far[k] = dx * dx + dy * dy
        best = min(best, far[k])
    limit = np.sqrt(best) + f32(2) * half + f32(2 * _FAR)
    found = 0
    for k in range(len(far)):
        if far[k] < limit * limit:
            near[found] = k
            found += 1
    return found


@kernel
def cames(edge, pane, sites, closeness, width, unit, warp, rings):
    """For each pixel its pane, and the distance to the lead around it (negative: in the lead).

    sites: (s, 2), short side of the picture = 2 units. closeness, width: (s, s), half the inverse
    distance of two sites, and half the width of the lead between them. rings: (r, 4), lead in
    circles: centre, radius, half width.
    """
    rows, columns = edge.shape
    count = sites.shape[0]
    near = np.empty(count, np.int32)
    far = np.empty(count, np.float32)
    away = np.empty((count, _TILE), np.float32)
    mine = np.empty(_TILE, np.int32)
    closest = np.empty(_TILE, np.float32)
    gap = np.empty(_TILE, np.float32)
    wx = np.empty(_TILE, np.float32)
    wy = np.empty(_TILE, np.float32)
    half = f32(_TILE * 0.7072) * unit * f32(1.15)
    for top in range(0, rows, _TILE):
        for left in range(0, columns, _TILE):
            x = (f32(left) + f32(_TILE / 2) - f32(0.5) * f32(columns)) * unit
            y = (f32(top) + f32(_TILE / 2) - f32(0.5) * f32(rows)) * unit
            mx = x + warp.amount * sin_turn(y * warp.pitch + warp.phase_x)
            my = y + warp.amount * sin_turn(x * warp.pitch + warp.phase_y)
            found = _nearby(near, far, sites, mx, my, half)
            for j in range(top, min(top + _TILE, rows)):
                y = (f32(j) + f32(0.5) - f32(0.5) * f32(rows)) * unit
                for i in range(_TILE):
                    x = (f32(left + i) + f32(0.5) - f32(0.5) * f32(columns)) * unit
                    wx[i] = x + warp.amount * sin_turn(y * warp.pitch + warp.phase_x)
                    wy[i] = y + warp.amount * sin_turn(x * warp.pitch + warp.phase_y)
                    closest[i] = f32(1e9)
                    mine[i] = 0
                    gap[i] = f32(_FAR)
                for n in range(found):
                    k = near[n]
                    for i in range(_TILE):
                        dx = sites[k, 0] - wx[i]
                        dy = sites[k, 1] - wy[i]
                        d = dx * dx + dy * dy
                        away[n, i] = d
                        mine[i] = k if d < closest[i] else mine[i]
                        closest[i] = min(d, closest[i])
                for n in range(found):
                    k = near[n]
                    for i in range(_TILE):
                        across = (away[n, i] - closest[i]) * closeness[k, mine[i]] - width[
                            k, mine[i]
                        ]
                        # a smooth minimum, so that the lead fills its corners as solder does
                        h = max(f32(0.012) - abs(gap[i] - across), f32(0)) * f32(83.3)
                        gap[i] = min(gap[i], across) - h * h * f32(0.003)
                for n in range(rings.shape[0]):
                    for i in range(_TILE):
                        dx = wx[i] - rings[n, 0]
                        dy = wy[i] - rings[n, 1]
                        across = abs(np.sqrt(dx * dx + dy * dy) - rings[n, 2]) - rings[n, 3]
                        gap[i] = min(gap[i], across)
                for i in range(min(_TILE, columns - left)):
                    edge[j, left + i] = gap[i]
                    pane[j, left + i] = mine[i]


@kernel
def came_light(bar, edge, back, unit, sun):
    """How light the lead is: a rounded bar, its flanks catching the light that comes through."""
    rows, columns = bar.shape
    for y in range(rows):
        here = edge[y]
        left = here[: columns - 2]
        right = here[2:]
        up = edge[max(y - 1, 0)][1 : columns - 1]
        down = edge[min(y + 1, rows - 1)][1 : columns - 1]
        out = bar[y][1 : columns - 1]
        behind = back[y]
        sy = sun.y - (f32(y) - f32(0.5) * f32(rows)) * unit
        for x in range(len(out)):
            sx = sun.x - (f32(x) - f32(0.5) * f32(columns)) * unit
            slope = ((right[x] - left[x]) * sx + (down[x] - up[x]) * sy) / np.sqrt(
                sx * sx + sy * sy + f32(0.01)
            )
            out[x] = f32(0.02) + f32(0.2) * behind[x] * clamp01(
                f32(0.25) - f32(0.35) * slope / unit
            )
        bar[y, 0] = bar[y, 1]
        bar[y, columns - 1] = bar[y, columns - 2]
