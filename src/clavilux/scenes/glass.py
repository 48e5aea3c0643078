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

from clavilux.compiled import kernel
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
)
from clavilux.scenes.supersample import draw_supersampled, wants_supersampling

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
                        across = (away[n, i] - closest[i]) * closeness[k, mine[i]] - width[
                            k, mine[i]
                        ]
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
def _behind(back, unit, sun, sky, drift, seed):
    """The light behind the glass: a sun, a sky, and leaves that move in front of them."""
    for y in range(back.shape[0]):
        row = back[y]
        py = (f32(y) + f32(0.5) - f32(0.5) * f32(back.shape[0])) * unit
        for x in range(len(row)):
            px = (f32(x) + f32(0.5) - f32(0.5) * f32(back.shape[1])) * unit
            leaves = fbm2(px * f32(1.4) + drift[0], py * f32(1.4) + drift[1], seed)
            shade = mix(f32(0.4), f32(1.15), smoothstep(f32(0.32), f32(0.62), leaves))
            dx = px - sun[0]
            dy = py - sun[1]
            bright = sun[2] * glow(dx * dx + dy * dy, sun[3])
            row[x] = sky * (f32(0.75) - f32(0.25) * py) * shade + bright * mix(
                shade, f32(1), f32(0.4)
            )


@kernel
def _grain(light, pane, back, site_x, site_y, c, s, lit, unit, sun, grain, seed):
    """Light in each pane: what is behind it, its own, its grain, brighter on the side of the sun.

    Looking up a pane's numbers and drawing noise are separate loops: together they are not SIMD.
    """
    along = np.empty(light.shape[1], np.float32)
    across = np.empty(light.shape[1], np.float32)
    for y in range(light.shape[0]):
        row = light[y]
        which = pane[y]
        behind = back[y]
        py = (f32(y) + f32(0.5) - f32(0.5) * f32(light.shape[0])) * unit
        for x in range(len(row)):
            px = (f32(x) + f32(0.5) - f32(0.5) * f32(light.shape[1])) * unit
            k = which[x]
            dx = px - site_x[k]
            dy = py - site_y[k]
            sx = sun[0] - px
            sy = sun[1] - py
            toward = (dx * sx + dy * sy) / np.sqrt(sx * sx + sy * sy + f32(0.01))
            row[x] = behind[x] * (f32(1) + f32(1.4) * toward) + lit[k]
            along[x] = (dx * c[k] + dy * s[k]) * f32(7) + f32(k) * f32(3.7)
            across[x] = (dy * c[k] - dx * s[k]) * f32(26)
        for x in range(len(row)):
            row[x] *= f32(1) + grain * (fbm2(along[x], across[x], seed) - f32(0.5))


@kernel
def _lead_light(bar, edge, back, unit, sun):
    """How light the lead is: a rounded bar, its flanks catching the light that comes through."""
    rows, columns = bar.shape
    for y in range(rows):
        here = edge[y]
        left = here[: columns - 2]
        right = here[2:]
        up = edge[max(y - 1, 0)][1 : columns - 1]
        down = edge[min(y + 1, rows - 1)][1 : columns - 1]
        out = bar[y][1 : columns - 1]
        behind = back[y]
        sy = sun[1] - (f32(y) - f32(0.5) * f32(rows)) * unit
        for x in range(len(out)):
            sx = sun[0] - (f32(x) - f32(0.5) * f32(columns)) * unit
            slope = ((right[x] - left[x]) * sx + (down[x] - up[x]) * sy) / np.sqrt(
                sx * sx + sy * sy + f32(0.01)
            )
            out[x] = f32(0.02) + f32(0.2) * behind[x] * clamp01(
                f32(0.25) - f32(0.35) * slope / unit
            )
        bar[y, 0] = bar[y, 1]
        bar[y, columns - 1] = bar[y, columns - 2]


@kernel
def _shine(rgb, edge, pane, light, bar, tint, tone, ramp, unit):
    """Colour light and lead. tint: (s, 3) colours, tone: (s,) places on the ramp."""
    for y in range(rgb.shape[1]):
        which = pane[y]
        far = edge[y]
        lit = light[y]
        dark = bar[y]
        red, green, blue = rgb[0, y], rgb[1, y], rgb[2, y]
        for x in range(len(far)):
            k = which[x]
            e = far[x]
            patina = f32(0.5) + f32(0.5) * smoothstep(f32(0), f32(0.05), e)
            bevel = smoothstep(f32(0.004), f32(0.008), e) * smoothstep(f32(0.018), f32(0.011), e)
            bright = lit[x] * patina * (f32(1) + f32(0.35) * bevel)
            hot = f32(0.85) * smoothstep(f32(0.75), f32(1.6), bright)
            shown = f32(0.45) * min(f32(0.12) + bright, f32(1.2))
            glass = smoothstep(-unit, unit, e)
            index = mix(dark[x], tone[k] * (f32(0.25) + f32(0.85) * bright), glass)
            r, g, b = ramp_at(ramp, index)
            share = glass * f32(0.45)
            red[x] = mix(r + glass * (tint[k, 0] * shown) - share * r, ramp[0, 245], hot * glass)
            green[x] = mix(g + glass * (tint[k, 1] * shown) - share * g, ramp[1, 245], hot * glass)
            blue[x] = mix(b + glass * (tint[k, 2] * shown) - share * b, ramp[2, 245], hot * glass)


