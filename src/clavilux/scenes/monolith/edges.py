"""Clean edges where faces meet."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from clavilux.compiled import kernel
from clavilux.scenes.noise import f32


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
