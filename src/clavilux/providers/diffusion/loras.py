"""LoRAs: small files of changes to a model, such as a style or a face, each with its strength.

They are worked into the weights when the model is loaded, so a picture takes no longer with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clavilux.providers.diffusion.tensors import SUFFIX, file_digest, tensors_of, unfit
from clavilux.providers.loras import named_loras


@dataclass(frozen=True, slots=True)
class Lora:
    """One file, and how much of it."""

    path: Path
    strength: float = 1.0

    @classmethod
    def all_of(cls, said: str) -> tuple[Lora, ...]:
        """Those that a user names; see providers/loras.py. Raises ValueError for what is none."""
        return tuple(cls._of(name, strength) for name, strength in named_loras(said))

    @classmethod
    def _of(cls, name: str, strength: float) -> Lora:
        path = Path(name).expanduser()
        if path.suffix.lower() != SUFFIX:
            raise ValueError(f"{name}: name a {SUFFIX} file; other kinds are not opened")
        return cls(path, strength)

    @property
    def identity(self) -> str:
        """For a picture's address: what the file is, and how much of it; "" where there is none."""
        try:
            return f"{file_digest(self.path)}:{self.strength:g}"
        except OSError:
            return ""


def check(loras: Sequence[Lora]) -> None:
    """Raises ProviderError where a file is not there, or no LoRA."""
    for lora in loras:
        if not any("lora" in name.lower() for name in tensors_of(lora.path)):
            raise unfit(f"{lora.path.name} is no LoRA; leave it out of lora")


def apply(pipe: Any, loras: Sequence[Lora]) -> None:
    """Work them into a pipeline's weights. Raises ProviderError where one does not fit."""
    if not loras:
        return
    if not hasattr(pipe, "load_lora_weights"):
        raise unfit(f"no LoRA goes with a {type(pipe).__name__}; leave lora out")
    names = [f"lora_{number}" for number in range(len(loras))]
    for lora, name in zip(loras, names, strict=True):
        _add(pipe, lora, name)
    pipe.set_adapters(names, [lora.strength for lora in loras])
    pipe.fuse_lora(adapter_names=names)
    pipe.unload_lora_weights()


def _add(pipe: Any, lora: Lora, name: str) -> None:
    folder, file = str(lora.path.parent), lora.path.name
    try:
        pipe.load_lora_weights(
            folder, weight_name=file, adapter_name=name, use_safetensors=True,
            local_files_only=True,
        )  # fmt: skip
    except Exception as error:
        said = " ".join(str(error).split())[:120]
        raise unfit(f"the LoRA {file} does not fit this model: {said}") from error
    if not any(name in found for found in pipe.get_list_adapters().values()):
        raise unfit(f"the LoRA {file} has nothing for this model; it was made for another kind")
