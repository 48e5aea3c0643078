"""What lives there: a flock of birds, and fireflies over the near ridge."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import clamp01, f32, hash01, mix, sin_turn, smoothstep
from clavilux.scenes.sparks import spark


class Flock(NamedTuple):
    """Where the birds are, in short sides of the picture."""

    x: float
    y: float
    spread: float


@kernel
def fireflies(rgb, unit, count, time, moved, size, power, top, colour, seed):
    """Sparks that wander over the near ridge and glint one by one."""
    _, rows, columns = rgb.shape
    wide = f32(columns) * unit
    tall = f32(rows) * unit
    for k in range(count):
        own = hash01(k, 1, seed)
        near = f32(0.4) + own
        x = (
            hash01(k, 2, seed) * f32(1.3) * wide
            - moved * near
            + f32(0.03) * sin_turn(time * f32(0.13) + f32(7) * own)
        )
        x = x - np.floor(x / (f32(1.3) * wide)) * f32(1.3) * wide - f32(0.15) * wide
        rise = hash01(k, 3, seed) - time * f32(0.02) * (f32(0.5) + own)
        rise -= np.floor(rise)
        y = (
            tall
            - (tall - top) * (f32(1) - rise)
            + f32(0.012) * sin_turn(time * f32(0.3) + f32(11) * own)
        )
        blink = max(sin_turn(time * (f32(0.25) + f32(0.3) * own) + f32(29) * own), f32(0))
        bright = (
            power
            * (f32(0.1) + blink * blink)
            * smoothstep(f32(0), f32(0.2), rise)
            * smoothstep(f32(1), f32(0.75), rise)
        )
        r = size * near
        reach = np.int32(f32(4) * r) + 1
        spark(rgb, x / unit, y / unit, r * r, reach, f32(1), f32(16), bright, colour)


@kernel
def birds(tone, unit, place, count, time, size, dark, seed):
    """A loose flock: each bird two strokes that rise and fall."""
    rows, columns = tone.shape
    for k in range(count):
        own = hash01(k, 1, seed)
        x0 = (
            place.x
            + place.spread * (hash01(k, 2, seed) - f32(0.5))
            + f32(0.012) * sin_turn(time * f32(0.2) + own)
        )
        y0 = (
            place.y
            + f32(0.4) * place.spread * (hash01(k, 3, seed) - f32(0.5))
            + f32(0.006) * sin_turn(time * f32(0.31) + f32(3) * own)
        )
        flap = sin_turn(time * (f32(1.1) + f32(0.5) * own) + own) * f32(0.5) + f32(0.15)
        span = size * (f32(0.6) + f32(0.6) * own)
        for j in range(
            max(np.int32((y0 - span) / unit), 0), min(np.int32((y0 + span) / unit) + 1, rows)
        ):
            for i in range(
                max(np.int32((x0 - span) / unit), 0), min(np.int32((x0 + span) / unit) + 1, columns)
            ):
                dx = abs((f32(i) + f32(0.5)) * unit - x0) / span
                dy = ((f32(j) + f32(0.5)) * unit - y0) / span
                wing = -flap * dx * (f32(1.6) - f32(0.9) * dx)
                thick = f32(0.10) * (f32(1) - dx) + f32(0.02)
                cover = clamp01(
                    (thick - abs(dy - wing)) * span / (f32(1.5) * unit) + f32(0.5)
                ) * clamp01((f32(1) - dx) * span / unit)
                tone[j, i] = mix(tone[j, i], dark, cover)
