"""Every built-in style is sound, and a bad one is refused in one clear line."""

from __future__ import annotations

import re
from importlib import resources

import numpy as np
import pytest
from synthetic_songs import make_analysis

from clavilux.direction.prompts import QUALITY
from clavilux.direction.style import (
    FUNCTIONS,
    Style,
    built_in_style,
    choose_style,
    contrast,
    load_style,
    rng_for,
    style_names,
)
from clavilux.model.color import luminance
from clavilux.model.errors import SpecError

SCENES = {
    "nebula",
    "aurora",
    "ocean",
    "ridges",
    "dunes",
    "city",
    "ink",
    "tunnel",
    "glass",
    "flow",
    "kaleidoscope",
    "monolith",
}
EFFECTS = {"ken_burns", "dissolve", "pulse", "parallax", "grain", "bloom", "aberration", "morph"}
WORDS = {
    "nebula": ("nebula", "star", "galax", "cosmic"),
    "aurora": ("aurora",),
    "ocean": ("ocean", "horizon", "wave", "water", "tide"),
    "ridges": ("ridge",),
    "dunes": ("dune", "desert"),
    "city": ("city", "skyline"),
    "ink": ("ink", "paint"),
    "tunnel": ("tunnel", "vortex"),
    "glass": ("glass",),
    "flow": ("flow", "silk"),
    "kaleidoscope": ("kaleidoscope",),
    "monolith": ("monolith", "concrete"),
}
"""Words that belong to a scene; each theme says at least one of its own scene's."""


@pytest.fixture(params=style_names())
def style(request: pytest.FixtureRequest) -> Style:
    return load_style(request.param)


def _toml(name: str) -> str:
    return (resources.files("clavilux.styles") / f"{name}.toml").read_text(encoding="utf-8")


def test_there_are_at_least_ten() -> None:
    assert len(style_names()) >= 10


def test_scenes_and_effects_exist(style: Style) -> None:
    assert set(style.themes) <= SCENES
    assert set(style.effects) == EFFECTS
    for strengths in style.function_effects.values():
        assert set(strengths) <= EFFECTS
    named = {scene for names in style.scenes.values() for scene in names}
    assert len(named) >= 3
    assert all(len(set(style.scenes[f])) >= 2 for f in FUNCTIONS)


def test_palettes_run_from_dark_to_light_with_contrast(style: Style) -> None:
    for palette in style.palettes.values():
        ground, body, light, accent = map(luminance, palette)
        assert ground < body < light
        assert ground < accent < light
        assert contrast(palette) >= 7


def test_themes_say_what_their_scene_draws(style: Style) -> None:
    for scene, themes in style.themes.items():
        for theme in (*themes.calm, *themes.moving, *themes.strong):
            assert re.search(rf"\b({'|'.join(WORDS[scene])})", theme), (scene, theme)
            assert len(theme) <= 120


def test_every_scene_is_used_by_some_style() -> None:
    assert {s for name in style_names() for s in load_style(name).themes} == SCENES


def test_unknown_name_suggests_a_near_one() -> None:
    with pytest.raises(SpecError, match=r"'neon_citty'; did you mean neon_city\?") as caught:
        load_style("neon_citty")
    assert "\n" not in str(caught.value)
    with pytest.raises(SpecError, match=r"known: .*deep_space"):
        load_style("zzz")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("global_style =", "globl_style =", "did you mean global_style"),
        ("[fit]\n", "[fit]\nvalense = 1\n", "unknown field 'fit.valense'; did you mean valence"),
        ("bright = [", "brite = [", "did you mean bright"),
        ('calm = ["#', 'calm = ["#000000", "#', "palette 'calm' must have exactly 4 colours"),
        ("bridge = [", "bridges = [", "did you mean bridge"),
        ("pulse = 1.3", "pulse = 5.0", "less than or equal to 4"),
        ("grading = 0.45", "grading = 1.5", "grading: .* less than or equal to 1"),
        ("grading =", "grding =", "unknown field 'grding'; did you mean grading"),
        ("[themes.flow]", "[themes.floe]", r"scene 'flow' has no \[themes.flow\]"),
        ("title =", "title", "not valid TOML"),
        ('calm = ["#090B1E"', 'calm = ["#90CFE4"', "palette 'calm': .* contrast"),
        ('calm = ["#090B1E"', 'calm = ["#09"', "'#09' is not a colour"),
    ],
)
def test_bad_style_files_are_refused(tmp_path, old: str, new: str, says: str) -> None:
    text = _toml("neon_city")
    assert old in text
    file = tmp_path / "mine.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SpecError, match=says) as caught:
        load_style(str(file))
    assert "\n" not in str(caught.value)