def _burst(
    dice: np.random.Generator, reach: NDArray[np.float64], view: SceneView
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Sites along rays from a low sun, longer and wider the farther out."""
    centre = np.array([dice.uniform(-0.5, 0.5), dice.uniform(0.2, 0.75)]) * reach
    rays = int(dice.choice([20, 24, 30]))
    growth = dice.uniform(1.34, 1.5)
    disc = dice.uniform(0.2, 0.3)
    swell = (
        1 + 0.08 * view.bass
    )  # the layout itself must not depend on the music, or panes would pop
    sites, group = [centre[None]], [np.zeros(1, np.int64)]
    turn = 0.01 * view.travel + 0.004 * view.time
    radius = disc
    for ring in range(16):
        rays *= 2 if radius > 1.1 and rays < 40 else 1
        at = 2 * np.pi * ((np.arange(rays) + 0.5 * (ring % 2) * dice.choice([0, 1])) / rays + turn)
        far = (
            radius
            * swell
            * (1.22 + dice.uniform(-0.1, 0.1, rays))
            * (1 + 0.05 * view.bass * np.sin(ring - 2 * view.travel))
        )
        sites.append(centre + far[:, None] * np.stack([np.cos(at), np.sin(at)], 1))
        group.append(1 + ring // 2 + 20 * (np.arange(rays) // 2))
        radius *= growth
        if radius > 2.6 * reach.max():
            break
    rings = [
        [*centre, disc * swell, 0.016],
        [*centre, disc * swell * growth**2, 0.01],
        [*centre, disc * swell * growth**4, 0.012],
    ]
    return np.concatenate(sites), np.concatenate(group), np.array(rings)


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
    radius, edge, band = 0.0, 0.0, 0
    for ring, (many, step, closed) in enumerate(plans[int(dice.integers(3))]):
        swell = 1 + 0.18 * view.bass * np.sin(
            2 * np.pi * (0.21 * ring + 0.1 * view.travel + 0.02 * view.time)
        )
        radius += 1.05 * step * swell
        edge += 1.05 * step
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
    web = web[np.hypot(*(web - centre).T) > edge + 0.25]
    sites.append(web)
    group.append(
        1000
        + np.floor(web[:, 0] / 0.8).astype(np.int64)
        + 50 * np.floor(web[:, 1] / 0.8).astype(np.int64)
    )
    return np.concatenate(sites), np.concatenate(group), np.array(rings)


def _web(dice: np.random.Generator, reach: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """Loosely even sites that cover the picture and a margin, with small ones sprinkled between."""
    nx, ny = np.ceil((reach + 0.3) / step * 2).astype(int)
    y, x = np.mgrid[0:ny, 0:nx].reshape(2, -1)
    at = (np.stack([x + 0.5 * (y % 2), y], 1) - [nx / 2, ny / 2]) * step
    return at + dice.uniform(-0.42, 0.42, at.shape) * step


def _arcs(
    dice: np.random.Generator, reach: NDArray[np.float64], view: SceneView
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """A web of panes crossed by a few great arcs, the groups between them."""
    sites = _web(dice, reach, 0.23)
    corner = reach * dice.choice([-1, 1], 2)
    far = sites - corner
    group = 100 + 10 * np.floor(np.arctan2(far[:, 1], far[:, 0]) * 3).astype(np.int64)
    rings = []
    for k, radius in enumerate(np.cumsum(dice.uniform(0.45, 0.75, 5)) + 0.1):
        centre = corner * (1 + 0.1 * k)
        group += np.hypot(*(sites - centre).T) < radius
        breath = np.sin(2 * np.pi * (0.05 * view.travel + 0.02 * view.time + 0.2 * k))
        swell = 1 + 0.03 * breath + 0.03 * view.bass
        rings.append([*centre, radius * swell, 0.009 + 0.004 * (k % 2)])
    sway = 2 * np.pi * (dice.uniform(size=len(sites)) + 0.09 * view.travel + 0.03 * view.time)
    sites = sites + 0.02 * (1 + view.bass) * np.stack([np.cos(sway), np.sin(sway)], 1)
    return sites, group, np.array(rings)


class Glass:
    """Stained glass with light behind it."""

    name: ClassVar[str] = "glass"
    words: ClassVar[tuple[str, ...]] = (
        "glass",
        "stained",
        "window",
        "church",
        "chapel",
        "rose",
        "prism",
        "crystal",
        "mosaic",
        "holy",
    )
    scale: ClassVar[float] = 0.5

    def draw(
        self, rgb: NDArray[np.float32], view: SceneView, *, depth: NDArray[np.float32] | None = None
    ) -> None:
        if wants_supersampling(rgb, view):
            draw_supersampled(self, rgb, view, depth=depth)
            return
        _, rows, columns = rgb.shape
        dice = np.random.default_rng(view.seed)
        short = min(rows, columns)
        reach = np.array([columns, rows]) / short
        unit = f32(2 / short)
        layout = ("rose", "burst", "arcs", "rose", "burst")[view.seed % 5]
        if layout == "rose":
            sites, group, rings = _rose(dice, reach, view)
        elif layout == "burst":
            sites, group, rings = _burst(dice, reach, view)
        else:
            sites, group, rings = _arcs(dice, reach, view)
        count = len(sites)
        own = dice.uniform(size=(count, 5))
        by_group = np.random.default_rng(view.seed + 1).uniform(size=4096)[group % 4096]
        share = np.clip(0.6 * by_group + 0.4 * own[:, 0] + 0.2 * (view.brightness - 0.5), 0, 1)
        tone = np.where(own[:, 1] > 0.85, 0.9, 0.5 + 0.3 * share) - 0.12 * (group >= 1000)
        middle = (
            view.palette[min(1, len(view.palette) - 1)],
            view.palette[max(len(view.palette) - 2, 0)],
        )
        tint = np.concatenate(
            [middle[0] + (middle[1] - middle[0]) * share[:, None], tone[:, None]], 1
        )
        turn_taking = 0.5 + 0.5 * np.sin(
            2 * np.pi * (0.11 * view.travel + 0.02 * view.time + by_group)
        )
        glint = 0.5 + 0.5 * np.sin(2 * np.pi * (0.4 * view.travel + 0.1 * view.time + own[:, 2]))
        lit = 0.14 * view.beat * turn_taking**4 + (
            0.25 * view.high + 0.15 * view.flux
        ) * glint**12 * (own[:, 3] > 0.5)
        if layout != "arcs":
            lit[0] += 0.4 + 0.3 * view.energy + 0.15 * view.bar
        angle = 2 * np.pi * own[:, 4]
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
        if layout != "arcs":
            sun[:2] = 0.2 * sun[:2] + 0.8 * rings[0, :2]
        drift = np.array([0.1 * view.travel + 0.04 * view.time, -0.06 * view.travel], np.float32)
        edge, light, back, bar = (np.empty((rows, columns), np.float32) for _ in range(4))
        pane = np.empty((rows, columns), np.uint32)
        warp = np.array([0.04 if layout == "arcs" else 0.0, 0.7, *dice.uniform(size=2)], np.float32)
        seed = u32(view.seed & 0xFFFFFFFF)
        offset = sites[:, None] - sites[None]
        closeness = 0.5 / np.maximum(np.hypot(offset[..., 0], offset[..., 1]), 1e-6)
        width = np.where(group[:, None] == group[None], 0.006, 0.012)
        np.fill_diagonal(closeness, 0)
        np.fill_diagonal(width, -1)
        at = sites.astype(np.float32)
        _lead(
            edge,
            pane,
            at,
            closeness.astype(np.float32),
            width.astype(np.float32),
            unit,
            warp,
            rings.astype(np.float32),
        )
        _behind(back, unit, sun, f32(0.3 + 0.15 * view.loudness), drift, seed)
        site_x, site_y = np.ascontiguousarray(at.T)
        turned = np.stack([np.cos(angle), np.sin(angle), lit]).astype(np.float32)
        _grain(
            light,
            pane,
            back,
            site_x,
            site_y,
            *turned,
            unit,
            sun,
            f32(0.5 + 0.5 * view.mid),
            seed + u32(5),
        )
        _lead_light(bar, edge, back, unit, sun)
        _shine(
            rgb,
            edge,
            pane,
            light,
            bar,
            tint[:, :3].astype(np.float32),
            tint[:, 3].astype(np.float32),
            view.ramp,
            unit,
        )
        if depth is not None:
            y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
            far = np.hypot(
                (x - columns / 2) * unit - rings[0, 0], (y - rows / 2) * unit - rings[0, 1]
            )
            depth[:] = 0.25 + 0.5 * np.clip(far / 2, 0, 1)
