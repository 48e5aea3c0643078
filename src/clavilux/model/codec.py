"""Values <-> canonical JSON, digests, and reading specs with errors a person can act on."""

from __future__ import annotations

import hashlib
import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from clavilux.model.errors import SpecError

V = TypeVar("V", bound=BaseModel)


def to_json(value: Any) -> str:
    """Canonical JSON: sorted keys, no spaces, shortest numbers. Equal values, equal text."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
    )


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} has no canonical JSON")


def digest(*parts: Any) -> str:
    """A sha256 in hex over the canonical JSON of the parts; bytes are taken as they are."""
    state = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else to_json(part).encode()
        state.update(len(data).to_bytes(8, "little"))
        state.update(data)
    return state.hexdigest()


def read(model: type[V], plain: Any, *, what: str) -> V:
    """Build a value from plain data, or raise SpecError naming the first thing that is wrong."""
    try:
        return model.model_validate(plain)
    except ValidationError as error:
        raise SpecError(f"{what}: {_explain(error, plain)}") from None


def _explain(error: ValidationError, plain: Any) -> str:
    errors = error.errors(include_url=False)
    first = next((e for e in errors if e["type"] == "extra_forbidden"), errors[0])  # a typo, mostly
    section, field = _place(first["loc"], plain)
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        return f"{section}unknown field '{field}'; remove it or correct its spelling"
    return f"{section}{field}: {message}" if field else f"{section}{message}"


def _place(path: tuple[int | str, ...], plain: Any) -> tuple[str, str]:
    """Where something is wrong, in a reader's words: "section 'verse_1': " and "palette 2"."""
    try:
        label = plain["sections"][path[1]]["label"] if path[0] == "sections" else None
    except (IndexError, KeyError, TypeError):
        label = None
    parts = path if label is None else path[2:]
    words = [str(part + 1) if isinstance(part, int) else str(part) for part in parts]
    return (f"section '{label}': " if label else ""), " ".join(words)
