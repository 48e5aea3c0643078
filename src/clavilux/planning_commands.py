"""clavilux analyze | plan: what is heard in a song, and the spec that is made of it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clavilux import hiring
from clavilux.arguments import (
    Again,
    Brief,
    Budget,
    Corrections,
    Director,
    Images,
    Json,
    LyricsFile,
    Output,
    Seed,
    SongFile,
    StyleName,
    TierChoice,
    Tracker,
    names_in,
    render_options,
)
from clavilux.model.errors import InputError
from clavilux.purchases import first_seller, prompts_of, settings_and_store
from clavilux.sources import beside, refuse_spec, seen_from

if TYPE_CHECKING:
    from clavilux.model.song import Analysis


def analyze(
    song: SongFile,
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw the analysis to a PNG.")] = None,
    click: Annotated[
        Path | None, typer.Option("--click", help="The song with clicks on its beats: wav or flac.")
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option("--against", help="Compare with known beats and sections: JSON, JAMS, text."),
    ] = None,
    tracker: Tracker = "",
    as_json: Json = False,
    *,
    corrections: Corrections,
) -> None:
    """What Clavilux hears: tempo, beats, key, mood, sections; and where it may be wrong."""
    from clavilux import pipeline, terminal
    from clavilux.analysis.correct import apply_correction, wanted
    from clavilux.evaluation.truth import truth_for
    from clavilux.storage import refuse_as_output

    refuse_spec(song)
    for target in (plot, click):
        if target is not None:
            refuse_as_output(target, song)
    truth = truth_for(against, song) if against is not None else None
    with terminal.progress(quiet=as_json) as on_progress:
        heard = pipeline.analyze(
            song, settings_and_store()[1], tracker=tracker, on_progress=on_progress
        )
    analysis = apply_correction(
        heard, wanted(heard, corrections.correction, corrections.alternative)
    )
    _write_extras(analysis, song, plot=plot, click=click)
    figures = None
    if truth is not None:
        from clavilux.evaluation.figures import evaluate

        figures = evaluate(analysis, truth).model_copy(update={"file": song.name})
    if as_json:
        typer.echo((figures or analysis).model_dump_json())
        return
    terminal.show_analysis(analysis)
    if figures is not None:
        terminal.show_figures(figures)
    for name, target in (("plot", plot), ("clicks", click)):
        if target is not None:
            typer.echo(f"{name}: {target}")


def _write_extras(analysis: Analysis, song: Path, *, plot: Path | None, click: Path | None) -> None:
    if plot is not None:
        from clavilux.media.plot import plot_analysis

        plot_analysis(analysis, plot)
    if click is not None:
        from clavilux.media.clicks import write_clicks

        write_clicks(song, click, analysis.beats)


def plan(
    song: SongFile,
    output: Output = None,
    style: StyleName = "auto",
    seed: Seed = 1,
    tier: TierChoice = "auto",
    tracker: Tracker = "",
    prompts: Annotated[
        bool, typer.Option("--prompts", help="Show the exact prompts that would be sent.")
    ] = False,
    images: Images = "",
    director: Director = "rules",
    brief: Brief = "",
    lyrics: LyricsFile = None,
    budget: Budget = "",
    again: Again = False,
    as_json: Json = False,
    *,
    corrections: Corrections,
) -> None:
    """Write the render spec as YAML, to be edited and rendered. `-o -` prints it."""
    from clavilux import pipeline, terminal
    from clavilux.documents import write_spec
    from clavilux.planning.stills import image_requests
    from clavilux.storage import refuse_as_output, write_atomically

    refuse_spec(song)
    options = render_options(
        style=style, seed=seed, tier=tier, corrections=corrections, tracker=tracker
    )
    target = output or beside(song, ".spec.yaml")
    refuse_as_output(target, song)
    if images and not prompts:
        raise InputError("--images is for --prompts here; add that, or leave it out")
    seller = first_seller(names_in(images))
    options = hiring.directing(options, song, director=director, brief=brief, lyrics=lyrics)
    if (budget or again) and options.director == "rules":
        raise InputError("--budget and --again are for a director here; say --director openai")
    options = hiring.with_budget(
        options, song, settings_and_store()[1], budget=budget, again=again, quiet=as_json
    )
    with terminal.progress(quiet=as_json) as on_progress:
        spec, analysis = pipeline.direct(
            song, options, settings_and_store()[1], on_progress=on_progress
        )
    spec = spec.model_copy(update={"song": seen_from(target.parent, song)})
    on_screen = str(target) == "-"
    if prompts:
        for text in prompts_of(image_requests(spec, options.preset), seller):
            typer.echo(f"{text}\n", err=as_json or on_screen)
    text = write_spec(spec, name="song.spec.yaml" if on_screen else target.name)
    if on_screen and not as_json:
        typer.echo(text)
    if not on_screen and (output or not as_json):
        write_atomically(target, text.encode())
    if as_json:
        typer.echo(spec.model_dump_json())
    if on_screen or as_json:
        return
    terminal.show_spec(spec, analysis)
    typer.echo(f"spec: {target}\nnext: clavilux render {shlex.quote(str(target))}")
