"""Theme words choose what is painted; the director's own themes name their own scenes."""

from __future__ import annotations

import pytest

from clavilux.direction.style import load_style, style_names
from clavilux.planning.themes import scene_for


@pytest.mark.parametrize(
    ("theme", "usual", "scene"),
    [
        ("a misty forest of pines", "dunes", "ridges"),
        ("desert under a huge sun", "ocean", "dunes"),
        ("neon skyline", "nebula", "city"),
        ("ocean at dusk", "ocean", "ocean"),
        ("my grandmother's kitchen", "ink", "ink"),
        ("", "glass", "glass"),
    ],
)
def test_words_choose_the_scene(theme: str, usual: str, scene: str) -> None:
    assert scene_for(theme, usual=usual) == scene


@pytest.mark.parametrize("name", style_names())
def test_themes_of_a_style_name_their_own_scene(name: str) -> None:
    for scene, themes in load_style(name).themes.items():
        for theme in (*themes.calm, *themes.moving, *themes.strong):
            assert scene_for(theme, usual=scene) == scene, theme
