"""The models of fal that are known here: what each takes, as its page says it.

Source: the llms.txt of each model at fal.ai, November 2026.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from clavilux.model.errors import ProviderError

USUAL = "fal-ai/flux/dev"

LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A model's fields."""

    by_pixels: bool = True
    """image_size with width and height, else aspect_ratio and resolution."""
    seed: bool = True
    negative_prompt: bool = False
    references: int = 0
    edit: str = ""
    """What is put behind the id where references are sent, as image_urls."""
    prompt_limit: int = 4000
    always: dict[str, str | int | float | bool] = field(default_factory=dict)
    """Sent with every order."""


_PNG: dict[str, str | int | float | bool] = {"output_format": "png"}

MODELS = {
    "fal-ai/flux/schnell": Known(always=_PNG),
    "fal-ai/flux/dev": Known(always=_PNG),
    "fal-ai/flux-2-pro": Known(references=8, edit="/edit", prompt_limit=32_000, always=_PNG),
    "fal-ai/nano-banana-2": Known(
        by_pixels=False, references=10, edit="/edit", prompt_limit=20_000, always=_PNG
    ),
}


def known_model(model: str) -> Known:
    """What a model takes. Raises ProviderError for one that is not in the table."""
    if model not in MODELS:
        raise ProviderError(
            f"fal: the fields of '{model}' are not known; set [providers.fal] model to one of "
            f"{', '.join(MODELS)}",
            trouble="model_gone",
        )
    return MODELS[model]
