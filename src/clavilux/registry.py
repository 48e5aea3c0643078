"""A plugin by kind and name, from entry points. Listing imports nothing."""

from __future__ import annotations

import difflib
import sys
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from clavilux.model.errors import PluginError

Kind = Literal["scenes", "effects", "providers", "trackers", "directors"]


def _entries(kind: Kind) -> dict[str, EntryPoint]:
    return _entries_on(kind, tuple(sys.path))


@cache
def _entries_on(kind: Kind, path: tuple[str, ...]) -> dict[str, EntryPoint]:
    """What is installed where Python looks: a forked worker may look elsewhere than its server."""
    return {entry.name: entry for entry in entry_points(group=f"clavilux.{kind}")}


def names(kind: Kind) -> tuple[str, ...]:
    """The names of all installed plugins of a kind, sorted."""
    return tuple(sorted(_entries(kind)))


@cache
def get(kind: Kind, name: str) -> Any:
    """The one instance of a plugin; PluginError names close matches when there is none."""
    try:
        return load(kind, name)()
    except PluginError:
        raise
    except Exception as error:
        raise _cannot_be_loaded(kind, name, error) from error


def load(kind: Kind, name: str) -> Any:
    """The class of a plugin. Raises PluginError."""
    entry = _entries(kind).get(name)
    if entry is None:
        close = difflib.get_close_matches(name, names(kind), n=3)
        hint = (
            f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(names(kind))}"
        )
        raise PluginError(f"there is no {kind.removesuffix('s')} '{name}'; {hint}")
    try:
        return entry.load()
    except Exception as error:
        raise _cannot_be_loaded(kind, name, error) from error


def _cannot_be_loaded(kind: Kind, name: str, error: Exception) -> PluginError:
    return PluginError(f"the {kind.removesuffix('s')} '{name}' cannot be loaded: {error}")
