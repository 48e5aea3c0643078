"""Brutalist halls of concrete in raking light: slabs, columns and beams in fog, a wet floor, lamps.

The camera glides through with `travel`; the sun's direction sways with `travel` and mid, its shafts
thicken with `energy` and bass. Blocks slide slowly, bass lifts them; high makes the small lamps
flicker, a beat lets the lamps glow one after the other into the depth. `progress` raises the camera.
The seed chooses the hall: a nave of columns, a field of monoliths, a canyon of cantilevers.

Boxes are axis-aligned and the camera never tilts (a shift lens, as architects use), so a ray's times
through a box depend on its column for x and z and on its row for y: tracing is a few SIMD minima.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clavilux.rendering.compiled import fast, kernel
from clavilux.scenes.noise import (
    clamp01,
    cos_turn,
    f32,
    fbm2,
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
_SLICES = 14  # depths at which the shafts of light are known
_COARSE = 20  # pixels between two rays of the shafts
_DEPTH = 60.0  # depth of the last one
_BAND = 16  # rows that are shaded together
_TILE = 64  # pixels that look for the boxes between them and the sun together


@kernel
def _trace(dist, face, boxes, eye, look, unit, horizon, mirrored):
    """Nearest box per pixel: its distance (in depths, not metres) and 4 * box + axis (1 x, 2 z, 3 y).

    boxes: (n, 6) x0 y0 z0 x1 y1 z1 in metres. Ground is face -1, sky 0. `mirrored` sees the world
    upside down, as a wet floor does.
    """
    rows, columns = dist.shape
    sign = f32(-1) if mirrored else f32(1)
    eye_y = sign * eye[1]
    near = np.empty(columns, np.float32)
    far = np.empty(columns, np.float32)
    axis = np.empty(columns, np.int32)
    for y in range(rows):
        v = (horizon - f32(y) - f32(0.5)) * unit
        ground = -eye[1] / v if v < f32(0) and not mirrored else f32(1e4)
        for x in range(columns):
            dist[y, x] = ground
            face[y, x] = -1 if ground < f32(1e4) else 0
    for k in range(boxes.shape[0]):
        first = columns
        last = 0
        for x in range(columns):
            u = (f32(x) + f32(0.5) - f32(0.5) * f32(columns)) * unit
            dx = f32(1) / (u * look[0] + look[1] + f32(1e-6))
            dz = f32(1) / (look[0] - u * look[1] + f32(1e-6))
            a = (boxes[k, 0] - eye[0]) * dx
            b = (boxes[k, 3] - eye[0]) * dx
            c = (boxes[k, 2] - eye[2]) * dz
            d = (boxes[k, 5] - eye[2]) * dz
            near_x = min(a, b)
            near_z = min(c, d)
            near[x] = max(near_x, near_z)
            far[x] = min(max(a, b), max(c, d))
            axis[x] = 2 if near_x > near_z else 1
            if far[x] > max(near[x], f32(0.05)):
                first = min(first, x)
                last = x + 1
        if first >= last:
            continue
        slab_near = near[first:last]
        slab_far = far[first:last]
        slab_axis = axis[first:last]
        for y in range(rows):
            v = (horizon - f32(y) - f32(0.5)) * unit * sign
            if mirrored and v < f32(0):
                continue
            v = v + f32(1e-7)
            a = (boxes[k, 1] - eye_y) / v
            b = (boxes[k, 4] - eye_y) / v
            row_near = max(min(a, b), f32(0.05))
            row_far = max(a, b)
            if row_far < row_near:
                continue
            row_dist = dist[y, first:last]
            row_face = face[y, first:last]
            above = np.int32(4 * k + 3)
            for x in range(len(row_dist)):
                n = max(slab_near[x], row_near)
                hit = (n < min(slab_far[x], row_far)) and (n < row_dist[x])
                code = above if row_near > slab_near[x] else np.int32(above - slab_axis[x])
                row_dist[x] = n if hit else row_dist[x]
                row_face[x] = code if hit else row_face[x]


@fast
def _shadow(px, py, pz, x0, y0, z0, x1, y1, z1, sx, sy, sz):
    """How much of the sun a box takes from a point, 0..1, softer the farther the box. s: 1 / sun."""
    a = (x0 - px) * sx
    b = (x1 - px) * sx
    c = (y0 - py) * sy
    d = (y1 - py) * sy
    e = (z0 - pz) * sz
    f = (z1 - pz) * sz
    n = max(max(min(a, b), min(c, d)), max(min(e, f), f32(0)))
    g = min(min(max(a, b), max(c, d)), max(e, f))
    return clamp01((g - n) / (f32(0.04) + f32(0.05) * n))


@fast
def _clear(fog, t):
    """What the fog lets through over a distance: about exp(-fog t)."""
    x = fog * t
    return f32(1) / (f32(1) + x * (f32(1) + x * (f32(0.5) + x * f32(0.27))))


@kernel
def _shafts(scatter, boxes, eye, look, unit, horizon, sun, density):
    """Sunlight scattered towards the eye by the fog up to each of some depths: (slices, rows, columns)."""
    slices, rows, columns = scatter.shape
    sx = f32(1) / sun[0]
    sy = f32(1) / sun[1]
    sz = f32(1) / sun[2]
    light = np.empty(slices, np.float32)
    middle = np.empty(slices, np.float32)
    step = np.empty(slices, np.float32)
    for s in range(slices):
        a = f32(_DEPTH) * (f32(s) / f32(slices)) * (f32(s) / f32(slices))
        b = f32(_DEPTH) * (f32(s + 1) / f32(slices)) * (f32(s + 1) / f32(slices))
        middle[s] = f32(0.5) * (a + b)
        step[s] = b - a
    for j in range(rows):
        v = (horizon - f32(j * _COARSE)) * unit
        for i in range(columns):
            u = f32(i * _COARSE) * unit - look[2]
            dx = u * look[0] + look[1]
            dz = look[0] - u * look[1]
            toward = (dx * sun[0] + v * sun[1] + dz * sun[2]) / np.sqrt(dx * dx + v * v + dz * dz)
            toward = max(toward, f32(0)) * max(toward, f32(0))
            phase = f32(0.25) + f32(0.9) * toward * toward
            for s in range(slices):
                light[s] = smoothstep(f32(-0.3), f32(0.3), eye[1] + v * middle[s])
            for k in range(boxes.shape[0]):
                ax, ay, az = boxes[k, 0], boxes[k, 1], boxes[k, 2]
                bx, by, bz = boxes[k, 3], boxes[k, 4], boxes[k, 5]
                for s in range(slices):
                    t = middle[s]
                    px = eye[0] + dx * t
                    py = eye[1] + v * t
                    pz = eye[2] + dz * t
                    light[s] *= f32(1) - _shadow(px, py, pz, ax, ay, az, bx, by, bz, sx, sy, sz)
            total = f32(0)
            for s in range(slices):
                total += light[s] * phase * density * step[s] * _clear(density, middle[s])
                scatter[s, j, i] = total


@kernel
def _sunlit(light, px, py, pz, boxes, cast, sun):
    """Sunlight that reaches the points of one row, 0..1. cast: where the boxes' shadows meet the ground."""
    sx = f32(1) / sun[0]
    sy = f32(1) / sun[1]
    sz = f32(1) / sun[2]
    for left in range(0, len(light), _TILE):
        right = min(left + _TILE, len(light))
        ex = px[left:right]
        ey = py[left:right]
        ez = pz[left:right]
        lit = light[left:right]
        x0 = f32(1e9)
        x1 = f32(-1e9)
        z0 = f32(1e9)
        z1 = f32(-1e9)
        for i in range(len(lit)):
            qx = ex[i] - ey[i] * sun[0] * sy
            qz = ez[i] - ey[i] * sun[2] * sy
            x0 = min(x0, qx)
            x1 = max(x1, qx)
            z0 = min(z0, qz)
            z1 = max(z1, qz)
            lit[i] = f32(1)
        for k in range(boxes.shape[0]):
            if cast[k, 0] < x1 and cast[k, 1] > x0 and cast[k, 2] < z1 and cast[k, 3] > z0:
                ax, ay, az = boxes[k, 0], boxes[k, 1], boxes[k, 2]
                bx, by, bz = boxes[k, 3], boxes[k, 4], boxes[k, 5]
                for i in range(len(lit)):
                    lit[i] *= f32(1) - _shadow(ex[i], ey[i], ez[i], ax, ay, az, bx, by, bz, sx, sy, sz)


