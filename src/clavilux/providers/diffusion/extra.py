"""The packages of the extra `diffusion`: whether they are there, and which."""

from __future__ import annotations

import importlib
import importlib.util
from functools import cache
from importlib import metadata
from typing import Any

PACKAGES = ("torch", "diffusers", "transformers", "accelerate", "safetensors")

INSTALL = "pip install 'clavilux[diffusion]'"


FOR_LORAS = "peft"


def missing(*further: str) -> str:
    """What to do where a package is missing; "" where none is."""
    names = (*PACKAGES, *further)
    lacking = [name for name in names if importlib.util.find_spec(name) is None]
    return f"{', '.join(lacking)} is not installed; run `{INSTALL}`" if lacking else ""


@cache
def versions() -> str:
    """Of the packages whose change may change a picture, for its address."""
    return ", ".join(f"{name} {version(name)}" for name in ("torch", "diffusers", "transformers"))


def version(name: str) -> str:
    """Without what follows a plus sign: that says for which device it was built."""
    try:
        return metadata.version(name).partition("+")[0]
    except metadata.PackageNotFoundError:
        return "missing"


def package(name: str) -> Any:
    """A module of theirs. They have no types that would be worth checking against."""
    return importlib.import_module(name)
