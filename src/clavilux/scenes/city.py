"""A city at nightfall across dark water: towers in haze, windows, neon, lamps and their reflection.

Four rows of buildings stand one before the other, each made of cells along a street without end.
`travel` slides them past at their own speeds and drives the lights on the quay, bass swells the
glow behind the skyline, mid raises the lit floors of some towers like a level meter, high makes
windows glint, a beat sends a front of light along the window rows from the middle outward, a
downbeat lights the spires. `energy` and `progress` light more windows. The seed chooses the street.
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
def _sky(field, unit, base, light, beams, drift, seed):
    """Glow over the skyline, clouds lit from below, searchlights.

    light: x, power, width, dark; beams: of each foot x, direction x and up, strength.
    """
    rows, columns = field.shape
    u = np.empty(columns, np.float32)
    v = np.empty(columns, np.float32)
    cloud = np.empty(columns, np.float32)
    for j in range(rows):
        up = base - (f32(j) + f32(0.5)) * unit
        far = f32(1) / (max(up, f32(0)) + f32(0.25))
        for i in range(columns):
            x = (f32(i) + f32(0.5)) * unit - light[0]
            u[i] = f32(0.9) * x * far + drift
            v[i] = f32(2.6) * far + f32(0.3) * drift
        fbm_row(cloud, u, v, 5, seed)
        for i in range(columns):
            x = (f32(i) + f32(0.5)) * unit - light[0]
            d2 = x * x * f32(0.45) + up * up
            halo = light[1] * (
                f32(0.46) * glow(d2, f32(2.6) / light[2]) + f32(0.2) * glow(up * up, f32(12))
            )
            body = smoothstep(f32(0.38), f32(0.72), cloud[i])
            lit = light[1] * f32(0.3) * glow(d2, f32(1.2) / light[2])
            field[j, i] = (
                light[3]
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
def _enlarge(tone, field, times, last):
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


@kernel
def _block(tone, depth, left, right, top, bottom, above, below, span, level):
    """One box, in pixels, its tone from `above` to `below` over `span` rows up from `bottom`."""
    rows, columns = tone.shape
    for j in range(max(np.int32(top - f32(0.5)), 0), min(np.int32(bottom) + 1, rows)):
        cy = min(clamp01(f32(j) + f32(1) - top), clamp01(bottom - f32(j)))
        fade = clamp01((bottom - f32(j)) / span)
        t = below + (above - below) * fade * (f32(2) - fade)
        for i in range(max(np.int32(left) - 1, 0), min(np.int32(right) + 2, columns)):
            cover = cy * min(clamp01(f32(i) + f32(1) - left), clamp01(right - f32(i)))
            tone[j, i] += cover * (t - tone[j, i])
            depth[j, i] += cover * (level - depth[j, i])


@kernel
def _pane(tone, left, right, top, bottom, value, strength):
    """One lit window, in pixels: the part of each pixel that it covers."""
    rows, columns = tone.shape
    for j in range(max(np.int32(np.floor(top)), 0), min(np.int32(bottom) + 1, rows)):
        cy = strength * max(min(f32(j) + f32(1), bottom) - max(f32(j), top), f32(0))
        for i in range(max(np.int32(np.floor(left)), 0), min(np.int32(right) + 1, columns)):
            cover = cy * max(min(f32(i) + f32(1), right) - max(f32(i), left), f32(0))
            tone[j, i] += cover * (value - tone[j, i])


@kernel
def _windows(tone, left, right, top, bottom, grid, style, cell, warm, strength, music, unit, seed):
    """The windows of one facade. grid: width of a bay, height of a floor, in pixels.

    music: lit share, time, glint, level of the meter, place and strength of the front, middle x.
    """
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
        under = smoothstep(height - f32(0.06), height + f32(0.02), music[3]) if meter else f32(0)
        for bay in range(bays):
            x = left + margin + (f32(bay) + f32(0.5)) * grid[0]
            own = hash01(cell * 64 + bay, floor, seed)
            chance = f32(0.62) * own + f32(0.38) * group
            share = music[0] + f32(0.05) * sin_turn(f32(0.04) * music[1] + f32(5) * own)
            on = smoothstep(share + f32(0.03), share - f32(0.03), chance)
            away = abs(x * unit - music[6])
            front = music[5] * glow((away - music[4]) * (away - music[4]), f32(130))
            light = on * (f32(0.55) + f32(0.45) * hash01(bay, cell + floor * 7, seed))
            light += f32(0.6) * under * (f32(1) - f32(0.5) * on) + front * (
                f32(0.12) + f32(0.6) * on
            )
            if own < f32(0.05):
                glint = max(sin_turn(music[1] * (f32(0.5) + f32(9) * own) + f32(77) * own), f32(0))
                light += music[2] * glint * glint
            if light < f32(0.02):
                continue
            value = warm + f32(0.12) * (group - f32(0.5)) + f32(0.12) * light
            half_x = f32(0.5) * wide * grid[0]
            half_y = f32(0.5) * high * grid[1]
            _pane(
                tone,
                x - half_x,
                x + half_x,
                y - half_y,
                y + half_y,
                value,
                min(light, f32(1)) * strength,
            )


@kernel
def _street(tone, neon, depth, base, slide, unit, layer, haze, music, spire, seed):
    """One row of buildings whose feet stand on row `base`.

    layer: width of a cell, least height, added height, tone, windows' strength, bay, floor, depth.
    """
    columns = tone.shape[1]
    width = layer[0]
    first = np.int32(np.floor(slide / width)) - 2
    last = np.int32(np.floor((slide + f32(columns) * unit) / width)) + 2
    grid = np.empty(2, np.float32)
    for cell in range(first, last):
        a = hash01(cell, 1, seed)
        b = hash01(cell, 2, seed)
        c = hash01(cell, 3, seed)
        quarter = f32(0.5) + f32(0.5) * sin_turn(
            f32(cell) * f32(0.083) + f32(0.7) * hash01(7, 7, seed)
        )
        tall = layer[1] + layer[2] * (f32(0.15) + f32(0.85) * a * a) * (
            f32(0.35) + f32(0.65) * quarter
        )
        landmark = cell % 19 == 4
        if landmark:
            tall = layer[1] + layer[2] * (f32(0.85) + f32(0.25) * b)
        left = ((f32(cell) + f32(0.3) * b) * width - slide) / unit
        right = left + width * (f32(0.62) + f32(0.45) * c) / unit
        top = base - tall / unit
        span = (layer[1] + layer[2]) / unit
        shade = layer[3] * (f32(0.8) + f32(0.4) * hash01(cell, 4, seed))
        style = hash01(cell, 5, seed)
        warm = f32(0.6) + f32(0.25) * hash01(cell, 6, seed)
        grid[0] = layer[5] * (f32(0.85) + f32(0.4) * c) / unit
        grid[1] = layer[6] * (f32(0.85) + f32(0.4) * b) / unit
        # A third of the towers step back once, some twice; landmarks always.
        steps = 2 if landmark else (1 if a > f32(0.45) else 0) + (1 if b * a > f32(0.4) else 0)
        inset = f32(0.16) * (right - left)
        low = top
        for step in range(steps, -1, -1):
            shift = f32(step) * inset
            high = top + (f32(0) if step == steps else f32(steps - step) * f32(0.13) * tall / unit)
            _block(
                tone, depth, left + shift, right - shift, high, base, shade, haze, span, layer[7]
            )
        for step in range(steps, -1, -1):
            shift = f32(step) * inset
            high = top + (f32(0) if step == steps else f32(steps - step) * f32(0.13) * tall / unit)
            low = base if step == 0 else top + f32(steps - step + 1) * f32(0.13) * tall / unit
            _windows(
                tone,
                left + shift,
                right - shift,
                high,
                low,
                grid,
                style,
                cell,
                warm,
                layer[4],
                music,
                unit,
                seed,
            )
        middle = f32(0.5) * (left + right)
        if landmark or c > f32(0.75):
            rod = (f32(0.16) if landmark else f32(0.05) + f32(0.05) * a) * tall / unit
            thin = max(f32(0.0014) / unit, f32(0.55))
            _block(
                tone,
                depth,
                middle - thin,
                middle + thin,
                top - rod,
                top,
                shade,
                shade,
                span,
                layer[7],
            )
            _spot(
                neon, middle, top - rod, f32(0.0028) / unit, f32(0.35) + f32(0.65) * spire, f32(1)
            )
        sign = hash01(cell, 8, seed)
        if layer[4] > f32(0.6) and sign > f32(0.72):
            # A neon edge down one side of the facade.
            x = (left if b > f32(0.5) else right) - f32(0.0005) / unit
            ledge = top + f32(steps) * f32(0.13) * tall / unit
            beam = f32(0.4) + f32(0.6) * music[3]
            hang = (f32(0.2) + f32(0.4) * c) * tall / unit
            _pane(
                neon,
                x - f32(0.0012) / unit,
                x + f32(0.0012) / unit,
                ledge,
                ledge + hang,
                f32(0.75),
                beam,
            )


@kernel
def _spot(field, x, y, radius, power, stretch):
    """Add a soft light, `stretch` times as wide as it is high."""
    rows, columns = field.shape
    radius = max(radius, f32(0.8))
    tall = np.int32(f32(4) * radius) + 1
    wide = np.int32(f32(4) * radius * stretch) + 1
    for j in range(max(np.int32(y) - tall, 0), min(np.int32(y) + tall + 1, rows)):
        for i in range(max(np.int32(x) - wide, 0), min(np.int32(x) + wide + 1, columns)):
            dx = (f32(i) + f32(0.5) - x) / stretch
            dy = f32(j) + f32(0.5) - y
            d2 = (dx * dx + dy * dy) / (radius * radius)
            field[j, i] += power * glow(d2, f32(1)) * clamp01(f32(1) - d2 / f32(16))


@kernel
def _quay(tone, neon, base, unit, slide, passed, power, seed):
    """Lamps along the quay, and the lights of cars that run both ways before them."""
    columns = tone.shape[1]
    wide = f32(columns) * unit
    first = np.int32(np.floor(slide / f32(0.085)))
    for k in range(first, first + np.int32(wide / f32(0.085)) + 2):
        x = (f32(k) * f32(0.085) - slide) / unit
        _spot(tone, x, base - f32(0.017) / unit, f32(0.0034) / unit, f32(0.75), f32(1))
    for k in range(26):
        own = hash01(k, 1, seed)
        way = f32(1) if k % 2 == 0 else f32(-1)
        at = hash01(k, 2, seed) + way * passed * (f32(0.6) + f32(0.5) * own)
        x = (at - np.floor(at)) * (wide + f32(0.3)) - f32(0.15)
        y = base - (f32(0.0045) if k % 2 == 0 else f32(0.0095)) / unit
        if k % 2 == 0:
            _spot(tone, x / unit, y, f32(0.0022) / unit, power, f32(5))
        else:
            _spot(neon, x / unit, y, f32(0.002) / unit, power, f32(6))


@kernel
def _mirror(tone, neon, depth, base, unit, time, chop, shine, octaves, seed):
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


@kernel
def _paint(rgb, tone, neon, ramp, accent):
    _, rows, columns = rgb.shape
    for j in range(rows):
        for i in range(columns):
            red, green, blue = ramp_at(ramp, tone[j, i])
            n = neon[j, i]
            rgb[0, j, i] = red + n * accent[0]
            rgb[1, j, i] = green + n * accent[1]
            rgb[2, j, i] = blue + n * accent[2]


class City:
    """A skyline of lights over dark water."""

    name: ClassVar[str] = "city"
    words: ClassVar[tuple[str, ...]] = (
        "city",
        "skyline",
        "street",
        "metropolis",
        "neon",
        "downtown",
        "towers",
        "urban",
        "lights",
    )
    scale: ClassVar[float] = 1.0

    def draw(
        self, rgb: NDArray[np.float32], view: SceneView, *, depth: NDArray[np.float32] | None = None
    ) -> None:
        _, rows, columns = rgb.shape
        short = min(rows, columns)
        unit = f32(1 / short)
        dice = np.random.default_rng(view.seed)
        seed = view.seed % 65536
        # Worked out even where nobody asks for it: two code paths would round differently.
        ground = np.empty((rows, columns), np.float32) if depth is None else depth
        ground[:] = 0.02
        wide = columns / short
        base = int(rows * dice.uniform(0.7, 0.76))
        tall = min(base / short, 1.5)
        middle = wide * dice.uniform(0.3, 0.7)
        tone = np.zeros((rows, columns), np.float32)
        neon = np.zeros((rows, columns), np.float32)
        glow_ = (0.62 + 0.45 * view.bass + 0.12 * view.beat) * (1.15 - 0.35 * view.progress)
        light = np.array(
            [middle, glow_, 0.6 + 0.6 * view.energy, 0.03 + 0.03 * view.brightness], np.float32
        )
        times = max(short // 150, 1)
        field = np.empty((base // times + 2, columns // times + 2), np.float32)
        drift = f32(dice.uniform(0, 60) + 0.012 * view.time + 0.03 * view.travel)
        _sky(
            field,
            f32(unit * times),
            f32(base * unit),
            light,
            self._beams(view, wide, dice),
            drift,
            u32(seed),
        )
        _enlarge(tone, field, f32(times), base)
        share = 0.3 + 0.12 * view.energy + 0.08 * view.progress
        front = 0.05 + 0.9 * (1 - view.beat)
        meter = 0.1 + 0.9 * view.mid
        music = np.array(
            [share, view.time, 0.9 * view.high, meter, front, view.beat, middle], np.float32
        )
        moved = view.travel + 0.35 * view.time
        start = dice.uniform(0, 40)
        for k, (cell, low, high, shade, strength, bay, floor, speed) in enumerate(
            [
                (0.055, 0.14, 0.52, 0.17, 0.42, 0.0055, 0.0075, 0.006),
                (0.085, 0.1, 0.58, 0.105, 0.72, 0.0075, 0.0095, 0.011),
                (0.12, 0.06, 0.36, 0.055, 0.92, 0.0105, 0.0125, 0.019),
                (0.17, 0.03, 0.14, 0.022, 1.0, 0.015, 0.016, 0.03),
            ]
        ):
            layer = np.array(
                [cell, low * tall, high * tall, shade, strength, bay, floor, 0.2 + 0.17 * k],
                np.float32,
            )
            haze = f32((0.4 - 0.105 * k) * (0.55 + 0.6 * glow_))
            slide = f32(start * (1 + 0.3 * k) + speed * moved)
            _street(
                tone,
                neon,
                ground,
                f32(base),
                slide,
                unit,
                layer,
                haze,
                music,
                f32(view.bar),
                u32(seed + 11 * k),
            )
        passed = f32(0.05 * view.time + 0.16 * view.travel)
        _quay(tone, neon, f32(base), unit, slide, passed, f32(0.5 + 0.5 * view.loudness), u32(seed))
        ripple = f32(0.5 * view.time + 0.5 * view.travel)
        _mirror(
            tone,
            neon,
            ground,
            base,
            unit,
            ripple,
            f32(0.35 + 0.5 * view.bass),
            f32(glow_),
            5 if view.detail else 2,
            u32(seed + 3),
        )
        _paint(rgb, tone, neon, view.ramp, view.palette[-1])

    def _beams(
        self, view: SceneView, wide: float, dice: np.random.Generator
    ) -> NDArray[np.float32]:
        count = 3
        foot = wide * dice.uniform(0.1, 0.9, count)
        pace = dice.uniform(0.02, 0.04, count) * dice.choice([-1, 1], count)
        turn = pace * (view.travel + 0.5 * view.time) + dice.uniform(0, 1, count)
        angle = 0.55 * np.sin(2 * np.pi * turn)
        strength = np.clip(3 * view.energy - np.arange(count) * 0.7, 0.15, 1)
        strength = 0.16 * strength * (0.6 + 0.4 * view.loudness + 0.4 * view.bar)
        return np.stack([foot, np.sin(angle), np.cos(angle), strength], axis=1).astype(np.float32)
