"""LoRAs as a user names them: "ink.safetensors:0.8, face.safetensors"."""

from __future__ import annotations

MOST = 2.0
"""The largest strength, either way: beyond, models fall apart."""


def named_loras(said: str) -> tuple[tuple[str, float], ...]:
    """Files and strengths, in order. 1 is the strength that a LoRA was trained for, less than 0
    leads away from it. Raises ValueError for a strength that is out of range."""
    return tuple(_named(one) for one in map(str.strip, said.split(",")) if one)


def _named(said: str) -> tuple[str, float]:
    name, colon, tail = said.rpartition(":")
    try:
        strength = float(tail) if colon else 1.0
    except ValueError:  # the colon of a Windows path, for one
        return said, 1.0
    if not -MOST <= strength <= MOST:
        raise ValueError(f"{said}: its strength is from {-MOST:g} to {MOST:g}")
    return (name if colon else said), strength
