"""The only reader of the environment and of the config file.

config.toml lies in the user's config folder (`clavilux doctor` tells where), or is the file that
CLAVILUX_CONFIG names. Its keys are the fields of Settings; the environment goes over it.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from clavilux.model.errors import InputError


@dataclass(frozen=True)
class Settings:
    """What the machine and the user decide, apart from any one render."""

    cache: Path
    """Analyses, stills and segments; safe to delete."""
    workers: int
    beat_this: Path | None = None
    """The weights of the Beat This model, which a user got for himself; None where there are none.
    A relative path in the config file is seen from that file's folder."""

    @classmethod
    def read(cls) -> Settings:
        """From CLAVILUX_CACHE, CLAVILUX_WORKERS, CLAVILUX_BEAT_THIS and the config file.

        Raises InputError where one of them cannot be used.
        """
        said = _config_file()
        cache = os.environ.get("CLAVILUX_CACHE") or said.get("cache")
        folder = Path(cache) if cache else Path(platformdirs.user_cache_dir("clavilux", False))
        beat_this = os.environ.get("CLAVILUX_BEAT_THIS") or said.get("beat_this")
        return cls(
            cache=folder.expanduser(),
            workers=_workers(os.environ.get("CLAVILUX_WORKERS") or said.get("workers")),
            beat_this=Path(beat_this).expanduser() if beat_this else None,
        )


def config_path() -> Path:
    """Where the config file is, or would be."""
    named = os.environ.get("CLAVILUX_CONFIG")
    folder = Path(platformdirs.user_config_dir("clavilux", False))
    return Path(named).expanduser() if named else folder / "config.toml"


def _config_file() -> dict[str, Any]:
    """What the config file says, its paths seen from its folder; nothing where there is none."""
    path = config_path()
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not a TOML file: {error}") from None
    for name, value in said.items():
        wanted = _KINDS.get(name)
        if wanted is None:
            raise InputError(f"{path}: there is no setting '{name}'; known: {', '.join(_KINDS)}")
        if not isinstance(value, wanted) or isinstance(value, bool):
            kind = "text" if wanted is str else "a whole number"
            raise InputError(f"{path}: '{name}' must be {kind}")
        if wanted is str and value:
            said[name] = str(path.parent / Path(str(value)).expanduser())
    return said


_KINDS: dict[str, type] = {"cache": str, "workers": int, "beat_this": str}


def _workers(said: str | int | None) -> int:
    if said is None or said == "":
        return _cores()
    text = str(said)
    if not text.isdigit() or int(text) < 1:
        raise InputError(f"CLAVILUX_WORKERS is '{text}'; set it to a whole number from 1")
    return int(text)


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