@kernel
def _concrete(stone, across, up, stretch, pixel, seed):
    """Formwork panels, tie holes, stains that run down: about 0.6..1 for the points of one row."""
    for i in range(len(stone)):
        ja = across[i] * f32(0.4167) - np.floor(across[i] * f32(0.4167)) - f32(0.5)
        jb = up[i] * f32(0.8333) - np.floor(up[i] * f32(0.8333)) - f32(0.5)
        soft = pixel[i] * f32(1.5)
        gap = min((f32(0.5) - abs(ja)) * f32(2.4), (f32(0.5) - abs(jb)) * f32(1.2))
        joint = smoothstep(f32(0.014) + soft, f32(0.0), gap) * min(f32(1), f32(0.025) / soft)
        ha = abs(ja) * f32(2.4) - f32(0.75)
        hb = jb * f32(1.2)
        hole = smoothstep(f32(0.045) + soft, f32(0.03), np.sqrt(ha * ha + hb * hb)) * min(f32(1), f32(0.03) / soft)
        panel = hash01(np.int32(np.floor(across[i] * f32(0.4167))), np.int32(np.floor(up[i] * f32(0.8333))), seed)
        grime = fbm3(across[i] * f32(0.8), up[i] * stretch[i], seed)
        tone = f32(0.72) + f32(0.36) * grime + f32(0.10) * panel
        stone[i] = tone * (f32(1) - f32(0.45) * max(joint, hole))


