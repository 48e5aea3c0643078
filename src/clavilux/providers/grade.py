"""Colour grading: a picture moves towards its section's palette, and stays the picture it was.

In OKLab, with lightness untouched. At each lightness the colours of picture and palette have a mean
and a spread. The mean moves to the palette's (as in split toning, but to the palette's own curve
from ground to light), and what differs from it goes through the linear map that carries one spread
to the other with the least movement (Monge-Kantorovich; Pitié and Kokaram, "The linear
Monge-Kantorovitch linear colour mapping", 2007). That map is symmetric and positive: no two colours
swap places, so texture, skin and the edges between colours survive. Black and white stay.

The whole of it is one 33^3 table, made from a few thousand of the picture's pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clavilux.model.color import (
    Array,
    Palette,
    hex_to_srgb,
    oklab_to_linear,
    oklab_to_srgb,
    srgb_to_oklab,
)
from clavilux.providers.lut import apply_lut, lut_nodes

AREA = np.array([0.25, 0.4, 0.2, 0.15, 0.1, 0.1, 0.1, 0.1])
"""How much of a picture the colours of a palette cover, roughly, in their order."""

SAMPLES = 16_384
LEVELS = np.linspace(0, 1, 33)
"""Lightnesses at which the means are known."""

_PICTURE_WIDTH, _PALETTE_WIDTH = 0.10, 0.19
"""How far a lightness looks for colours around it, as a standard deviation."""
_NEXT_TO_NOTHING = 0.01
"""Share of a picture below which a lightness takes the mean of the whole instead of its own."""
_SPREAD_FLOOR = 0.02
"""A spread is at least this, in OKLab units: what one barely sees is not blown up."""
_LEAST_GAIN, _MOST_GAIN = 0.35, 1.2
"""Limits for differences of colour: never all gone, hardly more than there were."""
_FULLNESS = 0.85
"""Of the palette's chroma, for the means: a picture is more than its palette's swatches."""
_MEAN_LEADS = 1.6
"""How far the means are ahead of the strength, as an exponent: 0.5 moves them by two thirds."""
_MOST_RESTORED = 1.4
"""The most by which a mixture of two hues is made fuller again."""
_SURPLUS = 0.5
"""What is left of chroma beyond what picture and palette had."""
_KNEE = 0.8
"""The share of the gamut's chroma from which colours are pressed together instead of clipped."""


def grade(rgb: NDArray[np.uint8], palette: Palette, *, strength: float) -> NDArray[np.uint8]:
    """A picture (h, w, 3), sRGB, towards a palette; `strength` 0 changes nothing, 1 all it can.

    The same picture gives the same bytes on any machine. Takes about 0.1 s for two megapixels.
    `palette` has 2 to 8 colours in the order of a section's.
    """
    if strength <= 0 or rgb.size == 0:
        return rgb
    return apply_lut(rgb, _table(_sampled(rgb), palette, min(strength, 1.0)))


