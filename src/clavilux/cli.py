"""clavilux render | preview | analyze | plan | cost | spend | retry | styles | effects | doctor."""

from __future__ import annotations

import atexit
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from clavilux import __version__, comfyui_commands, hiring, purchases, revising_commands
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
    SongFile,
    Source,
    Start,
    StyleName,
    TierChoice,
    Tracker,
    Workers,
    encoding,
    names_in,
    render_options,
    seconds,
    takes_corrections,
)
from clavilux.executors.processes import get_ready
from clavilux.model.errors import ClaviluxError, InputError
from clavilux.sources import beside, refuse_contradiction, refuse_spec, seen_from, tell_of_override

if TYPE_CHECKING:
    from collections.abc import Callable

    from clavilux.model.song import Analysis
    from clavilux.pipeline import RenderOptions
    from clavilux.storage import Store

STOPPED = 130
"""Exit code after Ctrl-C, as shells have it."""

app = typer.Typer(
    help="A song goes in, a music video comes out, in time with the music.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"clavilux {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Which one.")
    ] = False,
) -> None: ...


@app.command(no_args_is_help=True)
@takes_corrections
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
        options, source, _store(), budget=budget, again=again, quiet=as_json, reported=True
    )
    if images or ((budget or again) and options.director == "rules"):
        options = _with_money(source, options, images, budget, again, as_json)
    _render(source, target, options, as_json)


def _with_money(
    source: Path, options: RenderOptions, images: str, budget: str, again: bool, as_json: bool
) -> RenderOptions:
    """The options with the image providers that are asked for, once it is said what they cost."""
    from clavilux import consent, pipeline, terminal

    shop = consent.shop_for(consent.names_of(images), budget, again=None if again else frozenset())
    with terminal.progress(quiet=as_json) as on_progress:
        spec, analysis = pipeline.direct(source, options, _store(), on_progress=on_progress)
    return consent.with_money(options, shop, (spec, analysis, pipeline.song_of(spec, source)))


@app.command(no_args_is_help=True)
@takes_corrections
def preview(
    source: Source,
    output: Output = None,
    at: Annotated[str, typer.Option("--at", help="Only ten seconds around this time.")] = "",
    play: Annotated[
        bool, typer.Option("--play", help="Show it while it is drawn, in mpv, ffplay or vlc.")
    ] = False,
    style: StyleName = "auto",
    seed: Seed = 1,
    tier: TierChoice = "auto",
    tracker: Tracker = "",
    workers: Workers = 0,
    as_json: Json = False,
    *,
    corrections: Corrections,
) -> None:
    """A quick look: the whole video, or ten seconds of it, at 640x360.

    `-o -` writes it to standard output while it is drawn, for a player: `... -o - | mpv -`.
    """
    moment = seconds(at, "--at") if at else None

    def options() -> RenderOptions:
        refuse_contradiction(source, style, seed, tier, corrections)
        return render_options(
            style=style,
            seed=seed,
            tier=tier,
            preset="preview",
            start="0" if moment is None else str(max(0.0, moment - 5)),
            duration="" if moment is None else "10",
            workers=workers,
            corrections=corrections,
            tracker=tracker,
            fast=True,
        )

    if play or str(output) == "-":
        _refuse_mixture(play=play, output=output, as_json=as_json)
        asked = () if corrections.any or tracker else (str(moment), style, str(seed), tier)
        _stream(source, options, asked, play=play)
        return
    chosen = options()
    tell_of_override(source, corrections, quiet=as_json)
    name = ".preview.mp4" if moment is None else f".preview-at-{moment:g}s.mp4"
    _render(source, output or beside(source, name), chosen, as_json)


def _refuse_mixture(*, play: bool, output: Path | None, as_json: bool) -> None:
    """Before any work: what cannot go together, or has nowhere to go."""
    from clavilux.preview.players import find_player, refuse_terminal

    if play and output is not None:
        raise InputError("--play writes no file; leave --output away, or --play")
    if as_json:
        raise InputError("--json is for a preview that is written to a file; leave it away here")
    if play:
        find_player()
    else:
        refuse_terminal()


def _stream(
    source: Path, options: Callable[[], RenderOptions], asked: tuple[str, ...], *, play: bool
) -> None:
    from clavilux.preview import players
    from clavilux.preview.memory import preview_again

    pieces = preview_again(source, options, _store(), asked=asked)
    if play:
        players.play(pieces, players.find_player(), title=source.stem)
    else:
        players.write_out(pieces)


@app.command(no_args_is_help=True)
@takes_corrections
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
        heard = pipeline.analyze(song, _store(), tracker=tracker, on_progress=on_progress)
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