@kernel
def _points(px, py, pz, toward, dist, top, eye, look, unit, horizon, sun):
    """Where the rays of some rows end, in metres, and how nearly they look into the sun (0..1)."""
    rows, columns = dist.shape
    for y in range(rows):
        v = (horizon - f32(top + y) - f32(0.5)) * unit
        for x in range(columns):
            u = (f32(x) + f32(0.5)) * unit - look[2]
            dx = u * look[0] + look[1]
            dz = look[0] - u * look[1]
            t = min(dist[y, x], f32(200))
            i = y * columns + x
            px[i] = eye[0] + dx * t
            py[i] = eye[1] + v * t
            pz[i] = eye[2] + dz * t
            to = max((dx * sun[0] + v * sun[1] + dz * sun[2]) / np.sqrt(dx * dx + dz * dz + v * v), f32(0))
            toward[i] = to * to * to * to


@kernel
def _surface(across, up, stretch, facing, ambient, face, px, py, pz, boxes, eye, sun):
    """Coordinates on the face a ray hits, and how it faces the sun and the sky. Returns if floor is seen."""
    floor = False
    for i in range(len(across)):
        code = face[i]
        kind = code & 3 if code > 0 else 3
        k = u32(code >> 2) if code > 0 else u32(0)
        floor = floor or code == -1
        if kind == 3:
            under = code > 0 and eye[1] < f32(0.5) * (boxes[k, 1] + boxes[k, 4])
            across[i] = px[i] + f32(k) * f32(5.3)
            up[i] = pz[i] - eye[3]
            stretch[i] = f32(0.8)
            facing[i] = f32(0) if under else sun[1]
            ambient[i] = f32(0.075) if under else f32(0.12)
        else:
            is_x = kind == 1
            before = eye[0] - f32(0.5) * (boxes[k, 0] + boxes[k, 3]) if is_x else eye[2] - f32(0.5) * (boxes[k, 2] + boxes[k, 5])
            across[i] = (pz[i] - eye[3] if is_x else px[i]) + f32(k) * f32(5.3)
            up[i] = py[i]
            stretch[i] = f32(0.22)
            facing[i] = max((sun[0] if is_x else sun[2]) * (f32(1) if before > f32(0) else f32(-1)), f32(0))
            ambient[i] = (f32(0.125) if is_x else f32(0.10)) * (f32(0.55) + f32(0.55) * smoothstep(f32(0), f32(8), py[i]))
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
def _puddles(wet, px, pz, start, seed):
    for i in range(len(wet)):
        wet[i] = f32(0.3) + f32(0.7) * smoothstep(f32(0.42), f32(0.6), fbm2(px[i] * f32(0.45), (pz[i] - start) * f32(0.3), seed))


