"""The only reader of the environment, the keyring and the config file.

config.toml lies in the user's config folder (`clavilux doctor` tells where), or is the file that
CLAVILUX_CONFIG names. Its keys are the fields of Settings; the environment goes over it. Keys of
image providers are never in it: they come from the environment or the system's keyring.
"""

from __future__ import annotations

import importlib.util
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import SecretStr, ValidationError

from clavilux.model.errors import InputError
from clavilux.model.money import micros
from clavilux.model.settings import ProviderSettings

KEYS = {
    "openai": ("OPENAI_API_KEY",),
    "stability": ("STABILITY_API_KEY",),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "bfl": ("BFL_API_KEY",),
    "fal": ("FAL_KEY", "FAL_API_KEY"),
}
"""Where the providers' own documents say that their keys are; others: NAME_API_KEY."""

BASE_URLS = {"openai": "OPENAI_BASE_URL"}
"""The same for addresses of compatible servers; for all: CLAVILUX_NAME_BASE_URL."""

KEYRING_SERVICE = "clavilux"
"""`keyring set clavilux openai` puts a key there."""


@dataclass(frozen=True)
class Settings:
    """What the machine and the user decide, apart from any one render."""

    cache: Path
    """Analyses, stills and segments; safe to delete."""
    workers: int
    beat_this: Path | None = None
    """The weights of the Beat This model, which a user got for himself; None where there are none.
    A relative path in the config file is seen from that file's folder."""
    data: Path = Path()
    """What was paid for, and the ledger. Not safe to delete."""
    pictures: str = ""
    """Where bought pictures are kept, such as s3://bucket/prefix; "" for the data folder."""
    month_budget: int | None = None
    """Millionths of a dollar that all pictures of a calendar month may cost."""
    prices: Mapping[str, Any] = field(default_factory=dict)
    """[prices.PROVIDER."MODEL"]: see providers/prices.py."""
    providers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """[providers.NAME]: see `provider`."""

    @classmethod
    def read(cls) -> Settings:
        """From CLAVILUX_CACHE, _DATA, _PICTURES, _WORKERS, _BEAT_THIS, _MONTH_BUDGET and the
        config file. Whoever names a cache folder has the data in it too, unless he names one.

        Raises InputError where one of them cannot be used.
        """
        said = _config_file()

        def value(name: str) -> Any:
            return os.environ.get(f"CLAVILUX_{name.upper()}") or said.get(name)

        cache, beat_this = value("cache"), value("beat_this")
        data = value("data") or cache or platformdirs.user_data_dir("clavilux", False)
        folder = Path(cache) if cache else Path(platformdirs.user_cache_dir("clavilux", False))
        return cls(
            cache=folder.expanduser(),
            workers=_workers(value("workers")),
            beat_this=Path(beat_this).expanduser() if beat_this else None,
            data=Path(data).expanduser(),
            pictures=value("pictures") or "",
            month_budget=_money(value("month_budget")),
            prices=said.get("prices", {}),
            providers=said.get("providers", {}),
        )

    @property
    def ledger(self) -> Path:
        """The file of all purchases."""
        return self.data / "ledger.sqlite"

    @property
    def picture_folder(self) -> Path:
        """Bought pictures on this machine."""
        return self.data / "pictures"

    def provider(self, name: str) -> ProviderSettings:
        """What the user says about a provider, with his key for it.

        Raises InputError naming the field that cannot be used.
        """
        said = {**self.providers.get(name, {})}
        variable = f"CLAVILUX_{_shouted(name)}_BASE_URL"
        address = os.environ.get(variable) or os.environ.get(BASE_URLS.get(name, variable))
        if address:
            said["base_url"] = address
        if "key" in said:
            raise InputError(
                f"[providers.{name}] holds a key; keys do not belong in a file: "
                f"set {key_variables(name)[0]}, or `keyring set {KEYRING_SERVICE} {name}`"
            )
        try:
            return ProviderSettings(**said, key=_key(name))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise InputError(f"[providers.{name}] {where}: {first['msg']}") from None


def key_variables(provider: str) -> tuple[str, ...]:
    """The environment variables that may hold a provider's key."""
    return KEYS.get(provider, (f"{_shouted(provider)}_API_KEY",))


def _shouted(name: str) -> str:
    return name.upper().replace("-", "_")


def _key(provider: str) -> SecretStr | None:
    for variable in key_variables(provider):
        if os.environ.get(variable):
            return SecretStr(os.environ[variable])
    if importlib.util.find_spec("keyring") is None:
        return None
    import keyring

    try:
        found = keyring.get_password(KEYRING_SERVICE, provider)
    except Exception:  # locked, or none on this machine: as if there were no key
        return None
    return SecretStr(found) if found else None


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
        kinds = _KINDS.get(name)
        if kinds is None:
            raise InputError(f"{path}: there is no setting '{name}'; known: {', '.join(_KINDS)}")
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise InputError(f"{path}: '{name}' must be {_SAID[kinds]}")
        if name in _FOLDERS and value:
            said[name] = str(path.parent / Path(str(value)).expanduser())
    for table in ("providers", "prices"):
        for name, value in said.get(table, {}).items():
            if not isinstance(value, dict):
                raise InputError(f"{path}: [{table}.{name}] must be a table")
    return said


_TEXT, _WHOLE, _NUMBER, _TABLE = (str,), (int,), (int, float), (dict,)

_SAID = {_TEXT: "text", _WHOLE: "a whole number", _NUMBER: "a number", _TABLE: "a table"}

_KINDS: dict[str, tuple[type, ...]] = {
    "cache": _TEXT,
    "data": _TEXT,
    "pictures": _TEXT,
    "workers": _WHOLE,
    "beat_this": _TEXT,
    "month_budget": _NUMBER,
    "prices": _TABLE,
    "providers": _TABLE,
}

_FOLDERS = frozenset({"cache", "data", "beat_this"})


def _money(said: str | float | None) -> int | None:
    if said is None or said == "":
        return None
    try:
        usd = float(said)
    except ValueError:
        usd = -1.0
    if not 0 <= usd < 1e9:
        raise InputError(f"month_budget is '{said}'; set it to US dollars, such as 20")
    return micros(usd)


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
