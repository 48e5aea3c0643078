"""What all checks share: how a broken rule is told, and what pictures are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

SIZES = ((96, 54), (54, 96), (72, 72))
"""Width and height: 16:9, 9:16, 1:1."""

PALETTE = ("#0B0B1A", "#4A1E8A", "#FF7A59", "#FFE9C7")

Say = Callable[[str], str]
"""A rule -> the same, with the plugin's name before it."""


def about(kind: str, plugin: object) -> Say:
    """How to tell what is wrong with a plugin."""
    name = getattr(plugin, "name", type(plugin).__name__)
    return lambda rule: f"{kind} '{name}': {rule}"


def check_name(plugin: Any, say: Say) -> None:
    name = getattr(plugin, "name", None)
    fine = isinstance(name, str) and name.isidentifier() and name == name.lower()
    assert fine, say("`name` must be a lower-case word such as 'ken_burns'")
