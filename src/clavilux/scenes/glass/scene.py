"""Stained glass: leaded panes in groups, lit from behind by a light that wanders.

Panes are the Voronoi cells of sites that the seed lays out as a rose window, as a grown web or as
long shards; cells of different groups are parted by thicker lead. `travel` turns the rings and
moves the light and the leaf shadows behind the glass, bass swells the layout, mid sets the panes'
grain glowing, high makes single panes glint, a beat lights the groups whose turn it is. `energy`
makes the light behind larger, `progress` lets it climb.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np

from clavilux.scenes.glass.layouts import Layout, lay_out
from clavilux.scenes.glass.lead import Warp, came_light, cames
from clavilux.scenes.glass.light import Drift, Sun, behind, pane_light, shine
from clavilux.scenes.noise import f32, u32
from clavilux.scenes.planes import single
from clavilux.scenes.supersample import draw_supersampled, wants_supersampling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView


_LAYOUTS = ("rose", "burst", "arcs", "rose", "burst")  # by seed


class Panes(NamedTuple):
    """What is each pane's own; (s,) and `tint` (s, 3), float32."""

    tint: NDArray[np.float32]
    """Its colour."""
    tone: NDArray[np.float32]
    """Its place on the ramp."""
    cos: NDArray[np.float32]
    sin: NDArray[np.float32]
    """The way of its grain."""
    lit: NDArray[np.float32]
    """Light of its own."""


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
        """The lead, the light behind the panes, in each pane and on the lead, then the colours."""
        if wants_supersampling(rgb, view):
            draw_supersampled(self, rgb, view, depth=depth)
            return
        _, rows, columns = rgb.shape
        dice = np.random.default_rng(view.seed)
        reach = np.array([columns, rows]) / min(rows, columns)
        unit = f32(2 / min(rows, columns))
        seed = u32(view.seed & 0xFFFFFFFF)
        kind = _LAYOUTS[view.seed % 5]
        layout = lay_out(kind, view, reach, dice)
        panes = _panes(kind, view, layout.group, dice)
        sun = _sun(kind, view, layout.rings, reach, dice)
        drift = single(Drift(x=0.1 * view.travel + 0.04 * view.time, y=-0.06 * view.travel))
        bent = 0.04 if kind == "arcs" else 0.0
        warp = single(Warp(bent, 0.7, *dice.uniform(size=2)))
        edge, light, back, bar = (np.empty((rows, columns), np.float32) for _ in range(4))
        pane = np.empty((rows, columns), np.uint32)
        sites = layout.sites.astype(np.float32)
        closeness, width = _between(layout)
        cames(edge, pane, sites, closeness, width, unit, warp, layout.rings.astype(np.float32))
        behind(back, unit, sun, f32(0.3 + 0.15 * view.loudness), drift, seed)
        site_x, site_y = np.ascontiguousarray(sites.T)
        pane_light(
            light,
            pane,
            back,
            site_x,
            site_y,
            panes.cos,
            panes.sin,
            panes.lit,
            unit,
            sun,
            f32(0.5 + 0.5 * view.mid),
            seed + u32(5),
        )
        came_light(bar, edge, back, unit, sun)
        shine(rgb, edge, pane, light, bar, panes.tint, panes.tone, view.ramp, unit)
        if depth is not None:
            y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
            middle = layout.rings[0]
            far = np.hypot((x - columns / 2) * unit - middle[0], (y - rows / 2) * unit - middle[1])
            depth[:] = 0.25 + 0.5 * np.clip(far / 2, 0, 1)


def _panes(
    kind: str, view: SceneView, group: NDArray[np.int64], dice: np.random.Generator
) -> Panes:
    """Colours run together within a group; groups take turns at the beats, single panes glint."""
    own = dice.uniform(size=(len(group), 5))
    by_group = np.random.default_rng(view.seed + 1).uniform(size=4096)[group % 4096]
    share = np.clip(0.6 * by_group + 0.4 * own[:, 0] + 0.2 * (view.brightness - 0.5), 0, 1)
    tone = np.where(own[:, 1] > 0.85, 0.9, 0.5 + 0.3 * share) - 0.12 * (group >= 1000)
    dark = view.palette[min(1, len(view.palette) - 1)]
    bright = view.palette[max(len(view.palette) - 2, 0)]
    tint = dark + (bright - dark) * share[:, None]
    turn_taking = 0.5 + 0.5 * np.sin(2 * np.pi * (0.11 * view.travel + 0.02 * view.time + by_group))
    glint = 0.5 + 0.5 * np.sin(2 * np.pi * (0.4 * view.travel + 0.1 * view.time + own[:, 2]))
    lit = 0.14 * view.beat * turn_taking**4 + (0.25 * view.high + 0.15 * view.flux) * glint**12 * (
        own[:, 3] > 0.5
    )
    if kind != "arcs":
        lit[0] += 0.4 + 0.3 * view.energy + 0.15 * view.bar
    angle = 2 * np.pi * own[:, 4]
    numbers = (tint, tone, np.cos(angle), np.sin(angle), lit)
    return Panes(*(values.astype(np.float32) for values in numbers))


def _sun(
    kind: str,
    view: SceneView,
    rings: NDArray[np.float64],
    reach: NDArray[np.float64],
    dice: np.random.Generator,
) -> Sun:
    """It wanders, and climbs with `progress`; behind a rose or burst it stays near the middle."""
    orbit = 2 * np.pi * (0.03 * view.travel + 0.012 * view.time + dice.uniform())
    place = np.array(
        [
            0.6 * reach[0] * np.sin(orbit),
            reach[1] * (0.25 - 0.5 * view.progress) + 0.25 * np.cos(1.7 * orbit),
        ],
        np.float32,
    )
    if kind != "arcs":
        place[:] = 0.2 * place + 0.8 * rings[0, :2]
    x, y = place
    return single(Sun(x=x, y=y, power=0.75 + 0.35 * view.energy, fall=2.2 / (0.35 + view.energy)))


def _between(layout: Layout) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """For each two panes half the inverse distance of their sites, and half the lead's width."""
    offset = layout.sites[:, None] - layout.sites[None]
    closeness = 0.5 / np.maximum(np.hypot(offset[..., 0], offset[..., 1]), 1e-6)
    width = np.where(layout.group[:, None] == layout.group[None], 0.006, 0.012)
    np.fill_diagonal(closeness, 0)
    np.fill_diagonal(width, -1)
    return closeness.astype(np.float32), width.astype(np.float32)
