"""Prompts: the seed's recipe, and names for colours."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clavilux.direction.caution import is_risky, without_risks
from clavilux.direction.color_names import COLOR_NAMES, color_name
from clavilux.direction.prompts import (
    NEGATIVE_PROMPT,
    build_image_prompt,
    shorten,
)
from clavilux.direction.style import load_style, style_names
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


def test_quality_words_are_the_style_s() -> None:
    made = build_image_prompt(SECTION, "sumi-e", aspect=1.0, quality="masterly brushwork")
    assert made.prompt.endswith(SECTION.palette[-1] + ", masterly brushwork")
    assert "8k" not in made.prompt


@pytest.mark.parametrize(
    ("words", "gone"),
    [
        ("a crowd of people under lamps", {"people"}),
        ("no people, no text, an empty street", set()),
        ("context, textile", set()),
        ("low sun in frame", set()),
        ("a picture frame full of faces", {"frame", "faces"}),
    ],
)
def test_what_the_section_asks_for_is_not_unwanted(words: str, gone: set[str]) -> None:
    section = SECTION.model_copy(update={"theme": "", "prompt": words})
    made = build_image_prompt(section, "", aspect=1.0)
    assert set(NEGATIVE_PROMPT.split(", ")) - set(made.negative_prompt.split(", ")) == gone


# --- Lengths ---------------------------------------------------------------------------------

FULL = build_image_prompt(SECTION, "oil painting style, thick impasto", aspect=16 / 9).prompt


def test_the_least_important_goes_first() -> None:
    texts = [shorten(FULL, limit=n) for n in range(len(FULL), 0, -1)]
    gone_at = {
        what: next(i for i, text in enumerate(texts) if what not in text)
        for what in (
            "cinematic lighting", "high quality", "horizontal composition", "#FF6B35",
            "cohesive visual theme", "coral", "impasto", "oil painting", "wide view", "exploding",
        )
    }  # fmt: skip
    assert list(gone_at.values()) == sorted(gone_at.values())
    assert texts[gone_at["#FF6B35"]].endswith(
        "cohesive visual theme, color palette: slate blue, petrol blue, pale peach, coral".replace(
            "slate blue", color_name(SECTION.palette[0])
        )
        .replace("petrol blue", color_name(SECTION.palette[1]))
        .replace("pale peach", color_name(SECTION.palette[2]))
    )


def test_words_and_colours_are_never_cut() -> None:
    words = set(re.findall(r"[#\w:-]+", FULL))
    for limit in range(6, len(FULL) + 5):
        text = shorten(FULL, limit=limit)
        assert 0 < len(text) <= limit
        assert set(re.findall(r"[#\w:-]+", text)) <= words
        assert len(text) == len(FULL) or not text.endswith((",", " ", "color palette:"))


def test_a_prompt_that_fits_is_left_alone() -> None:
    assert shorten(FULL, limit=len(FULL)) == FULL
    assert shorten("anything, #12345, at all", limit=99) == "anything, #12345, at all"


@given(st.text(max_size=300), st.integers(1, 200))
def test_any_text_keeps_the_limit(prompt: str, limit: int) -> None:
    assert len(shorten(prompt, limit=limit)) <= limit


def test_a_script_without_spaces_is_cut() -> None:
    assert shorten("夜の海" * 50, limit=10) == ("夜の海" * 50)[:10]


# --- The second try --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theme", "left"),
    [
        ("a knight stabbing a dragon, castle at night", "castle at night"),
        ("blood rain over the city", "rain over the city"),
        ("water lilies by Claude Monet", "water lilies"),
        ("night street in the style of somebody", "night street"),
        ("skyline, Pixar style", "skyline"),
        ("a man and a woman dancing", "dancing"),
        ("warm paint, skyline by the sea", "warm paint, skyline by the sea"),
        ("naked bodies", "nebula"),
        ("", "nebula"),
    ],
)
def test_simplified_has_nothing_to_stumble_over(theme: str, left: str) -> None:
    section = SECTION.model_copy(update={"theme": theme})
    made = build_image_prompt(section, "paint, by Banksy", aspect=1.0).simplified
    assert made.startswith(f"{left}, paint, colors: ")
    assert not is_risky(made)


def test_the_built_in_themes_pass_as_they_are() -> None:
    for name in style_names():
        style = load_style(name)
        themes = [w for t in style.themes.values() for w in (*t.calm, *t.moving, *t.strong)]
        assert [t for t in themes if without_risks(t) != t] == []
        for words in (*themes, *style.fragments.camera, *style.fragments.material):
            section = SECTION.model_copy(update={"theme": "", "prompt": words})
            assert build_image_prompt(section, "", aspect=1.0).negative_prompt == NEGATIVE_PROMPT
