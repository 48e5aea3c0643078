"""A section, or the whole video, in another style: its palette, scene, words and effects."""

from __future__ import annotations

from typing import get_args

from clavilux.direction.palettes import PREFERENCES
from clavilux.direction.style import Style, built_in_style, load_style, style_names
from clavilux.model.song import Function
from clavilux.model.spec import RenderSpec, SectionSpec
from clavilux.planning.edit import seed_of
from clavilux.planning.themes import scene_for


def restyled(section: SectionSpec, name: str, *, number: int, seed: int) -> SectionSpec:
    """The section as a style has it. `number`: its place in the song, so that neighbours differ.

    Times, tier, energy, stills and transition stay. The same arguments, the same words.
    """
    style, function = load_style(name), _function(section)

    def pick(words: tuple[str, ...], what: str) -> str:
        return words[(seed_of(seed, name, what) + number) % len(words)]

    scene = pick(style.scenes[function][:2], "scene")
    level = "strong" if section.energy > 0.66 else "moving" if section.energy > 0.33 else "calm"
    liked = [c for c in PREFERENCES[function] if c in style.palettes] or [*style.palettes]
    mood = pick(style.moods["bright_strong" if section.energy > 0.5 else "bright_calm"], "mood")
    cut = style.fragments
    words = [pick(getattr(cut, kind), kind) for kind in ("camera", "light", "material")]
    return section.model_copy(
        update={
            "palette": style.palettes[liked[0]],
            "scene": scene,
            "theme": pick(getattr(style.themes[scene], level), f"{scene} {level}"),
            "mood": mood,
            "prompt": f"{', '.join(words)}, {mood} mood",
            "effects": {**section.effects, **style.effects_for(function)},
        }
    )


def restyled_video(spec: RenderSpec, name: str) -> RenderSpec:
    """What the whole video has of a style, beside its sections."""
    style = load_style(name)
    return spec.model_copy(
        update={
            "style": style.name,
            "global_style": style.global_style,
            "quality": style.quality,
            "grading": style.grading,
            "likeness": style.likeness,
        }
    )


def scene_theme(section: SectionSpec, scene: str, *, style: str) -> str:
    """A theme that shows a scene: the section's own where it does, else a style's words for it."""
    if scene_for(section.theme, usual=scene) == scene:
        return section.theme
    level = "strong" if section.energy > 0.66 else "moving" if section.energy > 0.33 else "calm"
    for look in (built_in_style(style), *(load_style(name) for name in style_names())):
        if isinstance(look, Style) and scene in look.themes:
            return str(getattr(look.themes[scene], level)[0])
    return scene


def _function(section: SectionSpec) -> Function:
    """What a section is in the song, by its label."""
    label = section.label.rpartition("_")[0] or section.label
    for function in get_args(Function):
        if label.lower() == function:
            return function  # type: ignore[no-any-return]
    return "instrumental"
