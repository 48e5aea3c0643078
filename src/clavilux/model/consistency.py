"""How well the pictures of a video go together in colour."""

from __future__ import annotations

from pydantic import Field

from clavilux.model.base import Value


class ConsistencyReport(Value):
    """Colour distances before and after grading, in OKLab units: 0.02 is just seen, 0.1 is much."""

    neighbours_before: float | None
    """Mean distance between pictures that follow each other; None for fewer than two."""
    neighbours_after: float | None
    palette_before: float
    """Mean distance of the pictures from their sections' palettes."""
    palette_after: float
    pictures: int = Field(ge=1)
