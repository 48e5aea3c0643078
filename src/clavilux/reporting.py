"""What a render did, from what was made and what was measured of it."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import clavilux
from clavilux.media.receipt import Measured, sync
from clavilux.model.codec import digest
from clavilux.model.consistency import ConsistencyReport
from clavilux.model.money import MICROS
from clavilux.model.report import (
    Choices,
    EncodingReport,
    FlashReport,
    MoneyReport,
    PictureReport,
    RenderReport,
    SectionReport,
)
from clavilux.model.song import Analysis
from clavilux.model.spec import RenderSpec, Tier
from clavilux.model.timeline import Timeline
from clavilux.providers.fulfil import Fulfilled


@dataclass(frozen=True)
class Film:
    """A finished video and how it came about."""

    output: Path
    timeline: Timeline
    audio: str
    """copied, encoded or none."""
    segments: int
    segments_reused: int
    measured: Measured
    flash: FlashReport
    calm: int = 0
    """How often it was drawn again, calmer, because it flashed too much."""
    encoding: EncodingReport | None = None


def describe(
    film: Film,
    song: Path,
    spec: RenderSpec,
    analysis: Analysis,
    made: tuple[Fulfilled, ...],
    choices: Choices,
    seconds: dict[str, float],
    *,
    money: MoneyReport | None = None,
    notices: Sequence[str] = (),
) -> RenderReport:
    """The report that lies beside the video. `notices`: what was told beside the stills' own."""
    timeline, preset = film.timeline, choices.preset
    heard = min(analysis.duration, timeline.rate.seconds(timeline.frames))
    sections = tuple(_section_report(s.label, spec, timeline, made) for s in spec.sections)
    return RenderReport(
        output=str(film.output),
        song=str(song),
        song_digest=analysis.song.digest,
        spec_digest=digest(spec),
        timeline_digest=digest(timeline),
        style=spec.style,
        seed=spec.seed,
        preset=preset.name,
        rate=str(timeline.rate),
        sections=tuple(s for s in sections if s is not None),
        notices=(*dict.fromkeys(notices), *_notices(film, spec, made)),
        encoding=film.encoding,
        audio=film.audio,
        segments=film.segments,
        segments_reused=film.segments_reused,
        stills=sum(m.source is not None for m in made),
        stills_reused=sum(m.reused for m in made),
        pictures=tuple(_picture_report(m) for m in made),
        money=money,
        consistency=_consistency(made),
        spec=spec,
        choices=choices,
        seconds=seconds,
        sync=sync(
            film.output,
            film.measured,
            rate=timeline.rate,
            expected_frames=timeline.frames,
            accents=timeline.accents,
            song_seconds=heard if preset.audio else None,
        ),
        flash=film.flash,
        versions=_versions(),
    )


TIER_3 = "tier 3 needs a video provider; none is installed"


def _notices(film: Film, spec: RenderSpec, made: tuple[Fulfilled, ...]) -> tuple[str, ...]:
    notices = [m.notice for m in made if m.notice]
    shown = {clip.section for clip in film.timeline.clips}
    video = [s.label for s in spec.sections if s.tier == 3 and s.label in shown]
    if video:
        notices.append(f"{TIER_3}: {', '.join(video)} drawn as tier 2")
    if film.calm:
        notices.append("the first cut flashed too much; accents were softened and thinned")
    encoded = film.encoding
    if encoded is not None and encoded.passes > 1:
        notices.append(
            f"to stay within --max-size, the picture is coarser than {encoded.quality or 'asked'}: "
            f"{encoded.encoder} at {encoded.crf:g}"
        )
    return tuple(notices)


def _picture_report(one: Fulfilled) -> PictureReport:
    section, index = one.request.section, one.request.index
    if one.made is None:
        return PictureReport(
            section=section, index=index, provider="", cost=one.cost / MICROS,
            notes=(f"could not be made ({one.reason})",),
        )  # fmt: skip
    order = one.made.order
    return PictureReport(
        section=section,
        index=index,
        provider=one.provider,
        model=order.model if order else "",
        prompt=order.prompt if order else "",
        cost=one.cost / MICROS,
        reused=one.reused,
        given_up=order.given_up if order else (),
        notes=one.made.notes,
    )


def _consistency(made: tuple[Fulfilled, ...]) -> ConsistencyReport | None:
    colors = [one.made.colors for one in made if one.made and one.made.colors]
    if not colors:
        return None
    from clavilux.providers.consistency import consistency

    return consistency(colors)


def _section_report(
    label: str, spec: RenderSpec, timeline: Timeline, made: tuple[Fulfilled, ...]
) -> SectionReport | None:
    clips = [c for c in timeline.clips if c.section == label]
    if not clips:
        return None
    section = next(s for s in spec.sections if s.label == label)
    kinds = {clip.source.kind for clip in clips}
    drawn: Tier = 1 if kinds == {"scene"} or section.tier == 1 else 2
    lost = (m.notice for m in made if m.request.section == label and m.made is None)
    failed = next((notice for notice in lost if notice), "")
    if section.tier == 3:
        failed = TIER_3
    why = "as asked" if drawn == section.tier else failed or "no still could be had"
    return SectionReport(
        label=label,
        start=section.start,
        end=section.end,
        asked_tier=section.tier,
        drawn_tier=drawn,
        why=why,
        pictures=len({c.source.model_dump_json() for c in clips}),
    )


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    names = ("av", "numba", "numpy", "scipy")
    return {
        "clavilux": clavilux.__version__,
        "python": platform.python_version(),
        **{name: version(name) for name in names},
    }
