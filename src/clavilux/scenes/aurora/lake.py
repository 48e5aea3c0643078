"""The still lake."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import clamp01, f32, fbm_row, mix, smoothstep


@kernel
def lake(tone, depth, level, unit, time, chop, seed):
    """Below row `level`: the sky again, mirrored, drawn out by ripples that grow toward the eye."""
    rows, columns = tone.shape
    u = np.empty(columns, np.float32)
    v = np.empty(columns, np.float32)
    bend = np.empty(columns, np.float32)
    for j in range(np.int32(level), rows):
        down = (f32(j) + f32(0.5) - level) * unit
        far = f32(0.05) / (down + f32(0.012))
        for i in range(columns):
            u[i] = (f32(i) - f32(0.5) * f32(columns)) * unit * far * f32(3)
            v[i] = far * f32(26) + time
        fbm_row(bend, u, v, 3, seed)
        fade = clamp01(f32(8) * down)
        shore = smoothstep(f32(0), f32(0.012), down)
        for i in range(columns):
            sway = (bend[i] - f32(0.5)) * chop * fade * (f32(0.15) + down) / unit
            up = level - (f32(j) + f32(0.5) - level) * f32(1.6) + sway
            up = min(max(up, f32(0)), level - f32(1.5))
            a = np.int32(up)
            w = up - f32(a)
            seen = mix(tone[a, i], tone[a + 1, i], w)
            dim = f32(0.8) - f32(0.25) * smoothstep(f32(0), f32(0.5), down)
            tone[j, i] = seen * dim * (f32(0.55) + f32(0.45) * shore)
            depth[j, i] = f32(0.4) + f32(0.6) * (f32(j) - level) / (f32(rows) - level)
