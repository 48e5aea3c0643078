"""RenderSpec -> image requests: which keyframes a video needs."""

from __future__ import annotations

from collections import Counter

from clavilux.direction.prompts import QUALITY, build_image_prompt
from clavilux.model.request import ImageRequest
from clavilux.model.spec import Preset, RenderSpec, SectionSpec
from clavilux.planning.edit import seed_of
from clavilux.planning.shots import still_count

HEADROOM = 1.15
"""Stills are this much larger than the frame, so that a zoom stays sharp."""


def image_requests(spec: RenderSpec, preset: Preset) -> tuple[ImageRequest, ...]:
    """One request per still, in order of the song: all of a section above tier 1, and the hero of
    a tier-1 section that holds the climax."""
    seen = Counter[str]()
    requests = []
    for section in spec.sections:
        for index in range(still_count(section)):
            request = _request(spec, section, index, preset)
            requests.append(_told_apart(request, seen[request.prompt]))
            seen[request.prompt] += 1
    return tuple(requests)


def _request(spec: RenderSpec, section: SectionSpec, index: int, preset: Preset) -> ImageRequest:
    words = build_image_prompt(
        section, spec.global_style, aspect=preset.aspect, quality=spec.quality or QUALITY
    )
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
        shared_seed=1 + seed_of(spec.seed, spec.title, "pictures") % (2**31 - 2**16),
        style=spec.global_style,
        grading=spec.grading,
        likeness=spec.likeness,
        theme=section.theme,
        scene=section.scene,
        palette=section.palette,
        energy=min(1.0, section.energy + 0.25) if hero else section.energy,
        hero=hero,
    )


def _told_apart(request: ImageRequest, variation: int) -> ImageRequest:
    """The same words again, as for a second chorus, are to give another picture."""
    change = {"variation": variation, "shared_seed": request.shared_seed + variation}
    return request.model_copy(update=change)
