"""The black water before the quay, and the city in it."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import clamp01, f32, fbm_row, mix, smoothstep


@kernel
def reflect(tone, neon, depth, base, unit, time, chop, shine, octaves, seed):
    """Below row `base`: the picture above it in black water, drawn out and broken by ripples."""
    rows, columns = tone.shape
    u = np.empty(columns, np.float32)
    v = np.empty(columns, np.float32)
    bend = np.empty(columns, np.float32)
    for j in range(base, rows):
        down = (f32(j) + f32(0.5) - f32(base)) * unit
        far = f32(0.11) / (down + f32(0.03))
        for i in range(columns):
            u[i] = (f32(i) - f32(0.5) * f32(columns)) * unit * far * f32(4.5)
            v[i] = far * f32(30) + time
        fbm_row(bend, u, v, octaves, seed)
        near = clamp01(down * f32(9))
        for i in range(columns):
            wave = bend[i] - f32(0.5)
            up = (
                f32(base)
                - (f32(j) + f32(0.5) - f32(base)) * f32(0.92)
                + wave * chop * near * (f32(0.1) + down) / unit
            )
            up = min(max(up, f32(0)), f32(base) - f32(1.5))
            a = np.int32(up)
            w = up - f32(a)
            slip = wave * chop * near * f32(0.035) / unit
            b = min(max(i + np.int32(slip), 0), columns - 1)
            dim = f32(0.66) - f32(0.3) * smoothstep(f32(0), f32(0.35), down) + f32(0.5) * wave
            seen = mix(tone[a, b], tone[a + 1, b], w)
            tone[j, i] = f32(0.012) + seen * dim + shine * f32(0.1) * max(wave, f32(0)) * far
            neon[j, i] = mix(neon[a, b], neon[a + 1, b], w) * dim
            depth[j, i] = f32(0.8) + f32(0.2) * clamp01(down / ((f32(rows) - f32(base)) * unit))
