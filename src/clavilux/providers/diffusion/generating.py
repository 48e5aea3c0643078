"""Orders that go together -> pictures, step by step, each from its own noise."""

from __future__ import annotations

import gc
import inspect
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clavilux.interfaces import Sold, Step
from clavilux.media.image import decode_image, encode_png
from clavilux.model.errors import ProviderError
from clavilux.model.order import Order
from clavilux.providers.diffusion.control import edges
from clavilux.providers.diffusion.extra import package
from clavilux.providers.diffusion.families import Family
from clavilux.providers.diffusion.loading import Pipelines

Picture = NDArray[np.uint8]


@dataclass(frozen=True, eq=False, kw_only=True)
class Job:
    """One picture to be made."""

    order: Order
    references: tuple[bytes, ...] = ()
    stop: Event | None = None
    """Once it is set, the job is given up before its next step."""
    on_step: Callable[[Step], None] = lambda _: None
    """Told how far it is."""

    @property
    def kind(self) -> Hashable:
        """Jobs of equal kind can be made in one go. An adapter takes one picture for all."""
        order = self.order
        shared = order.references[-1:] if "adapter" in order.options else bool(order.references)
        options = tuple(sorted(order.options.items()))
        return order.width, order.height, options, shared, bool(order.negative_prompt), self.stop


