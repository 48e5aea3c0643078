"""Prompts: the seed's recipe, and names for colours."""

from __future__ import annotations

import pytest

from clavilux.direction.prompts import COLOR_NAMES, build_image_prompt, color_name
from clavilux.model.spec import SectionSpec

SECTION = SectionSpec(
    label="chorus_1",
    start=0,
    end=10,
    theme="cosmic energy, exploding stars",
    palette=("#1A1A2E", "#004E89", "#F7C59F", "#FF6B35"),
    mood="euphoric, powerful",
    prompt="cosmic energy, exploding stars, wide view, euphoric mood",
    scene="nebula",
    energy=0.8,
)


def test_prompt_has_base_style_colours_and_quality() -> None:
    made = build_image_prompt(SECTION, "oil painting style, thick impasto", aspect=16 / 9)
    assert made.prompt.startswith(SECTION.prompt + ", oil painting style, thick impasto, cohesive")
    for color in SECTION.palette:
        assert f"{color_name(color)} {color}" in made.prompt
    assert made.prompt.endswith("high quality, detailed, 8k resolution, cinematic lighting")
    for word in [
        "text",
        "watermark",
        "logo",
        "signature",
        "blurry",
        "faces",
        "people",
        "borders",
        "frame",
    ]:
        assert word in made.negative_prompt.split(", ")


@pytest.mark.parametrize(("aspect", "word"), [(16 / 9, "wide"), (9 / 16, "tall"), (1.0, "square")])
def test_prompt_follows_the_aspect(aspect: float, word: str) -> None:
    assert f"{word} " in build_image_prompt(SECTION, "", aspect=aspect).prompt


def test_simplified_is_short_and_plain() -> None:
    made = build_image_prompt(SECTION, "oil painting style, thick impasto", aspect=1.0)
    assert made.simplified.startswith("cosmic energy, exploding stars, oil painting style, colors:")
    assert "#" not in made.simplified
    assert len(made.simplified) < len(made.prompt) / 2


def test_prompt_falls_back_on_the_theme() -> None:
    bare = SECTION.model_copy(update={"prompt": ""})
    assert build_image_prompt(bare, "", aspect=1.0).prompt.startswith(SECTION.theme)


@pytest.mark.parametrize(
    ("color", "name"),
    [("#FF6B35", "coral"), ("#2450B8", "cobalt blue"), ("#000000", "black"), ("#FFFFFF", "white")],
)
def test_color_names(color: str, name: str) -> None:
    assert color_name(color) == name


def test_each_name_names_itself() -> None:
    assert len(COLOR_NAMES) >= 40
    assert all(color_name(color) == name for name, color in COLOR_NAMES.items())
