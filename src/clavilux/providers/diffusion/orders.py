"""From a request to what a model is told. Pure, but for the files that say what the model is."""

from __future__ import annotations

import math

from clavilux.interfaces import Capabilities
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.providers.adapting import adapt, shape_given_up, size_of
from clavilux.providers.diffusion import extra
from clavilux.providers.diffusion.choices import Choices
from clavilux.providers.diffusion.families import Family
from clavilux.providers.diffusion.model import Model, identity_of

RECIPE = 1
"""Counted up when the same order gives another picture because of what is written in this
folder."""

HERO = 0.5
"""What is left of the strength of an earlier picture for the climax: it is to be something new."""

MOST_ASPECT = 2.5
"""Models know no shapes beyond: what is wider, or taller, is cut from this."""

Literals = str | int | float | bool


def order_for(
    model: Model,
    choices: Choices,
    request: ImageRequest,
    can: Capabilities,
    *,
    name: str,
    simplified: bool = False,
    references: tuple[str, ...] = (),
) -> Order:
    """What is made for a request: about as many pixels as the model was trained for."""
    family = model.family
    fit = adapt(request, can, simplified=simplified, references=references)
    width, height = _size(choices, family, request)
    guidance = family.guidance if choices.guidance is None else choices.guidance
    # A few-step model is led away from nothing, and "no text" in its prompt gives text.
    led = family.negative and guidance > 1
    lost = () if led or not fit.negative_prompt else ("negative prompt",)
    return Order(
        provider="diffusers",
        model=name,
        prompt=fit.prompt,
        negative_prompt=fit.negative_prompt if led else "",
        width=width,
        height=height,
        seed=fit.seed,
        options={
            "family": model.family_name,
            "steps": choices.steps or family.steps,
            "guidance": guidance,
            "dtype": choices.dtype,
            "weights": model.weights,
            "made_by": f"{extra.versions()}, recipe {RECIPE}",
            **_adapter(choices, referring=bool(fit.references)),
            **(_followed(choices, family, request) if fit.references else {}),
        },
        references=fit.references,
        given_up=(*fit.given_up, *lost, *shape_given_up(request, width, height)),
    )


def _size(choices: Choices, family: Family, request: ImageRequest) -> tuple[int, int]:
    if choices.size:
        width, height = (max(2, round(int(n) / 8)) * 8 for n in choices.size.split("x"))
        return width, height
    aspect = min(max(request.width / request.height, 1 / MOST_ASPECT), MOST_ASPECT)
    return size_of(aspect, pixels=family.pixels, step=family.multiple)


def _adapter(choices: Choices, *, referring: bool) -> dict[str, Literals]:
    """An adapter that is loaded is there for every picture, be it with no strength."""
    if not choices.adapter:
        return {}
    return {
        "adapter": identity_of(choices.adapter),
        "adapter_file": choices.adapter_file,
        "adapter_strength": choices.adapter_strength if referring else 0.0,
    }


def _followed(choices: Choices, family: Family, request: ImageRequest) -> dict[str, Literals]:
    """How an earlier picture is followed: less by each further still of a section."""
    left = choices.control_fall**request.index * (HERO if request.hero else 1.0)
    if choices.control:
        estimator = {"depth_model": identity_of(choices.depth_model)} if choices.depth_model else {}
        return {
            "control": choices.control,
            "control_model": identity_of(choices.control_model),
            "control_strength": round(choices.control_strength * left, 3),
            "control_end": choices.control_end,
            **estimator,
        }
    if choices.change:
        change = round(1 - (1 - choices.change) * left, 3)
        # This share of the steps is made: there must be one.
        return {
            "change": change,
            "steps": max(choices.steps or family.steps, math.ceil(1 / change)),
        }
    return {}
