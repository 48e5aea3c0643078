"""A sea of dunes under a low sun: sharp crests, a lit and a dark side, sand in the wind.

The land is drawn from the nearest point outward, one distance at a time: each column keeps how high
it is filled already, and only what rises above that is seen. `travel` flies over the dunes (the eye
keeps above the sand), bass makes the land heave, mid drives the streaks of blown sand, high lights
grains in the air, a beat runs a band of light over the sand from the horizon to the eye. `energy`
widens the glow and the wind, `progress` moves the sun. The seed chooses the dunes, which side the
sun stands, and the height of the horizon.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clavilux.compiled import fast, kernel
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


@fast
def _profile(u):
    """A dune's cross-section, 0..1, one per unit: a long rise, a sharp crest, a steep lee."""
    f = u - np.floor(u)
    rise = f / f32(0.68)
    fall = (f32(1) - f) / f32(0.32)
    up = rise * (f32(0.45) + f32(0.55) * rise)
    down = fall * fall * (f32(1.7) - f32(0.7) * fall)
    return up if f < f32(0.68) else down


@fast
def _softened(u, width):
    """The profile averaged over `width`, so that its crest does not fall between two samples."""
    a = f32(0.125) * width
    b = f32(0.375) * width
    return f32(0.25) * (_profile(u - b) + _profile(u - a) + _profile(u + a) + _profile(u + b))


@kernel
def _broad(out, x, z, scale, shift, octaves, seed):
    """Broad noise along a row of points, worked out at every fourth and interpolated."""
    n = len(out)
    count = (n + 2) // 4 + 2
    u = np.empty(count, np.float32)
    v = np.empty(count, np.float32)
    at = np.empty(count, np.float32)
    for k in range(count):
        i = f32(4 * k) / f32(max(n - 1, 1))
        u[k] = scale * (x[0] + (x[n - 1] - x[0]) * i) + shift
        v[k] = scale * (z[0] + (z[n - 1] - z[0]) * i)
    fbm_row(at, u, v, octaves, seed)
    for i in range(n):
        out[i] = mix(at[i >> 2], at[(i >> 2) + 1], f32(i & 3) * f32(0.25))


@kernel
def _heights(out, phase, x, z, run, before, seed):
    """Height of the land at the points (x, z) of a straight row; `phase` is for ripples.

    run: cos, sin of the wind, height; before (2, n): where in the profiles the row before was, so
    that what lies between two rows is averaged.
    """
    n = len(out)
    warp = np.empty(n, np.float32)
    size = np.empty(n, np.float32)
    _broad(warp, x, z, f32(0.13), f32(0), 3, seed)
    _broad(size, x, z, f32(0.08), f32(40), 2, seed + u32(3))
    for i in range(n):
        along = x[i] * run[0] + z[i] * run[1]
        across = z[i] * run[0] - x[i] * run[1]
        phase[i] = along + f32(1.2) * warp[i]
        a = f32(0.17) * along + f32(2.1) * warp[i]
        b = f32(0.36) * along + f32(0.2) * across + f32(2.6) * size[i]
        large = _softened(a, f32(2.5) * abs(a - before[0, i]) + f32(0.01))
        small = _softened(b, f32(2.5) * abs(b - before[1, i]) + f32(0.01))
        before[0, i] = a
        before[1, i] = b
        big = smoothstep(f32(0.25), f32(0.75), size[i])
        out[i] = run[2] * (
            large * (f32(0.25) + f32(1.25) * big)
            + f32(0.34) * small * (f32(1) - f32(0.55) * big)
            + f32(0.9) * size[i]
        )


