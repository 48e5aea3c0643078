"""clavilux preview: a quick look, in a file or while it is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clavilux import rendering_commands
from clavilux.arguments import (
    Corrections,
    Json,
    Output,
    Seed,
    Source,
    StyleName,
    TierChoice,
    Tracker,
    Workers,
    render_options,
    seconds,
)
from clavilux.model.errors import InputError
from clavilux.purchases import settings_and_store
from clavilux.sources import beside, refuse_contradiction, tell_of_override

if TYPE_CHECKING:
    from collections.abc import Callable

    from clavilux.pipeline import RenderOptions


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
    rendering_commands.make(source, output or beside(source, name), chosen, as_json)


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

    pieces = preview_again(source, options, settings_and_store()[1], asked=asked)
    if play:
        players.play(pieces, players.find_player(), title=source.stem)
    else:
        players.write_out(pieces)
