"""Where a model runs, in which number format, and how much of it lies in the device's memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from clavilux.providers.diffusion.choices import Choices
from clavilux.providers.diffusion.extra import package
from clavilux.providers.diffusion.weights import unfit

Kept = Literal["none", "model", "sequential"]

WORKING = 3 * 2**30
"""Bytes that one picture of a megapixel needs beside the weights, decoding included."""

BATCHES = {"cuda": 4, "mps": 2, "cpu": 1}
"""Pictures at once. On a CPU several take as long together as one after the other; one at a time
is also the same to the last bit, whatever else is asked for."""

_DTYPES = {"fp16": "float16", "bf16": "bfloat16", "fp32": "float32", "fp64": "float64"}
_BYTES = {"fp16": 2, "bf16": 2, "fp32": 4, "fp64": 8}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where and how a model runs."""

    device: str
    """cuda, mps or cpu."""
    dtype: str
    """fp16, bf16, fp32 or fp64."""
    batch: int
    """Pictures at once."""

    @property
    def torch_dtype(self) -> Any:
        return getattr(package("torch"), _DTYPES[self.dtype])

    @property
    def name(self) -> str:
        """For people, such as "NVIDIA H100, fp16"."""
        torch = package("torch")
        name = torch.cuda.get_device_name() if self.device == "cuda" else self.device
        return f"{name}, {self.dtype}"


def place_for(choices: Choices, *, half: str) -> Place:
    """`half`: the 16-bit format that the model was made for. Raises ProviderError where the device
    that the user chose is not there."""
    device = _device(choices.device)
    dtype = choices.dtype if choices.dtype != "auto" else _dtype(device, half)
    return Place(device=device, dtype=dtype, batch=choices.batch or BATCHES[device])


def described(said: str = "auto") -> str:
    """The device for `said` and its memory, for people: "CUDA (NVIDIA H100), 78 of 80 GB free".

    Raises ProviderError where the device is not there.
    """
    torch, device = package("torch"), _device(said)
    if device == "cuda":
        free, total = torch.cuda.mem_get_info()
        return f"CUDA ({torch.cuda.get_device_name()}), {_gb(free)} of {_gb(total)} GB free"
    if device == "mps":
        return f"MPS, {_gb(torch.mps.recommended_max_memory())} GB for models"
    memory = package("psutil").virtual_memory()  # which accelerate brings
    return f"the processor alone, {_gb(memory.available)} of {_gb(memory.total)} GB free"


def _gb(size: int) -> str:
    return f"{size / 2**30:.0f}"


def _device(said: str) -> str:
    torch = package("torch")
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if said == "auto":
        return next(name for name, found in there.items() if found)
    if not there[said]:
        raise unfit(f"torch finds no {said} device here; set device to auto, or install its driver")
    return said


def _dtype(device: str, half: str) -> str:
    """16 bits where they are fast."""
    if device == "cpu":
        return "fp32"
    if half == "bf16" and device == "cuda" and not package("torch").cuda.is_bf16_supported():
        return "fp32"
    return half


def kept_on(place: Place, said: str, weights: Mapping[str, int], *, stored: int = 2) -> Kept:
    """What is kept in the device's memory: all of the model ("none" is moved out), the part that
    works, or the layer that works.

    `weights`: bytes of each part in its files, at `stored` bytes a number.
    """
    if place.device != "cuda":
        return "none"
    if said != "auto":
        return said  # type: ignore[return-value]
    free, _ = package("torch").cuda.mem_get_info()
    return kept_in(free, [size * _BYTES[place.dtype] // stored for size in weights.values()])


def kept_in(free: int, parts: list[int]) -> Kept:
    """The same for so many bytes of free memory, and parts of so many bytes."""
    if sum(parts) + WORKING <= free:
        return "none"
    return "model" if max(parts, default=0) + WORKING <= free else "sequential"
