"""Stained glass: leaded panes in groups, lit from behind by a light that wanders.

Panes are the Voronoi cells of sites that the seed lays out as a rose window, as a grown web or as
long shards; cells of different groups are parted by thicker lead. `travel` turns the rings and
moves the light and the leaf shadows behind the glass, bass swells the layout, mid sets the panes'
grain glowing, high makes single panes glint, a beat lights the groups whose turn it is. `energy`
makes the light behind larger, `progress` lets it climb.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clavilux.rendering.compiled import kernel
from clavilux.scenes.noise import (
    clamp01,
    f32,
    fbm2,
    glow,
    mix,
    ramp_at,
    sin_turn,
    smoothstep,
    u32,
    value_noise,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView

_TILE = 16  # pixels; each tile looks only at the sites that can matter in it
_FAR = 0.05  # distance from the lead beyond which the glass no longer knows about it


@kernel
def _lead(edge, pane, sites, closeness, width, unit, warp, rings):
    """For each pixel its pane, and the distance to the lead around it (negative: in the lead).

    sites: (s, 2), short side of the picture = 2 units. closeness, width: (s, s), half the inverse
    distance of two sites, and half the width of the lead between them. rings: (r, 4), lead in
    circles: centre, radius, half width.
    """
    rows, columns = edge.shape
    count = sites.shape[0]
    near = np.empty(count, np.int32)
    far = np.empty(count, np.float32)
    away = np.empty((count, _TILE), np.float32)
    mine = np.empty(_TILE, np.int32)
    closest = np.empty(_TILE, np.float32)
    gap = np.empty(_TILE, np.float32)
    wx = np.empty(_TILE, np.float32)
    wy = np.empty(_TILE, np.float32)
    half = f32(_TILE * 0.7072) * unit * f32(1.15)
    for top in range(0, rows, _TILE):
        for left in range(0, columns, _TILE):
            x = (f32(left) + f32(_TILE / 2) - f32(0.5) * f32(columns)) * unit
            y = (f32(top) + f32(_TILE / 2) - f32(0.5) * f32(rows)) * unit
            mx = x + warp[0] * sin_turn(y * warp[1] + warp[2])
            my = y + warp[0] * sin_turn(x * warp[1] + warp[3])
            best = f32(1e9)
            for k in range(count):
                dx = sites[k, 0] - mx
                dy = sites[k, 1] - my
                far[k] = dx * dx + dy * dy
                best = min(best, far[k])
            limit = np.sqrt(best) + f32(2) * half + f32(2 * _FAR)
            found = 0
            for k in range(count):
                if far[k] < limit * limit:
                    near[found] = k
                    found += 1
            for j in range(top, min(top + _TILE, rows)):
                y = (f32(j) + f32(0.5) - f32(0.5) * f32(rows)) * unit
                for i in range(_TILE):
                    x = (f32(left + i) + f32(0.5) - f32(0.5) * f32(columns)) * unit
                    wx[i] = x + warp[0] * sin_turn(y * warp[1] + warp[2])
                    wy[i] = y + warp[0] * sin_turn(x * warp[1] + warp[3])
                    closest[i] = f32(1e9)
                    mine[i] = 0
                    gap[i] = f32(_FAR)
                for n in range(found):
                    k = near[n]
                    for i in range(_TILE):
                        dx = sites[k, 0] - wx[i]
                        dy = sites[k, 1] - wy[i]
                        d = dx * dx + dy * dy
                        away[n, i] = d
                        mine[i] = k if d < closest[i] else mine[i]
                        closest[i] = min(d, closest[i])
                for n in range(found):
                    k = near[n]
                    for i in range(_TILE):
                        across = (away[n, i] - closest[i]) * closeness[k, mine[i]] - width[k, mine[i]]
                        # a smooth minimum, so that the lead fills its corners as solder does
                        h = max(f32(0.012) - abs(gap[i] - across), f32(0)) * f32(83.3)
                        gap[i] = min(gap[i], across) - h * h * f32(0.003)
                for n in range(rings.shape[0]):
                    for i in range(_TILE):
                        dx = wx[i] - rings[n, 0]
                        dy = wy[i] - rings[n, 1]
                        across = abs(np.sqrt(dx * dx + dy * dy) - rings[n, 2]) - rings[n, 3]
                        gap[i] = min(gap[i], across)
                for i in range(min(_TILE, columns - left)):
                    edge[j, left + i] = gap[i]
                    pane[j, left + i] = mine[i]


@kernel
def _shine(rgb, depth, edge, pane, sites, tint, state, ramp, unit, sun, sky, drift, grain, seed):
    """Light through the panes. tint: (s, 4) colour and place on the ramp; state: (s, 4) lit, grain angle cos and sin, depth."""
    _, rows, columns = rgb.shape
    back = np.empty(columns, np.float32)
    rough = np.empty(columns, np.float32)
    for y in range(rows):
        py = (f32(y) + f32(0.5) - f32(0.5) * f32(rows)) * unit
        above = edge[max(y - 1, 0)]
        below = edge[min(y + 1, rows - 1)]
        for x in range(columns):
            px = (f32(x) + f32(0.5) - f32(0.5) * f32(columns)) * unit
            k = pane[y, x]
            dx = px - sites[k, 0]
            dy = py - sites[k, 1]
            along = dx * state[k, 1] + dy * state[k, 2]
            across = dy * state[k, 1] - dx * state[k, 2]
            rough[x] = fbm2(along * f32(7) + f32(k) * f32(3.7), across * f32(26), seed)
        for x in range(columns):
            px = (f32(x) + f32(0.5) - f32(0.5) * f32(columns)) * unit
            dx = px - sun[0]
            dy = py - sun[1]
            leaves = fbm2(px * f32(1.4) + drift[0], py * f32(1.4) + drift[1], seed + u32(5))
            shade = mix(f32(0.4), f32(1.15), smoothstep(f32(0.32), f32(0.62), leaves))
            back[x] = sky * (f32(0.75) - f32(0.25) * py) * shade + sun[2] * glow(dx * dx + dy * dy, sun[3]) * mix(shade, f32(1), f32(0.4))
        for x in range(columns):
            px = (f32(x) + f32(0.5) - f32(0.5) * f32(columns)) * unit
            k = pane[y, x]
            e = edge[y, x]
            dx = px - sites[k, 0]
            dy = py - sites[k, 1]
            sx = sun[0] - px
            sy = sun[1] - py
            toward = (dx * sx + dy * sy) / np.sqrt(sx * sx + sy * sy + f32(0.01))
            glass = smoothstep(-unit, unit, e)
            patina = f32(0.5) + f32(0.5) * smoothstep(f32(0), f32(0.05), e)
            light = back[x] * (f32(1) + f32(1.4) * toward) + state[k, 0]
            light = light * patina * (f32(1) + grain * (rough[x] - f32(0.5)))
            bevel = smoothstep(f32(0.004), f32(0.008), e) * smoothstep(f32(0.018), f32(0.011), e)
            light = light * (f32(1) + f32(0.35) * bevel)
            hot = smoothstep(f32(0.75), f32(1.6), light)
            # lead: a rounded bar, its flanks catching the light that comes through
            gx = edge[y, min(x + 1, columns - 1)] - edge[y, max(x - 1, 0)]
            gy = below[x] - above[x]
            slope = (gx * sx + gy * sy) / (np.sqrt(sx * sx + sy * sy + f32(0.01)) * f32(2) * unit)
            bar = f32(0.02) + f32(0.16) * back[x] * clamp01(f32(0.3) - f32(0.7) * slope) * smoothstep(f32(-0.02), f32(0), e)
            r0, g0, b0 = ramp_at(ramp, bar)
            shown = min(f32(0.12) + light, f32(1.2))
            r1, g1, b1 = ramp_at(ramp, tint[k, 3] * (f32(0.25) + f32(0.85) * light))
            r1 = mix(mix(r1, tint[k, 0] * shown, f32(0.45)), ramp[0, 245], hot * f32(0.85))
            g1 = mix(mix(g1, tint[k, 1] * shown, f32(0.45)), ramp[1, 245], hot * f32(0.85))
            b1 = mix(mix(b1, tint[k, 2] * shown, f32(0.45)), ramp[2, 245], hot * f32(0.85))
            rgb[0, y, x] = mix(r0, r1, glass)
            rgb[1, y, x] = mix(g0, g1, glass)
            rgb[2, y, x] = mix(b0, b1, glass)
            if depth.shape[0] > 1:
                depth[y, x] = mix(f32(0.95), state[k, 3], glass)


def _rose(
    dice: np.random.Generator, reach: NDArray[np.float64], view: SceneView
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Sites in rings around a centre, turning against each other, in a web of larger panes."""
    petals = int(dice.choice([6, 8, 10, 12]))
    centre = dice.uniform(-0.6, 0.6, 2) * np.maximum(reach - 1.0, 0.05)
    sites, group, rings = [centre[None]], [np.zeros(1, np.int64)], []
    plans = [
        [(1, 0.17, 1), (2, 0.16, 0), (2, 0.11, 1), (1, 0.19, 0), (2, 0.14, 0), (4, 0.13, 1)],
        [(1, 0.2, 0), (1, 0.15, 1), (2, 0.15, 0), (2, 0.14, 1), (3, 0.13, 0), (3, 0.12, 1)],
        [(2, 0.16, 1), (1, 0.2, 0), (2, 0.12, 1), (3, 0.13, 1), (1, 0.17, 0), (2, 0.13, 1)],
    ]
    radius, band = 0.0, 0
    for ring, (many, step, closed) in enumerate(plans[int(dice.integers(3))]):
        swell = 1 + 0.18 * view.bass * np.sin(2 * np.pi * (0.21 * ring + 0.1 * view.travel + 0.02 * view.time))
        radius += 1.05 * step * swell
        turn = (0.02 * view.travel + 0.008 * view.time) * (1 if band % 2 else -0.7)
        n = petals * many
        at = 2 * np.pi * ((np.arange(n) + 0.5 * (ring % 2)) / n + turn)
        sites.append(centre + radius * np.stack([np.cos(at), np.sin(at)], 1))
        group.append(1 + ring + 10 * (np.arange(n) * 2 // many % 2))
        if closed:
            rings.append([*centre, radius + 0.5 * step, 0.008 + 0.004 * band])
            band += 1
    rings[-1][3] = 0.03
    web = _web(dice, reach, 0.27)
    web = web[np.hypot(*(web - centre).T) > radius + 0.2]
    sites.append(web)
    group.append(1000 + np.floor(web[:, 0] / 0.8).astype(np.int64) + 50 * np.floor(web[:, 1] / 0.8).astype(np.int64))
    return np.concatenate(sites), np.concatenate(group), np.array(rings)


def _web(dice: np.random.Generator, reach: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """Loosely even sites that cover the picture and a margin, with small ones sprinkled between."""
    nx, ny = np.ceil((reach + 0.3) / step * 2).astype(int)
    y, x = np.mgrid[0:ny, 0:nx].reshape(2, -1)
    at = (np.stack([x + 0.5 * (y % 2), y], 1) - [nx / 2, ny / 2]) * step
    return at + dice.uniform(-0.42, 0.42, at.shape) * step


class Glass:
    """Stained glass with light behind it."""

    name: ClassVar[str] = "glass"
    words: ClassVar[tuple[str, ...]] = (
        "glass", "stained", "window", "church", "chapel", "rose", "prism", "crystal", "mosaic", "holy",
    )
    scale: ClassVar[float] = 0.5

    def draw(
        self, rgb: NDArray[np.float32], view: SceneView, *, depth: NDArray[np.float32] | None = None
    ) -> None:
        _, rows, columns = rgb.shape
        dice = np.random.default_rng(view.seed)
        short = min(rows, columns)
        reach = np.array([columns, rows]) / short
        unit = f32(2 / short)
        layout = dice.choice(["rose", "rose", "web", "shards"])
        rings = np.zeros((0, 4))
        if layout == "rose":
            sites, group, rings = _rose(dice, reach, view)
        else:
            sites = _web(dice, reach, 0.22 if layout == "web" else 0.26)
            heads = dice.uniform(-1.1, 1.1, (14, 2)) * reach
            far = np.hypot(*(sites[:, None] - heads[None]).transpose(2, 0, 1))
            group = far.argmin(1).astype(np.int64)
            pull = 0.25 * (1 - np.exp(-far.min(1)))[:, None]
            sites = sites + (heads[group] - sites) * pull * (1 + 0.8 * view.bass)
            sway = dice.uniform(size=len(sites)) + 0.09 * view.travel + 0.03 * view.time
            sites += 0.02 * np.stack([np.cos(2 * np.pi * sway), np.sin(2 * np.pi * sway)], 1)
        count = len(sites)
        own = dice.uniform(size=(count, 5))
        by_group = np.random.default_rng(view.seed + 1).uniform(size=4096)[group % 4096]
        share = np.clip(0.6 * by_group + 0.4 * own[:, 0] + 0.2 * (view.brightness - 0.5), 0, 1)
        tone = np.where(own[:, 1] > 0.85, 0.9, 0.5 + 0.3 * share) - 0.12 * (group >= 1000)
        middle = view.palette[min(1, len(view.palette) - 1)], view.palette[max(len(view.palette) - 2, 0)]
        tint = np.concatenate([middle[0] + (middle[1] - middle[0]) * share[:, None], tone[:, None]], 1)
        turn_taking = 0.5 + 0.5 * np.sin(2 * np.pi * (0.11 * view.travel + 0.02 * view.time + by_group))
        glint = 0.5 + 0.5 * np.sin(2 * np.pi * (0.4 * view.travel + 0.1 * view.time + own[:, 2]))
        lit = 0.45 * view.beat * turn_taking**4 + 0.3 * view.high * glint**12 * (own[:, 3] > 0.5)
        angle = 2 * np.pi * own[:, 4]
        state = np.stack([lit, np.cos(angle), np.sin(angle), 0.35 + 0.3 * by_group], 1).astype(np.float32)
        orbit = 2 * np.pi * (0.03 * view.travel + 0.012 * view.time + dice.uniform())
        sun = np.array(
            [
                0.6 * reach[0] * np.sin(orbit),
                reach[1] * (0.25 - 0.5 * view.progress) + 0.25 * np.cos(1.7 * orbit),
                0.75 + 0.35 * view.energy,
                2.2 / (0.35 + view.energy),
            ],
            np.float32,
        )
        drift = np.array([0.1 * view.travel + 0.04 * view.time, -0.06 * view.travel], np.float32)
        edge, pane = np.empty((rows, columns), np.float32), np.empty((rows, columns), np.int32)
        warp = np.array([0.0 if layout == "rose" else 0.05, 0.7, *dice.uniform(size=2)], np.float32)
        seed = u32(view.seed & 0xFFFFFFFF)
        offset = sites[:, None] - sites[None]
        closeness = 0.5 / np.maximum(np.hypot(offset[..., 0], offset[..., 1]), 1e-6)
        width = np.where(group[:, None] == group[None], 0.006, 0.012)
        np.fill_diagonal(closeness, 0)
        np.fill_diagonal(width, -1)
        _lead(
            edge, pane, sites.astype(np.float32), closeness.astype(np.float32), width.astype(np.float32), unit, warp,
            rings.astype(np.float32),
        )
        _shine(
            rgb, np.empty((1, 1), np.float32) if depth is None else depth, edge, pane, sites.astype(np.float32), tint.astype(np.float32),
            state, view.ramp, unit, sun, f32(0.3 + 0.15 * view.loudness), drift, f32(0.5 + 0.5 * view.mid), seed,
        )
