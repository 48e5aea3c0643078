"""RenderSpec -> image requests: which keyframes a video needs."""

from __future__ import annotations

from clavilux.direction.prompts import build_image_prompt
from clavilux.model.request import ImageRequest
from clavilux.model.spec import Preset, RenderSpec, SectionSpec
from clavilux.planning.edit import seed_of
from clavilux.planning.shots import still_count

HEADROOM = 1.15
"""Stills are this much larger than the frame, so that a zoom stays sharp."""


def image_requests(spec: RenderSpec, preset: Preset) -> tuple[ImageRequest, ...]:
    """One request per still, in order of the song: all of a section above tier 1, and the hero of
    a tier-1 section that holds the climax."""
    return tuple(
        _request(spec, section, index, preset)
        for section in spec.sections
        for index in range(still_count(section))
    )


def _request(spec: RenderSpec, section: SectionSpec, index: int, preset: Preset) -> ImageRequest:
    words = build_image_prompt(section, spec.global_style, aspect=preset.aspect)
    hero = section.hero and index == still_count(section) - 1
    return ImageRequest(
        section=section.label,
        index=index,
        prompt=words.prompt,
        negative_prompt=words.negative_prompt,
        simplified=words.simplified,
        width=round(preset.width * HEADROOM / 2) * 2,
        height=round(preset.height * HEADROOM / 2) * 2,
        seed=seed_of(spec.seed, spec.title, section.label, section.theme, "still", index),
        theme=section.theme,
        scene=section.scene,
        palette=section.palette,
        energy=min(1.0, section.energy + 0.25) if hero else section.energy,
        hero=hero,
    )
