"""What a server said, taken for a table or a list only where it is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def table(said: object) -> Mapping[str, Any]:
    """It, or an empty one."""
    return said if isinstance(said, dict) else {}


def listed(said: object) -> list[Any]:
    """It, or an empty one."""
    return said if isinstance(said, list) else []