def _sampled(rgb: NDArray[np.uint8]) -> Array:
    """Some pixels, evenly spread, in OKLab, shape (n, 3)."""
    step = max(1, round((rgb.shape[0] * rgb.shape[1] / SAMPLES) ** 0.5))
    some = rgb[step // 2 :: step, step // 2 :: step].reshape(-1, 3)
    return srgb_to_oklab((some if len(some) else rgb.reshape(-1, 3)) / 255.0)


def _table(picture: Array, palette: Palette, strength: float) -> Array:
    """Where every colour of `lut_nodes` goes, sRGB."""
    before = srgb_to_oklab(lut_nodes())
    area = AREA[: len(palette)] / AREA[: len(palette)].sum()
    target = np.array([srgb_to_oklab(hex_to_srgb(c)) for c in palette])
    mean_before = _means(picture, np.full(len(picture), 1 / len(picture)), _PICTURE_WIDTH)
    mean_after = _FULLNESS * _means(target, area, _PALETTE_WIDTH)
    spread = _transport(
        _spread(picture, np.full(len(picture), 1 / len(picture)), mean_before),
        _spread(target, area, mean_after),
    )
    light = before[..., 0]
    now, then = _at(light, mean_before), _at(light, mean_after)
    amount = _amount(light)[..., None]
    # The mean goes ahead of the spread: half-way between two hues lies mud.
    mean = _mixed(now, then, amount * (1 - (1 - strength) ** _MEAN_LEADS))
    gains = np.eye(2) + strength * amount[..., None] * (spread - np.eye(2))
    moved = mean + np.einsum("...i,...ij->...j", before[..., 1:] - now, gains)
    after = np.concatenate([before[..., :1], _restrained(before[..., 1:], moved, then)], axis=-1)
    return oklab_to_srgb(_into_gamut(before, after, strength))


def _mixed(one: Array, other: Array, amount: Array) -> Array:
    """Between two colours (a, b), as full as both where their hues are not opposite."""
    mixed = one + amount * (other - one)
    lengths = [np.linalg.norm(c, axis=-1, keepdims=True) for c in (one, other, mixed)]
    wanted = lengths[0] + amount * (lengths[1] - lengths[0])
    fuller = np.minimum(wanted / np.maximum(lengths[2], 1e-9), _MOST_RESTORED)
    return np.asarray(mixed * np.maximum(fuller, 1.0))


def _restrained(before: Array, after: Array, palette: Array) -> Array:
    """Colours that came out fuller than they were, and than the palette is, held back."""
    chroma = np.linalg.norm(after, axis=-1, keepdims=True)
    full = np.maximum(*(np.linalg.norm(c, axis=-1, keepdims=True) for c in (before, palette)))
    held = np.where(chroma > full, full + _SURPLUS * (chroma - full), chroma)
    return np.asarray(after * held / np.maximum(chroma, 1e-9))


def _amount(light: Array) -> Array:
    """How much of the grading a lightness gets: none at black and white."""
    return _smoothstep(light, 0.04, 0.24) * (1 - _smoothstep(light, 0.84, 0.999))


def _smoothstep(x: Array, low: float, high: float) -> Array:
    t = np.clip((x - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def _means(lab: Array, weights: Array, width: float) -> Array:
    """Mean a and b around each of `LEVELS`, shape (33, 2): Gaussian-weighted, and where there is
    next to nothing, that of the whole."""
    whole = weights @ lab[:, 1:]
    bins = np.clip(np.round(lab[:, 0] * (len(LEVELS) - 1)), 0, len(LEVELS) - 1).astype(int)
    mass = np.bincount(bins, weights, len(LEVELS))
    sums = np.stack([np.bincount(bins, weights * lab[:, k], len(LEVELS)) for k in (1, 2)], axis=-1)
    near = np.exp(-0.5 * ((LEVELS[:, None] - LEVELS) / width) ** 2)
    known = near @ sums + _NEXT_TO_NOTHING * whole
    return np.asarray(known / ((near @ mass)[:, None] + _NEXT_TO_NOTHING))


def _at(light: Array, means: Array) -> Array:
    return np.stack([np.interp(light, LEVELS, means[:, k]) for k in (0, 1)], axis=-1)


def _spread(lab: Array, weights: Array, means: Array) -> Array:
    """Covariance of a and b around the means, shape (2, 2)."""
    off = lab[:, 1:] - _at(lab[:, 0], means)
    return np.asarray((off * weights[:, None]).T @ off + _SPREAD_FLOOR**2 * np.eye(2))


def _transport(before: Array, after: Array) -> Array:
    """The symmetric map that carries one covariance to another, its gains kept within limits."""
    root = _powered(before, 0.5)
    inverse = _powered(before, -0.5)
    ideal = inverse @ _powered(root @ after @ root, 0.5) @ inverse
    gains, axes = np.linalg.eigh(ideal)
    return np.asarray((axes * np.clip(gains, _LEAST_GAIN, _MOST_GAIN)) @ axes.T)


def _powered(matrix: Array, power: float) -> Array:
    values, axes = np.linalg.eigh(matrix)
    return np.asarray((axes * np.maximum(values, 1e-12) ** power) @ axes.T)


def _into_gamut(before: Array, after: Array, strength: float) -> Array:
    """Chroma lowered, at constant lightness and hue, to what sRGB can show, without a hard edge."""
    chroma = np.hypot(after[..., 1], after[..., 2])
    room = _most_chroma(after)
    share = chroma / np.maximum(room, 1e-9)
    soft = max((1 - _KNEE) * min(1.0, 2 * strength), 1e-6)
    over = np.maximum(share - (1 - soft), 0) / soft
    pressed = np.where(over > 0, 1 - soft + soft * over / (1 + over), share)
    moved = np.linalg.norm(after - before, axis=-1)
    pressed = np.where(moved < 1e-9, np.minimum(share, 1), pressed)
    scale = np.where(chroma > 1e-9, pressed * room / np.maximum(chroma, 1e-9), 1.0)
    return np.asarray(after * np.stack([np.ones_like(scale), scale, scale], axis=-1))


def _most_chroma(lab: Array) -> Array:
    """The most chroma that sRGB can show at each colour's lightness and hue, by bisection."""
    chroma = np.maximum(np.hypot(lab[..., 1], lab[..., 2]), 1e-9)
    hue = lab[..., 1:] / chroma[..., None]
    low, high = np.zeros_like(chroma), np.full_like(chroma, 0.4)
    for _ in range(12):
        middle = (low + high) / 2
        linear = oklab_to_linear(np.concatenate([lab[..., :1], hue * middle[..., None]], axis=-1))
        inside = ((linear > -1e-4) & (linear < 1.0001)).all(axis=-1)
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return low
