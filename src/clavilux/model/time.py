"""Where seconds meet frames, and the only place: exact rates and half-open frame spans."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from clavilux.model.base import Value


class FrameRate(Value):
    """Frames per second as an exact fraction: 30000/1001 is not 29.97."""

    numerator: int = Field(gt=0, le=1_000_000)
    denominator: int = Field(default=1, gt=0, le=1_000_000)

    @classmethod
    def parse(cls, text: str | int | float | FrameRate) -> FrameRate:
        """Read "30", "30000/1001", 25 or the broadcast shorthands 23.976, 29.97, 59.94."""
        if isinstance(text, FrameRate):
            return text
        shorthand = {"23.976": "24000/1001", "29.97": "30000/1001", "59.94": "60000/1001"}
        try:
            fraction = Fraction(shorthand.get(str(text), str(text)))
        except (ValueError, ZeroDivisionError):
            raise ValueError(
                f"frame rate '{text}' is not a number or a fraction like 30000/1001"
            ) from None
        if not Fraction(1) <= fraction <= Fraction(240):
            raise ValueError(f"frame rate '{text}' is outside 1 to 240")
        return cls(numerator=fraction.numerator, denominator=fraction.denominator)

    @property
    def fraction(self) -> Fraction:
        return Fraction(self.numerator, self.denominator)

    def __float__(self) -> float:
        return self.numerator / self.denominator

    def __str__(self) -> str:
        return str(self.fraction)

    def frame_at(self, seconds: float) -> int:
        """The frame whose presentation time is nearest to `seconds` (ties go up)."""
        return math.floor(Fraction(seconds) * self.fraction + Fraction(1, 2))

    def frames_for(self, seconds: float) -> int:
        """How many frames cover `seconds`: ceil(duration x rate), forgiving a microsecond."""
        return math.ceil((Fraction(seconds) - Fraction(1, 1_000_000)) * self.fraction)

    def seconds(self, frame: int) -> float:
        """The presentation time of a frame."""
        return float(frame / self.fraction)


def _parse_rate(value: Any) -> Any:
    return FrameRate.parse(value) if isinstance(value, str | int | float) else value


Rate = Annotated[FrameRate, BeforeValidator(_parse_rate), PlainSerializer(str, return_type=str)]
"""A FrameRate that is written as "30" or "30000/1001" in files."""


class FrameSpan(Value):
    """Frames start <= n < end."""

    start: int
    end: int

    @model_validator(mode="after")
    def _ordered(self) -> FrameSpan:
        if self.end < self.start:
            raise ValueError(f"frame span {self.start}..{self.end} ends before it starts")
        return self

    def __len__(self) -> int:
        return self.end - self.start

    def __contains__(self, frame: int) -> bool:
        return self.start <= frame < self.end

    def overlaps(self, other: FrameSpan) -> bool:
        return self.start < other.end and other.start < self.end
