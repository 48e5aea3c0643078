"""Colours: palettes, and conversions between sRGB, linear light, OKLab and OKLCh.

Sources: IEC 61966-2-1 (sRGB transfer); B. Ottosson, "A perceptual color space for image
processing" (2020) for OKLab. All functions take and return arrays of shape (..., 3), float64.
"""

from __future__ import annotations

import re
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import AfterValidator

Array = NDArray[np.float64]

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LMS_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def srgb_to_linear(rgb: ArrayLike) -> Array:
    """Gamma-coded sRGB 0..1 to linear light 0..1."""
    v = np.asarray(rgb, dtype=np.float64)
    return np.asarray(
        np.where(v <= 0.04045, v / 12.92, ((np.maximum(v, 0) + 0.055) / 1.055) ** 2.4)
    )


def linear_to_srgb(rgb: ArrayLike) -> Array:
    """Linear light 0..1 to gamma-coded sRGB 0..1."""
    v = np.maximum(np.asarray(rgb, dtype=np.float64), 0)
    return np.asarray(np.where(v <= 0.0031308, v * 12.92, 1.055 * v ** (1 / 2.4) - 0.055))


def srgb_to_oklab(rgb: ArrayLike) -> Array:
    """sRGB 0..1 to OKLab: L 0..1, a and b about -0.4..0.4."""
    return np.asarray(np.cbrt(srgb_to_linear(rgb) @ _TO_LMS.T) @ _LMS_TO_LAB.T)


def oklab_to_linear(lab: ArrayLike) -> Array:
    """OKLab to linear light, not clipped: what is outside 0..1, sRGB cannot show."""
    lms = np.asarray(lab, dtype=np.float64) @ np.linalg.inv(_LMS_TO_LAB).T
    return np.asarray(lms**3 @ np.linalg.inv(_TO_LMS).T)


def oklab_to_srgb(lab: ArrayLike) -> Array:
    """OKLab to sRGB 0..1, clipped to the gamut."""
    return np.clip(linear_to_srgb(oklab_to_linear(lab)), 0, 1)


def oklab_to_oklch(lab: ArrayLike) -> Array:
    """OKLab to lightness, chroma, hue (radians)."""
    v = np.asarray(lab, dtype=np.float64)
    hue = np.arctan2(v[..., 2], v[..., 1])
    return np.stack([v[..., 0], np.hypot(v[..., 1], v[..., 2]), hue], axis=-1)


def oklch_to_oklab(lch: ArrayLike) -> Array:
    """Lightness, chroma, hue (radians) to OKLab."""
    v = np.asarray(lch, dtype=np.float64)
    return np.stack(
        [v[..., 0], v[..., 1] * np.cos(v[..., 2]), v[..., 1] * np.sin(v[..., 2])], axis=-1
    )


def _checked_hex(text: str) -> str:
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", text):
        raise ValueError(f"'{text}' is not a colour; write it as #RRGGBB")
    return text.upper()


HexColor = Annotated[str, AfterValidator(_checked_hex)]
"""#RRGGBB."""

Palette = tuple[HexColor, ...]
"""Colours of a section, the ground first (darkest), then the body, the light, the accent."""


def hex_to_srgb(color: str) -> Array:
    """#RRGGBB to sRGB 0..1, shape (3,)."""
    return np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0


def srgb_to_hex(rgb: ArrayLike) -> str:
    """sRGB 0..1 to #RRGGBB."""
    r, g, b = (round(float(v) * 255) for v in np.clip(np.asarray(rgb), 0, 1))
    return f"#{r:02X}{g:02X}{b:02X}"


def luminance(color: str) -> float:
    """Relative luminance of a hex colour, 0..1 (WCAG 2.x)."""
    return float(srgb_to_linear(hex_to_srgb(color)) @ np.array([0.2126, 0.7152, 0.0722]))


def ramp(palette: Palette, *, size: int = 256) -> NDArray[np.float32]:
    """A smooth ramp from the palette's darkest to its lightest colour, through OKLab.

    Returns sRGB 0..1, shape (3, size). Lightness rises evenly, so a ramp index is a brightness;
    it starts a little below the darkest colour and ends a little above the lightest one.
    """
    stops = np.array([srgb_to_oklab(hex_to_srgb(c)) for c in palette])
    stops = stops[np.argsort(stops[:, 0], kind="stable")]
    first = stops[0] * np.array([0.55, 0.8, 0.8])
    last = stops[-1] * np.array([1.0, 0.6, 0.6])
    last[0] = min(1.0, 0.5 * (stops[-1, 0] + 1.0))
    stops = np.vstack([first, stops, last])
    where = np.linspace(0, 1, len(stops))
    at = np.linspace(0, 1, size)
    lab = np.stack([np.interp(at, where, stops[:, k]) for k in range(3)], axis=-1)
    return np.ascontiguousarray(oklab_to_srgb(lab).T, dtype=np.float32)
