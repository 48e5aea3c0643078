"""The numbers of one frame on the coarse grid: where effects do their work.

An effect changes these arrays; the kernels then draw every pixel from them. Coordinates are
normalised: the frame's centre is (0, 0), its height is 1, x grows to the right and y downwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from clavilux.rendering.cells import CELL
from clavilux.rendering.kernels import Light, Picture, look_up
from clavilux.rendering.picture import Planes

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Grid:
    """The nodes of a frame of a given size."""

    width: int
    height: int

    @property
    def shape(self) -> tuple[int, int]:
        return -(-self.height // CELL) + 1, -(-self.width // CELL) + 1

    @property
    def aspect(self) -> float:
        return self.width / self.height

    def nodes(self) -> tuple[Floats, Floats]:
        """Normalised x and y of every node, each (gh, gw) float32."""
        rows, columns = self.shape
        x = (np.arange(columns, dtype=np.float32) * CELL - self.width / 2) / self.height
        y = (np.arange(rows, dtype=np.float32) * CELL - self.height / 2) / self.height
        shape = (rows, columns)
        return (
            np.ascontiguousarray(np.broadcast_to(x[None, :], shape), dtype=np.float32),
            np.ascontiguousarray(np.broadcast_to(y[:, None], shape), dtype=np.float32),
        )


@dataclass
class Layer:
    """One source picture on its way into the frame."""

    planes: Planes
    x: Floats
    """(gh, gw): where in the source, normalised, each node looks."""
    y: Floats
    seconds: float = 0.0
    """Since the clip began."""
    duration: float = 1.0
    """Seconds the clip lasts."""
    small: Floats = field(init=False)
    """(3, gh, gw): luma and colour differences at the nodes, once `settle` was called."""

    def sample(self, planes: Floats) -> Floats:
        """Small planes of the source (n, h, w) looked up at every node, bilinear, edges held."""
        out = np.empty((len(planes), *self.x.shape), np.float32)
        look_up(planes, *self._at(planes.shape[1:]), out)
        return out

    def depth(self) -> Floats:
        """Depth at every node, 0 far, 1 near."""
        depth: Floats = self.sample(self.planes.depth[None])[0]
        return depth

    def settle(self) -> None:
        """Look up the small picture, after the camera and before light."""
        self.small = self.sample(self.planes.small)

    def picture(self, *, shift: float) -> Picture:
        """The kernels' view: planes, and per node source pixels, kept inside by a margin."""
        y, u, v = self.planes.y, self.planes.u, self.planes.v
        luma = self._pixels(y.shape, shift)
        chroma = luma if u.shape == y.shape else self._pixels(u.shape, shift)
        return Picture(y, u, v, *luma, *chroma)

    def _at(self, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
        """Where each node looks, in pixels of a plane of the source."""
        height, width = shape
        aspect = self.planes.y.shape[1] / self.planes.y.shape[0]
        x = (self.x / aspect + 0.5) * width - 0.5
        y = (self.y + 0.5) * height - 0.5
        return x.astype(np.float32, copy=False), y.astype(np.float32, copy=False)

    def _pixels(self, shape: tuple[int, ...], shift: float) -> tuple[Floats, Floats]:
        height, width = shape
        margin_x, margin_y = shift * width / 2 + 0.01, shift * height / 2 + 0.01
        x, y = self._at(shape)
        return (
            np.clip(x, margin_x, width - 1 - margin_x, dtype=np.float32),
            np.clip(y, margin_y, height - 1 - margin_y, dtype=np.float32),
        )


@dataclass
class FrameFields:
    """Everything effects may change about one frame."""

    grid: Grid
    x: Floats
    """Normalised node positions in the frame, (gh, gw)."""
    y: Floats
    layers: list[Layer]
    """One picture, or two while one becomes the other."""
    weight: Floats
    """(gh, gw): 0 the first layer, 1 the second."""
    gain: Floats
    """(gh, gw): luma times this, black kept."""
    chroma_gain: Floats
    add_y: Floats
    """(gh, gw): added signal, 1 is from black to white."""
    add_u: Floats
    """(gh, gw): added colour difference, -0.5..0.5."""
    add_v: Floats
    aberration: float = 0.0
    """Red is enlarged and blue shrunk by this fraction."""
    grain: float = 0.0
    """Standard deviation of the grain in the middle tones, as a fraction of white."""

    @classmethod
    def start(cls, grid: Grid, layers: list[Layer]) -> FrameFields:
        x, y = grid.nodes()
        zero, one = np.zeros(grid.shape, np.float32), np.ones(grid.shape, np.float32)
        return cls(
            grid=grid,
            x=x,
            y=y,
            layers=layers,
            weight=zero.copy(),
            gain=one.copy(),
            chroma_gain=one.copy(),
            add_y=zero.copy(),
            add_u=zero.copy(),
            add_v=zero.copy(),
        )

    def small(self) -> Floats:
        """(3, gh, gw): the mixed small picture of the frame, before light."""
        first = self.layers[0].small
        if len(self.layers) == 1:
            return first
        return first + (self.layers[1].small - first) * self.weight

    def screen(self, amount: Floats, u: Floats, v: Floats) -> None:
        """Add light as on a screen: what is bright already gains less. `u`, `v` are its colour."""
        keep = np.clip(1 - amount, 0, 1)
        self.gain *= keep
        self.add_y = self.add_y * keep + amount
        self.chroma_gain *= keep
        self.add_u = self.add_u * keep + u
        self.add_v = self.add_v * keep + v

    def light(self) -> Light:
        """The kernels' view: gains, and additions in video codes."""
        return Light(
            np.ascontiguousarray(self.gain, dtype=np.float32),
            np.ascontiguousarray(self.chroma_gain, dtype=np.float32),
            (self.add_y * 219).astype(np.float32),
            (self.add_u * 224).astype(np.float32),
            (self.add_v * 224).astype(np.float32),
        )