@kernel
def _fogged(value, warm, wet, facing, ambient, light, toward, dist, mirror, face, top, unit, horizon, mood):
    """Light on the points of some rows, a wet floor's mirror image, and fog over it. value is stone at first."""
    rows, columns = dist.shape
    for y in range(rows):
        v = (horizon - f32(top + y) - f32(0.5)) * unit
        haze = mood[3] * (f32(0.11) + f32(0.06) * v) + f32(0.02)
        mirrored = mood[2] * (f32(0.25) + f32(0.75) / (f32(1) + f32(8) * abs(v)))
        for x in range(columns):
            i = y * columns + x
            sky = haze + f32(0.30) * mood[3] * toward[i]
            body = value[i] * (ambient[i] + mood[1] * facing[i] * light[i] + f32(0.45) * warm[i])
            image = mix(sky, f32(0.05), _clear(mood[0], min(mirror[y, x], f32(200))))
            share = mirrored * wet[i] if face[y, x] == -1 else f32(0)
            seen = _clear(mood[0], min(dist[y, x], f32(200)))
            value[i] = mix(sky, mix(body, image, share), seen)
            warm[i] = clamp01(warm[i] * f32(0.7)) * seen


@kernel
def _in_shafts(value, dist, scatter, top, bright):
    """Add the light of the shafts in front of the points of some rows."""
    rows, columns = dist.shape
    width = scatter.shape[2]
    shaft = np.zeros((scatter.shape[0] + 1) * width, np.float32)
    for y in range(rows):
        row = f32(top + y) / f32(_COARSE)
        j = np.int32(row)
        for s in range(scatter.shape[0]):
            line = shaft[(s + 1) * width : (s + 2) * width]
            a = scatter[s, j]
            b = scatter[s, j + 1]
            for i in range(len(line)):
                line[i] = mix(a[i], b[i], row - f32(j)) * bright
        here = value[y * columns : (y + 1) * columns]
        far = dist[y]
        for x in range(len(here)):
            at = np.sqrt(min(far[x], f32(_DEPTH * 0.999)) / f32(_DEPTH)) * f32(_SLICES)
            col = f32(x) / f32(_COARSE)
            s = np.floor(at)
            c = np.floor(col)
            k = u32(np.int32(s)) * u32(width) + u32(np.int32(c))
            m = k + u32(width)
            near = mix(shaft[k], shaft[k + u32(1)], col - c)
            here[x] += mix(near, mix(shaft[m], shaft[m + u32(1)], col - c), at - s)


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


def _shade(rgb, dist, face, mirror, scatter, boxes, lamps, ramp, accent, eye, look, unit, horizon, sun, mood, seed):
    """Colour what was traced, some rows at a time: each step is a kernel of its own, or LLVM would inline
    them into one loop with too many arrays to turn into SIMD code.

    lamps: (l, 4) position, brightness. mood: fog density, sun, wetness, haze.
    """
    _, rows, columns = rgb.shape
    reach = np.stack([boxes[:, 1], boxes[:, 4]])[..., None] / sun[1] * sun[[0, 2]]
    cast = np.concatenate([boxes[:, [0, 2]] - reach.max(0), boxes[:, [3, 5]] - reach.min(0)], 1)[:, [0, 2, 1, 3]]
    buffers = np.zeros((14, min(_BAND, rows) * columns), np.float32)
    for top in range(0, rows, _BAND):
        band = slice(top, min(top + _BAND, rows))
        far, code, image = dist[band], face[band], mirror[band]
        px, py, pz, light, stone, across, up, stretch, pixel, facing, ambient, warm, toward, wet = (
            buffers[:, : far.size]
        )
        _points(px, py, pz, toward, far, top, eye, look, unit, horizon, sun)
        floor = _surface(across, up, stretch, facing, ambient, code.ravel(), px, py, pz, boxes, eye, sun)
        np.multiply(np.minimum(far.ravel(), 200), unit, out=pixel)
        _sunlit(light, px, py, pz, boxes, cast, sun)
        _concrete(stone, across, up, stretch, pixel, seed)
        _lamplight(warm, px, py, pz, lamps)
        if floor:
            _puddles(wet, px, pz, eye[3], seed)
        _fogged(stone, warm, wet, facing, ambient, light, toward, far, image, code, top, unit, horizon, mood)
        _in_shafts(stone, far, scatter, top, mood[1])
        _colour(rgb[:, band], stone, warm, ramp, accent)