@app.command(no_args_is_help=True)
@takes_corrections
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
    seller = purchases.first_seller(names_in(images))
    options = hiring.directing(options, song, director=director, brief=brief, lyrics=lyrics)
    if (budget or again) and options.director == "rules":
        raise InputError("--budget and --again are for a director here; say --director openai")
    options = hiring.with_budget(options, song, _store(), budget=budget, again=again, quiet=as_json)
    with terminal.progress(quiet=as_json) as on_progress:
        spec, analysis = pipeline.direct(song, options, _store(), on_progress=on_progress)
    spec = spec.model_copy(update={"song": seen_from(target.parent, song)})
    on_screen = str(target) == "-"
    if prompts:
        for text in purchases.prompts_of(image_requests(spec, options.preset), seller):
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
    typer.echo(f"spec: {target}\nnext: clavilux render {target}")


app.command(no_args_is_help=True)(takes_corrections(purchases.cost))
app.command()(purchases.spend)
app.command(no_args_is_help=True)(purchases.retry)
app.command(no_args_is_help=True)(revising_commands.check)
app.command(no_args_is_help=True)(revising_commands.revise)
app.command(no_args_is_help=True)(revising_commands.undo)
app.command(no_args_is_help=True)(revising_commands.redo)
app.command(no_args_is_help=True)(revising_commands.chat)
app.add_typer(comfyui_commands.app, name="comfyui")


@app.command()
def styles(
    sheet: Annotated[
        Path | None, typer.Option("--sheet", help="Draw all of them to a PNG.")
    ] = None,
    as_json: Json = False,
) -> None:
    """The looks there are."""
    from clavilux import gallery, terminal
    from clavilux.direction.style import load_style, style_names

    looks = [load_style(name) for name in style_names()]
    if sheet is not None:
        gallery.style_sheet(looks, sheet)
    if as_json:
        typer.echo(json.dumps([look.model_dump(mode="json") for look in looks]))
        return
    terminal.show_styles(looks)
    if sheet is not None:
        typer.echo(f"sheet: {sheet}")


@app.command()
def effects(
    sheet: Annotated[
        Path | None, typer.Option("--sheet", help="Draw all of them to a PNG.")
    ] = None,
    as_json: Json = False,
) -> None:
    """The effects there are, what drives them, and their parameters."""
    from clavilux import gallery, registry, terminal

    found = [registry.get("effects", name) for name in registry.names("effects")]
    if sheet is not None:
        gallery.effect_sheet(sheet)
    if as_json:
        typer.echo(json.dumps([terminal.effect_facts(effect) for effect in found]))
        return
    terminal.show_effects(found)
    if sheet is not None:
        typer.echo(f"sheet: {sheet}")


@app.command()
def doctor(as_json: Json = False) -> None:
    """What is here, what is missing, and what each missing thing would add."""
    from clavilux import diagnosis, terminal
    from clavilux.settings import Settings

    checks = diagnosis.examine(Settings.read())
    if as_json:
        typer.echo(json.dumps([vars(check) for check in checks]))
    else:
        terminal.show_checks(checks)
    if any(check.needed and not check.present for check in checks):
        raise typer.Exit(2)


def _render(source: Path, target: Path, options: RenderOptions, as_json: bool) -> None:
    from clavilux import pipeline, terminal

    with terminal.progress(quiet=as_json) as on_progress:
        report = pipeline.render(source, target, options, _store(), on_progress=on_progress)
    purchases.tell(report, as_json)


def _store() -> Store:
    from clavilux.storage import Store

    return Store(_settings_cache())


def _settings_cache() -> Path:
    from clavilux.settings import Settings

    return Settings.read().cache


def main() -> None:
    """The command line: ours are the exit codes, one line for every error."""
    try:
        code = app(standalone_mode=False)
    except ClaviluxError as error:
        code = _complain(str(error))
    except (KeyboardInterrupt, typer.Abort):
        code = STOPPED
    except BrokenPipeError:
        code = 141
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        code = _complain(error.format_message())  # of the command line itself: a wrong option
    if code == STOPPED:
        typer.echo("stopped; run the same command again to continue", err=True)
    sys.exit(code if isinstance(code, int) else 0)


def run() -> NoReturn:
    """The command, and a short way out: Python would take the compiler apart first, for 0.3 s."""
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # closed by whoever read it
            stream.flush()
    os._exit(code)


def _complain(message: str) -> int:
    """One line on standard error. An empty message means that help has been shown instead."""
    if message.strip():
        typer.echo(f"error: {' '.join(message.split())}", err=True)
    return 2


if __name__ == "__main__":
    run()
