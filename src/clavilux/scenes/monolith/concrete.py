"""Concrete: stains, pores, formwork panels and tie holes."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import f32, fbm3, hash01, smoothstep


@kernel
def grime(out, u, v, seed):
    for i in range(len(out)):
        out[i] = fbm3(u[i], v[i], seed)


@kernel
def concrete(stone, across, up, pixel, seed):
    """Formwork panels and tie holes: about 0.6..1. `stone` comes in as its stains."""
    for i in range(len(stone)):
        ja = across[i] * f32(0.4167) - np.floor(across[i] * f32(0.4167)) - f32(0.5)
        jb = up[i] * f32(0.8333) - np.floor(up[i] * f32(0.8333)) - f32(0.5)
        soft = pixel[i] * f32(1.5)
        gap = min((f32(0.5) - abs(ja)) * f32(2.4), (f32(0.5) - abs(jb)) * f32(1.2))
        joint = smoothstep(f32(0.014) + soft, f32(0.0), gap) * min(f32(1), f32(0.025) / soft)
        ha = abs(ja) * f32(2.4) - f32(0.75)
        hb = jb * f32(1.2)
        hole = smoothstep(f32(0.045) + soft, f32(0.03), np.sqrt(ha * ha + hb * hb)) * min(
            f32(1), f32(0.03) / soft
        )
        panel = hash01(
            np.int32(np.floor(across[i] * f32(0.4167))),
            np.int32(np.floor(up[i] * f32(0.8333))),
            seed,
        )
        tone = f32(0.72) + f32(0.36) * stone[i] + f32(0.10) * panel
        stone[i] = tone * (f32(1) - f32(0.45) * max(joint, hole))