@kernel
def _sharpen_edges(rgb, source, samples, face, boxes, eye, look, unit, horizon):
    """Where faces meet, trace some more rays per pixel and take the neighbours' colours in their shares."""
    _, rows, columns = rgb.shape
    for y in range(1, rows - 1):
        for x in range(1, columns - 1):
            here = face[y, x]
            if (
                face[y - 1, x] == here and face[y + 1, x] == here and face[y, x - 1] == here and face[y, x + 1] == here
            ):
                continue
            red = f32(0)
            green = f32(0)
            blue = f32(0)
            for n in range(samples):
                ox = (f32(n) + f32(0.5)) / f32(samples)
                oy = (f32((n * 5 + 2) % samples) + f32(0.5)) / f32(samples)
                u = (f32(x) + ox) * unit - look[2]
                v = (horizon - f32(y) - oy) * unit
                dx = f32(1) / (u * look[0] + look[1] + f32(1e-6))
                dz = f32(1) / (look[0] - u * look[1] + f32(1e-6))
                nearest = -eye[1] / v if v < f32(0) else f32(1e4)
                wanted = -1 if v < f32(0) else 0
                for m in range(5):
                    code = face[y + (m == 1) - (m == 2), x + (m == 3) - (m == 4)]
                    if code <= 0:
                        continue
                    k = code >> 2
                    near_x = min((boxes[k, 0] - eye[0]) * dx, (boxes[k, 3] - eye[0]) * dx)
                    far_x = max((boxes[k, 0] - eye[0]) * dx, (boxes[k, 3] - eye[0]) * dx)
                    near_z = min((boxes[k, 2] - eye[2]) * dz, (boxes[k, 5] - eye[2]) * dz)
                    far_z = max((boxes[k, 2] - eye[2]) * dz, (boxes[k, 5] - eye[2]) * dz)
                    near_y = min((boxes[k, 1] - eye[1]) / v, (boxes[k, 4] - eye[1]) / v)
                    far_y = max((boxes[k, 1] - eye[1]) / v, (boxes[k, 4] - eye[1]) / v)
                    t = max(max(near_x, near_z), near_y)
                    if t < min(min(far_x, far_z), far_y) and t > f32(0.05) and t < nearest:
                        nearest = t
                        wanted = 4 * k + (3 if near_y >= t else (1 if near_x >= t else 2))
                py = y
                px = x
                for m in range(5):
                    qy = y + (m == 1) - (m == 2)
                    qx = x + (m == 3) - (m == 4)
                    if face[qy, qx] == wanted:
                        py = qy
                        px = qx
                        break
                red += source[0, py, px]
                green += source[1, py, px]
                blue += source[2, py, px]
            rgb[0, y, x] = red / f32(samples)
            rgb[1, y, x] = green / f32(samples)
            rgb[2, y, x] = blue / f32(samples)


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
def _walker(rgb, depth, dist, dark, foot_x, foot_y, metre, away, stride):
    """A person in a long coat, seen from behind, `metre` pixels per metre, feet at a pixel."""
    _, rows, columns = rgb.shape
    swing = f32(0.26) * sin_turn(stride)
    bob = f32(0.025) * cos_turn(f32(2) * stride)
    for y in range(max(0, np.int32(foot_y - f32(2) * metre)), min(rows, np.int32(foot_y + f32(0.2) * metre) + 1)):
        for x in range(max(0, np.int32(foot_x - metre)), min(columns, np.int32(foot_x + metre) + 1)):
            a = (f32(x) + f32(0.5) - foot_x) / metre
            b = (foot_y - f32(y) - f32(0.5)) / metre - bob
            shape = _capsule(a, b, f32(0), f32(1.62), f32(0), f32(1.66)) - f32(0.105)
            shape = min(shape, _capsule(a, b, f32(-0.09), f32(1.36), f32(0.09), f32(1.36)) - f32(0.13))
            coat = max(abs(a) - f32(0.2) - f32(0.09) * clamp01(f32(1.3) - b), max(b - f32(1.4), f32(0.55) - b))
            shape = min(shape, coat)
            lift = f32(0.07) * max(swing, f32(0)) * f32(2)
            shape = min(shape, _capsule(a, b, f32(-0.08), f32(0.7), f32(-0.09), f32(0.06) + lift) - f32(0.075))
            lift = f32(0.07) * max(-swing, f32(0)) * f32(2)
            shape = min(shape, _capsule(a, b, f32(0.08), f32(0.7), f32(0.09), f32(0.06) + lift) - f32(0.075))
            shape = min(shape, _capsule(a, b, f32(0.2), f32(1.35), f32(0.36), f32(0.95)) - f32(0.055))
            cover = smoothstep(f32(0.8), f32(-0.8), shape * metre) if dist[y, x] > away else f32(0)
            for p in range(3):
                rgb[p, y, x] = mix(rgb[p, y, x], dark[p], cover)
            if depth.shape[0] > 1:
                depth[y, x] = mix(depth[y, x], f32(5) / (f32(4) + away), cover)