@kernel
def _land(tone, full, depth, eye, unit, horizon, run, light, sky, band, moved, fine, haze, seed):
    """Draw the land, near to far. `full` (rows, columns) is how much of each pixel is land.

    light: direction to the sun x, y, z; sky: tone at the horizon, place of the sun across, power,
    dark; band: distance, strength of the beat's light; moved: x, z of the eye.
    """
    rows, columns = tone.shape
    screen = np.empty(columns, np.float32)
    x = np.empty(columns, np.float32)
    zs = np.empty(columns, np.float32)
    h = np.empty(columns, np.float32)
    before = np.zeros(columns, np.float32)
    places = np.zeros((2, columns), np.float32)
    phase = np.empty(columns, np.float32)
    u = np.empty(columns, np.float32)
    v = np.empty(columns, np.float32)
    grain = np.empty(columns, np.float32)
    value = np.empty(columns, np.float32)
    last = np.zeros(columns, np.float32)
    last_y = np.full(columns, f32(rows) + f32(4), np.float32)
    top = np.full(columns, f32(rows), np.float32)
    y = np.empty(columns, np.float32)
    z = f32(0.55)
    step = f32(0.01)
    started = False
    for i in range(columns):
        screen[i] = (f32(i) + f32(0.5) - f32(0.5) * f32(columns)) * unit
    while z < f32(75):
        for i in range(columns):
            x[i] = screen[i] * z + moved[0]
            zs[i] = z + moved[1]
        for _ in range(1 if started else 2):  # the first time tells where the places are
            _heights(h, phase, x, zs, run, places, seed)
        level = smoothstep(f32(50), f32(12), z)
        for i in range(columns):
            u[i] = f32(2.2) * x[i]
            v[i] = f32(2.2) * zs[i]
        fbm_row(grain, u, v, 2, seed + u32(9))
        # Ripples and grain fade out where they would be finer than a pixel.
        ripples = smoothstep(f32(0.35), f32(0.1), z * unit * f32(16)) * smoothstep(
            f32(0.5), f32(0.15), step * f32(8)
        )
        air = f32(1) - np.exp(-haze * z)
        wave = band[1] * glow(
            (z - band[0]) * (z - band[0]), f32(4) / (f32(0.4) + f32(0.05) * band[0] * band[0])
        )
        for i in range(columns):
            a = max(i - 1, 0)
            b = min(i + 1, columns - 1)
            hx = (h[b] - h[a]) / (f32(b - a) * unit * z)
            hz = (h[i] - before[i]) / step - screen[i] * hx if started else f32(0)
            r = f32(0.09) * ripples * sin_turn(phase[i] * f32(8) + f32(1.6) * grain[i])
            hx += r * run[0]
            hz += r * run[1]
            size = f32(1) / np.sqrt(f32(1) + hx * hx + hz * hz)
            facing = (light[1] - hx * light[0] - hz * light[2]) * size
            lit = smoothstep(f32(-0.02), f32(0.75), facing)
            lit *= f32(0.86) + f32(0.28) * grain[i]
            shadow = sky[3] * (
                f32(0.45) + f32(0.6) * size * size + f32(6) * r + f32(0.5) * clamp01(hx * light[0])
            )
            near_sun = glow((screen[i] - sky[1]) * (screen[i] - sky[1]), f32(1.2))
            t = shadow + sky[2] * lit * (f32(0.42) + f32(0.2) * near_sun + f32(0.3) * wave)
            far = sky[0] * (f32(0.62) + f32(0.6) * near_sun)
            value[i] = mix(t, far, air)
            y[i] = horizon + (eye - h[i] * level) / (z * unit)
        for i in range(columns):
            if started and y[i] < top[i]:
                from_v = last[i]
                # The last sliver before a crest already turns away: keep it from fraying.
                thin = smoothstep(f32(0.2), f32(1), top[i] - y[i])
                rise = max(last_y[i] - y[i], f32(1e-3))
                bottom = top[i] if last_y[i] > top[i] else last_y[i]
                bottom = max(bottom, top[i])
                first = max(np.int32(np.floor(y[i])), 0)
                for j in range(first, min(np.int32(np.floor(bottom)) + 1, rows)):
                    cover = min(f32(j) + f32(1), bottom) - max(f32(j), y[i])
                    if cover > f32(0):
                        w = clamp01((last_y[i] - f32(j) - f32(0.5)) / rise) * thin
                        c = mix(from_v, value[i], w)
                        tone[j, i] += cover * c
                        full[j, i] += cover
                        depth[j, i] += cover * f32(1.25) / (f32(1) + f32(0.22) * z)
                top[i] = y[i]
            last[i] = value[i]
            last_y[i] = y[i]
            before[i] = h[i]
        started = True
        step = (
            min(max(f32(0.8) * z * z * unit / eye, f32(0.008) * z), max(f32(0.06), f32(0.01) * z))
            * fine
        )
        z += step


