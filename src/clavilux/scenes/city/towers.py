"""Towers along a street: cells, each with a building that may step back, a mast, neon."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clavilux.compiled import fast, kernel
from clavilux.scenes.city.lights import spot
from clavilux.scenes.city.windows import pane, windows
from clavilux.scenes.noise import clamp01, f32, hash01, sin_turn


class Row(NamedTuple):
    """One row of buildings. Lengths in short sides of the picture."""

    cell: float
    least: float
    """Height of the lowest."""
    added: float
    """By which the tallest are higher."""
    tone: float
    windows: float
    """How bright they are, 0..1."""
    bay: float
    floor: float
    depth: float


class Tower(NamedTuple):
    """One building, in pixels, and `tall` in short sides of the picture."""

    left: float
    right: float
    top: float
    tall: float
    landmark: bool
    steps: int
    """How often it steps back on its way up."""
    shade: float


@kernel
def street(tone, neon, depth, base, slide, unit, row, haze, music, spire, seed):
    """One row of buildings whose feet stand on row `base`."""
    first = np.int32(np.floor(slide / row.cell)) - 2
    last = np.int32(np.floor((slide + f32(tone.shape[1]) * unit) / row.cell)) + 2
    span = (row.least + row.added) / unit
    grid = np.empty(2, np.float32)
    for cell in range(first, last):
        tower = _tower(cell, base, slide, unit, row, seed)
        _walls(tone, depth, tower, base, unit, row.depth, haze, span)
        _facades(tone, tower, cell, base, unit, row, grid, music, seed)
        _mast(tone, neon, depth, tower, cell, unit, row.depth, spire, span, seed)
        _neon_edge(neon, tower, cell, unit, row, music, seed)


@fast
def _tower(cell, base, slide, unit, row, seed):
    """The building of a cell: districts of tall and of low ones, and now and then a landmark."""
    a = hash01(cell, 1, seed)
    b = hash01(cell, 2, seed)
    c = hash01(cell, 3, seed)
    district = f32(0.5) + f32(0.5) * sin_turn(
        f32(cell) * f32(0.083) + f32(0.7) * hash01(7, 7, seed)
    )
    tall = row.least + row.added * (f32(0.15) + f32(0.85) * a * a) * (
        f32(0.35) + f32(0.65) * district
    )
    landmark = cell % 19 == 4
    if landmark:
        tall = row.least + row.added * (f32(0.85) + f32(0.25) * b)
    left = ((f32(cell) + f32(0.3) * b) * row.cell - slide) / unit
    right = left + row.cell * (f32(0.62) + f32(0.45) * c) / unit
    # A third of the towers step back once, some twice; landmarks always.
    steps = 2 if landmark else (1 if a > f32(0.45) else 0) + (1 if b * a > f32(0.4) else 0)
    shade = row.tone * (f32(0.8) + f32(0.4) * hash01(cell, 4, seed))
    return Tower(left, right, base - tall / unit, tall, landmark, steps, shade)


@fast
def _ledge(tower, step, unit):
    """The row at which a tower has stepped back more than `step` times."""
    if step == tower.steps:
        return tower.top
    return tower.top + f32(tower.steps - step) * f32(0.13) * tower.tall / unit


@fast
def _inset(tower, step):
    """Pixels by which a tower is narrower on each side after `step` steps."""
    return f32(step) * (f32(0.16) * (tower.right - tower.left))


@fast
def _walls(tone, depth, tower, base, unit, level, haze, span):
    for step in range(tower.steps, -1, -1):
        shift = _inset(tower, step)
        high = _ledge(tower, step, unit)
        left, right = tower.left + shift, tower.right - shift
        _block(tone, depth, left, right, high, base, tower.shade, haze, span, level)


@fast
def _facades(tone, tower, cell, base, unit, row, grid, music, seed):
    style = hash01(cell, 5, seed)
    warm = f32(0.6) + f32(0.25) * hash01(cell, 6, seed)
    grid[0] = row.bay * (f32(0.85) + f32(0.4) * hash01(cell, 3, seed)) / unit
    grid[1] = row.floor * (f32(0.85) + f32(0.4) * hash01(cell, 2, seed)) / unit
    for step in range(tower.steps, -1, -1):
        shift = _inset(tower, step)
        left, right = tower.left + shift, tower.right - shift
        high = _ledge(tower, step, unit)
        low = base if step == 0 else _ledge(tower, step - 1, unit)
        windows(
            tone, left, right, high, low, grid, style, cell, warm, row.windows, music, unit, seed
        )


@fast
def _mast(tone, neon, depth, tower, cell, unit, level, spire, span, seed):
    """A rod with a lamp on its tip."""
    if not tower.landmark and hash01(cell, 3, seed) <= f32(0.75):
        return
    own = f32(0.05) + f32(0.05) * hash01(cell, 1, seed)
    rod = (f32(0.16) if tower.landmark else own) * tower.tall / unit
    middle = f32(0.5) * (tower.left + tower.right)
    thin = max(f32(0.0014) / unit, f32(0.55))
    tip = tower.top - rod
    left, right = middle - thin, middle + thin
    _block(tone, depth, left, right, tip, tower.top, tower.shade, tower.shade, span, level)
    spot(neon, middle, tip, f32(0.0028) / unit, f32(0.35) + f32(0.65) * spire, f32(1))


@fast
def _neon_edge(neon, tower, cell, unit, row, music, seed):
    """A neon edge down one side of the facade, on some of the near towers."""
    if row.windows <= f32(0.6) or hash01(cell, 8, seed) <= f32(0.72):
        return
    side = tower.left if hash01(cell, 2, seed) > f32(0.5) else tower.right
    x = side - f32(0.0005) / unit
    half = f32(0.0012) / unit
    top = _ledge(tower, 0, unit)
    hang = (f32(0.2) + f32(0.4) * hash01(cell, 3, seed)) * tower.tall / unit
    beam = f32(0.4) + f32(0.6) * music.meter
    pane(neon, x - half, x + half, top, top + hang, f32(0.75), beam)


@kernel
def _block(tone, depth, left, right, top, bottom, above, below, span, level):
    """One box, in pixels, its tone from `above` to `below` over `span` rows up from `bottom`."""
    rows, columns = tone.shape
    for j in range(max(np.int32(top - f32(0.5)), 0), min(np.int32(bottom) + 1, rows)):
        cy = min(clamp01(f32(j) + f32(1) - top), clamp01(bottom - f32(j)))
        fade = clamp01((bottom - f32(j)) / span)
        t = below + (above - below) * fade * (f32(2) - fade)
        for i in range(max(np.int32(left) - 1, 0), min(np.int32(right) + 2, columns)):
            cover = cy * min(clamp01(f32(i) + f32(1) - left), clamp01(right - f32(i)))
            tone[j, i] += cover * (t - tone[j, i])
            depth[j, i] += cover * (level - depth[j, i])