@kernel
def _lamp_glow(rgb, dist, spots, accent):
    """Draw the lamps themselves. spots: (l, 5) x, y, radius in pixels, depth, brightness."""
    _, rows, columns = rgb.shape
    for n in range(spots.shape[0]):
        reach = spots[n, 2] * f32(9)
        for y in range(max(0, np.int32(spots[n, 1] - reach)), min(rows, np.int32(spots[n, 1] + reach) + 1)):
            for x in range(max(0, np.int32(spots[n, 0] - reach)), min(columns, np.int32(spots[n, 0] + reach) + 1)):
                dx = (f32(x) - spots[n, 0]) / spots[n, 2]
                dy = (f32(y) - spots[n, 1]) / spots[n, 2]
                r2 = dx * dx + dy * dy
                fade = clamp01(f32(1) - r2 / f32(81))
                a = spots[n, 4] * (glow(r2, f32(1.2)) + f32(0.25) * glow(r2, f32(0.08))) * fade * fade
                a = a * smoothstep(spots[n, 3] - f32(0.6), spots[n, 3], dist[y, x])
                for p in range(3):
                    rgb[p, y, x] += min(a, f32(1)) * (accent[p] * f32(1.1) - rgb[p, y, x] * f32(0.6))


def _hall(kind: str, cell: int, view: SceneView) -> list[list[float]]:
    """The boxes of one cell of the hall: x0, y0, z0, x1, y1, z1 in metres."""
    dice = np.random.default_rng([view.seed & 0xFFFFFFFF, cell + 4096])
    z = cell * _CELL
    lift = 0.5 * view.bass
    slide = lambda: float(np.sin(2 * np.pi * (dice.uniform() + 0.03 * view.travel + 0.01 * view.time)))  # noqa: E731
    boxes: list[list[float]] = []
    if kind == "nave":
        wide, deep = 1.3, 1.1
        for side in (-1, 1):
            x = side * 5.5
            boxes.append([x - wide / 2, 0, z, x + wide / 2, 13, z + deep])
            top = 13 + dice.uniform(0, 5)
            w = side * (10.0 + 1.5 * slide())
            boxes.append([min(w, w + side * 4), 0, z + 0.6, max(w, w + side * 4), top, z + _CELL - 0.9])
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
            x = side * 4.5
            for _level in range(3):
                h = dice.uniform(2.6, 5.5)
                out = dice.uniform(-1.8, 2.6) + 0.5 * slide()
                edge = x + side * out
                boxes.append([min(edge, side * 16), y, z + dice.uniform(0, 0.8), max(edge, side * 16), y + h, z + _CELL - dice.uniform(0.2, 2.4)])
                y += h
        if cell % 3 == 0:
            y = 9 + 1.5 * dice.uniform() + lift + 0.5 * slide()
            boxes.append([-9, y, z + 2, 9, y + 1.8, z + 4])
    return boxes


