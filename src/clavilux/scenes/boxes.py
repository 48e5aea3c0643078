"""Axis-aligned boxes in perspective: tracing, soft shadows, shafts of light in fog, clean edges.

The camera never tilts (a shift lens, as architects use), so a ray's times through a box depend on
its column for x and z and on its row for y: tracing is a few SIMD minima per box and pixel.

A camera is a tuple: eye (x, y, z in metres), look (cos and sin of the bearing, half the picture's
width in units), unit (the tangent that one pixel spans), horizon (its row). Boxes are (n, 6 or
more) float32: x0 y0 z0 x1 y1 z1 in metres. Distances are depths along the camera's bearing. `sun`
is the unit vector to the sun.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

import numpy as np

from clavilux.compiled import fast, kernel
from clavilux.scenes.noise import clamp01, f32, mix, smoothstep, u32

SLICES = 14  # depths at which the shafts of light are known
DEPTH = 60.0  # the last of them
COARSE = 24  # pixels between two rays of the shafts
_TILE = 64  # points that look together for the boxes between them and the sun


@fast
def shadow(px, py, pz, x0, y0, z0, x1, y1, z1, sx, sy, sz, soft):
    """How much of the sun a box takes from a point, 0..1, softer when far.

    s: 1 / sun. soft: metres of box that the sun may shine through at its edges.
    """
    a = (x0 - px) * sx
    b = (x1 - px) * sx
    c = (y0 - py) * sy
    d = (y1 - py) * sy
    e = (z0 - pz) * sz
    f = (z1 - pz) * sz
    n = max(max(min(a, b), min(c, d)), max(min(e, f), f32(0)))
    g = min(min(max(a, b), max(c, d)), max(e, f))
    return clamp01((g - n) / (soft + f32(0.05) * n))


@fast
def clear(fog, t):
    """What the fog lets through over a distance: about exp(-fog t)."""
    x = fog * t
    return f32(1) / (f32(1) + x * (f32(1) + x * (f32(0.5) + x * f32(0.27))))


@kernel
def trace(dist, face, boxes, camera, mirrored):
    """The nearest box of each pixel: its distance and its face, 4 * box + axis (1 x, 2 z, 3 y).

    Ground is face -1, sky 0. `mirrored` sees the world upside down, as a wet floor does.
    """
    eye, look, unit, horizon = camera
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


@kernel
def points(px, py, pz, toward, dist, top, camera, sun):
    """Where the rays of some rows end, in metres, and how nearly they look into the sun (0..1)."""
    eye, look, unit, horizon = camera
    rows, columns = dist.shape
    for y in range(rows):
        v = (horizon - f32(top + y) - f32(0.5)) * unit
        here = slice(y * columns, (y + 1) * columns)
        across, up, ahead, to_sun, far = px[here], py[here], pz[here], toward[here], dist[y]
        ex, ey, ez, c, s, half = eye[0], eye[1], eye[2], look[0], look[1], look[2]
        sx, sy, sz = sun[0], sun[1], sun[2]
        for x in range(columns):
            u = (f32(x) + f32(0.5)) * unit - half
            dx = u * c + s
            dz = c - u * s
            t = min(far[x], f32(200))
            across[x] = ex + dx * t
            up[x] = ey + v * t
            ahead[x] = ez + dz * t
            to = dx * sx + v * sy + dz * sz
            to = max(to, f32(0)) / np.sqrt(dx * dx + dz * dz + v * v)
            to_sun[x] = to * to * to * to


@kernel
def sunlit(light, px, py, pz, boxes, cast, sun):
    """Sunlight at some points, 0..1. cast: x0 x1 z0 z1 of each box's shadow on the ground."""
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
                    lit[i] *= f32(1) - shadow(
                        ex[i], ey[i], ez[i], ax, ay, az, bx, by, bz, sx, sy, sz, f32(0.04)
                    )


@kernel
def shafts(scatter, boxes, camera, sun, density):
    """Sunlight that fog scatters towards the eye up to some depths: (slices, rows, columns)."""
    eye, look, unit, horizon = camera
    slices, rows, columns = scatter.shape
    sx = f32(1) / sun[0]
    sy = f32(1) / sun[1]
    sz = f32(1) / sun[2]
    light = np.empty(slices, np.float32)
    middle = np.empty(slices, np.float32)
    step = np.empty(slices, np.float32)
    for s in range(slices):
        a = f32(DEPTH) * (f32(s) / f32(slices)) * (f32(s) / f32(slices))
        b = f32(DEPTH) * (f32(s + 1) / f32(slices)) * (f32(s + 1) / f32(slices))
        middle[s] = f32(0.5) * (a + b)
        step[s] = b - a
    for j in range(rows):
        v = (horizon - f32(j * COARSE)) * unit
        for i in range(columns):
            u = f32(i * COARSE) * unit - look[2]
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
                    light[s] *= f32(1) - shadow(
                        px, py, pz, ax, ay, az, bx, by, bz, sx, sy, sz, f32(0.8)
                    )
            total = f32(0)
            for s in range(slices):
                total += light[s] * phase * density * step[s] * clear(density, middle[s])
                scatter[s, j, i] = total


@kernel
def in_shafts(value, dist, scatter, top, bright):
    """Add the light of the shafts in front of the points of some rows."""
    rows, columns = dist.shape
    width = scatter.shape[2]
    shaft = np.zeros((scatter.shape[0] + 1) * width, np.float32)
    for y in range(rows):
        row = f32(top + y) / f32(COARSE)
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
            at = np.sqrt(min(far[x], f32(DEPTH * 0.999)) / f32(DEPTH)) * f32(SLICES)
            col = f32(x) / f32(COARSE)
            s = np.floor(at)
            c = np.floor(col)
            k = u32(np.int32(s)) * u32(width) + u32(np.int32(c))
            m = k + u32(width)
            near = mix(shaft[k], shaft[k + u32(1)], col - c)
            here[x] += mix(near, mix(shaft[m], shaft[m + u32(1)], col - c), at - s)


@kernel
def sharpen_edges(rgb, source, samples, face, boxes, camera):
    """Where faces meet, trace more rays per pixel and mix the neighbours' colours accordingly."""
    eye, look, unit, horizon = camera
    _, rows, columns = rgb.shape
    for y in range(1, rows - 1):
        for x in range(1, columns - 1):
            here = face[y, x]
            if (
                face[y - 1, x] == here
                and face[y + 1, x] == here
                and face[y, x - 1] == here
                and face[y, x + 1] == here
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
