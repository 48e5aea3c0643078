"""Axis-aligned boxes in perspective: which is seen where, and where that is."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import f32

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Camera(NamedTuple):
    """It never tilts (a shift lens, as architects use).

    So a ray's times through a box depend on its column for x and z and on its row for y: tracing is
    a few SIMD minima per box and pixel. Boxes are (n, 6 or more) float32: x0 y0 z0 x1 y1 z1 in
    metres. Distances are depths along the camera's bearing. `sun` is the unit vector to the sun.
    """

    eye: NDArray[np.float32]
    """x, y, z in metres, and by how much z lags behind the place in the hall."""
    look: NDArray[np.float32]
    """Cos and sin of the bearing, half the picture's width in units."""
    unit: np.float32
    """The tangent that one pixel spans."""
    horizon: np.float32
    """Its row."""


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
