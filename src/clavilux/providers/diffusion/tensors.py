"""What a safetensors file holds, from its first bytes: names and shapes, without the numbers.

The format: eight bytes of length (little-endian), then as many bytes of JSON: name -> dtype, shape
and offsets. Source: the README of huggingface/safetensors.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from clavilux.model.errors import ProviderError

SUFFIX = ".safetensors"

PICKLES = frozenset({".bin", ".ckpt", ".pt", ".pth", ".pkl"})
"""What may run code when it is opened."""

LONGEST_HEADER = 100_000_000
"""Bytes: what the format allows."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One array of a file."""

    dtype: str
    """F16, BF16, F32..."""
    shape: tuple[int, ...]
    size: int
    """Bytes."""


def unfit(message: str) -> ProviderError:
    """For a model that can never be used here, so that nothing else is asked of this provider."""
    return ProviderError(message, trouble="verification")


def tensors_of(path: Path) -> Mapping[str, Tensor]:
    """What a file holds, by name. Raises ProviderError where it is not there, or no safetensors."""
    if path.suffix.lower() in PICKLES:
        raise unfit(f"{path.name} is a pickle, which can run code; get the model as safetensors")
    if path.suffix.lower() != SUFFIX:
        raise unfit(f"{path.name} is no {SUFFIX} file; other kinds are not opened")
    try:
        state = path.stat()
        return _tensors(path, state.st_size, state.st_mtime_ns)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, FileNotFoundError):
            raise unfit(f"there is no file {path}") from None
        raise unfit(f"{path.name} is damaged, or no safetensors; get it anew") from error


@lru_cache(maxsize=16)
def _tensors(path: Path, size: int, _changed: int) -> Mapping[str, Tensor]:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length <= min(LONGEST_HEADER, size - 8):
            raise ValueError("no header")
        header = json.loads(file.read(length))
    if not isinstance(header, dict):
        raise ValueError("no table")
    found = {
        str(name): Tensor(str(of["dtype"]), tuple(map(int, of["shape"])), _span(of["data_offsets"]))
        for name, of in header.items()
        if name != "__metadata__"
    }
    if not found or sum(one.size for one in found.values()) > size - 8 - length:
        raise ValueError("it is cut short")
    return MappingProxyType(found)


def _span(offsets: list[int]) -> int:
    begin, end = offsets
    if not 0 <= begin <= end:
        raise ValueError("offsets")
    return int(end) - int(begin)


def file_digest(path: Path) -> str:
    """sha256 of a file; read once in a process."""
    state = path.stat()
    return _digest(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=64)
def _digest(path: Path, _size: int, _changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
