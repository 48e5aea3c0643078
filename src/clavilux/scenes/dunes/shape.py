"""The shape of the sand: two sets of dunes across the wind, and how high the eye flies."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clavilux.compiled import fast, kernel
from clavilux.scenes.noise import f32, fbm_row, mix, smoothstep, u32


class Course(NamedTuple):
    """How the dunes lie: their direction across the wind, and how high they are."""

    cos: float
    sin: float
    height: float


class Place(NamedTuple):
    """Where the eye is, in the land's own units."""

    x: float
    z: float


@fast
def _profile(u):
    """A dune's cross-section, 0..1, one per unit: a long rise, a sharp crest, a steep lee."""
    f = u - np.floor(u)
    rise = f / f32(0.68)
    fall = (f32(1) - f) / f32(0.32)
    up = rise * (f32(0.45) + f32(0.55) * rise)
    down = fall * fall * (f32(1.7) - f32(0.7) * fall)
    return up if f < f32(0.68) else down


@fast
def _softened(u, width):
    """The profile averaged over `width`, so that its crest does not fall between two samples."""
    a = f32(0.125) * width
    b = f32(0.375) * width
    return f32(0.25) * (_profile(u - b) + _profile(u - a) + _profile(u + a) + _profile(u + b))


@kernel
def _broad(out, x, z, scale, shift, octaves, seed):
    """Broad noise along a row of points, worked out at every fourth and interpolated."""
    n = len(out)
    count = (n + 2) // 4 + 2
    u = np.empty(count, np.float32)
    v = np.empty(count, np.float32)
    at = np.empty(count, np.float32)
    for k in range(count):
        i = f32(4 * k) / f32(max(n - 1, 1))
        u[k] = scale * (x[0] + (x[n - 1] - x[0]) * i) + shift
        v[k] = scale * (z[0] + (z[n - 1] - z[0]) * i)
    fbm_row(at, u, v, octaves, seed)
    for i in range(n):
        out[i] = mix(at[i >> 2], at[(i >> 2) + 1], f32(i & 3) * f32(0.25))


@kernel
def heights(out, phase, x, z, run, before, seed):
    """Height of the land at the points (x, z) of a straight row; `phase` is for ripples.

    before (2, n): where in the profiles the row before was, so that what lies between two rows is
    averaged.
    """
    n = len(out)
    warp = np.empty(n, np.float32)
    size = np.empty(n, np.float32)
    _broad(warp, x, z, f32(0.13), f32(0), 3, seed)
    _broad(size, x, z, f32(0.08), f32(40), 2, seed + u32(3))
    for i in range(n):
        along = x[i] * run.cos + z[i] * run.sin
        across = z[i] * run.cos - x[i] * run.sin
        phase[i] = along + f32(1.2) * warp[i]
        a = f32(0.17) * along + f32(2.1) * warp[i]
        b = f32(0.36) * along + f32(0.2) * across + f32(2.6) * size[i]
        large = _softened(a, f32(2.5) * abs(a - before[0, i]) + f32(0.01))
        small = _softened(b, f32(2.5) * abs(b - before[1, i]) + f32(0.01))
        before[0, i] = a
        before[1, i] = b
        big = smoothstep(f32(0.25), f32(0.75), size[i])
        out[i] = run.height * (
            large * (f32(0.25) + f32(1.25) * big)
            + f32(0.34) * small * (f32(1) - f32(0.55) * big)
            + f32(0.9) * size[i]
        )


def eye_height(moved: Place, run: Course, seed: np.uint32) -> np.float32:
    """How high the eye flies: above the sand around it, following it softly."""
    x = np.linspace(-3, 3, 9, dtype=np.float32)
    total = weight = 0.0
    for z in np.linspace(-3, 7, 21):
        height = np.empty_like(x)
        row = np.full_like(x, z + moved.z)
        places = np.empty((2, len(x)), np.float32)
        for _ in range(2):  # the first time tells where, the second has nothing to average
            heights(height, np.empty_like(x), x + moved.x, row, run, places, seed)
        near = np.exp(-((x.astype(np.float64) / 2) ** 2) - ((z - 1.5) / 3) ** 2)
        total += float(np.sum(near * height.astype(np.float64) ** 6))
        weight += float(near.sum())
    return f32(0.75 + (total / weight) ** (1 / 6))
