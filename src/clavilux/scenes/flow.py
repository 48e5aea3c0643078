"""Ribbons of silk threads carried by a slow current, lit from one side like hair or fibre.

Some two thousand fine threads follow the current in ribbons, three layers deep, around one calm
dark body. `travel` carries the threads along and turns the current, bass swells the dark body and
fans the ribbons, mid turns the light so that the sheen wanders, high makes the heads of the threads
glint, a beat runs a bright ring of light out from the body. `energy` brings more threads into the
light. The seed chooses where the body is and how the current runs.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clavilux.compiled import kernel
from clavilux.scenes.noise import (
    clamp01,
    cos_turn,
    f32,
    fbm2,
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

_GRID = 72  # cells of the current along the short side


@kernel
def _stream(psi, cell, kind, body, lean, drift, roughness, seed):
    """The stream function: threads follow its level lines. Short side of the picture = 2 units."""
    rows, columns = psi.shape
    for j in range(rows):
        y = (f32(j) - f32(0.5) * f32(rows - 1)) * cell
        for i in range(columns):
            x = (f32(i) - f32(0.5) * f32(columns - 1)) * cell
            dx = x - body[0]
            dy = y - body[1]
            r2 = dx * dx + dy * dy
            near = body[2] * body[2] / (r2 + f32(0.1) * body[2] * body[2])
            across = dy * cos_turn(lean) - dx * sin_turn(lean)
            along = dx * cos_turn(lean) + dy * sin_turn(lean)
            wave = f32(0.35) * sin_turn(f32(0.22) * along + drift)
            stream = (across + wave) * (f32(1) - min(near, f32(1)))
            whirl = f32(0.55) * np.log(r2 + f32(0.02))
            calm = smoothstep(f32(1), f32(2.5), r2 / (body[2] * body[2]))
            wild = fbm2(f32(0.9) * x + drift, f32(0.9) * y - f32(0.6) * drift, seed) - f32(0.5)
            psi[j, i] = mix(stream, whirl, kind) + roughness * calm * wild


@kernel
def _ground(rgb, ramp, unit, body, ring, warmth, reach):
    """The dark: a faint light behind the body, its edge catching the light, the ring of a beat."""
    _, rows, columns = rgb.shape
    for y in range(rows):
        py = (f32(y) + f32(0.5) - f32(0.5) * f32(rows)) * unit
        for x in range(columns):
            px = (f32(x) + f32(0.5) - f32(0.5) * f32(columns)) * unit
            dx = px - body[0]
            dy = py - body[1]
            r = np.sqrt(dx * dx + dy * dy)
            side = (dx * body[3] + dy * body[4]) / (r + f32(1e-3))
            halo = glow(max(r - body[2], f32(0)) * max(r - body[2], f32(0)), f32(2.2) / reach)
            inside = smoothstep(body[2] + f32(1.5) * unit, body[2] - f32(1.5) * unit, r)
            rim = glow((r - body[2]) * (r - body[2]), f32(900)) * clamp01(
                f32(0.35) + f32(0.65) * side
            )
            wave = ring[1] * glow((r - ring[0]) * (r - ring[0]), f32(40))
            back = (
                f32(0.03)
                + halo * (f32(0.10) + f32(0.08) * side) * (f32(0.6) + warmth)
                + f32(0.12) * wave
            )
            index = mix(back, f32(0.02), inside) + f32(0.3) * rim * (f32(0.6) + f32(0.6) * ring[1])
            rgb[0, y, x], rgb[1, y, x], rgb[2, y, x] = ramp_at(ramp, index)


@kernel
def _segment(rgb, x0, y0, x1, y1, width, alpha, red, green, blue):
    """Blend one short piece of thread over the picture, soft-edged, `width` pixels wide."""
    _, rows, columns = rgb.shape
    steep = abs(y1 - y0) > abs(x1 - x0)
    if steep:
        x0, y0, x1, y1 = y0, x0, y1, x1
    if x1 < x0:
        x0, y0, x1, y1 = x1, y1, x0, y0
    slope = (y1 - y0) / (x1 - x0 + f32(1e-6))
    spread = width * np.sqrt(f32(1) + slope * slope)
    first = np.int32(np.ceil(x0))
    last = np.int32(np.ceil(x1))
    ends = rows if steep else columns
    sides = columns if steep else rows
    for p in range(max(first, 0), min(last, ends)):
        centre = y0 + (f32(p) - x0) * slope
        low = np.int32(np.ceil(centre - spread))
        high = np.int32(np.floor(centre + spread)) + 1
        for q in range(max(low, 0), min(high, sides)):
            away = (f32(q) - centre) / spread
            cover = f32(1) - away * away
            a = alpha * cover * cover
            j = p if steep else q
            i = q if steep else p
            rgb[0, j, i] += a * (red - rgb[0, j, i])
            rgb[1, j, i] += a * (green - rgb[1, j, i])
            rgb[2, j, i] += a * (blue - rgb[2, j, i])


@kernel
def _threads(rgb, ramp, psi, cell, unit, body, layer, light, glint, clock, ring, counts, seed):
    """Draw one layer: ribbons of threads along the stream, each alive for one turn of its clock.

    layer: reach across a ribbon, width (px), alpha, index offset, zoom, length of a step.
    """
    _, rows, columns = rgb.shape
    grid_rows, grid_columns = psi.shape
    wide = unit * f32(columns) * f32(0.5) + f32(0.3)
    tall = unit * f32(rows) * f32(0.5) + f32(0.3)
    for ribbon in range(counts[0]):
        phase = clock + hash01(ribbon, 1, seed)
        life = np.int32(np.floor(phase))
        age = phase - np.floor(phase)
        home_x = wide * (f32(2) * hash01(ribbon, 8 * life + 2, seed) - f32(1))
        home_y = tall * (f32(2) * hash01(ribbon, 8 * life + 3, seed) - f32(1))
        pull = f32(0.75) * hash01(
            ribbon, 8 * life + 6, seed
        )  # towards the body, where the light is
        home_x = mix(home_x, body[0], pull)
        home_y = mix(home_y, body[1], pull)
        tone = hash01(ribbon, 8 * life + 4, seed)
        gathered = layer[0] * (f32(0.3) + f32(0.9) * hash01(ribbon, 8 * life + 5, seed))
        born = smoothstep(f32(0), f32(0.25), age) * smoothstep(f32(1), f32(0.75), age)
        for thread in range(counts[1]):
            t = (f32(thread) + hash01(thread, ribbon, seed + u32(7))) / f32(counts[1]) - f32(0.5)
            own = hash01(thread, ribbon, seed + u32(11))
            x = home_x + gathered * t * f32(0.6)
            y = home_y + gathered * t
            head = age * f32(1.3) + f32(0.25) * own - f32(0.1)
            for step in range(counts[2]):
                gi = (x / cell) + f32(0.5) * f32(grid_columns - 1)
                gj = (y / cell) + f32(0.5) * f32(grid_rows - 1)
                if (
                    gi < f32(2)
                    or gj < f32(2)
                    or gi >= f32(grid_columns - 3)
                    or gj >= f32(grid_rows - 3)
                ):
                    break
                i = np.int32(gi)
                j = np.int32(gj)
                u = gi - f32(i)
                v = gj - f32(j)
                vx = mix(
                    mix(psi[j + 1, i] - psi[j - 1, i], psi[j + 1, i + 1] - psi[j - 1, i + 1], u),
                    mix(psi[j + 2, i] - psi[j, i], psi[j + 2, i + 1] - psi[j, i + 1], u),
                    v,
                )
                vy = -mix(
                    mix(psi[j, i + 1] - psi[j, i - 1], psi[j, i + 2] - psi[j, i], u),
                    mix(
                        psi[j + 1, i + 1] - psi[j + 1, i - 1], psi[j + 1, i + 2] - psi[j + 1, i], u
                    ),
                    v,
                )
                speed = np.sqrt(vx * vx + vy * vy) + f32(1e-6)
                stride = layer[5] * min(speed / cell * f32(1.2) + f32(0.3), f32(1))
                tx = vx / speed
                ty = vy / speed
                nx = x + stride * tx
                ny = y + stride * ty
                s = (f32(step) + f32(0.5)) / f32(counts[2])
                shown = smoothstep(head - f32(0.75), head - f32(0.2), s) * smoothstep(
                    head, head - f32(0.06), s
                )
                shown *= smoothstep(f32(0.3) * own, f32(0.3) * own + f32(0.25), s)
                alpha = layer[2] * shown * born * (f32(0.35) + f32(0.65) * own)
                if alpha > f32(0.004):
                    dx = x - body[0]
                    dy = y - body[1]
                    r = np.sqrt(dx * dx + dy * dy) + f32(1e-3)
                    if r > body[2]:
                        turned = tx * light[0] + ty * light[1]
                        sheen = f32(1) - turned * turned
                        sheen = sheen * sheen * sheen
                        round_ = f32(1) - f32(4) * (t - f32(0.2)) * (t - f32(0.2))
                        side = f32(0.5) + f32(0.5) * (dx * body[3] + dy * body[4]) / r
                        falloff = glow(
                            max(r - body[2], f32(0)) * max(r - body[2], f32(0)), light[2]
                        )
                        wave = ring[1] * glow((r - ring[0]) * (r - ring[0]), f32(40))
                        tip = glint * smoothstep(head - f32(0.12), head - f32(0.05), s) * own * own
                        index = (
                            layer[3]
                            + f32(0.08)
                            + f32(0.14) * tone
                            + falloff
                            * (f32(0.2) + f32(0.8) * side)
                            * (f32(0.22) + f32(0.7) * sheen * round_)
                        )
                        index += f32(0.25) * wave + f32(0.5) * tip * (f32(0.3) + falloff)
                        red, green, blue = ramp_at(ramp, index)
                        ax = x * layer[4] / unit + f32(0.5) * f32(columns - 1)
                        ay = y * layer[4] / unit + f32(0.5) * f32(rows - 1)
                        bx = nx * layer[4] / unit + f32(0.5) * f32(columns - 1)
                        by = ny * layer[4] / unit + f32(0.5) * f32(rows - 1)
                        _segment(rgb, ax, ay, bx, by, layer[1], alpha, red, green, blue)
                x = nx
                y = ny


class Flow:
    """Silk threads in a current around a dark body."""

    name: ClassVar[str] = "flow"
    words: ClassVar[tuple[str, ...]] = (
        "flow",
        "silk",
        "thread",
        "hair",
        "current",
        "wind",
        "river",
        "fibre",
        "particles",
        "breath",
    )
    scale: ClassVar[float] = 0.5

    def draw(
        self, rgb: NDArray[np.float32], view: SceneView, *, depth: NDArray[np.float32] | None = None
    ) -> None:
        _, rows, columns = rgb.shape
        dice = np.random.default_rng(view.seed)
        short = min(rows, columns)
        unit = f32(2 / short)
        cell = f32(2 / _GRID)
        seed = u32(view.seed & 0xFFFFFFFF)
        moved = 0.02 * view.time + 0.06 * view.travel
        where = dice.uniform(-0.35, 0.35, 2) * [columns / short, rows / short]
        toward = dice.uniform()
        size = dice.uniform(0.28, 0.45) * (0.85 + 0.12 * view.bass + 0.25 * view.progress)
        angle = 2 * np.pi * (toward + 0.03 * view.time / 6 + 0.1 * view.mid)
        body = np.array([*where, size, np.cos(angle), np.sin(angle)], np.float32)
        kind = f32(dice.choice([0.0, 0.25, 0.6, 0.9]))
        psi = np.empty(
            (int(rows / short * _GRID) + 20, int(columns / short * _GRID) + 20), np.float32
        )
        _stream(
            psi,
            cell,
            kind,
            body,
            f32(dice.uniform() + 0.08 * view.progress),
            f32(moved),
            f32(0.7 + 0.5 * view.energy),
            seed,
        )
        ring = np.array([size + 1.2 * (1 - view.beat), 0.8 * view.beat], np.float32)
        _ground(
            rgb,
            view.ramp,
            unit,
            body,
            ring,
            f32(view.loudness + 0.3 * view.bar),
            f32(0.5 + view.energy),
        )
        light = np.array(
            [np.cos(angle + 0.6), np.sin(angle + 0.6), 0.55 / (0.5 + view.energy)], np.float32
        )
        pixel = short / 540
        fan = 0.25 + 0.2 * view.bass
        more = 2 if view.detail else 1
        for k, (width, alpha, lift, zoom, ribbons, threads) in enumerate(
            [
                (1.6, 0.35, 0.0, 0.96, 70, 18),
                (1.1, 0.6, 0.06, 1.0, 84, 20),
                (1.3, 0.75, 0.12, 1.06, 24, 14),
            ]
        ):
            layer = np.array(
                [
                    fan,
                    max(width * pixel / (1.5 if view.detail else 1), 1.0),
                    alpha,
                    lift + 0.08 * view.brightness,
                    zoom,
                    0.032,
                ],
                np.float32,
            )
            _threads(
                rgb,
                view.ramp,
                psi,
                cell,
                unit,
                body,
                layer,
                light,
                f32(0.7 * view.high + 0.3 * view.flux),
                f32(0.02 * view.time + moved * (1.0 + 0.3 * k)),
                ring,
                np.array([ribbons, threads * more, 56], np.int32),
                seed + u32(k),
            )
        if depth is not None:
            y, x = np.mgrid[0:rows, 0:columns].astype(np.float32) + 0.5
            far = (
                np.hypot((x - columns / 2) * unit - body[0], (y - rows / 2) * unit - body[1]) - size
            )
            depth[:] = (
                0.15
                + 0.4 / (1 + np.maximum(far, 0) ** 2)
                + 0.35 * np.clip(0.5 - far / (6 * unit), 0, 1)
            )
