"""Stars: soft discs, the brightest with a diffraction cross."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import clamp01, f32, glow, hash01, mix, sin_turn, smoothstep


@kernel
def _star(rgb, depth, dust, cx, cy, size, spikes, strength, tone, level):
    """Add one star: a soft disc `size` pixels wide and, if `spikes` > 0, its diffraction cross."""
    _, rows, columns = rgb.shape
    reach = np.int32(max(f32(3) * size, spikes)) + 1
    ci = np.int32(np.floor(cx))
    cj = np.int32(np.floor(cy))
    if ci < -reach or cj < -reach or ci >= columns + reach or cj >= rows + reach:
        return
    sharp = f32(1) / (size * size)
    thin = f32(1) / (f32(0.55) * size * size + f32(0.4))
    clear = dust[min(max(cj, 0), rows - 1), min(max(ci, 0), columns - 1)]
    power = strength * clear
    for j in range(max(cj - reach, 0), min(cj + reach + 1, rows)):
        dy = f32(j) + f32(0.5) - cy
        for i in range(max(ci - reach, 0), min(ci + reach + 1, columns)):
            dx = f32(i) + f32(0.5) - cx
            d2 = dx * dx + dy * dy
            edge = clamp01(f32(1) - d2 / f32(reach * reach))
            a = glow(d2, sharp) * edge
            if spikes > f32(0):
                far = f32(0.16) * edge * edge * edge
                a += far * (glow(dx * dx, thin) + glow(dy * dy, thin))
                a += f32(0.05) * edge * edge * glow(d2, f32(14) / (spikes * spikes))
            a *= power
            rgb[0, j, i] += a * tone[0]
            rgb[1, j, i] += a * tone[1]
            rgb[2, j, i] += a * tone[2]
            depth[j, i] = mix(depth[j, i], level, clamp01(f32(1.5) * a))


@kernel
def stars(rgb, depth, dust, count, passed, layer, size, twinkle, time, tones, seed):
    """One layer of stars that stream slowly outward from the middle as the camera moves in."""
    _, rows, columns = rgb.shape
    for k in range(count):
        phase = passed + hash01(k, 3, seed)
        life = np.int32(np.floor(phase))
        near = phase - np.floor(phase)
        x = (hash01(k, 4 * life + 4, seed) - f32(0.5)) * f32(1.5)
        y = (hash01(k, 4 * life + 5, seed) - f32(0.5)) * f32(1.5)
        spread = f32(0.55) + f32(0.75) * near * near
        own = hash01(k, 4 * life + 6, seed)
        magnitude = own * own * own
        magnitude *= magnitude
        shown = smoothstep(f32(0), f32(0.2), near) * smoothstep(f32(1), f32(0.8), near)
        flicker = f32(0.7) + f32(0.3) * sin_turn(
            time * (f32(0.15) + f32(0.4) * own) + f32(17) * own
        )
        flicker *= f32(1) + twinkle * sin_turn(time * (f32(0.8) + own) + f32(91) * own)
        strength = shown * max(flicker, f32(0.1)) * (f32(0.16) + f32(0.95) * magnitude)
        spikes = f32(0)
        if magnitude > f32(0.92):
            spikes = size * f32(34) * (f32(0.4) + near)
        _star(
            rgb,
            depth,
            dust,
            (f32(0.5) + x * spread) * f32(columns),
            (f32(0.5) + y * spread) * f32(rows),
            size * (f32(0.75) + f32(0.9) * magnitude),
            spikes,
            strength,
            tones[k % 3],
            layer,
        )
