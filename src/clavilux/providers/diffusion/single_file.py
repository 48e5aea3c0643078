"""A model in one file, as model sites have them: what kind it is, and what is needed beside it.

Such a file has the weights alone. How the parts are built, and the tokenizers' words, stand in the
folder of the model it was made from: the "config". That is looked for on this machine and never
fetched; from its large files nothing is read but what the single file lacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clavilux.providers.diffusion.extra import package
from clavilux.providers.diffusion.tensors import (
    PICKLES,
    SUFFIX,
    Tensor,
    file_digest,
    tensors_of,
    unfit,
)
from clavilux.providers.diffusion.weights import describes, identity_of_text, in_cache

_FIRST = "model.diffusion_model.input_blocks.0.0.weight"
_VAE = ("first_stage_model.", "vae.")
_TEXT = ("cond_stage_model.", "conditioner.", "text_encoders.")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Models that are built alike."""

    family: str
    """A name in families.FAMILIES."""
    pipeline: str
    """The class of diffusers that makes pictures with them."""
    origin: str
    """The model they come from, on the Hugging Face hub, whose config fits all of them."""


SDXL = Kind(
    family="sdxl", pipeline="StableDiffusionXLPipeline",
    origin="stabilityai/stable-diffusion-xl-base-1.0",
)  # fmt: skip
SD1 = Kind(
    family="sd", pipeline="StableDiffusionPipeline",
    origin="stable-diffusion-v1-5/stable-diffusion-v1-5",
)  # fmt: skip
SD2 = Kind(
    family="sd", pipeline="StableDiffusionPipeline", origin="stabilityai/stable-diffusion-2-1"
)
FLUX_DEV = Kind(family="flux-dev", pipeline="FluxPipeline", origin="black-forest-labs/FLUX.1-dev")
FLUX_SCHNELL = Kind(
    family="flux-schnell", pipeline="FluxPipeline", origin="black-forest-labs/FLUX.1-schnell"
)


def kind_of(path: Path) -> Kind:
    """The kind of the model in a file, by the names in it. Raises ProviderError for others."""
    tensors = tensors_of(path)
    if any("lora" in name for name in tensors):
        raise unfit(f"{path.name} is a LoRA, no whole model; name it with lora = FILE")
    kind = _kind(tensors)
    if kind is None:
        raise unfit(
            f"{path.name} is of no kind that is known as a single file (SD 1 and 2, SDXL, Flux); "
            "name the folder of a diffusers model"
        )
    if _FIRST in tensors and tensors[_FIRST].shape[1:2] != (4,):
        raise unfit(f"{path.name} is for painting into pictures; get the plain model")
    return kind


def _kind(tensors: Mapping[str, Tensor]) -> Kind | None:
    def has(start: str) -> bool:
        return any(name.startswith(start) for name in tensors)

    for prefix in ("", "model.diffusion_model."):
        if has(f"{prefix}double_blocks.0.img_attn."):
            return FLUX_DEV if has(f"{prefix}guidance_in.") else FLUX_SCHNELL
    if _FIRST not in tensors:
        return None
    if has("conditioner.embedders.1."):
        return SDXL
    if has("cond_stage_model.model."):
        return SD2
    return SD1 if has("cond_stage_model.transformer.") else None


def config_of(path: Path, said: str) -> Path:
    """The folder that says how a file's model is built: the user's, or that of its origin in the
    Hugging Face cache. Raises ProviderError where there is none, or none that is safe."""
    kind = kind_of(path)
    folder = Path(said).expanduser() if said else in_cache(kind.origin)
    if folder is None or (not said and not describes(folder)):
        raise unfit(
            f"{path.name} is built like {kind.origin}, whose description is not on this machine; "
            f'run `hf download {kind.origin} --include "*.json" "*.txt" "*.model"` (a few MB), or '
            "set config to the folder of such a model"
        )
    if not describes(folder):
        raise unfit(f"{folder} is no folder of a diffusers model; set config to one")
    for part in (one for one in folder.iterdir() if one.is_dir()):
        names = [one.suffix for one in part.iterdir()]
        if PICKLES.intersection(names) and SUFFIX not in names:
            raise unfit(f"the {part.name} of {folder} is a pickle; get it as safetensors")
    return folder


def identity(path: Path, config: Path) -> str:
    """What exactly the model is: the digest of its file, and of what is beside it."""
    return f"{file_digest(path)}+{identity_of_text(config)}"


def size_of_parts(path: Path) -> dict[str, int]:
    """Bytes of the weights of each part."""
    sizes: dict[str, int] = {}
    for name, tensor in tensors_of(path).items():
        part = "vae" if name.startswith(_VAE) else "text" if name.startswith(_TEXT) else "unet"
        sizes[part] = sizes.get(part, 0) + tensor.size
    return sizes


def bytes_a_number(path: Path) -> int:
    """Of most of its numbers."""
    sizes: dict[int, int] = {}
    for tensor in tensors_of(path).values():
        width = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}.get(tensor.dtype, 1)
        sizes[width] = sizes.get(width, 0) + tensor.size
    return max(sizes, key=lambda width: sizes[width])


def load(path: Path, config: Path, *, dtype: Any) -> Any:
    """A pipeline. Touches no network: with a folder for a config there is nothing to look for."""
    pipeline = getattr(package("diffusers"), kind_of(path).pipeline)
    pipe = pipeline.from_single_file(
        str(path), config=str(config), local_files_only=True, torch_dtype=dtype
    )
    if "v_pred" in tensors_of(path):  # such fine-tunes of SDXL say so by an empty tensor
        zero = {"rescale_betas_zero_snr": True} if "ztsnr" in tensors_of(path) else {}
        pipe.scheduler = type(pipe.scheduler).from_config(
            pipe.scheduler.config, prediction_type="v_prediction", **zero
        )
    return pipe
