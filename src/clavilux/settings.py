"""The only reader of the environment, the keyring and the config file.

config.toml lies in the user's config folder (`clavilux doctor` tells where), or is the file that
CLAVILUX_CONFIG names. Its keys are the fields of Settings; the environment goes over it. Keys of
image providers are never in it: they come from the environment or the system's keyring.
"""

from __future__ import annotations

import os
import re
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
    "anthropic": ("ANTHROPIC_API_KEY",),
    "stability": ("STABILITY_API_KEY",),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "bfl": ("BFL_API_KEY",),
    "fal": ("FAL_KEY", "FAL_API_KEY"),
    "comfyui": ("CLAVILUX_COMFYUI_HEADER",),
}
"""Where the providers' own documents say that their keys are; others: NAME_API_KEY."""

BASE_URLS = {"openai": "OPENAI_BASE_URL", "anthropic": "ANTHROPIC_BASE_URL"}
"""The same for addresses of compatible servers; for all: CLAVILUX_NAME_BASE_URL, and
CLAVILUX_DIRECTOR_NAME_BASE_URL for language models."""

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
    """Where bought pictures are kept, such as s3://bucket/prefix; "" for the data folder. A
    relative path in the config file is seen from that file's folder."""
    month_budget: int | None = None
    """Millionths of a dollar that all pictures of a calendar month may cost."""
    prices: Mapping[str, Any] = field(default_factory=dict)
    """[prices.PROVIDER."MODEL"]: see providers/prices.py."""
    providers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """[providers.NAME]: see `provider`."""
    directors: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """[directors.NAME]: the same for language models."""

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
            directors=said.get("directors", {}),
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

        Raises InputError naming the file and the field that cannot be used.
        """
        return _account("providers", name, self.providers.get(name, {}))

    def director(self, name: str) -> ProviderSettings:
        """The same about a language model, which has its key where a provider of that name has."""
        return _account("directors", name, self.directors.get(name, {}))


def _account(table: str, name: str, said: Mapping[str, Any]) -> ProviderSettings:
    """A table of the config file under the environment."""
    kind = "DIRECTOR_" if table == "directors" else ""
    variable = f"CLAVILUX_{kind}{_shouted(name)}_BASE_URL"
    address = os.environ.get(variable) or os.environ.get(BASE_URLS.get(name, variable))
    said = {**said, "base_url": address} if address else said
    try:
        return ProviderSettings(**said, key=_key(name))
    except ValidationError as error:
        raise InputError(f"{config_path()}: [{table}.{name}] {_explained(error)}") from None


def key_variables(provider: str) -> tuple[str, ...]:
    """The environment variables that may hold a provider's key."""
    return KEYS.get(provider, (f"{_shouted(provider)}_API_KEY",))


def _explained(error: ValidationError) -> str:
    """The first thing that is wrong with a provider's table; a misspelt field above all."""
    problems = error.errors(include_url=False, include_input=False)
    first = next((p for p in problems if p["type"] == "extra_forbidden"), problems[0])
    field = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = ", ".join(name for name in ProviderSettings.model_fields if name != "key")
        return f"there is no field '{field}'; known: {known}"
    if field == "size":
        return "size: write width x height, such as 1536x864"
    return f"{field}: {first['msg']}"


def _shouted(name: str) -> str:
    return name.upper().replace("-", "_")


def _key(provider: str) -> SecretStr | None:
    for variable in key_variables(provider):
        if os.environ.get(variable):
            return SecretStr(os.environ[variable])
    try:
        import keyring
    except ImportError:
        return None
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
        if value and (name in _FOLDERS or (name == "pictures" and not _ADDRESS.match(str(value)))):
            said[name] = str(path.parent / Path(str(value)).expanduser())
    for table in ("providers", "directors", "prices"):
        for name, value in said.get(table, {}).items():
            if not isinstance(value, dict):
                raise InputError(f"{path}: [{table}.{name}] must be a table")
    for table in ("providers", "directors"):
        for name, value in said.get(table, {}).items():
            _refuse_keys(path, table, name, value)
    return said


def _refuse_keys(path: Path, table: str, account: str, said: Mapping[str, Any]) -> None:
    """Files are copied, shown and put under version control; keys are not to go with them."""
    for name in said:
        if any(word in name.lower() for word in ("key", "token", "secret", "password")):
            raise InputError(
                f"{path}: [{table}.{account}] {name}: keys do not belong in a file; remove it "
                f"and set {key_variables(account)[0]}, or use "
                f"`keyring set {KEYRING_SERVICE} {account}`"
            )


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
    "directors": _TABLE,
}

_FOLDERS = frozenset({"cache", "data", "beat_this"})

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)
"""How s3://bucket begins, and no path: a drive has one letter."""


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
