"""Windows: bays and floors of a facade, and which of them are lit."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import f32, glow, hash01, sin_turn, smoothstep


class Music(NamedTuple):
    """What lights windows."""

    lit: float
    """Share of them that is lit anyway."""
    time: float
    glint: float
    meter: float
    """How far up the towers that show a level are lit, 0..1."""
    front: float
    """How far a beat's light has come from the middle, in short sides of the picture."""
    front_strength: float
    middle: float
    """In short sides from the left."""


@kernel
def pane(tone, left, right, top, bottom, value, strength):
    """One lit window, in pixels: the part of each pixel that it covers."""
    rows, columns = tone.shape
    for j in range(max(np.int32(np.floor(top)), 0), min(np.int32(bottom) + 1, rows)):
        cy = strength * max(min(f32(j) + f32(1), bottom) - max(f32(j), top), f32(0))
        for i in range(max(np.int32(np.floor(left)), 0), min(np.int32(right) + 1, columns)):
            cover = cy * max(min(f32(i) + f32(1), right) - max(f32(i), left), f32(0))
            tone[j, i] += cover * (value - tone[j, i])


@kernel
def windows(tone, left, right, top, bottom, grid, style, cell, warm, strength, music, unit, seed):
    """The windows of one facade. grid: width of a bay, height of a floor, in pixels."""
    bays = np.int32((right - left) / grid[0] - f32(0.6))
    floors = np.int32((bottom - top) / grid[1] - f32(0.8))
    if bays < 1 or floors < 1:
        return
    margin = f32(0.5) * (right - left - f32(bays) * grid[0])
    wide = f32(0.5)
    high = f32(0.5)
    if style < f32(0.3):
        wide = f32(0.86)
    elif style > f32(0.7):
        wide = f32(0.42)
        high = f32(0.8)
    meter = hash01(cell, 91, seed) < f32(0.22)
    for floor in range(floors):
        y = top + (f32(floor) + f32(0.75)) * grid[1]
        height = f32(1) - (f32(floor) + f32(0.5)) / f32(floors)
        group = hash01(cell, floor + 500, seed)
        under = smoothstep(height - f32(0.06), height + f32(0.02), music.meter) if meter else f32(0)
        for bay in range(bays):
            x = left + margin + (f32(bay) + f32(0.5)) * grid[0]
            own = hash01(cell * 64 + bay, floor, seed)
            chance = f32(0.62) * own + f32(0.38) * group
            share = music.lit + f32(0.05) * sin_turn(f32(0.04) * music.time + f32(5) * own)
            on = smoothstep(share + f32(0.03), share - f32(0.03), chance)
            away = abs(x * unit - music.middle)
            front = music.front_strength * glow(
                (away - music.front) * (away - music.front), f32(130)
            )
            light = on * (f32(0.55) + f32(0.45) * hash01(bay, cell + floor * 7, seed))
            light += f32(0.6) * under * (f32(1) - f32(0.5) * on) + front * (
                f32(0.12) + f32(0.6) * on
            )
            if own < f32(0.05):
                glint = max(
                    sin_turn(music.time * (f32(0.5) + f32(9) * own) + f32(77) * own), f32(0)
                )
                light += music.glint * glint * glint
            if light < f32(0.02):
                continue
            value = warm + f32(0.12) * (group - f32(0.5)) + f32(0.12) * light
            half_x = f32(0.5) * wide * grid[0]
            half_y = f32(0.5) * high * grid[1]
            pane(
                tone,
                x - half_x,
                x + half_x,
                y - half_y,
                y + half_y,
                value,
                min(light, f32(1)) * strength,
            )