def test_own_style_by_path(tmp_path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(_toml("deep_space"), encoding="utf-8")
    mine = load_style(str(file))
    assert mine.name == "mine"
    assert mine.palettes == load_style("deep_space").palettes
    with pytest.raises(SpecError, match="cannot be read"):
        load_style(str(tmp_path / "none.toml"))


def test_grading_and_quality_words_have_usual_values(tmp_path) -> None:
    text = re.sub(r"(?m)^(grading|quality) = .*\n", "", _toml("ink_and_paper"))
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    mine, own = load_style(str(file)), load_style("ink_and_paper")
    assert (mine.grading, mine.quality) == (0.5, QUALITY)
    assert own.grading > mine.grading and "8k" not in own.quality
    assert built_in_style("ink_and_paper") == own and built_in_style("mine") is None


def test_auto_is_stable_and_fits_the_song() -> None:
    loud = [
        make_analysis(digest=str(i), tempo=140, valence=-0.4, arousal=0.8, brightness=0.8)
        for i in range(30)
    ]
    soft = [
        make_analysis(digest=str(i), tempo=62, valence=0.0, arousal=-0.8, brightness=0.3)
        for i in range(30)
    ]
    for_loud = [choose_style(a, 1) for a in loud]
    for_soft = [choose_style(a, 1) for a in soft]
    assert for_loud == [choose_style(a, 1) for a in loud]
    assert sum(a == b for a, b in zip(for_loud, for_soft, strict=True)) <= 2
    assert len(set(for_loud)) >= 2
    assert len(set(for_soft)) >= 2
    assert {choose_style(loud[0], seed) for seed in range(30)} > {for_loud[0]}


@pytest.mark.parametrize(
    ("name", "song"),
    [
        ("neon_city", {"valence": 0.0, "arousal": 0.6, "tempo": 120, "brightness": 0.6}),
        ("ink_and_paper", {"valence": -0.25, "arousal": -0.45, "tempo": 70, "brightness": 0.35}),
        ("mirror_garden", {"valence": 0.65, "arousal": 0.55, "tempo": 120, "brightness": 0.65}),
    ],
)
def test_auto_prefers_the_style_made_for_a_song(name: str, song: dict[str, float]) -> None:
    chosen = [choose_style(make_analysis(digest=str(i), **song), 1) for i in range(40)]
    assert max(set(chosen), key=chosen.count) == name
    still = [
        choose_style(make_analysis(digest=str(i), **{**song, "arousal": -song["arousal"]}), 1)
        for i in range(40)
    ]
    assert still.count(name) < chosen.count(name) / 2


def test_unlike_moods_reach_most_styles() -> None:
    rng = np.random.default_rng(5)
    chosen = {
        choose_style(
            make_analysis(
                digest=str(i),
                valence=rng.uniform(-0.8, 0.8),
                arousal=rng.uniform(-0.8, 0.8),
                tempo=rng.uniform(60, 160),
            ),
            1,
        )
        for i in range(60)
    }
    assert len(chosen) >= 9


def test_randomness_depends_on_song_seed_and_purpose() -> None:
    song, other = make_analysis(digest="a"), make_analysis(digest="b")
    draws = [
        rng_for(song, 1, "x").random(),
        rng_for(song, 2, "x").random(),
        rng_for(song, 1, "y").random(),
        rng_for(other, 1, "x").random(),
    ]
    assert len(set(draws)) == 4
    assert rng_for(song, 1, "x").random() == draws[0]