class Monolith:
    """Concrete halls in raking light and fog."""

    name: ClassVar[str] = "monolith"
    words: ClassVar[tuple[str, ...]] = (
        "monolith", "concrete", "brutalist", "architecture", "building", "city", "temple", "pillar", "stone", "industrial",
    )
    scale: ClassVar[float] = 0.5

    def draw(
        self, rgb: NDArray[np.float32], view: SceneView, *, depth: NDArray[np.float32] | None = None
    ) -> None:
        _, rows, columns = rgb.shape
        dice = np.random.default_rng(view.seed)
        short = min(rows, columns)
        kind = str(dice.choice(["nave", "field", "canyon"]))
        unit = f32(1.36 / short)
        horizon = f32(rows * 0.62)
        sway = 2 * np.pi * (0.03 * view.travel + 0.02 * view.time + dice.uniform())
        yaw = 0.10 * np.sin(sway) + dice.uniform(-0.12, 0.12)
        walked = 0.8 * view.travel + 0.2 * view.time
        z = walked + 400 * dice.uniform()
        eye = np.array([0.5 * np.sin(0.7 * sway), 1.6 + 1.6 * view.progress, 10, 10 - z % 4096])
        cell = int(np.floor(z / _CELL))
        boxes = np.array([b for c in range(cell - 2, cell + _AHEAD) for b in _hall(kind, c, view)])
        boxes[:, [2, 5]] -= z - 10  # the camera stays where float32 is exact
        side = float(dice.choice([-1.0, 1.0]))
        bearing = side * (0.62 + 0.22 * np.sin(0.8 * sway) + 0.12 * view.mid)
        height = 0.62 + 0.12 * np.sin(0.53 * sway)
        sun = np.array([np.sin(bearing) * np.cos(height), np.sin(height), np.cos(bearing) * np.cos(height)])
        walker = np.array([0.55 * np.sin(0.9 * sway + 1), 0, 20 + 1.5 * np.sin(0.4 * sway)])
        lamps = [[walker[0] + 0.36, 0.85, walker[2] - 0.1, 0.75 + 0.25 * view.beat + 0.2 * view.loudness]]
        for c in range(cell, cell + 8):
            phase = np.random.default_rng([view.seed & 0xFFFFFFFF, c]).uniform()
            away = c * _CELL + 2.5 - z
            if away > 0.5:
                flicker = 1 - 0.5 * view.high * (0.5 + 0.5 * np.sin(2 * np.pi * (phase + 0.9 * view.time)))
                wave = view.beat * np.exp(-12 * (away / 40 - (1 - view.beat)) ** 2)
                enter = min(1.0, (away - 0.5) / 3) * min(1.0, max(0.0, (44 - away) / 8))
                lamps.append([3.1 * (-1) ** c, 0.4, away + 10, (0.6 * flicker + 0.5 * wave) * enter])
        lamp = np.array(lamps, np.float32)
        look = np.array([np.cos(yaw), np.sin(yaw), 0.5 * columns * unit], np.float32)
        box, eye_, sun_ = boxes.astype(np.float32), eye.astype(np.float32), sun.astype(np.float32)
        dist, mirror = np.empty((rows, columns), np.float32), np.empty((rows, columns), np.float32)
        face, ignored = np.empty((rows, columns), np.int32), np.empty((rows, columns), np.int32)
        _trace(dist, face, box, eye_, look, unit, horizon, False)
        _trace(mirror, ignored, box, eye_, look, unit, horizon, True)
        fog = f32(0.032 + 0.014 * (1 - view.energy))
        scatter = np.empty((_SLICES, rows // _COARSE + 2, columns // _COARSE + 2), np.float32)
        _shafts(scatter, box, eye_, look, unit, horizon, sun_, fog)
        mood = np.array(
            [fog, 0.5 + 0.3 * view.energy + 0.1 * view.loudness, 0.8, 0.6 + 0.4 * view.energy], np.float32
        )
        image = np.empty_like(rgb)
        _shade(
            image, dist, face, mirror, scatter, box, lamp, view.ramp, view.palette[-1], eye_, look, unit,
            horizon, sun_, mood, u32(view.seed & 0xFFFFFFFF),
        )  # fmt: skip
        rgb[:] = image
        if depth is not None:
            np.clip(5 / (4 + dist), 0, 1, out=depth)
        _sharpen_edges(rgb, image, 16 if view.detail else 5, face, box, eye_, look, unit, horizon)
        place = np.vstack([[*walker, 0], lamp]) - [*eye[:3], 0]
        ahead = np.maximum(place[:, 0] * look[1] + place[:, 2] * look[0], 0.3)
        x = columns / 2 + (place[:, 0] * look[0] - place[:, 2] * look[1]) / ahead / unit
        y = horizon - place[:, 1] / ahead / unit
        dark = view.ramp[:, 12]
        _walker(
            rgb, np.empty((1, 1), np.float32) if depth is None else depth, dist, dark, f32(x[0]), f32(y[0]), f32(1 / ahead[0] / unit), f32(ahead[0]), f32(walked / 1.5 % 1)
        )
        size = np.maximum(0.07 / ahead / unit, 0.9 * short / 540)
        spots = np.column_stack([x, y, size, ahead, place[:, 3]])[1:].astype(np.float32)
        _lamp_glow(rgb, dist, spots, view.palette[-1])
