"""Where the panes are: sites whose Voronoi cells they become, in groups, and rings of lead."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clavilux.interfaces import SceneView


_ROSES = (  # ring by ring from the middle: panes per petal, width, whether lead closes it
    ((1, 0.17, 1), (2, 0.16, 0), (2, 0.11, 1), (1, 0.19, 0), (2, 0.14, 0), (4, 0.13, 1)),
    ((1, 0.2, 0), (1, 0.15, 1), (2, 0.15, 0), (2, 0.14, 1), (3, 0.13, 0), (3, 0.12, 1)),
    ((2, 0.16, 1), (1, 0.2, 0), (2, 0.12, 1), (3, 0.13, 1), (1, 0.17, 0), (2, 0.13, 1)),
)


class Layout(NamedTuple):
    """Short side of the picture = 2 units, from its middle."""

    sites: NDArray[np.float64]
    """(s, 2)."""
    group: NDArray[np.int64]
    """(s,): from 1000 on the panes around a rose."""
    rings: NDArray[np.float64]
    """(r, 4): lead in circles: centre, radius, half width."""


def lay_out(
    kind: str, view: SceneView, reach: NDArray[np.float64], dice: np.random.Generator
) -> Layout:
    """A "rose", a "burst" or "arcs", `reach` (x, y) units to either side of the middle."""
    return {"rose": _rose, "burst": _burst, "arcs": _arcs}[kind](dice, reach, view)


def _burst(dice: np.random.Generator, reach: NDArray[np.float64], view: SceneView) -> Layout:
    """Sites along rays from a low sun, longer and wider the farther out."""
    centre = np.array([dice.uniform(-0.5, 0.5), dice.uniform(0.2, 0.75)]) * reach
    rays = int(dice.choice([20, 24, 30]))
    growth = dice.uniform(1.34, 1.5)
    disc = dice.uniform(0.2, 0.3)
    # The layout itself must not depend on the music, or panes would pop.
    swell = 1 + 0.08 * view.bass
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
    return Layout(np.concatenate(sites), np.concatenate(group), np.array(rings))


def _rose(dice: np.random.Generator, reach: NDArray[np.float64], view: SceneView) -> Layout:
    """Sites in rings around a centre, turning against each other, in a web of larger panes."""
    petals = int(dice.choice([6, 8, 10, 12]))
    centre = dice.uniform(-0.6, 0.6, 2) * np.maximum(reach - 1.0, 0.05)
    sites, group, rings = [centre[None]], [np.zeros(1, np.int64)], []
    radius, edge, band = 0.0, 0.0, 0
    for ring, (many, step, closed) in enumerate(_ROSES[int(dice.integers(3))]):
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
    return Layout(np.concatenate(sites), np.concatenate(group), np.array(rings))


def _web(dice: np.random.Generator, reach: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """Loosely even sites that cover the picture and a margin, with small ones sprinkled between."""
    nx, ny = np.ceil((reach + 0.3) / step * 2).astype(int)
    y, x = np.mgrid[0:ny, 0:nx].reshape(2, -1)
    at = (np.stack([x + 0.5 * (y % 2), y], 1) - [nx / 2, ny / 2]) * step
    return at + dice.uniform(-0.42, 0.42, at.shape) * step


def _arcs(dice: np.random.Generator, reach: NDArray[np.float64], view: SceneView) -> Layout:
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
    return Layout(sites, group, np.array(rings))
