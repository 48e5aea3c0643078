"""From a section's words to what an image model is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clavilux.direction.caution import without_risks
from clavilux.direction.color_names import color_name
from clavilux.model.base import Value
from clavilux.model.color import Palette
from clavilux.model.spec import SectionSpec

QUALITY = "high quality, detailed, 8k resolution, cinematic lighting"
"""For styles that have no words of their own for this."""

NEGATIVE_PROMPT = (
    "text, watermark, logo, signature, blurry, low quality, faces, people, borders, frame"
)

COHESIVE = "cohesive visual theme"
WIDE, TALL, SQUARE = (
    "wide horizontal composition",
    "tall vertical composition",
    "square composition",
)
COLORS = "color palette: "

_PALETTE = re.compile(rf"(?:^|, ){COLORS}((?:[^,#]+ #[0-9A-F]{{6}}(?:, |$))+)")


class ImagePrompt(Value):
    """What an image model is told."""

    prompt: str
    negative_prompt: str
    simplified: str
    """A shorter prompt for the second try, with nothing a filter could stumble over."""


def build_image_prompt(
    section: SectionSpec, global_style: str, *, aspect: float, quality: str = QUALITY
) -> ImagePrompt:
    """The section's prompt with style, format, colour guidance and quality words added.

    `aspect` is width / height of the video.
    """
    subject = section.prompt.strip(" ,")
    if section.theme.lower() not in subject.lower():
        subject = ", ".join(part for part in (section.theme, subject) if part)
    colors = ", ".join(f"{color_name(c)} {c}" for c in section.palette)
    parts = (subject, global_style, COHESIVE, _composition(aspect), COLORS + colors, quality)
    return ImagePrompt(
        prompt=", ".join(part for part in parts if part),
        negative_prompt=_negative(subject),
        simplified=_simplified(section, global_style),
    )


def _composition(aspect: float) -> str:
    if aspect > 1.2:
        return WIDE
    return TALL if aspect < 1 / 1.2 else SQUARE


def _negative(subject: str) -> str:
    """All that is unwanted, except what the subject asks for in so many words."""
    wishes = [p for p in subject.split(",") if not re.search(r"(?i)\b(no|not|without|never)\b", p)]
    wanted = set(re.findall(r"[a-z]+", " ".join(wishes).lower().replace("in frame", "")))
    return ", ".join(word for word in NEGATIVE_PROMPT.split(", ") if word not in wanted)


def _simplified(section: SectionSpec, global_style: str) -> str:
    subject = without_risks(section.theme) or section.scene
    style = without_risks(global_style.split(",")[0])
    names = " and ".join(_names(section.palette))
    return ", ".join(part for part in (subject, style, f"colors: {names}") if part)


def _names(palette: Palette) -> list[str]:
    return list(dict.fromkeys(color_name(c) for c in palette))


def shorten(prompt: str, *, limit: int) -> str:
    """A prompt of at most `limit` characters that says the most important things.

    Quality words go first, then the composition, the hex codes, colours, style, and the subject
    last. Whole phrases go, or at least whole words; only a word that is longer than the limit by
    itself (as in a script without spaces) is cut.
    """
    shortest = prompt
    for shortest in _shorter_and_shorter(prompt):
        if len(shortest) <= limit:
            return shortest
    words = shortest.split()
    while len(words) > 1 and len(" ".join(words)) > limit:
        words.pop()
    return " ".join(words)[:limit].rstrip(" ,")


def _shorter_and_shorter(prompt: str) -> Iterator[str]:
    """The prompt, each time with the least important phrase less, down to a single phrase."""
    phrases, colors, quality = _taken_apart(prompt)
    hexes = True

    def joined() -> str:
        shown = colors if hexes else list(dict.fromkeys(c.rpartition(" ")[0] for c in colors))
        palette = [COLORS + ", ".join(shown)] if shown else []
        return ", ".join([*phrases, *palette, *quality])

    yield joined()
    while quality:
        quality.pop()
        yield joined()
    for words in (WIDE, TALL, SQUARE):
        if words in phrases[1:]:
            phrases.remove(words)
            yield joined()
    hexes = False
    yield joined()
    if COHESIVE in phrases[1:]:
        phrases.remove(COHESIVE)
        yield joined()
    while colors:
        colors.pop()
        yield joined()
    while len(phrases) > 1:
        phrases.pop()
        yield joined()


def _taken_apart(prompt: str) -> tuple[list[str], list[str], list[str]]:
    """Phrases of subject, style and composition; colours; what comes after them."""
    found = _PALETTE.search(prompt)
    if found is None:
        return prompt.split(", "), [], []
    after = prompt[found.end() :]
    return (
        [p for p in prompt[: found.start()].split(", ") if p],
        found[1].removesuffix(", ").split(", "),
        after.split(", ") if after else [],
    )
