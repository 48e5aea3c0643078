"""Price lists as plain data: the package's files under a user's tables, checked field by field."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from pydantic import ValidationError

from clavilux.model.errors import InputError
from clavilux.providers.model_prices import WAYS, ModelPrices
from clavilux.settings import config_path


def read_lists(overrides: Mapping[str, Any]) -> dict[tuple[str, str], ModelPrices]:
    """The prices of every model, by provider and model id; `overrides` as Prices.read has them.

    Raises InputError naming the file and the field that cannot be used.
    """
    try:
        return _read(overrides)
    except InputError as error:
        raise InputError(f"{config_path()}: {error}") from None


def _read(overrides: Mapping[str, Any]) -> dict[tuple[str, str], ModelPrices]:
    said = _tables(overrides, "[prices]")
    lists = _shipped()
    models: dict[tuple[str, str], ModelPrices] = {}
    for provider in {**lists, **said}:
        theirs = _tables(said.get(provider, {}), f"[prices.{provider}]")
        plain = _merged(lists.get(provider, {}), theirs, provider)
        for model, fields in plain.items():
            where = _table(provider, model) if model in theirs else f"{provider}.toml, {model}"
            models[provider, model] = _checked(fields, provider, model, where=where)
    return models


def _table(provider: str, model: str) -> str:
    """The name of a user's table."""
    return f'[prices.{provider}."{model}"]'


@cache
def _shipped() -> dict[str, dict[str, Any]]:
    """The package's lists as plain data: provider, model id, fields."""
    folder = resources.files("clavilux.providers") / "prices"
    lists = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    return {
        f.name.removesuffix(".toml"): tomllib.loads(f.read_text(encoding="utf-8"))["models"]
        for f in lists
    }


def _tables(said: Any, where: str) -> Mapping[str, Any]:
    """Tables by name, or InputError."""
    if not isinstance(said, Mapping):
        raise InputError(f'{where} must be a table; write [prices.PROVIDER."MODEL"] over prices')
    for name, value in said.items():
        if not isinstance(value, Mapping):
            raise InputError(
                f"{where}: '{name}' must be a table; write [prices.PROVIDER.\"MODEL\"] over prices"
            )
    return said


def _merged(
    ours: Mapping[str, Any], theirs: Mapping[str, Any], provider: str
) -> dict[str, dict[str, Any]]:
    """The fields of every model, with aliases and `like` resolved and overrides on top."""
    own = dict(ours)
    for name, fields in theirs.items():
        own[name] = _over(ours.get(name) or _aliased(ours, name), fields)
    plain: dict[str, dict[str, Any]] = {}
    for name in own:
        plain[name] = fields = _resolved(own, name, provider)
        for alias in _aliases(fields.pop("aliases", []), _table(provider, name)):
            if alias not in own:
                plain[alias] = fields
    return plain


def _aliases(said: Any, where: str) -> list[str]:
    if not isinstance(said, list) or not all(isinstance(name, str) for name in said):
        raise InputError(f"{where}: 'aliases' must be a list of model ids")
    return said


def _aliased(ours: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The fields of the model that a name is another name of."""
    found: Mapping[str, Any] = next(
        (fields for fields in ours.values() if name in fields.get("aliases", ())), {}
    )
    return {field: value for field, value in found.items() if field != "aliases"}


def _resolved(own: Mapping[str, Any], name: str, provider: str) -> dict[str, Any]:
    """A model's fields over those of the model that it is like."""
    fields = dict(own[name])
    like = fields.pop("like", None)
    if like is None:
        return fields
    if not isinstance(like, str) or like not in own or "like" in own[like]:
        raise InputError(f"{_table(provider, name)}: 'like' must name a model with own prices")
    kept = {k: v for k, v in own[like].items() if k not in ("aliases", "shutdown", "successor")}
    return _over(kept, fields)


def _over(base: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields over others, tables entry by entry; a new way of pricing drops the old ones."""
    new_way = any(way in fields and way not in base for way in WAYS)
    dropped = (*WAYS, "credit", "tokens", "margin") if new_way else ()
    kept = {name: value for name, value in base.items() if name not in dropped}
    return {**kept, **{name: _laid(kept.get(name), value) for name, value in fields.items()}}


def _laid(under: Any, value: Any) -> Any:
    if not (isinstance(under, Mapping) and isinstance(value, Mapping)):
        return value
    return {**under, **{name: _laid(under.get(name), inner) for name, inner in value.items()}}


def _checked(fields: dict[str, Any], provider: str, model: str, *, where: str) -> ModelPrices:
    for name in {"provider", "model"} & fields.keys():
        raise InputError(f"{where}: '{name}' is said by the table's name; remove it")
    try:
        return ModelPrices.model_validate({**fields, "provider": provider, "model": model})
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        first = next((p for p in problems if p["type"] == "extra_forbidden"), problems[0])
        field = ".".join(str(part) for part in first["loc"] if part != "[key]")
        if first["type"] == "extra_forbidden":
            said = f"there is no field '{field}'; correct its spelling"
        else:
            message = first["msg"].removeprefix("Value error, ")
            said = f"'{field}': {message}" if field else message
        raise InputError(f"{where}: {said}") from None