@kernel
def _finish(rgb, tone, full, depth, ramp, horizon, unit, sun, wind, time, moved, octaves, seed):
    """Lay the sky behind the land and blown sand over both, then colour.

    sun: x, up, radius, tone at the horizon, tone above, power, width; wind: strength, dust.
    """
    _, rows, columns = rgb.shape
    u = np.empty(columns, np.float32)
    v = np.empty(columns, np.float32)
    veil = np.zeros(columns, np.float32)
    sand = np.zeros(columns, np.float32)
    for j in range(rows):
        up = (horizon - f32(j) - f32(0.5)) * unit
        # Hot air bends what stands near the horizon.
        heat = f32(0.004) * glow(up * up, f32(220))
        bend = heat * (
            sin_turn(f32(j) * unit * f32(17) - f32(0.7) * time)
            + sin_turn(f32(j) * unit * f32(29) + f32(0.9) * time)
        )
        for i in range(columns):
            x = (f32(i) + f32(0.5) - f32(0.5) * f32(columns)) * unit
            u[i] = f32(0.9) * x - f32(0.12) * moved
            v[i] = f32(11) * up + f32(0.5) * x
        if up > f32(0):
            fbm_row(veil, u, v, octaves, seed)
        for i in range(columns):
            x = (f32(i) + f32(0.5) - f32(0.5) * f32(columns)) * unit
            u[i] = f32(1.6) * x - f32(1.7) * moved
            v[i] = f32(22) * up + f32(2.4) * x
        if up < f32(0.08):
            fbm_row(sand, u, v, octaves, seed + u32(5))
        low = glow(max(up, f32(0)) * max(up, f32(0)), f32(22))
        drift = smoothstep(f32(0.08), f32(-0.10), up) * smoothstep(f32(-0.55), f32(-0.05), up)
        for i in range(columns):
            x = (f32(i) + f32(0.5) - f32(0.5) * f32(columns)) * unit
            dx = x + bend - sun[0]
            dy = up - sun[1]
            d2 = dx * dx + dy * dy
            halo = f32(0.22) * glow(d2, f32(3.5) / sun[6]) + f32(0.26) * glow(d2, f32(40) / sun[6])
            sky = sun[4] + (sun[3] - sun[4]) * low + sun[5] * halo
            cloud = smoothstep(f32(0.45), f32(0.75), veil[i]) * smoothstep(f32(0.02), f32(0.2), up)
            sky += cloud * (f32(0.03) + f32(0.12) * glow(d2, f32(4)))
            disc = smoothstep(sun[2] + f32(1.3) * unit, sun[2] - f32(1.3) * unit, np.sqrt(d2))
            sky = mix(sky, f32(0.96) - f32(0.2) * cloud, disc)
            a = clamp01(full[j, i])
            t = tone[j, i] + (f32(1) - a) * sky
            streak = smoothstep(f32(0.5), f32(0.8), sand[i])
            near = glow((x - sun[0]) * (x - sun[0]), f32(1.2))
            t += wind[0] * streak * drift * (f32(0.06) + f32(0.22) * near)
            sand[i] = t + wind[1] * low * f32(0.05) * near
            depth[j, i] = clamp01(depth[j, i] + (f32(1) - a) * f32(0.03))
        for i in range(columns):
            rgb[0, j, i], rgb[1, j, i], rgb[2, j, i] = ramp_at(ramp, sand[i])


@kernel
def _grains(rgb, unit, count, time, moved, size, power, horizon, colour, seed):
    """Grains in the air that catch the light as the wind carries them past."""
    _, rows, columns = rgb.shape
    for k in range(count):
        own = hash01(k, 1, seed)
        near = f32(0.3) + own * own
        x = hash01(k, 2, seed) + (moved * f32(0.6) + f32(0.04) * time) * near
        x -= np.floor(x)
        lift = hash01(k, 3, seed)
        y = f32(0.5) * lift + f32(0.02) * sin_turn(time * f32(0.3) + f32(9) * own)
        cx = (x * f32(1.1) - f32(0.05)) * f32(columns)
        cy = horizon + y / unit * near
        blink = f32(0.5) + f32(0.5) * sin_turn(time * (f32(0.4) + own) + f32(37) * own)
        r = size * (f32(0.6) + near)
        reach = np.int32(f32(3) * r) + 1
        a0 = power * blink * blink
        for j in range(max(np.int32(cy) - reach, 0), min(np.int32(cy) + reach + 1, rows)):
            for i in range(max(np.int32(cx) - reach, 0), min(np.int32(cx) + reach + 1, columns)):
                dx = (f32(i) + f32(0.5) - cx) * f32(0.6)
                dy = f32(j) + f32(0.5) - cy
                d2 = (dx * dx + dy * dy) / (r * r)
                a = a0 * glow(d2, f32(1)) * clamp01(f32(1) - d2 / f32(9))
                for c in range(3):
                    rgb[c, j, i] += a * colour[c]


