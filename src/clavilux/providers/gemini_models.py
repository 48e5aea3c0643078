"""What Gemini's image models draw: aspect ratios, size classes and their pixels.

Source: ai.google.dev, image generation, 2026.
"""

from __future__ import annotations

SIDES = {
    "1:1": (1024, 1024),
    "2:3": (848, 1264),
    "3:2": (1264, 848),
    "3:4": (896, 1200),
    "4:3": (1200, 896),
    "9:16": (768, 1376),
    "16:9": (1376, 768),
    "21:9": (1584, 672),
}
"""Width and height of each aspect ratio at 1K."""

FACTORS = {"1K": 1, "2K": 2, "4K": 4}
"""Size classes: how many times SIDES."""

NO_CLASS = "gemini-2.5-flash-image"
"""Takes no field for the size class: always 1K."""

ONLY_1K = (NO_CLASS, "gemini-3.1-flash-lite-image")


def classes_of(model: str) -> tuple[str, ...]:
    """The size classes of a model."""
    return ("1K",) if model.startswith(ONLY_1K) else tuple(FACTORS)
