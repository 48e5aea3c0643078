"""clavilux render: a song, or a spec, becomes a video."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from clavilux import consent, hiring
from clavilux.arguments import (
    Again,
    Brief,
    Budget,
    Corrections,
    Director,
    Duration,
    EncoderName,
    Flashing,
    Fps,
    Images,
    Json,
    LyricsFile,
    MaxSize,
    Output,
    PresetName,
    QualityName,
    Seed,
    Source,
    Start,
    StyleName,
    TierChoice,
    Tracker,
    Workers,
    encoding,
    render_options,
)
from clavilux.executors.processes import get_ready
from clavilux.purchases import settings_and_store, tell
from clavilux.sources import beside, refuse_contradiction, tell_of_override

if TYPE_CHECKING:
    from clavilux.model.song import Analysis
    from clavilux.model.spec import RenderSpec
    from clavilux.pipeline import RenderOptions


def render(
    source: Source,
    output: Output = None,
    style: StyleName = "auto",
    seed: Seed = 1,
    tier: TierChoice = "auto",
    preset: PresetName = "youtube",
    fps: Fps = "",
    start: Start = "0",
    duration: Duration = "",
    allow_flashing: Flashing = False,
    encoder: EncoderName = "",
    quality: QualityName = "",
    max_size: MaxSize = "",
    tracker: Tracker = "",
    director: Director = "rules",
    brief: Brief = "",
    lyrics: LyricsFile = None,
    images: Images = "",
    budget: Budget = "",
    again: Again = False,
    workers: Workers = 0,
    as_json: Json = False,
    *,
    corrections: Corrections,
) -> None:
    """Make the video of a song, or of an edited spec. Run again to continue after a stop."""
    if workers != 1:
        get_ready()
    refuse_contradiction(source, style, seed, tier, corrections)
    settings = encoding(encoder, quality, output)
    options = render_options(
        style=style,
        seed=seed,
        tier=tier,
        preset=preset,
        fps=fps,
        start=start,
        duration=duration,
        allow_flashing=allow_flashing,
        encoder=settings,
        max_size=max_size,
        workers=workers,
        corrections=corrections,
        tracker=tracker,
    )
    tell_of_override(source, corrections, quiet=as_json)
    suffix = settings.of.suffixes[0]
    target = output or beside(source, suffix if preset == "youtube" else f".{preset}{suffix}")
    options = hiring.directing(options, source, director=director, brief=brief, lyrics=lyrics)
    options = hiring.with_budget(
        options, source, settings_and_store()[1],
        budget=budget, again=again, quiet=as_json, reported=True,
    )  # fmt: skip
    script = None
    if images or ((budget or again) and options.director == hiring.RULES):
        shop = consent.shop_for(
            consent.names_of(images), budget, again=None if again else frozenset()
        )
        refuse_before_money(source, target, options)
        script = directed_once(source, options, quiet=as_json)
        options = consent.with_money(options, shop, script.directed)
    make(source, target, options, as_json, script=script)


def refuse_before_money(source: Path, target: Path, options: RenderOptions) -> None:
    """What stands against the video itself, before a director or a picture is paid."""
    from clavilux.media.probe import check_encoding
    from clavilux.storage import refuse_as_output, try_writing

    refuse_as_output(target, source)
    check_encoding(options.encoder, target, shape=options.preset, limit=options.max_size)
    try_writing(target)


@dataclass(frozen=True)
class Script:
    """What is rendered, where it must be known before."""

    directed: tuple[RenderSpec, Analysis, Path]
    told: tuple[str, ...]
    """What the report is to say of how it was directed."""


def directed_once(source: Path, options: RenderOptions, *, quiet: bool) -> Script:
    """Direct, as `pipeline.render` would: a director that is asked twice might be paid twice."""
    from clavilux import pipeline, terminal

    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        options.shop.on_notice(line)

    heard = replace(options, shop=replace(options.shop, on_notice=tell))
    store = settings_and_store()[1]
    with terminal.progress(quiet=quiet) as on_progress:
        spec, analysis = pipeline.direct(source, heard, store, on_progress=on_progress)
    return Script((spec, analysis, pipeline.song_of(spec, source)), tuple(told))


def make(
    source: Path,
    target: Path,
    options: RenderOptions,
    as_json: bool,
    *,
    script: Script | None = None,
) -> None:
    """Render, and say what came out. `script`: of the source, where it is directed already."""
    from clavilux import pipeline, terminal

    store = settings_and_store()[1]
    with terminal.progress(quiet=as_json) as on_progress:
        if script is None:
            report = pipeline.render(source, target, options, store, on_progress=on_progress)
        else:
            report = pipeline.render_directed(
                lambda: script.directed, target, options, store,
                told=script.told, on_progress=on_progress,
            )  # fmt: skip
    tell(report, as_json)
