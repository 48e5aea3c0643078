"""Sunlight among boxes: soft shadows, and shafts of light in fog."""
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
