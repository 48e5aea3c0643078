"""From what the plan wants to what a provider can: the prompt, its negative, seed and shape.

Pure. What cannot be had is given up and said in a few words, never silently.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from clavilux.direction.prompts import shorten
from clavilux.interfaces import Capabilities
from clavilux.model.request import ImageRequest

QUALITIES = frozenset(
    {"blurry", "blurred", "grainy", "noisy", "distorted", "deformed", "pixelated", "ugly"}
)
"""Unwanted words that describe: "not blurry", but "no text"."""

SAME_SHAPE = 0.02
"""Aspect ratios that differ by less are the same to the eye."""

SHARP = 0.85
"""A picture this much narrower than wanted looks as sharp: stills are asked for with headroom."""

FALL = 0.75
"""How much of an earlier picture's strength is left from one still of a section to the next: the
first takes over what it refers to, the later ones find their own way."""

HERO = 0.5
"""What is left of it for the climax, which is to be seen as something new."""

VIEWS = (
    "seen from another place",
    "seen from close by",
    "seen from far away",
    "seen from below",
    "seen from above",
    "at another moment",
    "in another light",
)
"""Further stills of the same prompt, where no seed makes them other pictures than the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapted:
    """The part of an order that follows from a provider's capabilities."""

    prompt: str
    negative_prompt: str
    """"" where the provider takes none."""
    seed: int | None
    """None where the provider takes none."""
    references: tuple[str, ...]
    """The first ones, as many as the provider takes."""
    given_up: tuple[str, ...]


def adapt(
    request: ImageRequest,
    can: Capabilities,
    *,
    simplified: bool = False,
    references: tuple[str, ...] = (),
) -> Adapted:
    """What of a request a provider is sent.

    Where there are no seeds, stills of the same prompt differ by a point of view: equal orders are
    bought once.
    """
    negative = clean(request.negative_prompt) if can.negative_prompt else ""
    folded = "" if can.negative_prompt else unwanted(clean(request.negative_prompt))
    wanted = clean((request.simplified if simplified else "") or request.prompt)
    view = "" if can.seed else _view(request.variation)
    tail = ", ".join(part for part in (view, folded) if part)
    prompt = fitted(wanted or request.theme or request.scene, tail, limit=can.prompt_limit)
    negative = shortened(negative, limit=can.prompt_limit)
    taken = references[: can.references]
    return Adapted(
        prompt=prompt,
        negative_prompt=negative,
        seed=request.shared_seed if can.seed else None,
        references=taken,
        given_up=(
            *(["seed"] if not can.seed else []),
            *(["separate negative prompt (it is part of the prompt)"] if folded else []),
            *_missing_references(len(references), len(taken)),
            *([] if wanted in prompt else [f"prompt beyond {can.prompt_limit} characters"]),
        ),
    )


def clean(text: str) -> str:
    """Text on one line, without what cannot be sent: control characters and halves of others."""
    whole = text.encode("utf-8", "replace").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in whole).split())


def _view(variation: int) -> str:
    turn, place = divmod(variation - 1, len(VIEWS))
    return "" if variation == 0 else VIEWS[place] + f" ({turn + 1})" * (turn > 0)


def _missing_references(wanted: int, taken: int) -> list[str]:
    if taken == wanted:
        return []
    return [f"{wanted - taken} of {wanted} reference pictures" if taken else "reference pictures"]


def unwanted(negative_prompt: str) -> str:
    """A negative prompt in words that belong into a prompt: "no text, no watermark, not blurry"."""
    words = [word.strip() for word in negative_prompt.split(",")]
    return ", ".join(f"{'not' if w.lower() in QUALITIES else 'no'} {w}" for w in words if w)


def fitted(prompt: str, tail: str = "", *, limit: int) -> str:
    """A prompt and what must be said with it, within `limit` characters.

    The tail, such as "no text", has the last place and a third of the room at most: it must not
    be what is cut off, nor push the subject out.
    """
    tail = shortened(tail, limit=limit // 3)
    room = limit - (len(tail) + 2 if tail else 0)
    return ", ".join(part for part in (shorten(prompt, limit=room), tail) if part)


def shortened(text: str, *, limit: int) -> str:
    """The start of a text, cut after a part or a word where there is one in its second half."""
    text = text.strip()
    if len(text) <= limit:
        return text
    start = text[: limit + 1]
    for mark in (",", " "):
        place = start.rfind(mark)
        if place > limit // 2:
            return start[:place].rstrip(" ,")
    return text[:limit]


def seed_within(seed: int, *, low: int, high: int) -> int:
    """A seed of the range low..high; neighbours stay neighbours, and a seed in range itself."""
    return low + (seed - low) % (high - low + 1)


def nearest_aspect(width: int, height: int, choices: Sequence[str]) -> str:
    """Which of "16:9", "1:1"... is nearest to width x height."""
    return min(choices, key=lambda choice: _apart(ratio(choice), width / height))


def ratio(aspect: str) -> float:
    """ "16:9" -> 1.78."""
    width, height = aspect.split(":")
    return float(width) / float(height)


def size_of(aspect: float, *, pixels: int, step: int = 16) -> tuple[int, int]:
    """Width and height, multiples of `step`, of an aspect ratio and about so many pixels.

    A wrong shape counts ten times as much as a wrong area: the former cuts something off.
    """
    middle = round(math.sqrt(pixels * aspect) / step)
    widths = [step * n for n in range(max(1, middle * 3 // 4), middle * 4 // 3 + 2)]
    sizes = [(w, step * max(1, round(w / aspect / step))) for w in widths]
    return min(sizes, key=lambda s: 10 * _apart(s[0] / s[1], aspect) + _apart(s[0] * s[1], pixels))


def shape_given_up(request: ImageRequest, width: int, height: int) -> tuple[str, ...]:
    """What is lost when a picture of width x height stands in for the one that is wanted."""
    if _apart(width / height, request.width / request.height) > SAME_SHAPE:
        return (f"shape {request.width}x{request.height} (cut from {width}x{height})",)
    if width < request.width * SHARP:
        return (f"size {request.width}x{request.height} (enlarged from {width}x{height})",)
    return ()


def _apart(one: float, other: float) -> float:
    """How far two positive numbers are apart, as a share."""
    return abs(math.log(one / other))


def followed(request: ImageRequest, *, fall: float = FALL) -> float:
    """How much of an earlier picture a still follows, 0..1 of the most: falling in its section."""
    return fall**request.index * (HERO if request.hero else 1.0)
