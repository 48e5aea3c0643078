"""Palettes per section: related where the music is, different where it is not."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_songs import POP, analyses, make_analysis

from clavilux.direction.keyframes import climax_index
from clavilux.direction.palettes import APART, distance, richness, section_palettes
from clavilux.direction.rules import plan_energies
from clavilux.direction.style import MIN_CONTRAST, contrast, load_style, style_names
from clavilux.model.color import hex_to_srgb, luminance, srgb_to_oklab


def _palettes(analysis, style: str, seed: int = 1):
    return section_palettes(
        analysis, load_style(style), energies=plan_energies(analysis), seed=seed
    )


def _hue_of_body(palette) -> float:
    return float(np.degrees(np.arctan2(*srgb_to_oklab(hex_to_srgb(palette[1]))[[2, 1]])))


def _turn(one, other) -> float:
    return abs((_hue_of_body(one) - _hue_of_body(other) + 180) % 360 - 180)


@given(analysis=analyses(), style=st.sampled_from(style_names()), seed=st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_laws(analysis, style: str, seed: int) -> None:
    palettes = _palettes(analysis, style, seed)
    assert len(palettes) == len(analysis.sections)
    peak = climax_index(analysis)
    for i, palette in enumerate(palettes):
        assert len(palette) == 4
        assert contrast(palette) >= MIN_CONTRAST
        assert luminance(palette[0]) < luminance(palette[1]) < luminance(palette[2])
        assert i == peak or richness(palette) < richness(palettes[peak])
    for one, other in pairwise(palettes):
        assert distance(one, other) >= APART


@pytest.mark.parametrize("style", style_names())
def test_choruses_are_one_family_that_grows(style: str) -> None:
    palettes = _palettes(make_analysis(), style)
    functions = [p[0] for p in POP]
    choruses = [p for p, f in zip(palettes, functions, strict=True) if f == "chorus"]
    verses = [p for p, f in zip(palettes, functions, strict=True) if f == "verse"]
    for one, other in pairwise(choruses):
        assert richness(other) > richness(one)
        assert distance(one, other) < distance(one, verses[0])
        assert _turn(one, other) < 12
    lightness = [srgb_to_oklab(hex_to_srgb(p[1]))[0] for p in choruses]
    assert lightness == sorted(lightness)


@pytest.mark.parametrize("style", style_names())
def test_calm_sections_are_darker_and_less_rich(style: str) -> None:
    palettes = dict(
        zip(
            (s.label for s in make_analysis().sections),
            _palettes(make_analysis(), style),
            strict=True,
        )
    )
    for calm in ("intro_1", "outro_1"):
        assert richness(palettes[calm]) < 0.75 * richness(palettes["chorus_3"])
        assert luminance(palettes[calm][1]) < luminance(palettes["chorus_3"][1])


def test_key_mood_and_seed_tint_a_song() -> None:
    plain = _palettes(make_analysis(), "deep_space")
    for other in (
        _palettes(make_analysis(key=("D#", "major")), "deep_space"),
        _palettes(make_analysis(valence=-0.9), "deep_space"),
        _palettes(make_analysis(), "deep_space", seed=2),
    ):
        assert other != plain
        assert max(distance(a, b) for a, b in zip(plain, other, strict=True)) < 0.12


def test_the_climax_takes_the_rich_palette_whatever_its_function() -> None:
    parts = [("chorus", "A", 20.0, 0.4), ("verse", "B", 20.0, 1.0), ("outro", "C", 20.0, 0.1)]
    palettes = _palettes(make_analysis(parts), "northern_lights")
    given = load_style("northern_lights").palettes
    assert _turn(palettes[1], given["rich"]) < 25
    assert _turn(palettes[1], given["cool"]) > 45


def test_contrast_is_kept_for_a_dim_style() -> None:
    style = load_style("deep_space")
    dim = dict.fromkeys(style.palettes, ("#20242C", "#3A4658", "#868C95", "#9A7B5C"))
    low = style.model_copy(update={"palettes": dim})
    assert MIN_CONTRAST <= contrast(low.palettes["calm"]) < 4.7
    analysis = make_analysis()
    for seed in range(5):
        for palette in section_palettes(
            analysis, low, energies=[1.0] * len(analysis.sections), seed=seed
        ):
            assert contrast(palette) >= MIN_CONTRAST
