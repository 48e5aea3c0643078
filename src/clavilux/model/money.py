"""Money is counted in whole millionths of a dollar, so that sums are exact."""

from __future__ import annotations

import math
from dataclasses import dataclass

MICROS = 1_000_000
"""How many make a dollar."""


def micros(usd: float) -> int:
    """Dollars as millionths, rounded up: a bound stays a bound."""
    return math.ceil(round(usd * MICROS, 3))


def dollars(amount: int) -> str:
    """Millionths as people read them: $1.20, and $0.0042 where cents would hide it."""
    usd = amount / MICROS
    return f"${usd:.4f}" if 0 < abs(usd) < 0.1 else f"${usd:.2f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one picture costs, in millionths of a dollar, and how long it takes."""

    low: int
    likely: int
    high: int
    """What it cannot cost more than: this is reserved before the call."""
    seconds: float
    """Usual wall time from the call to the picture."""
