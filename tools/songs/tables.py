"""The generator's data files as dictionaries of tuples."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def read_table(name: str) -> dict[str, Any]:
    """A TOML file beside this module; lists become tuples, so that dataclasses can freeze them."""
    table = _freeze(tomllib.loads((HERE / name).read_text("utf-8")))
    assert isinstance(table, dict)
    return table


def _freeze(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _freeze(v) for k, v in value.items()}
    return tuple(_freeze(v) for v in value) if isinstance(value, list) else value
