"""The sky over the skyline: its glow, clouds lit from below, searchlights."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import f32, fbm_row, glow, mix, smoothstep


class Glow(NamedTuple):
    """The light of the city on the sky."""

    x: float
    """Of its middle, in short sides of the picture."""
    power: float
    width: float
    dark: float
    """Tone of the sky far from it."""


@kernel
def sky(field, unit, base, light, beams, drift, seed):
    """Glow over the skyline, clouds lit from below, searchlights.

    beams: of each foot x, direction x and up, strength.
    """
    rows, columns = field.shape
    u = np.empty(columns, np.float32)
    v = np.empty(columns, np.float32)
    cloud = np.empty(columns, np.float32)
    for j in range(rows):
        up = base - (f32(j) + f32(0.5)) * unit
        far = f32(1) / (max(up, f32(0)) + f32(0.25))
        for i in range(columns):
            x = (f32(i) + f32(0.5)) * unit - light.x
            u[i] = f32(0.9) * x * far + drift
            v[i] = f32(2.6) * far + f32(0.3) * drift
        fbm_row(cloud, u, v, 5, seed)
        for i in range(columns):
            x = (f32(i) + f32(0.5)) * unit - light.x
            d2 = x * x * f32(0.45) + up * up
            halo = light.power * (
                f32(0.46) * glow(d2, f32(2.6) / light.width) + f32(0.2) * glow(up * up, f32(12))
            )
            body = smoothstep(f32(0.38), f32(0.72), cloud[i])
            lit = light.power * f32(0.3) * glow(d2, f32(1.2) / light.width)
            field[j, i] = (
                light.dark
                + halo * (f32(1) - f32(0.35) * body)
                + body * (f32(0.025) + lit * (f32(1.1) - body))
            )
            for k in range(beams.shape[0]):
                # A searchlight: bright along its axis, wider and fainter the higher it reaches.
                dx = (f32(i) + f32(0.5)) * unit - beams[k, 0]
                along = dx * beams[k, 1] + up * beams[k, 2]
                off = (dx * beams[k, 2] - up * beams[k, 1]) / (
                    f32(0.008) + f32(0.045) * max(along, f32(0))
                )
                reach = smoothstep(f32(0), f32(0.1), along) / (f32(1) + f32(5) * along * along)
                field[j, i] += (
                    beams[k, 3] * reach * glow(off * off, f32(1)) * (f32(0.6) + f32(0.8) * body)
                )


@kernel
def enlarge(tone, field, times, last):
    """Rows 0..last of `tone`: the field, `times` as coarse, interpolated."""
    columns = tone.shape[1]
    row = np.empty(field.shape[1], np.float32)
    for j in range(last):
        y = min(
            max((f32(j) + f32(0.5)) / times - f32(0.5), f32(0)), f32(field.shape[0]) - f32(1.01)
        )
        a = np.int32(y)
        w = y - f32(a)
        for i in range(len(row)):
            row[i] = mix(field[a, i], field[a + 1, i], w)
        for i in range(columns):
            x = max((f32(i) + f32(0.5)) / times - f32(0.5), f32(0))
            b = np.int32(x)
            tone[j, i] = mix(row[b], row[b + 1], x - f32(b))
