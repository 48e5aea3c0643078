"""Open sea under a low sun or moon: swell, a path of glitter, clouds, a far coast.

Each pixel of water finds where its sight line meets the swell, takes the slope of the swell and the
chop there, and looks up the sky that the slope mirrors. `travel` carries the eye forward and moves
the clouds, bass swells the sea, mid roughens it and so widens the path of light, high makes the
glitter sparkle, a beat sends a band of light down the path toward the eye. `energy` raises
whitecaps, `progress` lowers the sun. The seed chooses where the sun stands, clouds, coast and the
run of the sea.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clavilux.compiled import fast, kernel
from clavilux.scenes.noise import (
    clamp01,
    cos_turn,
    f32,
    fbm_row,
    glow,
    mix,
    ramp_at,
    sin_turn,
    smoothstep,
    u32,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView


@fast
def _clear_sky(x, up, sun, wide):
    """Tone of the clear sky, with the glow around the sun, at `x` and height `up`."""
    dx = x - sun[0]
    dy = up - sun[1]
    d2 = dx * dx + dy * dy
    low = f32(1) / (f32(1) + f32(5) * max(up, f32(0)))
    near = f32(1) / (f32(1) + f32(0.9) * dx * dx)
    base = sun[3] + (sun[4] - sun[3]) * low * low * (f32(0.45) + f32(0.55) * near)
    halo = f32(0.2) * glow(d2, f32(9) / wide) + f32(0.32) * glow(d2, f32(90) / wide)
    return base + sun[5] * halo


@kernel
def _sky(rgb, depth, ramp, horizon, unit, sun, wide, drift, cover, octaves, seed):
    """Draw sky, clouds and the sun down to row `horizon`. sun: x, up, radius, high, low, power."""
    _, rows, columns = rgb.shape
    x = np.empty(columns, np.float32)
    u = np.empty(columns, np.float32)
    v = np.empty(columns, np.float32)
    cloud = np.empty(columns, np.float32)
    beyond = np.empty(columns, np.float32)
    tone = np.empty(columns, np.float32)
    for i in range(columns):
        x[i] = (f32(i) + f32(0.5) - f32(0.5) * f32(columns)) * unit
    for j in range(min(np.int32(horizon) + 3, rows)):
        up = (horizon - f32(j) - f32(0.5)) * unit
        far = f32(0.5) / (max(up, f32(0)) + f32(0.13))
        for i in range(columns):
            u[i] = x[i] * far * f32(1.5) + drift[0]
            v[i] = far * f32(3.4) + drift[1]
        fbm_row(cloud, u, v, octaves, seed)
        for i in range(columns):
            dx = sun[0] - x[i]
            u[i] += f32(0.22) * dx / (abs(dx) + f32(0.3))
            v[i] += f32(0.16)
        fbm_row(beyond, u, v, octaves - 2, seed)
        edge = f32(0.6) - cover * f32(0.2)
        thin = smoothstep(f32(-0.01), f32(0.12), up)
        for i in range(columns):
            dx = x[i] - sun[0]
            dy = up - sun[1]
            d2 = dx * dx + dy * dy
            sky = _clear_sky(x[i], up, sun, wide)
            body = smoothstep(edge, edge + f32(0.2), cloud[i]) * thin
            lit = clamp01(f32(0.45) + f32(4) * (cloud[i] - beyond[i]))
            near = glow(d2, f32(2.2))
            rim = body * (f32(1) - body) * f32(4)
            shade = f32(0.5) * sky + f32(0.03) + lit * (f32(0.06) + f32(0.34) * near * sun[5])
            shade += rim * near * f32(0.12) * sun[5]
            disc = smoothstep(sun[2] + f32(1.2) * unit, sun[2] - f32(1.2) * unit, np.sqrt(d2))
            sky = mix(sky, f32(0.97), disc * sun[6])
            tone[i] = mix(sky, shade, body * (f32(0.86) - f32(0.3) * disc))
        for i in range(columns):
            rgb[0, j, i], rgb[1, j, i], rgb[2, j, i] = ramp_at(ramp, tone[i])
            depth[j, i] = f32(0.04)


@fast
def _swell(x, z, sea):
    """Height of the long waves, and its slopes.

    sea: amplitude, phases 1..3, lean 1..3, height of the eye.
    """
    a1 = f32(0.20) * (z + sea[4] * x) + sea[1]
    a2 = f32(0.31) * (z + sea[5] * x) + sea[2]
    a3 = f32(0.53) * (z + sea[6] * x) + sea[3]
    s1 = sin_turn(a1)
    s2 = sin_turn(a2)
    s3 = sin_turn(a3)
    # Crests are sharper than troughs.
    h = (
        s1 * (f32(0.75) + f32(0.25) * s1)
        + f32(0.6) * s2
        + f32(0.34) * s3 * (f32(0.7) + f32(0.3) * s3)
    )
    c1 = cos_turn(a1) * (f32(0.75) + f32(0.5) * s1) * f32(1.257)
    c2 = cos_turn(a2) * f32(1.169)
    c3 = cos_turn(a3) * f32(1.132) * (f32(0.7) + f32(0.6) * s3)
    return sea[0] * h, sea[0] * (c1 + c2 + c3), sea[0] * (c1 * sea[4] + c2 * sea[5] + c3 * sea[6])


@kernel
def _chop(n1, n2, wx, wz, scale, moved, octaves, seed):
    """Two noises 0..1 over the water at (wx, wz): the small waves, with `scale` cells along z."""
    u = np.empty(len(wx), np.float32)
    v = np.empty(len(wx), np.float32)
    for i in range(len(wx)):
        u[i] = f32(11) * wx[i] + f32(0.3) * wz[i]
        v[i] = scale * wz[i]
    fbm_row(n1, u, v, octaves, seed)
    for i in range(len(wx)):
        u[i] += f32(31.7)
        v[i] -= f32(0.4) * moved
    fbm_row(n2, u, v, octaves, seed + u32(5))


@kernel
def _water(rgb, depth, ramp, horizon, unit, sun, wide, sea, chop, moved, light, octaves, seed):
    """Draw the sea below `horizon`. chop: roughness, sparkle, foam; light: band place, strength."""
    _, rows, columns = rgb.shape
    x = np.empty(columns, np.float32)
    wx = np.empty(columns, np.float32)
    wz = np.empty(columns, np.float32)
    sz = np.empty(columns, np.float32)
    sx = np.empty(columns, np.float32)
    high = np.empty(columns, np.float32)
    m1 = np.empty(columns, np.float32)
    m2 = np.empty(columns, np.float32)
    n1 = np.empty(columns, np.float32)
    n2 = np.empty(columns, np.float32)
    tone = np.empty(columns, np.float32)
    for i in range(columns):
        x[i] = (f32(i) + f32(0.5) - f32(0.5) * f32(columns)) * unit
    for j in range(max(np.int32(horizon) - 1, 0), rows):
        down = (f32(j) + f32(0.5) - horizon) * unit
        low = max(down, f32(0.3) * unit)
        fade = smoothstep(f32(0), f32(0.03), down)  # no swell at the horizon, it would alias
        fade *= smoothstep(f32(0), f32(7), sea[7] / low)  # gentle close by, where faces would tower
        for i in range(columns):
            z = sea[7] / low
            h = f32(0)
            for _ in range(3):
                h, dz, dx = _swell(x[i] * z, z + moved, sea)
                z = mix(z, (sea[7] - f32(0.7) * h * fade) / low, f32(0.7))
            h, dz, dx = _swell(x[i] * z, z + moved, sea)
            wx[i] = x[i] * z
            wz[i] = z + moved
            high[i] = h * fade
            sz[i] = dz * fade
            sx[i] = dx * fade
        # Chop is drawn out along the view, twice as long at each step, before its cells would be
        # finer than pixels; between two steps they are blended.
        size = sea[7] / low
        finest = max(np.log2(f32(50) * size * size * unit / sea[7]), f32(0))
        calm = f32(1) / (f32(1) + f32(0.25) * finest)
        step = np.floor(finest)
        blend = smoothstep(f32(0), f32(1), finest - step)
        _chop(
            n1,
            n2,
            wx,
            wz,
            f32(17.6) * f32(0.5) ** step,
            moved,
            min(octaves, 3) if step > 0 else octaves,
            seed,
        )
        if blend > f32(0):
            _chop(m1, m2, wx, wz, f32(8.8) * f32(0.5) ** step, moved, 3, seed)
            for i in range(columns):
                n1[i] = mix(n1[i], m1[i], blend)
                n2[i] = mix(n2[i], m2[i], blend)
        for i in range(columns):
            rough = chop[0] * (f32(0.35) + f32(0.65) * calm)
            tilt = f32(0.5) * sz[i] + rough * (n1[i] - f32(0.5))
            side = f32(0.5) * sx[i] + rough * f32(0.7) * (n2[i] - f32(0.5))
            up = max(down * f32(1.0) + f32(0.03) + f32(1.6) * tilt, f32(0.015))
            across = x[i] * (f32(1) + f32(0.2) * down) + f32(1.1) * side
            mirrored = _clear_sky(across, up, sun, wide)
            facing = clamp01(f32(0.5) + f32(1.4) * tilt + f32(0.25) * (f32(1) - calm))
            deep = f32(0.035) + f32(0.05) * max(high[i], f32(0))
            t = mix(deep, mirrored, f32(0.4) + f32(0.5) * facing)
            ex = (across - sun[0]) / (f32(0.05) + f32(0.10) * down + sun[2])
            ey = (up - sun[1]) / (f32(0.10) + sun[2])
            flash = glow(ex * ex + f32(0.55) * ey * ey, f32(1.1))
            path = (x[i] - sun[0]) / (f32(0.10) + f32(0.55) * down)
            in_path = glow(path * path, f32(0.9))
            bits = smoothstep(
                f32(0.52), f32(0.72), n1[i] * f32(0.6) + n2[i] * f32(0.4) + f32(0.06) * chop[1]
            )
            band = light[1] * glow((down - light[0]) * (down - light[0]), f32(900))
            t += sun[5] * (
                f32(0.75) * flash
                + in_path * bits * (f32(0.18) + f32(0.5) * chop[1] + f32(0.9) * band)
            )
            crest = high[i] / (sea[0] + f32(0.01)) - f32(1)
            foam = smoothstep(f32(0.6), f32(0.85), n1[i] + f32(0.4) * min(crest, f32(0.2)))
            t += chop[2] * foam * f32(0.14) * n2[i] * smoothstep(f32(0.3), f32(0.9), calm)
            haze = f32(1) / (f32(1) + f32(60) * down)
            tone[i] = mix(t, _clear_sky(x[i], f32(0.02), sun, wide) * f32(0.8), haze * f32(0.8))
        for i in range(columns):
            red, green, blue = ramp_at(ramp, tone[i])
            a = clamp01(down / unit / f32(1.5) + f32(0.5))
            rgb[0, j, i] = mix(rgb[0, j, i], red, a) if a < f32(1) else red
            rgb[1, j, i] = mix(rgb[1, j, i], green, a) if a < f32(1) else green
            rgb[2, j, i] = mix(rgb[2, j, i], blue, a) if a < f32(1) else blue
            depth[j, i] = mix(f32(0.2), f32(1), clamp01(down / (f32(rows) * unit - horizon * unit)))


@kernel
def _coast(rgb, depth, ramp, line, horizon, tone, level):
    """A far coast: dark land above the horizon, per-column height `line` in pixels."""
    _, rows, columns = rgb.shape
    for i in range(columns):
        if line[i] <= f32(0):
            continue
        top = horizon - line[i]
        for j in range(max(np.int32(top) - 1, 0), min(np.int32(horizon) + 1, rows)):
            a = clamp01((f32(j) + f32(0.5) - top) / f32(1.5) + f32(0.5)) * clamp01(line[i])
            a *= clamp01((horizon - f32(j) - f32(0.5)) / f32(1.5) + f32(0.5))
            mist = (f32(j) - top) / (line[i] + f32(1))
            red, green, blue = ramp_at(ramp, tone + f32(0.06) * mist * mist)
            rgb[0, j, i] = mix(rgb[0, j, i], red, a)
            rgb[1, j, i] = mix(rgb[1, j, i], green, a)
            rgb[2, j, i] = mix(rgb[2, j, i], blue, a)
            depth[j, i] = mix(depth[j, i], level, a)


class Ocean:
    """A swell under a low sun."""

    name: ClassVar[str] = "ocean"
    words: ClassVar[tuple[str, ...]] = (
        "ocean",
        "sea",
        "water",
        "waves",
        "horizon",
        "sunset",
        "moonlight",
        "tide",
    )
    scale: ClassVar[float] = 0.5

    def draw(
        self, rgb: NDArray[np.float32], view: SceneView, *, depth: NDArray[np.float32] | None = None
    ) -> None:
        _, rows, columns = rgb.shape
        short = min(rows, columns)
        unit = f32(1 / short)
        dice = np.random.default_rng(view.seed)
        seed = u32(view.seed % 65536)
        # Worked out even where nobody asks for it: two code paths would round differently.
        ground = np.empty((rows, columns), np.float32) if depth is None else depth
        horizon = f32(rows * dice.uniform(0.44, 0.6))
        wide = columns / short
        across = dice.choice([-1, 1]) * dice.uniform(0.08, 0.24) * wide
        high = dice.uniform(0.05, 0.3)
        radius = dice.uniform(0.035, 0.085)
        moved = f32(0.35 * view.time + 1.5 * view.travel)
        up = high * (1.15 - 0.6 * view.progress) + 0.35 * radius
        power = 0.75 + 0.35 * view.loudness + 0.1 * view.beat
        sky_tone = 0.1 + 0.05 * view.brightness
        sun = np.array(
            [across, up, radius, sky_tone * 0.5, sky_tone + 0.27, power, 1.0], np.float32
        )
        spread = f32(0.7 + 0.7 * view.energy)
        start = dice.uniform(0, 60, 2)
        slid = np.array([0.02 * view.time, 0.05 * view.travel + 0.01 * view.time])
        cover = f32(dice.uniform(0.25, 1.0))
        extra = 2 if view.detail else 0
        _sky(
            rgb,
            ground,
            view.ramp,
            horizon,
            unit,
            sun,
            spread,
            (start + slid).astype(np.float32),
            cover,
            5 + extra,
            seed,
        )
        self._land(rgb, ground, view, horizon, unit, dice)
        phases = dice.uniform(0, 1, 3) + view.time * np.array([0.11, 0.13, 0.17])
        lean = dice.uniform(-0.7, 0.7, 3)
        swell = 0.03 + 0.03 * view.energy + 0.06 * view.bass
        eye = max(2.1 * (rows - float(horizon)) / short, 0.8)
        sea = np.array([swell, *phases, *lean, eye], np.float32)
        chop = np.array(
            [0.16 + 0.16 * view.mid + 0.1 * view.energy, view.high, view.energy], np.float32
        )
        tall = (rows - float(horizon)) / short
        light = np.array([tall * (1.1 * (1 - view.beat)), view.beat], np.float32)
        _water(
            rgb,
            ground,
            view.ramp,
            horizon,
            unit,
            sun,
            spread,
            sea,
            chop,
            moved,
            light,
            5 + extra,
            seed,
        )

    def _land(
        self,
        rgb: NDArray[np.float32],
        ground: NDArray[np.float32],
        view: SceneView,
        horizon: np.float32,
        unit: np.float32,
        dice: np.random.Generator,
    ) -> None:
        columns = rgb.shape[2]
        at = np.arange(columns, dtype=np.float32) * unit
        slide = 0.002 * view.time + 0.004 * view.travel
        for k, (tall, tone) in enumerate([(0.05, 0.13), (0.03, 0.07)]):
            shape = np.empty(columns, np.float32)
            start = f32(dice.uniform(0, 50))
            fbm_row(
                shape,
                (3 + 2 * k) * at + start + f32(slide * (1 + k)),
                np.full_like(at, 0.5),
                6,
                u32(view.seed % 999 + k),
            )
            middle = dice.uniform(-0.2, 1.2) * columns * float(unit)
            bump = np.exp(-(((at - middle) / dice.uniform(0.2, 0.5)) ** 2))
            line = (shape * bump - 0.2) * tall * 2.2 / unit
            _coast(
                rgb,
                ground,
                view.ramp,
                line.astype(np.float32),
                horizon,
                f32(tone),
                f32(0.12 + 0.06 * k),
            )
