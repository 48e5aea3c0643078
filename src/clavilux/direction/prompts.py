"""From a section's words to what an image model is sent."""

from __future__ import annotations

import numpy as np

from clavilux.model.base import Value
from clavilux.model.color import Palette, hex_to_srgb, srgb_to_oklab
from clavilux.model.spec import SectionSpec

QUALITY = "high quality, detailed, 8k resolution, cinematic lighting"

NEGATIVE_PROMPT = (
    "text, watermark, logo, signature, blurry, low quality, faces, people, borders, frame"
)

COLOR_NAMES = {
    "black": "#0A0A0C",
    "graphite black": "#15181C",
    "charcoal": "#2B2D31",
    "slate grey": "#5B6570",
    "grey": "#84847F",
    "taupe": "#766A5E",
    "silver": "#B9C0C7",
    "pale grey": "#DDDCD7",
    "white": "#FFFFFF",
    "ivory": "#F6EFDD",
    "cream": "#F5E3B8",
    "sand": "#D9B98A",
    "umber": "#5A4030",
    "brown": "#7C4F44",
    "dark brown": "#2B1C14",
    "terracotta": "#B75D3F",
    "rust": "#9A4318",
    "orange": "#F58A1F",
    "amber": "#F5B301",
    "gold": "#D4A94B",
    "bronze": "#C28A52",
    "pale yellow": "#FBF0A0",
    "lemon yellow": "#F2E21B",
    "olive": "#6B7030",
    "sage green": "#A0BB72",
    "lime green": "#9BD81E",
    "pale green": "#BDEBB5",
    "light green": "#7DDC86",
    "leaf green": "#2F8548",
    "emerald": "#1FA863",
    "forest green": "#1E5233",
    "dark green": "#0B2016",
    "mint": "#8FF0C8",
    "sea green": "#64C096",
    "teal": "#0F7F80",
    "deep teal": "#063A40",
    "petrol blue": "#06627A",
    "turquoise": "#2CD3CB",
    "pale cyan": "#BDEFF2",
    "sky blue": "#7CC3EE",
    "azure": "#1E82D8",
    "steel blue": "#4A7299",
    "denim blue": "#325A80",
    "ocean blue": "#184A74",
    "slate blue": "#2A3C66",
    "cobalt blue": "#1F47B5",
    "navy": "#0B1E4A",
    "midnight blue": "#080E24",
    "indigo": "#392A86",
    "violet": "#7A3FD0",
    "mauve": "#7E5A80",
    "lavender": "#BBA6E8",
    "deep purple": "#2A0F3D",
    "dusky purple": "#3C2F54",
    "plum": "#6B2A63",
    "magenta": "#D21CA8",
    "orchid pink": "#E87FD0",
    "hot pink": "#FA3F8E",
    "rose": "#E2808F",
    "blush pink": "#F7CFCB",
    "peach": "#FBC79A",
    "coral": "#FB7458",
    "scarlet": "#E62A1C",
    "crimson": "#B3123A",
    "maroon": "#5E1224",
    "dark wine": "#1F0710",
}
"""What people, and so captions, call colours."""

_NAMES = tuple(COLOR_NAMES)
_LABS = np.array([srgb_to_oklab(hex_to_srgb(c)) for c in COLOR_NAMES.values()])


class ImagePrompt(Value):
    """What an image model is told."""

    prompt: str
    negative_prompt: str
    simplified: str
    """A shorter prompt for the second try, with nothing a filter could stumble over."""


def color_name(color: str) -> str:
    """The everyday name nearest to a hex colour, by distance in OKLab."""
    distance = np.linalg.norm(_LABS - srgb_to_oklab(hex_to_srgb(color)), axis=1)
    return _NAMES[int(distance.argmin())]


def build_image_prompt(section: SectionSpec, global_style: str, *, aspect: float) -> ImagePrompt:
    """The section's prompt with style, format, colour guidance and quality words added.

    `aspect` is width / height of the video.
    """
    subject = section.prompt
    if section.theme.lower() not in subject.lower():
        subject = ", ".join(part for part in (section.theme, subject) if part)
    colors = ", ".join(f"{color_name(c)} {c}" for c in section.palette)
    parts = (
        subject,
        f"{global_style}, cohesive visual theme" if global_style else "cohesive visual theme",
        _composition(aspect),
        f"color palette: {colors}",
        QUALITY,
    )
    return ImagePrompt(
        prompt=", ".join(parts),
        negative_prompt=NEGATIVE_PROMPT,
        simplified=_simplified(section, global_style),
    )


def _composition(aspect: float) -> str:
    if aspect > 1.2:
        return "wide horizontal composition"
    return "tall vertical composition" if aspect < 1 / 1.2 else "square composition"


def _simplified(section: SectionSpec, global_style: str) -> str:
    subject = section.theme or section.scene
    names = _unique(section.palette)
    style = global_style.split(",")[0].strip()
    return ", ".join(p for p in (subject, style, f"colors: {' and '.join(names)}") if p)


def _unique(palette: Palette) -> list[str]:
    return list(dict.fromkeys(color_name(c) for c in palette))
