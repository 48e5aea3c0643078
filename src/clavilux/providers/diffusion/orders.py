"""From a request to what a model is told. Pure, but for the files that say what the model is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from clavilux.interfaces import Capabilities
from clavilux.model.likeness import AlikeBy
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.providers.adapting import adapt, followed, shape_given_up, size_of
from clavilux.providers.diffusion import extra
from clavilux.providers.diffusion.choices import Choices
from clavilux.providers.diffusion.families import Family
from clavilux.providers.diffusion.model import Model, identity_of

RECIPE = 1
"""Counted up when the same order gives another picture because of what is written in this
folder."""

MOST_ASPECT = 2.5
"""Models know no shapes beyond: what is wider, or taller, is cut from this."""

CHANGE = 0.6
"""The share by which a picture is changed where a style wants it alike and the user says nothing:
colours and masses stay, lines are free."""

How = Literal["canny", "depth", "adapter", "change"]
"""What makes a picture follow an earlier one: see Choices."""

CONTROLS: Mapping[AlikeBy, Literal["canny", "depth"]] = {"edges": "canny", "depth": "depth"}

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
    family, by = model.family, _how(choices, request)
    can = can if by else replace(can, references=0)
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
            **_loras(choices),
            **_adapter(choices, referring=bool(fit.references) and "adapter" in by),
            **(_followed(choices, family, request, by) if fit.references else {}),
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


def _loras(choices: Choices) -> dict[str, Literals]:
    if not choices.loras:
        return {}
    return {
        "lora": " ".join(lora.identity for lora in choices.loras),
        "lora_by": f"{extra.FOR_LORAS} {extra.version(extra.FOR_LORAS)}",
    }


def _adapter(choices: Choices, *, referring: bool) -> dict[str, Literals]:
    """An adapter that is loaded is there for every picture, be it with no strength."""
    if not choices.adapter:
        return {}
    return {
        "adapter": identity_of(choices.adapter),
        "adapter_file": choices.adapter_file,
        "adapter_strength": choices.adapter_strength if referring else 0.0,
    }


def _how(choices: Choices, request: ImageRequest) -> frozenset[How]:
    """As the user says, or as the style wants it where he leaves it to that."""
    how: set[How] = set()
    if not choices.by_style:
        how |= {choices.control} if choices.control else set()
        how |= {"adapter"} if choices.adapter else set()
        how |= {"change"} if choices.change else set()
    elif request.likeness in CONTROLS and request.likeness in choices.ways:
        how.add(CONTROLS[request.likeness])
    elif request.likeness != "seeds":
        how.add("adapter" if choices.adapter else "change")
    return frozenset(how)


def _followed(
    choices: Choices, family: Family, request: ImageRequest, by: frozenset[How]
) -> dict[str, Literals]:
    """How an earlier picture is followed: less by each further still of a section."""
    left = followed(request, fall=choices.control_fall)
    for control in by & {"canny", "depth"}:
        seen = choices.depth_model if control == "depth" or not choices.by_style else ""
        estimator = {"depth_model": identity_of(seen)} if seen else {}
        return {
            "control": control,
            "control_model": identity_of(choices.net(control)),
            "control_strength": round(choices.control_strength * left, 3),
            "control_end": choices.control_end,
            **estimator,
        }
    if "change" in by:
        change = round(1 - (1 - (choices.change or CHANGE)) * left, 3)
        # This share of the steps is made: there must be one. More would not help a few-step model:
        # it was trained for the moments of its own few steps, and so begins at one of those.
        return {
            "change": change,
            "steps": max(choices.steps or family.steps, math.ceil(1 / change)),
        }
    return {}
