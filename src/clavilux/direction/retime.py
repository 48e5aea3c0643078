"""A spec keeps its pictures when the beats or the sections of its song are corrected."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from clavilux.analysis.correct import apply_correction
from clavilux.analysis.resection import NEAR_BAR
from clavilux.model.correction import Correction
from clavilux.model.song import Analysis, Section
from clavilux.model.spec import RenderSpec, SectionSpec

ON_LINE = 0.002
"""Seconds: a time this near to a bar line was put there."""
SLIP = 0.03
"""Seconds: a time this near to a bar line is meant to be on it."""

Direct = Callable[[Analysis, str], RenderSpec]
"""Directs a song in a style."""


def direct_corrected(
    direct: Direct, heard: Analysis, correction: Correction, *, style: str
) -> tuple[RenderSpec, Analysis]:
    """The spec of a song that a person corrected, and the analysis its beats follow.

    The song is directed as it was heard, so that no correction of the rhythm changes a prompt, and
    then put on the corrected bar lines. Sections a person names are directed afresh, in the same
    style; those whose labels were there before look as before.
    """
    spec = direct(heard, style)
    corrected = apply_correction(heard, correction)
    rhythm = correction.of_rhythm
    if correction.sections:
        fresh = direct(corrected, spec.style if style == "auto" else style)
        spec = keep_looks(fresh, of=spec).model_copy(update={"named_sections": True})
    elif not correction.changes_nothing:
        spec = on_sections(spec, corrected.sections)
    return _followed(spec, rhythm), apply_correction(heard, rhythm)


def direct_once(
    direct: Direct, heard: Analysis, correction: Correction, *, style: str
) -> tuple[RenderSpec, Analysis]:
    """The same, where directing costs something: sections that a person names are all there are."""
    if not correction.sections:
        return direct_corrected(direct, heard, correction, style=style)
    named = apply_correction(heard, Correction(sections=correction.sections))
    spec, _ = direct_corrected(direct, named, correction.of_rhythm, style=style)
    spec = spec.model_copy(update={"named_sections": True})
    return spec, apply_correction(heard, correction.of_rhythm)


def correct_spec(
    spec: RenderSpec, heard: Analysis, wanted: Correction
) -> tuple[RenderSpec, Analysis]:
    """A spec on the bar lines of its own correction and, over that, of a wanted one.

    A correction that was edited in the spec by hand moves the sections as a wanted one does: they
    lie on the bar lines of the correction that Clavilux wrote them with (`times_follow`), or on
    those that were heard. Where it was not edited, they are where they belong already.
    """
    own = apply_correction(heard, spec.correction)
    spec = _followed(retime(spec, before=_before(spec, heard, own), after=own), spec.correction)
    correction = spec.correction.overridden_by(wanted)
    if correction == spec.correction:
        return spec, own
    after = apply_correction(heard, correction)
    return _followed(retime(spec, before=own, after=after), correction), after


def _before(spec: RenderSpec, heard: Analysis, own: Analysis) -> Analysis:
    """The bar lines on which the times of a spec's sections were written."""
    if spec.times_follow is None:
        return heard
    if spec.times_follow == spec.correction:
        return own
    return apply_correction(heard, spec.times_follow)


def _followed(spec: RenderSpec, correction: Correction) -> RenderSpec:
    """The spec with a correction, which its sections follow."""
    follow = None if correction.changes_nothing else correction
    return spec.model_copy(update={"correction": correction, "times_follow": follow})


def retime(spec: RenderSpec, *, before: Analysis, after: Analysis) -> RenderSpec:
    """The same video on other bar lines: only the times of the sections change.

    A section that begins on a bar line of `before` goes to the nearest one of `after`; one that a
    person moved off the bar lines, or named, stays unless one of `after` is close by. Where two
    would meet, or no bar line is another, all stay.
    """
    bar = after.beat_period * after.meter
    others = before.downbeats != after.downbeats
    near = max(SLIP, NEAR_BAR * bar if spec.named_sections and others else 0.0)
    moved = []
    for time in (section.start for section in spec.sections[1:]):
        placed = not spec.named_sections and _on_a_line(time, before)
        moved.append(round(after.nearest_downbeat(time, within=math.inf if placed else near), 3))
    edges = [spec.sections[0].start, *moved, spec.sections[-1].end]
    if any(b <= a for a, b in pairwise(edges)):
        return spec
    return _with_edges(spec, edges)


def on_sections(spec: RenderSpec, sections: Sequence[Section]) -> RenderSpec:
    """The same video on sections of the same number and order at other times."""
    starts = [round(section.start, 3) for section in sections[1:]]
    return _with_edges(spec, [spec.sections[0].start, *starts, spec.sections[-1].end])


def keep_looks(spec: RenderSpec, *, of: RenderSpec) -> RenderSpec:
    """A spec of other sections, in which those whose labels another spec has look as they do there.

    Which section is the hero, and how each begins, follow the new sections.
    """
    known = {section.label: section for section in of.sections}
    sections = [
        _looking_like(known[section.label], section) if section.label in known else section
        for section in spec.sections
    ]
    return spec.model_copy(update={"sections": tuple(sections)})


def _looking_like(look: SectionSpec, section: SectionSpec) -> SectionSpec:
    return look.model_copy(
        update={
            "start": section.start,
            "end": section.end,
            "hero": section.hero,
            "stills": max(look.stills, int(section.hero)),
            "transition": section.transition,
        }
    )


def _on_a_line(time: float, analysis: Analysis) -> bool:
    return abs(analysis.nearest_downbeat(time) - time) <= ON_LINE


def _with_edges(spec: RenderSpec, edges: Sequence[float]) -> RenderSpec:
    sections = tuple(
        section.model_copy(update={"start": start, "end": end})
        for section, (start, end) in zip(spec.sections, pairwise(edges), strict=True)
    )
    return spec.model_copy(update={"sections": sections})
