"""Deep space: gas lit from inside by a young core, dust in front of it, stars that drift past.

`travel` carries the camera forward through three layers of stars and lets the gas roll; bass swells
the light of the core, mid brightens the filaments, high makes the stars twinkle, a beat sends a
ring of light out through the gas (a light echo). `energy` widens the lit region, `progress` moves
the camera in. The seed chooses where the core is and how gas and dust lie around it.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import (
    clamp01,
    f32,
    fbm_row,
    glow,
    hash01,
    mix,
    ramp_at,
    sin_turn,
    smoothstep,
    u32,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView


@kernel
def _gas(rgb, depth, dust, view, core, roll, music, ramp, tint, octaves, seed):
    """Draw the gas and remember how much light the dust lets through.

    view: size of a pixel, zoom; roll: three offsets; music: glow radius, filaments, ring radius,
    ring strength, warmth. Lengths are in short sides of the picture, the core is the origin.
    """
    _, rows, columns = rgb.shape
    unit, zoom = view[0], view[1]
    x = np.empty(columns, np.float32)
    u = np.empty(columns, np.float32)
    v = np.empty(columns, np.float32)
    wx = np.empty(columns, np.float32)
    wy = np.empty(columns, np.float32)
    gas = np.empty(columns, np.float32)
    nearer = np.empty(columns, np.float32)
    web = np.empty(columns, np.float32)
    lane = np.empty(columns, np.float32)
    for i in range(columns):
        x[i] = (f32(i) + f32(0.5) - f32(0.5) * f32(columns)) * unit - core[0]
    for j in range(rows):
        y = (f32(j) + f32(0.5) - f32(0.5) * f32(rows)) * unit - core[1]
        py = y * zoom
        for i in range(columns):
            u[i] = f32(1.1) * x[i] * zoom + roll[0]
            v[i] = f32(1.1) * py + roll[1]
        fbm_row(wx, u, v, 3, seed)
        fbm_row(wy, u, v, 3, seed + u32(17))
        for i in range(columns):
            u[i] = f32(2.3) * (x[i] * zoom + f32(0.95) * wx[i] - f32(0.5)) + roll[2]
            v[i] = f32(2.3) * (py + f32(0.95) * wy[i] - f32(0.5))
        fbm_row(gas, u, v, octaves, seed + u32(31))
        for i in range(columns):
            r = np.sqrt(x[i] * x[i] + y * y) + f32(0.01)
            nearer[i] = x[i]
            lane[i] = u[i] - f32(0.17) * x[i] / r
            web[i] = v[i] - f32(0.17) * y / r
        fbm_row(nearer, lane, web, octaves - 2, seed + u32(31))
        for i in range(columns):
            u[i] = f32(1.3) * u[i] - roll[0]
            v[i] = f32(1.3) * v[i] + roll[1]
        fbm_row(web, u, v, octaves - 1, seed + u32(53))
        for i in range(columns):
            u[i] = f32(1.5) * x[i] * zoom + f32(1.4) * wy[i] + roll[1]
            v[i] = f32(1.5) * py - f32(1.4) * wx[i] + roll[2]
        fbm_row(lane, u, v, octaves - 1, seed + u32(71))
        for i in range(columns):
            r2 = x[i] * x[i] + y * y
            r = np.sqrt(r2)
            reach = glow(r2, f32(1) / (music[0] * music[0]))
            heart = glow(r2, f32(45) / (music[0] * music[0]))
            web_ = max(f32(1) - f32(3.4) * abs(f32(2) * web[i] - f32(1)), f32(0))
            lane_ = smoothstep(
                f32(0.46) + f32(0.09) * reach,
                f32(0.68) + f32(0.07) * reach,
                lane[i] + f32(0.25) * (gas[i] - f32(0.5)),
            )
            cloud = smoothstep(f32(0.33) - f32(0.26) * reach, f32(0.76) - f32(0.2) * reach, gas[i])
            relief = clamp01(f32(0.5) + f32(3.4) * (gas[i] - nearer[i]))
            ring = music[3] * glow((r - music[2]) * (r - music[2]), f32(70))
            lit = f32(0.07) * gas[i] + cloud * (
                f32(0.13) + f32(1.1) * reach * (f32(0.25) + f32(1.1) * relief)
            )
            lit += cloud * ring * reach * (f32(0.3) + relief)
            lit += (f32(0.25) + music[1]) * web_ * web_ * (f32(0.12) + reach) * cloud
            clear = f32(1) - f32(0.93) * lane_ * (f32(1) - f32(0.8) * heart)
            dust[j, i] = clear * (f32(1) - f32(0.5) * cloud)
            # An even veil of light around the core, then the core itself.
            lit += f32(0.16) * reach * reach + heart * (f32(0.5) + f32(0.8) * gas[i])
            gas[i] = lit * clear
            web[i] = (reach * lane_ * relief * (f32(1) - heart) + f32(0.5) * heart * gas[i]) * clear
            depth[j, i] = f32(0.15) + f32(0.2) * cloud + f32(0.3) * lane_
        for i in range(columns):
            shown = gas[i] / (gas[i] + f32(1.1))
            red, green, blue = ramp_at(ramp, f32(0.02) + f32(1.2) * shown + music[4])
            ember = f32(0.3) * web[i]
            rgb[0, j, i] = red + ember * tint[0]
            rgb[1, j, i] = green + ember * tint[1]
            rgb[2, j, i] = blue + ember * tint[2]


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
def _stars(rgb, depth, dust, count, passed, layer, size, twinkle, time, tones, seed):
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


class Nebula:
    """Gas lit from inside by a young core, and the stars in front of it."""

    name: ClassVar[str] = "nebula"
    words: ClassVar[tuple[str, ...]] = (
        "nebula",
        "space",
        "stars",
        "galaxy",
        "cosmos",
        "universe",
        "cosmic",
        "dream",
    )
    scale: ClassVar[float] = 0.5

    def draw(
        self, rgb: NDArray[np.float32], view: SceneView, *, depth: NDArray[np.float32] | None = None
    ) -> None:
        _, rows, columns = rgb.shape
        short = min(rows, columns)
        dice = np.random.default_rng(view.seed)
        seed = u32(view.seed & 0xFFFFFFFF)
        # Worked out even where nobody asks for it: two code paths would round differently.
        space = np.empty((rows, columns), np.float32) if depth is None else depth
        moved = 0.02 * view.time + 0.035 * view.travel
        where = dice.choice([-1, 1], 2) * dice.uniform([0.1, 0.05], [0.22, 0.16])
        core = np.array([where[0] * columns / short, where[1] * rows / short], np.float32)
        start = dice.uniform(0, 50, 3)
        roll = (start + moved * np.array([0.7, -0.5, 0.45])).astype(np.float32)
        zoom = dice.uniform(1.3, 1.75) / (1 + 0.3 * view.progress)
        radius = (0.36 + 0.2 * view.energy) * (0.88 + 0.28 * view.bass)
        echo = 0.08 + 0.75 * (1 - view.beat)
        music = np.array(
            [radius, 0.9 * view.mid, echo, view.beat, 0.05 * (view.brightness - 0.5)], np.float32
        )
        dust = np.empty((rows, columns), np.float32)
        frame = np.array([1 / short, zoom], np.float32)
        tint = view.palette[-1]
        _gas(
            rgb,
            space,
            dust,
            frame,
            core,
            roll,
            music,
            view.ramp,
            tint,
            7 if view.detail else 5,
            seed,
        )
        white = view.ramp[:, 250]
        tones = np.stack(
            [white, white, 0.5 * (view.palette[min(2, len(view.palette) - 1)] + white)]
        )
        pixel = short / 540
        many = (2 if view.detail else 1) * max(columns, rows) / short
        for k, (level, count, size) in enumerate(
            [(0.05, 600, 0.75), (0.5, 130, 1.0), (0.95, 22, 1.5)]
        ):
            _stars(
                rgb,
                space,
                dust,
                int(count * many),
                f32((0.5 + 0.6 * k) * moved + 0.3 * k),
                f32(level),
                f32(max(size * pixel, 0.7)),
                f32(0.9 * view.high),
                f32(view.time),
                tones.astype(np.float32),
                seed + u32(101 * (k + 1)),
            )
