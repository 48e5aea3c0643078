"""Brutalist halls of concrete in raking light: slabs, columns and beams in fog, a wet floor, lamps.

The camera glides through with `travel`; the sun's direction sways with `travel` and mid, its shafts
thicken with `energy` and bass. Blocks slide slowly, bass lifts the beams; high makes the small
lamps flicker, a beat brightens the lantern of a lone walker and runs along the lamps into the
depth. `progress` raises the camera. The seed chooses the hall: a nave of columns, a field of
monoliths, a canyon of cantilevers.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clavilux.compiled import fast, kernel
from clavilux.scenes.boxes import (
    COARSE,
    SLICES,
    clear,
    in_shafts,
    points,
    shafts,
    sharpen_edges,
    sunlit,
    trace,
)
from clavilux.scenes.noise import (
    clamp01,
    cos_turn,
    f32,
    fbm3,
    glow,
    hash01,
    mix,
    paint_row,
    sin_turn,
    smoothstep,
    u32,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView

_CELL = 6.0  # metres of hall that are laid out together
_AHEAD = 10  # cells drawn in front of the camera
_BAND = 16  # rows that are shaded together


@kernel
def _grime(out, u, v, seed):
    for i in range(len(out)):
        out[i] = fbm3(u[i], v[i], seed)


@kernel
def _concrete(stone, across, up, pixel, seed):
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


@kernel
def _surface(across, up, stretch, facing, ambient, face, px, py, pz, boxes, eye, sun):
    """Coordinates on the faces, and how they face sun and sky. Returns whether floor is seen."""
    floor = False
    for i in range(len(across)):
        code = face[i]
        kind = code & 3 if code > 0 else 3
        k = u32(code >> 2) if code > 0 else u32(0)
        floor = floor or code == -1
        if kind == 3:
            under = code > 0 and eye[1] < f32(0.5) * (boxes[k, 1] + boxes[k, 4])
            across[i] = px[i] + (boxes[k, 6] if code > 0 else f32(0))
            up[i] = pz[i] - eye[3]
            stretch[i] = f32(0.8)
            facing[i] = f32(0) if under else sun[1]
            ambient[i] = f32(0.11) if under else f32(0.15)
        else:
            is_x = kind == 1
            before = (
                eye[0] - f32(0.5) * (boxes[k, 0] + boxes[k, 3])
                if is_x
                else eye[2] - f32(0.5) * (boxes[k, 2] + boxes[k, 5])
            )
            across[i] = (pz[i] - eye[3] if is_x else px[i]) + boxes[k, 6]
            up[i] = py[i]
            stretch[i] = f32(0.22)
            facing[i] = max(
                (sun[0] if is_x else sun[2]) * (f32(1) if before > f32(0) else f32(-1)), f32(0)
            )
            ambient[i] = (f32(0.185) if is_x else f32(0.15)) * (
                f32(0.55) + f32(0.55) * smoothstep(f32(0), f32(8), py[i])
            )
    return floor


@kernel
def _lamplight(warm, px, py, pz, lamps):
    for i in range(len(warm)):
        warm[i] = f32(0)
    for n in range(lamps.shape[0]):
        lx, ly, lz, bright = lamps[n, 0], lamps[n, 1], lamps[n, 2], lamps[n, 3]
        for i in range(len(warm)):
            dx = px[i] - lx
            dy = py[i] - ly
            dz = pz[i] - lz
            warm[i] += bright * glow(dx * dx + dy * dy + dz * dz, f32(0.3))


@kernel
def _fogged(
    value, warm, wet, facing, ambient, light, toward, dist, mirror, face, top, unit, horizon, mood
):
    """Light on the points of some rows, what the wet floor mirrors, and fog over it all.

    `value` comes in as the stone's tone.
    """
    rows, columns = dist.shape
    density, sunshine = mood[0], mood[1]
    for y in range(rows):
        v = (horizon - f32(top + y) - f32(0.5)) * unit
        haze = mood[3] * (f32(0.11) + f32(0.06) * v) + f32(0.02)
        bright = f32(0.30) * mood[3]
        mirrored = mood[2] * (f32(0.25) + f32(0.75) / (f32(1) + f32(8) * abs(v)))
        far, image, code = dist[y], mirror[y], face[y]
        here = slice(y * columns, (y + 1) * columns)
        tone, lamp, open_, floor = value[here], warm[here], ambient[here], wet[here]
        facing_, light_, toward_ = facing[here], light[here], toward[here]
        for x in range(columns):
            floor[x] = mirrored * floor[x] if code[x] == -1 else f32(0)
            tone[x] *= open_[x] + sunshine * facing_[x] * light_[x] + f32(0.75) * lamp[x]
        for x in range(columns):
            sky = haze + bright * toward_[x]
            seen_there = clear(density, min(image[x], f32(200)))
            seen = clear(density, min(far[x], f32(200))) * smoothstep(f32(54), f32(36), far[x])
            body = mix(tone[x], mix(sky, f32(0.05), seen_there), floor[x])
            tone[x] = mix(sky, body, seen)
            lamp[x] = clamp01(lamp[x] * f32(0.6)) * f32(0.7) * seen


@kernel
def _colour(rgb, value, warm, ramp, accent):
    """Colour some rows: value through the ramp, lamp light (warm) in the accent colour."""
    for y in range(rgb.shape[1]):
        here = value[y * rgb.shape[2] : (y + 1) * rgb.shape[2]]
        glowing = warm[y * rgb.shape[2] : (y + 1) * rgb.shape[2]]
        paint_row(rgb[0, y], rgb[1, y], rgb[2, y], here, ramp)
        for p in range(3):
            plane = rgb[p, y]
            tint = accent[p]
            for x in range(len(plane)):
                plane[x] = mix(plane[x], tint * min(here[x] * f32(1.8), f32(1)), glowing[x])


def _shade(
    rgb, dist, face, mirror, scatter, boxes, lamps, ramp, accent, camera, sun, mood, seed, fine
):
    """Colour what was traced, some rows at a time.

    Each step is a kernel of its own: LLVM would inline them into one another, and then have too
    many arrays to turn the loops into SIMD code.

    lamps: (l, 4) position, brightness. mood: fog density, sun, wetness, haze, shafts.
    """
    _, rows, columns = rgb.shape
    eye, _, unit, horizon = camera
    reach = np.stack([boxes[:, 1], boxes[:, 4]])[..., None] / sun[1] * sun[[0, 2]]
    cast = np.concatenate([boxes[:, [0, 2]] - reach.max(0), boxes[:, [3, 5]] - reach.min(0)], 1)[
        :, [0, 2, 1, 3]
    ]
    buffers = np.zeros((14, min(_BAND, rows) * columns), np.float32)
    for top in range(0, rows, _BAND):
        band = slice(top, min(top + _BAND, rows))
        far, code, image = dist[band], face[band], mirror[band]
        px, py, pz, light, stone, across, up, stretch, pixel, facing, ambient, warm, toward, wet = (
            buffers[:, : far.size]
        )
        points(px, py, pz, toward, far, top, camera, sun)
        floor = _surface(
            across, up, stretch, facing, ambient, code.ravel(), px, py, pz, boxes, eye, sun
        )
        np.multiply(np.minimum(far.ravel(), 200), unit, out=pixel)
        sunlit(light, px, py, pz, boxes, cast, sun)
        _grime(stone, across * f32(0.8), up * stretch, seed)
        if fine:  # the pores, where they are larger than a pixel
            _grime(wet, across * f32(9), up * f32(8), seed + u32(1))
            stone += (wet - f32(0.5)) * np.clip(0.7 - 25 * pixel, 0, 0.7)
        _concrete(stone, across, up, pixel, seed)
        _lamplight(warm, px, py, pz, lamps)
        if floor:
            _grime(wet, px * f32(0.45), (pz - eye[3]) * f32(0.3), seed)
            np.clip(3.9 * wet - 1.4, 0.3, 1, out=wet)  # puddles
        _fogged(
            stone,
            warm,
            wet,
            facing,
            ambient,
            light,
            toward,
            far,
            image,
            code,
            top,
            unit,
            horizon,
            mood,
        )
        in_shafts(stone, far, scatter, top, mood[4])
        _colour(rgb[:, band], stone, warm, ramp, accent)


@fast
def _capsule(x, y, ax, ay, bx, by):
    """Distance of a point to a line segment."""
    dx = bx - ax
    dy = by - ay
    h = clamp01(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy))
    ex = x - ax - h * dx
    ey = y - ay - h * dy
    return np.sqrt(ex * ex + ey * ey)


@kernel
def _walker(rgb, depth, dist, dark, bright, foot_x, foot_y, metre, away, stride):
    """A person in a long coat, seen from behind, `metre` pixels per metre, feet at a pixel."""
    _, rows, columns = rgb.shape
    swing = f32(0.26) * sin_turn(stride)
    bob = f32(0.025) * cos_turn(f32(2) * stride)
    for y in range(
        max(0, np.int32(foot_y - f32(2) * metre)),
        min(rows, np.int32(foot_y + f32(0.2) * metre) + 1),
    ):
        for x in range(
            max(0, np.int32(foot_x - metre)), min(columns, np.int32(foot_x + metre) + 1)
        ):
            a = (f32(x) + f32(0.5) - foot_x) / metre
            b = (foot_y - f32(y) - f32(0.5)) / metre - bob
            shape = _capsule(a, b, f32(0), f32(1.62), f32(0), f32(1.66)) - f32(0.105)
            shape = min(
                shape, _capsule(a, b, f32(-0.09), f32(1.36), f32(0.09), f32(1.36)) - f32(0.13)
            )
            coat = max(
                abs(a) - f32(0.2) - f32(0.09) * clamp01(f32(1.3) - b),
                max(b - f32(1.4), f32(0.55) - b),
            )
            shape = min(shape, coat)
            lift = f32(0.07) * max(swing, f32(0)) * f32(2)
            shape = min(
                shape,
                _capsule(a, b, f32(-0.08), f32(0.7), f32(-0.09), f32(0.06) + lift) - f32(0.075),
            )
            lift = f32(0.07) * max(-swing, f32(0)) * f32(2)
            shape = min(
                shape, _capsule(a, b, f32(0.08), f32(0.7), f32(0.09), f32(0.06) + lift) - f32(0.075)
            )
            shape = min(
                shape, _capsule(a, b, f32(0.2), f32(1.35), f32(0.36), f32(0.95)) - f32(0.055)
            )
            cover = smoothstep(f32(0.8), f32(-0.8), shape * metre) if dist[y, x] > away else f32(0)
            rim = (
                f32(0.6)
                * smoothstep(f32(-0.07), f32(0.0), shape)
                * smoothstep(f32(-0.05), f32(0.3), a)
            )
            for p in range(3):
                rgb[p, y, x] = mix(rgb[p, y, x], mix(dark[p], bright[p], rim), cover)
            if depth.shape[0] > 1:
                depth[y, x] = mix(depth[y, x], f32(5) / (f32(4) + away), cover)


@kernel
def _lamp_glow(rgb, dist, spots, accent):
    """Draw the lamps themselves. spots: (l, 5) x, y, radius in pixels, depth, brightness."""
    _, rows, columns = rgb.shape
    for n in range(spots.shape[0]):
        reach = spots[n, 2] * f32(9)
        for y in range(
            max(0, np.int32(spots[n, 1] - reach)), min(rows, np.int32(spots[n, 1] + reach) + 1)
        ):
            for x in range(
                max(0, np.int32(spots[n, 0] - reach)),
                min(columns, np.int32(spots[n, 0] + reach) + 1),
            ):
                dx = (f32(x) - spots[n, 0]) / spots[n, 2]
                dy = (f32(y) - spots[n, 1]) / spots[n, 2]
                r2 = dx * dx + dy * dy
                fade = clamp01(f32(1) - r2 / f32(81))
                a = (
                    spots[n, 4]
                    * (glow(r2, f32(1.2)) + f32(0.25) * glow(r2, f32(0.08)))
                    * fade
                    * fade
                )
                a = a * smoothstep(spots[n, 3] - f32(0.6), spots[n, 3], dist[y, x])
                for p in range(3):
                    rgb[p, y, x] += min(a, f32(1)) * (
                        accent[p] * f32(1.1) - rgb[p, y, x] * f32(0.6)
                    )


def _hall(kind: str, cell: int, view: SceneView) -> list[list[float]]:
    """The boxes of one cell of the hall: x0 y0 z0 x1 y1 z1 in metres, a number for the texture."""
    dice = np.random.default_rng([view.seed & 0xFFFFFFFF, cell + 4096])
    z = cell * _CELL
    lift = 0.5 * view.bass

    def slide() -> float:
        turns = dice.uniform() + 0.03 * view.travel + 0.01 * view.time
        return float(np.sin(2 * np.pi * turns))

    boxes: list[list[float]] = []
    if kind == "nave":
        wide, deep = 1.3, 1.1
        for side in (-1, 1):
            x = side * 5.5
            boxes.append([x - wide / 2, 0, z, x + wide / 2, 13, z + deep])
            top = 13 + dice.uniform(0, 5)
            w = side * (10.0 + 1.5 * slide())
            boxes.append(
                [min(w, w + side * 4), 0, z + 0.6, max(w, w + side * 4), top, z + _CELL - 0.9]
            )
        y = 11.5 + 0.4 * slide() + lift
        boxes.append([-12, y, z - 0.1, 12, y + 1.6, z + 1.3 + 1.2 * dice.uniform()])
    elif kind == "field":
        for side in (-1, 1):
            gap = dice.uniform(2.6, 7.0)
            w, h, d = dice.uniform(1.2, 5.5), dice.uniform(4, 19), dice.uniform(0.8, 3.5)
            x = side * (gap + w / 2 + 0.8 * slide())
            boxes.append([x - w / 2, 0, z, x + w / 2, h, z + d])
            if dice.uniform() < 0.5:
                x += side * (w / 2 + dice.uniform(2, 6))
                boxes.append([x - 1.2, 0, z + 1, x + 1.2, h * dice.uniform(0.6, 1.7), z + 4])
        if cell % 4 == 0:
            y = 7 + 1.2 * slide() + lift
            boxes.append([-4.5 + 2 * slide(), y, z + 3, 3.5 + 2 * slide(), y + 2.2, z + 5.2])
    else:
        for side in (-1, 1):
            y = 0.0
            x = side * 5.5
            for _level in range(3):
                h = dice.uniform(2.6, 5.5)
                out = dice.uniform(-1.8, 2.6) + 0.5 * slide()
                edge = x + side * out
                boxes.append(
                    [
                        min(edge, side * 16),
                        y,
                        z + dice.uniform(0, 0.8),
                        max(edge, side * 16),
                        y + h,
                        z + _CELL - dice.uniform(0.2, 2.4),
                    ]
                )
                y += h
        if cell % 3 == 0:
            y = 9 + 1.5 * dice.uniform() + lift + 0.5 * slide()
            boxes.append([-9, y, z + 2, 9, y + 1.8, z + 4])
    return [[*box, float((9 * cell + k) % 97)] for k, box in enumerate(boxes)]


class Monolith:
    """Concrete halls in raking light and fog."""

    name: ClassVar[str] = "monolith"
    words: ClassVar[tuple[str, ...]] = (
        "monolith",
        "concrete",
        "brutalist",
        "architecture",
        "building",
        "city",
        "temple",
        "pillar",
        "stone",
        "industrial",
    )
    scale: ClassVar[float] = 0.5

    def draw(
        self, rgb: NDArray[np.float32], view: SceneView, *, depth: NDArray[np.float32] | None = None
    ) -> None:
        _, rows, columns = rgb.shape
        dice = np.random.default_rng(view.seed)
        short = min(rows, columns)
        kind = ("nave", "field", "canyon")[view.seed % 3]
        unit = f32(1.36 / short)
        horizon = f32(rows * dice.uniform(0.52, 0.68))
        sway = 2 * np.pi * (0.03 * view.travel + 0.02 * view.time + dice.uniform())
        yaw = 0.08 * np.sin(sway) + dice.uniform(-0.26, 0.26)
        walked = 0.8 * view.travel + 0.2 * view.time
        z = walked + 400 * dice.uniform()
        eye = np.array(
            [
                0.5 * np.sin(0.7 * sway),
                dice.uniform(1.5, 3.5) + 1.6 * view.progress,
                10,
                10 - z % 4096,
            ]
        )
        cell = int(np.floor(z / _CELL))
        boxes = np.array([b for c in range(cell - 2, cell + _AHEAD) for b in _hall(kind, c, view)])
        boxes[:, [2, 5]] -= z - 10  # the camera stays where float32 is exact
        grown = np.clip((64 - boxes[:, 2]) / 10, 0, 1)  # new cells grow where the fog hides them
        boxes[:, [1, 4]] *= grown[:, None]
        side = float(dice.choice([-1.0, 1.0]))
        bearing = side * (0.62 + 0.22 * np.sin(0.8 * sway) + 0.12 * view.mid)
        height = 0.62 + 0.12 * np.sin(0.53 * sway)
        sun = np.array(
            [np.sin(bearing) * np.cos(height), np.sin(height), np.cos(bearing) * np.cos(height)]
        )
        walker = np.array([0.55 * np.sin(0.9 * sway + 1), 0, 20 + 1.5 * np.sin(0.4 * sway)])
        lamps = [
            [
                walker[0] + 0.36,
                0.85,
                walker[2] - 0.1,
                0.75 + 0.25 * view.beat + 0.2 * view.loudness + 0.2 * view.flux,
            ]
        ]
        for c in range(cell, cell + 8):
            phase = np.random.default_rng([view.seed & 0xFFFFFFFF, c]).uniform()
            away = c * _CELL + 2.5 - z
            if away > 0.5:
                flicker = 1 - 0.5 * view.high * (
                    0.5 + 0.5 * np.sin(2 * np.pi * (phase + 0.9 * view.time))
                )
                wave = view.beat * np.exp(-12 * (away / 40 - (1 - view.beat)) ** 2)
                enter = min(1.0, (away - 0.5) / 3) * min(1.0, max(0.0, (44 - away) / 8))
                lamps.append(
                    [3.1 * (-1) ** c, 0.4, away + 10, (0.6 * flicker + 0.5 * wave) * enter]
                )
        lamp = np.array(lamps, np.float32)
        look = np.array([np.cos(yaw), np.sin(yaw), 0.5 * columns * unit], np.float32)
        box, eye_, sun_ = boxes.astype(np.float32), eye.astype(np.float32), sun.astype(np.float32)
        dist, mirror = np.empty((rows, columns), np.float32), np.empty((rows, columns), np.float32)
        face, ignored = np.empty((rows, columns), np.int32), np.empty((rows, columns), np.int32)
        camera = (eye_, look, unit, horizon)
        trace(dist, face, box, camera, False)
        trace(mirror, ignored, box, camera, True)
        fog = f32(0.032 + 0.014 * (1 - view.energy))
        scatter = np.empty((SLICES, rows // COARSE + 2, columns // COARSE + 2), np.float32)
        shafts(scatter, box, camera, sun_, fog)
        mood = np.array(
            [
                fog,
                0.48 + 0.3 * view.energy + 0.1 * view.loudness + 0.06 * view.bar,
                0.8,
                0.55 + 0.35 * view.energy + 0.12 * view.brightness,
                0.3 + 0.2 * view.energy + 0.22 * view.bass,
            ],
            np.float32,
        )
        image = np.empty_like(rgb)
        light = view.palette[-1]
        seed = u32(view.seed & 0xFFFFFFFF)
        _shade(
            image,
            dist,
            face,
            mirror,
            scatter,
            box,
            lamp,
            view.ramp,
            light,
            camera,
            sun_,
            mood,
            seed,
            view.detail > 0,
        )
        rgb[:] = image
        if depth is not None:
            np.clip(5 / (4 + dist), 0, 1, out=depth)
        sharpen_edges(rgb, image, 16 if view.detail else 4, face, box, camera)
        place = np.vstack([[*walker, 0], lamp]) - [*eye[:3], 0]
        ahead = np.maximum(place[:, 0] * look[1] + place[:, 2] * look[0], 0.3)
        x = columns / 2 + (place[:, 0] * look[0] - place[:, 2] * look[1]) / ahead / unit
        y = horizon - place[:, 1] / ahead / unit
        dark, bright = view.ramp[:, 10], view.ramp[:, 130]
        _walker(
            rgb,
            np.empty(rgb.shape[1:], np.float32) if depth is None else depth,
            dist,
            dark,
            bright,
            f32(x[0]),
            f32(y[0]),
            f32(1 / ahead[0] / unit),
            f32(ahead[0]),
            f32(walked / 1.5 % 1),
        )
        size = np.maximum(0.07 / ahead / unit, 0.9 * short / 540)
        spots = np.column_stack([x, y, size, ahead, place[:, 3]])[1:].astype(np.float32)
        _lamp_glow(rgb, dist, spots, light)
