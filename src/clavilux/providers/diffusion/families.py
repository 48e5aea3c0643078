"""Kinds of diffusion models, as data: how many steps, how much guidance, which size.

The numbers are those that the models' authors recommend on their model cards, November 2026; those
of "sdxl" are the usual ones for finished pictures.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from clavilux.providers.diffusion.weights import read_json

Scheduler = Literal["", "lcm", "trailing"]
"""What replaces the model's own scheduler: "" keeps it; "trailing": Euler from the last step on."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """What a model of this kind is asked for unless the user says otherwise."""

    steps: int
    guidance: float
    """Classifier-free guidance scale; the pipelines take 1 and less for none."""
    pixels: int
    """The area it was trained at."""
    multiple: int
    """Width and height are multiples of this."""
    prompt_limit: int
    """Characters: CLIP reads 77 tokens, about 4 characters each; T5 reads 256 or 512."""
    tokens: int = 0
    """How many tokens of a prompt its pipeline is to read; 0 where it has one number only."""
    negative: bool = True
    """Whether a negative prompt does anything: it is what guidance leads away from."""
    half: Literal["fp16", "bf16"] = "fp16"
    """Flux leaves the range of fp16."""
    scheduler: Scheduler = ""
    seconds: float = 8.0
    """A guess for one picture on a usual card, until one was measured."""


_SDXL = Family(steps=30, guidance=7.5, pixels=1024 * 1024, multiple=64, prompt_limit=310)
_FEW = replace(_SDXL, guidance=0.0, negative=False, seconds=2.0)
_FLUX = Family(
    steps=28, guidance=3.5, pixels=1024 * 1024, multiple=16, prompt_limit=2000, tokens=512,
    negative=False, half="bf16", seconds=20.0,
)  # fmt: skip

FAMILIES = MappingProxyType(
    {
        "sdxl": _SDXL,
        "sdxl-turbo": replace(_FEW, steps=4, pixels=512 * 512, multiple=16),
        "sdxl-lightning": replace(_FEW, steps=4, scheduler="trailing"),
        "sdxl-lcm": replace(_FEW, steps=6, guidance=1.5, negative=True, scheduler="lcm"),
        "flux-dev": _FLUX,
        "flux-schnell": replace(
            _FLUX, steps=4, guidance=0.0, prompt_limit=1000, tokens=256, seconds=4.0
        ),
        "sd": replace(_SDXL, pixels=768 * 512, multiple=8, seconds=4.0),
        "other": replace(_SDXL, guidance=5.0, prompt_limit=1000, multiple=32),
    }
)


def family_of(folder: Path) -> str:
    """The kind of the model in a folder, by its own files and then by its name."""
    index = read_json(folder / "model_index.json")
    kind, name = str(index.get("_class_name", "")), _names(folder, index)
    if kind.startswith("Flux"):
        guided = read_json(folder / "transformer" / "config.json").get("guidance_embeds")
        return "flux-dev" if guided else "flux-schnell"
    if kind.startswith("StableDiffusionXL"):
        if _scheduler(index) == "LCMScheduler" or "lcm" in name:
            return "sdxl-lcm"
        few = next((word for word in ("turbo", "lightning") if word in name), "")
        return f"sdxl-{few}" if few else "sdxl"
    if kind.startswith("StableDiffusion") and not kind.startswith("StableDiffusion3"):
        return "sd"
    return "other"


def family_of_file(path: Path, *, usual: str) -> str:
    """The kind of the model in a file whose build is `usual`, by the file's name."""
    if usual != "sdxl":
        return usual
    few = (word for word in ("turbo", "lightning", "lcm") if word in path.stem.lower())
    return next((f"sdxl-{word}" for word in few), usual)


def _names(folder: Path, index: dict[str, Any]) -> str:
    """What the model is called, here and where it was made; of a cache, the repository's name."""
    place = folder.parent.parent if folder.parent.name == "snapshots" else folder
    return f"{place.name} {index.get('_name_or_path', '')}".lower()


def _scheduler(index: dict[str, Any]) -> str:
    said = index.get("scheduler")
    return str(said[1]) if isinstance(said, list) and len(said) == 2 else ""
