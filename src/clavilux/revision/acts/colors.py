"""Palettes changed in words: darker, warmer, more neon, "red and gold". Arithmetic in OKLab."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from clavilux.model.color import (
    Array,
    Palette,
    hex_to_srgb,
    oklab_to_oklch,
    oklab_to_srgb,
    oklch_to_oklab,
    srgb_to_hex,
    srgb_to_oklab,
)

GROUND, BODY, LIGHT, ACCENT = range(4)

Turn = Callable[[Array, float], Array]
"""Colours as OKLCh, shape (n, 3), and how strongly, 1 the usual; the same shape."""


def _darker(lch: Array, amount: float) -> Array:
    lch[:, 0] *= _roles(lch, (0.72, 0.76, 0.94, 0.9)) ** amount
    return lch


def _brighter(lch: Array, amount: float) -> Array:
    share = 1 - (1 - _roles(lch, (0.08, 0.26, 0.3, 0.24))) ** amount
    lch[:, 0] += (1 - lch[:, 0]) * share
    return lch


def _warmer(lch: Array, amount: float) -> Array:
    lab = oklch_to_oklab(lch)
    lab[:, 1:] += amount * np.array([0.018, 0.035]) * _roles(lch, (0.4, 1, 0.6, 1))[:, None]
    return oklab_to_oklch(lab)


def _neon(lch: Array, amount: float) -> Array:
    """Deep ground, the others as full of colour as they can be, the accent as light as neon is."""
    lch[:, 1] = np.maximum(lch[:, 1] * 1.4**amount, _roles(lch, (0.03, 0.16, 0.07, 0.2)))
    lch[GROUND, 0] *= 0.75**amount
    accent = len(lch) - 1
    lch[accent, 0] += (0.72 - lch[accent, 0]) * min(1.0, 0.5 * amount)
    return lch


def _pastel(lch: Array, amount: float) -> Array:
    share = min(1.0, 0.65 * amount)
    lch[:, 0] += (_roles(lch, (0.4, 0.82, 0.96, 0.86)) - lch[:, 0]) * share
    lch[:, 1] += (np.minimum(lch[:, 1], 0.075) - lch[:, 1]) * share
    return lch


def _vivid(lch: Array, amount: float) -> Array:
    lch[:, 1] *= 1.35**amount
    return lch


def _contrast(lch: Array, amount: float) -> Array:
    lch[:, 0] = np.clip(0.55 + (lch[:, 0] - 0.55) * 1.25**amount, 0.05, 0.98)
    return lch


def _gray(lch: Array, amount: float) -> Array:
    lch[:, 1] = 0.0
    return lch


TURNS: dict[str, Turn] = {
    "darker": _darker,
    "brighter": _brighter,
    "warmer": _warmer,
    "cooler": lambda lch, amount: _warmer(lch, -amount),
    "neon": _neon,
    "pastel": _pastel,
    "vivid": _vivid,
    "muted": lambda lch, amount: _vivid(lch, -1.4 * amount),
    "contrast": _contrast,
    "soft": lambda lch, amount: _contrast(lch, -amount),
    "gray": _gray,
}


def turned(palette: Palette, look: str, amount: float = 1.0) -> Palette:
    """A palette of any length in another look, one of TURNS."""
    lch = oklab_to_oklch(np.array([srgb_to_oklab(hex_to_srgb(c)) for c in palette]))
    return _palette(TURNS[look](lch, amount))


def palette_of(colors: Sequence[str]) -> Palette:
    """Ground, body, light and accent of a few named colours, #RRGGBB.

    The first is the body, the second the accent, a third the light; what is missing is made of
    them. Four or more are all taken: the darkest as ground, the lightest as light.
    """
    lch = oklab_to_oklch(np.array([srgb_to_oklab(hex_to_srgb(c)) for c in colors]))
    if len(lch) >= 4:
        order = np.argsort(lch[:, 0], kind="stable")
        rest = [i for i in range(len(lch)) if i not in (order[0], order[-1])]
        return _palette(lch[[order[0], rest[0], order[-1], *rest[1:]]])
    body = lch[0]
    accent = lch[1] if len(lch) > 1 else _beside(body)
    light = lch[2] if len(lch) > 2 else np.array([0.93, min(0.06, accent[1]), accent[2]])
    ground = np.array([0.15, min(0.05, body[1]), body[2]])
    if body[0] < 0.3:  # such as black: it is the ground itself
        ground, body = body, body * np.array([0, 1, 1]) + np.array([0.36, 0, 0])
    return _palette(np.array([ground, body, light, accent]))


def _roles(lch: Array, values: tuple[float, float, float, float]) -> Array:
    """One of four values per colour: two colours are ground and light, a fifth is an accent."""
    roles = [GROUND, LIGHT] if len(lch) == 2 else [*range(4), *([ACCENT] * 4)]
    return np.array([values[role] for role in roles[: len(lch)]])


def _palette(lch: Array) -> Palette:
    lch[:, 0] = np.clip(lch[:, 0], 0.03, 1.0)
    lch[:, 2] = np.mod(lch[:, 2], math.tau)
    return tuple(srgb_to_hex(oklab_to_srgb(oklch_to_oklab(_shown(color)))) for color in lch)


def _shown(color: Array) -> Array:
    """Chroma lowered until sRGB can show the colour; lightness and hue stay."""
    for _ in range(40):
        lab = oklch_to_oklab(color)
        if np.abs(srgb_to_oklab(oklab_to_srgb(lab)) - lab).max() < 2e-3:
            break
        color = color * np.array([1.0, 0.94, 1.0])
    return color


def _beside(color: Array) -> Array:
    """A lighter neighbour on the colour wheel."""
    return np.array([max(0.6, color[0] + 0.14), color[1] * 1.1, color[2] + 0.35])
