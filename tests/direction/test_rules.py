"""The rules director: always a valid spec, the same for the same song, and musical."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_songs import POP, analyses, make_analysis

from clavilux.direction.keyframes import climax_index
from clavilux.direction.prompts import build_image_prompt
from clavilux.direction.rules import RulesDirector
from clavilux.direction.style import load_style, style_names
from clavilux.model.errors import SpecError
from clavilux.model.spec import RenderSpec


def _direct(analysis, **options) -> RenderSpec:
    return RulesDirector().direct(analysis, song_path="song.wav", **options)


@given(
    analysis=analyses(),
    style=st.sampled_from(("auto", *style_names())),
    seed=st.integers(0, 2**63 - 1),
    tier=st.sampled_from([1, 2, 3]),
)
@settings(max_examples=40, deadline=None)
def test_laws(analysis, style: str, seed: int, tier: int) -> None:
    spec = _direct(analysis, style=style, seed=seed, tier=tier)
    assert RenderSpec.model_validate_json(spec.model_dump_json()) == spec
    assert spec == _direct(analysis, style=style, seed=seed, tier=tier)
    sections = spec.sections
    assert sections[0].start == 0
    assert sections[-1].end == round(analysis.duration, 3)
    peak = climax_index(analysis)
    for i, one in enumerate(sections):
        assert one.tier == tier
        assert one.hero == (i == peak)
        assert (one.energy == 1) == (i == peak)
        assert one.scene in load_style(spec.style).themes
        assert one.theme in build_image_prompt(one, spec.global_style, aspect=1.0).prompt
    for one, after in pairwise(sections):
        assert one.end == after.start
        assert one.scene != after.scene
    assert [s.label for s in sections] == [s.label for s in analysis.sections]


@pytest.mark.parametrize("style", style_names())
def test_a_pop_song(style: str) -> None:
    spec = _direct(make_analysis(), style=style)
    by = {s.label: s for s in spec.sections}
    assert by["chorus_1"].energy < by["chorus_2"].energy < by["chorus_3"].energy == 1
    assert by["chorus_1"].scene == by["chorus_2"].scene == by["chorus_3"].scene
    assert by["verse_1"].scene == by["verse_2"].scene
    assert max(by["intro_1"].energy, by["outro_1"].energy) <= 0.4
    assert len({s.scene for s in spec.sections}) >= 3
    assert by["chorus_1"].transition == "morph"
    assert by["verse_2"].transition == "dissolve"
    assert len({s.theme for s in spec.sections}) >= 7
    assert 10 <= sum(s.stills for s in spec.sections) <= 20
    assert by["intro_1"].effects["pulse"] < by["chorus_3"].effects["pulse"]


def test_same_energy_choruses_still_grow() -> None:
    parts = [("verse", "A", 20.0, 0.2), ("chorus", "B", 20.0, 0.6)] * 3
    spec = _direct(make_analysis([*parts, ("drop", "C", 20.0, 1.0)]), style="neon_city")
    energies = [s.energy for s in spec.sections if s.label.startswith("chorus")]
    assert energies[0] < energies[1] < energies[2] < 1


def test_repeats_in_a_row_change_the_scene() -> None:
    spec = _direct(make_analysis([("verse", "A", 20.0, 0.5)] * 4), style="oil_painting")
    scenes = [s.scene for s in spec.sections]
    assert scenes[0] == scenes[2] != scenes[1]


def test_a_stand_in_scene_leaves_its_neighbours_theirs() -> None:
    verse, chorus = ("verse", "A", 20.0, 0.5), ("chorus", "B", 20.0, 1.0)
    parts = [verse, verse, chorus, ("bridge", "C", 20.0, 0.3), chorus]
    for style in style_names():
        for seed in range(4):
            spec = _direct(make_analysis(parts), style=style, seed=seed)
            scenes = [s.scene for s in spec.sections]
            assert scenes[1] not in (scenes[0], scenes[2])
            assert scenes[2] == scenes[4]


def test_a_loud_intro_still_begins_calmly() -> None:
    parts = [("intro", "A", 20.0, 0.9), ("verse", "B", 20.0, 0.5), ("drop", "C", 20.0, 1.0)]
    spec = _direct(make_analysis(parts), style="neon_city")
    assert spec.sections[0].energy <= 0.4
    # unless it is the climax itself
    assert _direct(make_analysis(parts, climax=5.0)).sections[0].energy == 1


def test_a_drop_after_silence_is_cut_to() -> None:
    parts = [("verse", "A", 20.0, 0.1), ("drop", "B", 20.0, 1.0), ("drop", "B", 20.0, 0.9)]
    spec = _direct(make_analysis(parts), style="neon_city")
    assert [s.transition for s in spec.sections] == ["dissolve", "cut", "dissolve"]
    assert all(s.transition != "cut" for s in _direct(make_analysis(POP)).sections)


def test_unlike_songs_get_unlike_videos() -> None:
    loud = _direct(make_analysis(digest="a", tempo=138, valence=-0.3, arousal=0.8))
    soft = _direct(make_analysis(digest="b", tempo=64, valence=0.3, arousal=-0.7))
    assert loud.style != soft.style
    assert not {s.palette for s in loud.sections} & {s.palette for s in soft.sections}
    words = [Counter(s.mood for s in spec.sections) for spec in (loud, soft)]
    assert not words[0] & words[1]


def test_a_seed_varies_scenes_and_words_within_a_style() -> None:
    specs = [_direct(make_analysis(), style="deep_space", seed=k) for k in range(12)]
    assert len({tuple(s.scene for s in spec.sections) for spec in specs}) >= 4
    assert len({tuple(s.theme + s.prompt for s in spec.sections) for spec in specs}) == 12


def test_no_sections_is_an_error() -> None:
    empty = make_analysis().model_copy(update={"sections": ()})
    with pytest.raises(SpecError, match="no sections"):
        _direct(empty)
