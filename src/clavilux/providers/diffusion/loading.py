"""A model's folder -> pipelines that make pictures, in place on their device."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clavilux.model.errors import ProviderError
from clavilux.providers.diffusion import loras, single_file
from clavilux.providers.diffusion.choices import Choices
from clavilux.providers.diffusion.control import DepthEstimator
from clavilux.providers.diffusion.devices import Kept, Place, kept_on, place_for
from clavilux.providers.diffusion.extra import package
from clavilux.providers.diffusion.families import Family, Scheduler
from clavilux.providers.diffusion.weights import (
    check_adapter,
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
    choices: Choices = field(default_factory=Choices)
    depth: DepthEstimator | None = None
    _further: dict[str, Any] = field(default_factory=dict, repr=False)
    """Pipelines with a ControlNet, and from picture to picture."""
    _hooked: Any = field(default=None, repr=False)

    def guided(self, control: str) -> Any:
        """The pipeline with the ControlNet for edges (canny) or depth; built when it is first
        asked for. Raises ProviderError where that cannot be."""
        return self._built(control, lambda: self._with_control(control))

    def changing(self) -> Any:
        """The pipeline from picture to picture; likewise."""
        image_to_image = package("diffusers").AutoPipelineForImage2Image
        return self._built("change", lambda: image_to_image.from_pipe(self.plain))

    def _built(self, name: str, build: Callable[[], Any]) -> Any:
        if name in self._further:
            return self._further[name]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)
                pipe = build()
        except Exception as error:
            if not self.choices.by_style:
                raise
            # Of a kind that makes way for what needs less: see providers/alike.py.
            said = " ".join(str(error).split())[:160]
            raise ProviderError(
                f"{name} does not go with this model: {said}", trouble="model_gone"
            ) from error
        pipe.set_progress_bar_config(disable=True)
        self._further[name] = pipe
        return pipe

    def _with_control(self, control: str) -> Any:
        if control == "depth" and self.depth is None:
            self.depth = _depth_estimator(self.choices, self.place)
        folder, moved = self.choices.net(control), self.kept == "none"
        return _with_control(self.plain, folder, self.place, moved=moved)

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
    if folder.is_dir():
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
    place = place_for(choices, half=family.half)
    plain, weights, stored = (_from_file if folder.is_file() else _from_folder)(
        folder, choices, place
    )
    _schedule(plain, family.scheduler)
    plain.watermark = None  # it changes pixels where a package that makes it happens to be there
    loras.apply(plain, choices.loras)
    kept = kept_on(place, choices.offload, weights, stored=stored)
    if kept == "none":
        plain.to(place.device)
    elif hasattr(plain, "vae"):
        plain.vae.enable_slicing()
    if choices.adapter:
        _add_adapter(plain, choices)
    plain.set_progress_bar_config(disable=True)
    pipes = Pipelines(place=place, kept=kept, plain=plain, choices=choices)
    if not choices.by_style:  # what the user asked for must be there; a style does with less
        if choices.control:
            pipes.guided(choices.control)
        if choices.change:
            pipes.changing()
    return pipes


def _from_folder(
    folder: Path, choices: Choices, place: Place
) -> tuple[Any, Mapping[str, int], int]:
    """The pipeline, bytes of each part's weights in its files, and bytes a number there."""
    variant = variant_of(folder)
    plain = package("diffusers").AutoPipelineForText2Image.from_pretrained(
        str(folder), dtype=place.torch_dtype, variant=variant or None, trust_remote_code=False,
        **_SAFE,
    )  # fmt: skip
    stored = 2 if variant or place.dtype in ("fp16", "bf16") else 4
    return plain, size_of_weights(folder, variant=variant), stored


def _from_file(path: Path, choices: Choices, place: Place) -> tuple[Any, Mapping[str, int], int]:
    """The same of a model in one file."""
    config = single_file.config_of(path, choices.config)
    plain = single_file.load(path, config, dtype=place.torch_dtype)
    return plain, single_file.size_of_parts(path), single_file.bytes_a_number(path)


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


def _with_control(plain: Any, net_folder: str, place: Place, *, moved: bool) -> Any:
    diffusers = package("diffusers")
    folder = Path(net_folder).expanduser()
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
    check_adapter(folder, choices.adapter_file)
    if not hasattr(pipe, "load_ip_adapter"):
        raise unfit(f"no IP-Adapter goes with a {type(pipe).__name__}; leave adapter out")
    if hasattr(pipe, "unet"):
        encoder = {"image_encoder_folder": "image_encoder"}
    else:
        encoder = {"image_encoder_pretrained_model_name_or_path": str(folder / "image_encoder")}
    pipe.load_ip_adapter(
        str(folder), subfolder="", weight_name=choices.adapter_file, local_files_only=True,
        **encoder,
    )  # fmt: skip