class Generator:
    """Makes pictures with one model. Not for several threads at once: see batching.Batcher."""

    def __init__(self, pipes: Pipelines, family: Family) -> None:
        self._pipes, self._family = pipes, family
        self._torch = package("torch")
        self._most = pipes.place.batch

    def make(self, jobs: Sequence[Job]) -> list[Sold | Exception]:
        """A picture, or the reason why there is none, for each of some jobs of equal kind.

        Raises CancelledError where they are stopped, and ProviderError where none can be made.
        """
        made: list[Sold | Exception] = []
        while len(made) < len(jobs):
            some = jobs[len(made) : len(made) + self._most]
            try:
                made += self._batch(some)
            except self._torch.OutOfMemoryError:
                self._less_at_once(len(some))
        return made

    def _less_at_once(self, tried: int) -> None:
        """Raises ProviderError where it was one picture alone that found too little memory."""
        gc.collect()
        if self._pipes.place.device == "cuda":
            self._torch.cuda.empty_cache()
        if tried == 1:
            raise ProviderError(
                "the device has too little memory for one picture; set offload to model or "
                "sequential, or a smaller size, in config.toml",
                trouble="verification",
            ) from None
        self._most = tried // 2

    def _batch(self, jobs: Sequence[Job]) -> list[Sold | Exception]:
        began = time.monotonic()
        pipe, said = self._call(jobs)
        pipe = self._pipes.ready(pipe)
        _tell(jobs, _step(0, said["num_inference_steps"]))
        _check_stopped(jobs)
        try:
            with self._torch.inference_mode():
                answer = pipe(**_known(pipe, said), callback_on_step_end=_watched(jobs))
        except (CancelledError, self._torch.OutOfMemoryError):
            raise
        except Exception as error:
            words = " ".join(str(error).split())[:160]
            raise ProviderError(f"diffusers: {type(error).__name__}: {words}") from error
        seconds = (time.monotonic() - began) / len(jobs)
        usage = f"{seconds:.2f} s a picture on {self._pipes.place.name}, {len(jobs)} at once"
        flags = getattr(answer, "nsfw_content_detected", None) or [False] * len(jobs)
        return [
            _sold(picture, flagged=bool(flag), usage=usage, seconds=seconds)
            for picture, flag in zip(answer.images, flags, strict=True)
        ]

    def _call(self, jobs: Sequence[Job]) -> tuple[Any, dict[str, Any]]:
        """The pipeline for some jobs, and what it is told."""
        first, options = jobs[0].order, jobs[0].order.options
        said: dict[str, Any] = {
            "prompt": [job.order.prompt for job in jobs],
            "width": first.width,
            "height": first.height,
            "num_inference_steps": options["steps"],
            "guidance_scale": options["guidance"],
            "generator": [self._noise(job.order) for job in jobs],
            "output_type": "np",
        }
        if first.negative_prompt:
            said["negative_prompt"] = [job.order.negative_prompt for job in jobs]
        if self._family.tokens:
            said["max_sequence_length"] = self._family.tokens
        said |= self._adapted(jobs[0])
        if "control" in options and jobs[0].references:
            return self._guided(jobs, said)
        if "change" in options and jobs[0].references:
            pictures = [_fitted(job.references[0], first) for job in jobs]
            return self._pipes.changing(), {
                **said, "image": _images(pictures), "strength": options["change"]
            }  # fmt: skip
        return self._pipes.plain, said

    def _noise(self, order: Order) -> Any:
        """A generator of an image's own, on the CPU on every device: its numbers depend on the seed
        alone, not on what else is in the batch, nor on the card."""
        return self._torch.Generator("cpu").manual_seed(order.seed or 0)

    def _guided(self, jobs: Sequence[Job], said: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        order, control = jobs[0].order, str(jobs[0].order.options["control"])
        pipe = self._pipes.guided(control)
        maps = [self._control(control, _fitted(job.references[0], order)) for job in jobs]
        word = "control_image" if "control_image" in _parameters(pipe) else "image"
        return pipe, {
            **said,
            word: _images([np.repeat(one[:, :, None], 3, axis=2) for one in maps]),
            "controlnet_conditioning_scale": order.options["control_strength"],
            "control_guidance_end": order.options["control_end"],
        }

    def _control(self, control: str, rgb: Picture) -> Picture:
        if control == "depth" and self._pipes.depth is not None:
            return self._pipes.depth.depth(rgb)
        return edges(rgb)

    def _adapted(self, job: Job) -> dict[str, Any]:
        """An adapter that is loaded wants a picture; where there is none, one that says nothing."""
        plain = self._pipes.plain
        if "adapter" not in job.order.options:
            return {}
        given = job.references[-1:]
        strength = float(job.order.options["adapter_strength"]) if given else 0.0
        plain.set_ip_adapter_scale(strength)
        grey = np.full((64, 64, 3), 128, np.uint8)
        return {"ip_adapter_image": _images([decode_image(given[0]) if given else grey])[0]}


def _parameters(pipe: Any) -> frozenset[str]:
    return frozenset(inspect.signature(pipe.__call__).parameters)


def _known(pipe: Any, said: dict[str, Any]) -> dict[str, Any]:
    """What a pipeline takes: image to image, for one, has the size of its image."""
    names = _parameters(pipe)
    return {name: value for name, value in said.items() if name in names}


def _watched(jobs: Sequence[Job]) -> Callable[..., dict[str, Any]]:
    """Looks, after each step, whether to go on."""

    def after_step(pipe: Any, step: int, _: Any, values: dict[str, Any]) -> dict[str, Any]:
        _check_stopped(jobs)
        steps = getattr(pipe, "num_timesteps", int(jobs[0].order.options["steps"]))
        _tell(jobs, _step(step + 1, steps))
        return values

    return after_step


def _step(done: int, steps: int) -> Step:
    """The picture is in the model's own form until it is decoded, which takes its time too."""
    if done >= steps:
        return Step(what="decoding", share=1.0)
    return Step(what="step", done=done, total=steps, share=done / steps)


def _tell(jobs: Sequence[Job], step: Step) -> None:
    for job in jobs:
        job.on_step(step)


def _check_stopped(jobs: Sequence[Job]) -> None:
    if any(job.stop is not None and job.stop.is_set() for job in jobs):
        raise CancelledError


def _fitted(data: bytes, order: Order) -> Picture:
    """A reference as large as the picture that is to be made, cut around the centre."""
    from clavilux.providers.arrival import arrived

    return arrived(data, width=order.width, height=order.height, ground="#000000").rgb


def _images(pictures: Sequence[Picture]) -> list[Any]:
    from PIL import Image

    return [Image.fromarray(picture) for picture in pictures]


def _sold(
    picture: NDArray[np.floating[Any]], *, flagged: bool, usage: str, seconds: float
) -> Sold | ProviderError:
    """`picture`: (h, w, 3), 0..1."""
    if not np.isfinite(picture).all():
        return ProviderError(
            "the model left the range of its number format; set dtype to bf16 or fp32",
            trouble="unusable",
        )
    if flagged or not picture.any():
        return ProviderError("the model's own checker blacked the picture out", trouble="filtered")
    pixels = (picture * 255).round().clip(0, 255).astype(np.uint8)
    return Sold(data=encode_png(pixels), cost=0, usage=usage, seconds=seconds)
