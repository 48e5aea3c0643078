"""A model's folder -> pipelines that make pictures, in place on their device."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clavilux.model.errors import ProviderError
from clavilux.providers.diffusion.choices import Choices
from clavilux.providers.diffusion.control import DepthEstimator
from clavilux.providers.diffusion.devices import Kept, Place, kept_on, place_for
from clavilux.providers.diffusion.extra import package
from clavilux.providers.diffusion.families import Family, Scheduler
from clavilux.providers.diffusion.weights import (
    check_part,
    check_pipeline,
    size_of_weights,
    unfit,
    variant_of,
)

CONTROLNETS = (
    ("StableDiffusionXL", "ControlNetModel"),
    ("StableDiffusion3", "SD3ControlNetModel"),
    ("StableDiffusion", "ControlNetModel"),
    ("Flux", "FluxControlNetModel"),
)
"""How the classes of pipelines begin, and the class of ControlNets that fits them."""

# Nothing else than numbers is read, and no network is touched: what is loaded was checked before.
_SAFE = {"use_safetensors": True, "local_files_only": True}


@dataclass
class Pipelines:
    """One model, ready. The pipelines share its parts, which are in memory once."""

    place: Place
    kept: Kept
    plain: Any
    guided: Any = None
    """With the ControlNet."""
    changing: Any = None
    """From picture to picture."""
    depth: DepthEstimator | None = None
    _hooked: Any = field(default=None, repr=False)

    def ready(self, pipe: Any) -> Any:
        """A pipeline, with its parts moved in and out of the device's memory if need be."""
        if self.kept == "none" or self._hooked is pipe:
            return pipe
        if self._hooked is not None:
            self._hooked.remove_all_hooks()
        if self.kept == "model":
            pipe.enable_model_cpu_offload(device=self.place.device)
        else:
            pipe.enable_sequential_cpu_offload(device=self.place.device)
        self._hooked = pipe
        return pipe


def load(folder: Path, choices: Choices, family: Family) -> Pipelines:
    """Read a model, and what the user wants with it. Raises ProviderError, of a kind that ends all
    further calls: the next picture would meet the same."""
    check_pipeline(folder)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # about how they call each other
            return _loaded(folder, choices, family)
    except ProviderError:
        raise
    except Exception as error:
        said = " ".join(str(error).split())[:160]
        raise unfit(f"{folder.name} cannot be loaded: {type(error).__name__}: {said}") from error


def _loaded(folder: Path, choices: Choices, family: Family) -> Pipelines:
    _be_quiet()
    diffusers = package("diffusers")
    place = place_for(choices, half=family.half)
    variant = variant_of(folder)
    plain = diffusers.AutoPipelineForText2Image.from_pretrained(
        str(folder), dtype=place.torch_dtype, variant=variant or None, trust_remote_code=False,
        **_SAFE,
    )  # fmt: skip
    _schedule(plain, family.scheduler)
    plain.watermark = None  # it changes pixels where a package that makes it happens to be there
    stored = 2 if variant or place.dtype in ("fp16", "bf16") else 4
    kept = kept_on(place, choices.offload, size_of_weights(folder, variant=variant), stored=stored)
    if kept == "none":
        plain.to(place.device)
    elif hasattr(plain, "vae"):
        plain.vae.enable_slicing()
    if choices.adapter:
        _add_adapter(plain, choices)
    pipes = Pipelines(place=place, kept=kept, plain=plain)
    if choices.control:
        pipes.guided = _with_control(plain, choices, place, moved=kept == "none")
    if choices.control == "depth":
        pipes.depth = _depth_estimator(choices, place)
    if choices.change:
        pipes.changing = diffusers.AutoPipelineForImage2Image.from_pipe(plain)
    for pipe in (pipes.plain, pipes.guided, pipes.changing):
        if pipe is not None:
            pipe.set_progress_bar_config(disable=True)
    return pipes


def _be_quiet() -> None:
    """The packages draw bars and warn on the terminal, where Clavilux has a bar of its own."""
    for name in ("diffusers", "transformers"):
        logs = package(f"{name}.utils.logging")
        logs.set_verbosity_error()
        logs.disable_progress_bar()


def _schedule(pipe: Any, scheduler: Scheduler) -> None:
    """Distilled models need the steps they were distilled for; other models keep their own."""
    diffusers, usual = package("diffusers"), pipe.scheduler
    if scheduler == "lcm" and not isinstance(usual, diffusers.LCMScheduler):
        pipe.scheduler = diffusers.LCMScheduler.from_config(usual.config)
    elif scheduler == "trailing":
        pipe.scheduler = diffusers.EulerDiscreteScheduler.from_config(
            usual.config, timestep_spacing="trailing"
        )


def _with_control(plain: Any, choices: Choices, place: Place, *, moved: bool) -> Any:
    diffusers = package("diffusers")
    folder = Path(choices.control_model).expanduser()
    check_part(folder)
    kind = type(plain).__name__
    name = next((net for start, net in CONTROLNETS if kind.startswith(start)), "")
    if not name:
        raise unfit(f"no ControlNet goes with a {kind}; leave control out")
    net = getattr(diffusers, name).from_pretrained(str(folder), dtype=place.torch_dtype, **_SAFE)
    if moved:
        net.to(place.device)
    return diffusers.AutoPipelineForText2Image.from_pipe(plain, controlnet=net)


def _depth_estimator(choices: Choices, place: Place) -> DepthEstimator:
    folder = Path(choices.depth_model).expanduser()
    check_part(folder)
    return DepthEstimator(folder, device=place.device)


def _add_adapter(pipe: Any, choices: Choices) -> None:
    folder = Path(choices.adapter).expanduser()
    if not (folder / choices.adapter_file).is_file():
        raise unfit(f"{folder} has no {choices.adapter_file}; say adapter_file")
    if not hasattr(pipe, "load_ip_adapter"):
        raise unfit(f"no IP-Adapter goes with a {type(pipe).__name__}; leave adapter out")
    if hasattr(pipe, "unet"):
        check_part(folder / "image_encoder")
        encoder = {"image_encoder_folder": "image_encoder"}
    else:
        encoder = {"image_encoder_pretrained_model_name_or_path": str(folder / "image_encoder")}
    pipe.load_ip_adapter(
        str(folder), subfolder="", weight_name=choices.adapter_file, local_files_only=True,
        **encoder,
    )  # fmt: skip
