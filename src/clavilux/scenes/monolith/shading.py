"""Light on what was traced: faces, sun, lamps, the wet floor, fog, shafts, colour."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.monolith.concrete import concrete, grime
from clavilux.scenes.monolith.lamps import lamplight
from clavilux.scenes.monolith.perspective import points
from clavilux.scenes.monolith.sunlight import clear, in_shafts, sunlit
from clavilux.scenes.noise import clamp01, f32, mix, paint_row, smoothstep, u32

_BAND = 16  # rows that are shaded together


class Mood(NamedTuple):
    """Of the light, about 0..1."""

    fog: float
    """How dense it is, per metre."""
    sun: float
    wetness: float
    """How much the floor mirrors."""
    haze: float
    """How light the fog is."""
    shafts: float


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
def _fogged(
    value, warm, wet, facing, ambient, light, toward, dist, mirror, face, top, unit, horizon, mood
):
    """Light on the points of some rows, what the wet floor mirrors, and fog over it all.

    `value` comes in as the stone's tone.
    """
    rows, columns = dist.shape
    density, sunshine = mood.fog, mood.sun
    for y in range(rows):
        v = (horizon - f32(top + y) - f32(0.5)) * unit
        haze = mood.haze * (f32(0.11) + f32(0.06) * v) + f32(0.02)
        bright = f32(0.30) * mood.haze
        mirrored = mood.wetness * (f32(0.25) + f32(0.75) / (f32(1) + f32(8) * abs(v)))
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


def shade(
    rgb, dist, face, mirror, scatter, boxes, lamps, ramp, accent, camera, sun, mood, seed, fine
):
    """Colour what was traced, some rows at a time.

    Each step is a kernel of its own: LLVM would inline them into one another, and then have too
    many arrays to turn the loops into SIMD code.

    lamps: (l, 4) position, brightness.
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
        grime(stone, across * f32(0.8), up * stretch, seed)
        if fine:  # the pores, where they are larger than a pixel
            grime(wet, across * f32(9), up * f32(8), seed + u32(1))
            stone += (wet - f32(0.5)) * np.clip(0.7 - 25 * pixel, 0, 0.7)
        concrete(stone, across, up, pixel, seed)
        lamplight(warm, px, py, pz, lamps)
        if floor:
            grime(wet, px * f32(0.45), (pz - eye[3]) * f32(0.3), seed)
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
        in_shafts(stone, far, scatter, top, mood.shafts)
        _colour(rgb[:, band], stone, warm, ramp, accent)
