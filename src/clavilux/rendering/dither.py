"""Drawn light to the 8-bit pixels of a still."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clavilux.compiled import fast, kernel
from clavilux.rendering.picture import KNEE, LIFT, develop_value

f32 = np.float32
u32 = np.uint32


@fast
def _scrambled(x):
    """A uint32 whose bits all depend on all of x's (the "lowbias32" mixer of Chris Wellons).
    Cast back to 32 bits at every step, or Numba widens it to 64."""
    x = u32(u32(x ^ (x >> u32(16))) * u32(0x7FEB352D))
    x = u32(u32(x ^ (x >> u32(15))) * u32(0x846CA68B))
    return u32(x ^ (x >> u32(16)))


@kernel
def _to_pixels(plane, knee, lift, start, out):
    """One plane (h, w) of light to (h, w) uint8. The noise is the difference of two random 16-bit
    numbers, so its density is a triangle one step wide."""
    height, width = plane.shape
    for row in range(height):
        light = plane[row]
        pixels = out[row]
        first = u32(start + u32(row * width))
        for k in range(width):
            bits = _scrambled(u32(first + u32(k)))
            noise = f32(np.int32(bits & u32(0xFFFF)) - np.int32(bits >> u32(16))) / f32(131072)
            value = develop_value(light[k], knee, lift) * f32(255) + f32(0.5) + noise
            pixels[k] = np.uint8(min(max(value, f32(0)), f32(255)))


def to_pixels(rgb: NDArray[np.float32], seed: int) -> NDArray[np.uint8]:
    """Planes (3, h, w), gamma-coded, to pixels (h, w, 3): light rolled off as in the frames of a
    scene, and triangular dither of one step (Lipshitz, Wannamaker and Vanderkooy, 1992), so that
    gradients survive 8 bits. The same seed, the same noise."""
    planes = np.empty(rgb.shape, np.uint8)
    starts = np.random.default_rng(seed).integers(2**32, size=3, dtype=np.uint32)
    for channel, start in enumerate(starts):
        _to_pixels(rgb[channel], f32(KNEE), f32(LIFT), start, planes[channel])
    return np.ascontiguousarray(planes.transpose(1, 2, 0))