class Dunes:
    """Dunes before a low sun."""

    name: ClassVar[str] = "dunes"
    words: ClassVar[tuple[str, ...]] = (
        "dunes",
        "desert",
        "sand",
        "sahara",
        "heat",
        "mirage",
        "caravan",
        "oasis",
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
        ground[:] = 0
        tone = np.zeros((rows, columns), np.float32)
        full = np.zeros((rows, columns), np.float32)
        wide = columns / short
        horizon = f32(rows * dice.uniform(0.38, 0.48))
        side = dice.choice([-1, 1])
        across = side * wide * dice.uniform(0.1, 0.32)
        setting = dice.choice([-1, 1])
        up = dice.uniform(0.1, 0.2) + 0.07 * setting * (view.progress - 0.5)
        turn = 2 * np.pi * dice.choice([-1, 1]) * dice.uniform(0.05, 0.14)
        run = np.array([np.cos(turn), np.sin(turn), 0.75 + 0.1 * view.bass], np.float32)
        moved = np.array(
            [
                dice.uniform(0, 300) + 0.06 * view.time,
                dice.uniform(0, 300) + 0.22 * view.time + 0.85 * view.travel,
            ],
            np.float32,
        )
        light = np.array([side * 0.86, 0.2 + 0.3 * up, 0.42], np.float32)
        light /= np.linalg.norm(light)
        power = 0.8 + 0.25 * view.loudness
        low = 0.26 + 0.08 * view.brightness
        eye = _eye(moved, run, seed)
        sky = np.array([low, across, power, 0.075], np.float32)
        band = np.array([0.8 + 12 * view.beat, view.beat], np.float32)
        fine = f32(0.6 if view.detail else 1.0)
        _land(
            tone,
            full,
            ground,
            eye,
            unit,
            horizon,
            run,
            light,
            sky,
            band,
            moved,
            fine,
            f32(0.035),
            seed,
        )
        sun = np.array(
            [
                across,
                up,
                dice.uniform(0.045, 0.09),
                low,
                0.08,
                power + 0.08 * view.beat,
                0.6 + 0.8 * view.energy,
            ],
            np.float32,
        )
        wind = np.array([0.25 + 0.5 * view.energy + 0.6 * view.mid, view.flux], np.float32)
        blown = f32(0.12 * view.time + 0.4 * view.travel)
        _finish(
            rgb,
            tone,
            full,
            ground,
            view.ramp,
            horizon,
            unit,
            sun,
            wind,
            f32(view.time),
            blown,
            5 if view.detail else 4,
            seed,
        )
        size = f32(max(0.9 * short / 540, 0.7))
        _grains(
            rgb,
            unit,
            90 * (1 + view.detail),
            f32(view.time),
            blown,
            size,
            f32(0.04 + 0.4 * view.high),
            horizon,
            view.ramp[:, 235].copy(),
            seed,
        )


def _eye(moved: NDArray[np.float32], run: NDArray[np.float32], seed: np.uint32) -> np.float32:
    """How high the eye flies: above the sand around it, following it softly."""
    x = np.linspace(-3, 3, 9, dtype=np.float32)
    total = weight = 0.0
    for z in np.linspace(-3, 7, 21):
        height = np.empty_like(x)
        row = np.full_like(x, z + moved[1])
        places = np.empty((2, len(x)), np.float32)
        for _ in range(2):  # the first time tells where, the second has nothing to average
            _heights(height, np.empty_like(x), x + moved[0], row, run, places, seed)
        near = np.exp(-((x.astype(np.float64) / 2) ** 2) - ((z - 1.5) / 3) ** 2)
        total += float(np.sum(near * height.astype(np.float64) ** 6))
        weight += float(near.sum())
    return f32(0.75 + (total / weight) ** (1 / 6))
