"""What OpenAI's image models take: sizes, qualities, lengths. Prices and lifetimes are data.

Source: the API reference of images/generations and images/edits, November 2026.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from clavilux.model.request import ImageRequest
from clavilux.providers.adapting import nearest_aspect, size_of

USUAL = "gpt-image-2.5-flare"
"""The model of those who name none: fast, and a cent a picture."""

PIXELS = 2048 * 1152
"""Asked for where any size goes: room to zoom into at 1920x1080, below what is experimental."""

STEP = 16
LONGEST = 3840
STEEPEST = 3.0
FEWEST, MOST = 655_360, 8_294_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Models that take the same."""

    sizes: tuple[tuple[int, int], ...] = ()
    """Width, height; () for any that `size_trouble` has nothing against."""
    pixels: int = PIXELS
    qualities: tuple[str, ...] = ()
    """From cheap to dear; () where nothing is known."""
    quality: str = ""
    """The usual one; "" to leave it out."""
    prompt_limit: int = 32_000
    references: int = 16
    always: dict[str, str] = field(default_factory=dict)
    """Sent with every order."""


# PNG: JPEG's blocks would show in dark gradients once a picture is graded and zoomed into, and a
# picture costs the same either way. Opaque: left to itself, a model may choose transparency.
_PNG = {"output_format": "png", "background": "opaque"}
_BASE64 = {"response_format": "b64_json"}

NEWEST = Family(
    qualities=("low", "medium", "high", "xhigh", "max", "auto"), quality="medium", always=_PNG
)
GPT_2 = Family(qualities=("low", "medium", "high", "auto"), quality="medium", always=_PNG)
GPT_1 = Family(
    sizes=((1536, 1024), (1024, 1536), (1024, 1024)),
    qualities=("low", "medium", "high", "auto"),
    quality="medium",
    always=_PNG,
)
DALL_E_3 = Family(
    sizes=((1792, 1024), (1024, 1792), (1024, 1024)),
    qualities=("standard", "hd"),
    quality="standard",
    prompt_limit=4000,
    references=0,
    always=_BASE64,
)
DALL_E_2 = Family(sizes=((1024, 1024),), prompt_limit=1000, references=0, always=_BASE64)
COMPATIBLE = Family(pixels=1024 * 1024, prompt_limit=4000, references=0, always=_BASE64)
"""Any other model of a compatible server: what such servers have in common."""

_FAMILIES = (
    (r"dall-e-3\b.*", DALL_E_3),
    (r"dall-e-2\b.*", DALL_E_2),
    (r"gpt-image-1\b.*|chatgpt-image\b.*", GPT_1),
    (r"gpt-image-2(-\d{4}.*)?", GPT_2),
    (r"gpt-image-.*", NEWEST),
)


def family_of(model: str, *, compatible: bool) -> Family:
    """What a model takes; one that nobody knows is like the newest at OpenAI itself."""
    known = (family for pattern, family in _FAMILIES if re.fullmatch(pattern, model))
    return next(known, COMPATIBLE if compatible else NEWEST)


def size_trouble(width: int, height: int, family: Family) -> str:
    """Why a family does not take a size; "" where it does."""
    if family.sizes:
        if (width, height) in family.sizes:
            return ""
        return f"it takes {', '.join(f'{w}x{h}' for w, h in family.sizes)}"
    if width % STEP or height % STEP:
        near = f"{_round(width)}x{_round(height)}"
        return f"both sides must be multiples of {STEP}, such as {near}"
    if max(width, height) > LONGEST:
        return f"no side may be over {LONGEST}"
    if max(width, height) > STEEPEST * min(width, height):
        return "no side may be over 3 times the other"
    if family is not COMPATIBLE and not FEWEST <= width * height <= MOST:
        return f"it must have between {FEWEST:,} and {MOST:,} pixels"
    return ""


def _round(side: int) -> int:
    return max(STEP, STEP * round(side / STEP))


def size_for(request: ImageRequest, family: Family) -> tuple[int, int]:
    """The size a family takes that is nearest in shape to the video's."""
    if family.sizes:
        choices = [f"{w}:{h}" for w, h in family.sizes]
        best = nearest_aspect(request.width, request.height, choices)
        return family.sizes[choices.index(best)]
    aspect = min(max(request.width / request.height, 1 / STEEPEST), STEEPEST)
    return size_of(aspect, pixels=family.pixels, step=STEP)


def quality_for(wanted: str, family: Family) -> str:
    """The wanted quality, or the family's dearest below it where it has not got it."""
    if not family.qualities or wanted in family.qualities:
        return wanted
    scale = NEWEST.qualities
    if wanted not in scale:
        return family.quality
    below = [q for q in family.qualities if q in scale[: scale.index(wanted)]]
    return below[-1] if below else family.quality
