"""clavilux chat: a video is talked about until it is right."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clavilux import hiring
from clavilux.arguments import (
    Again,
    Brief,
    Budget,
    Images,
    LyricsFile,
    PresetName,
)
from clavilux.model.errors import ClaviluxError, InputError
from clavilux.revising_commands import A_MODEL, options_and_store, reader_for
from clavilux.sources import beside, is_spec

if TYPE_CHECKING:
    from clavilux.conversation import Conversation
    from clavilux.interpreting import Interpreter

Talker = Annotated[
    str,
    typer.Option(
        "--director",
        help="Who directs a song that has no spec yet, and reads what the rules do not understand: "
        "openai, anthropic, or your own server's name.",
    ),
]


@dataclass(frozen=True)
class Shopping:
    """What the command line says of pictures: who makes them, and for how much."""

    images: str
    budget: str
    again: bool


HELP = """\
say what to change, such as: make the chorus more neon, and slower in the bridge
yes, no: to what is proposed    undo, redo    show: the spec    render: make the video
quit: or Ctrl-D; the conversation is kept"""


def chat(
    source: Annotated[Path, typer.Argument(help="A song or a song.spec.yaml.")],
    preset: PresetName = "youtube",
    images: Images = "",
    director: Talker = hiring.RULES,
    brief: Brief = "",
    lyrics: LyricsFile = None,
    budget: Budget = "",
    again: Again = False,
) -> None:
    """Talk about a video: say what to change, see what that means, render when it is right."""
    from clavilux import terminal
    from clavilux.conversation import Conversation, spec_of

    if (budget or again) and not images and director in ("", hiring.RULES):
        raise InputError(
            "--budget and --again are for what is paid; say --images or --director, such as openai"
        )
    options, store = options_and_store(preset, images)
    spec = spec_of(source)
    reader = reader_for(spec, options, director, budget=budget, again=again)
    if spec.exists() or is_spec(source):
        if brief or lyrics is not None:
            terminal.notice(f"{spec} is there already: --brief and --lyrics are not used")
    else:
        options = hiring.directing(options, source, director=director, brief=brief, lyrics=lyrics)
        options = hiring.with_budget(
            options, source, store, budget=budget, again=again, quiet=False
        )
    with terminal.progress(quiet=False) as on_progress:
        talk = Conversation.about(source, options, store, complete=reader, on_progress=on_progress)
    typer.echo(f"{talk.spec}; `help` says what can be said")
    output = beside(talk.spec, ".mp4" if preset == "youtube" else f".{preset}.mp4")
    shopping = Shopping(images, budget, again)
    _show_waiting(talk)
    while (line := _line()) is not None:
        try:
            if not _answer(talk, line, output, reader=reader, shopping=shopping):
                break
        except ClaviluxError as error:
            typer.echo(f"error: {error}", err=True)


def _line() -> str | None:
    try:
        return input("> ").strip()
    except EOFError:
        return None


def _answer(
    talk: Conversation,
    line: str,
    output: Path,
    *,
    reader: Interpreter | None,
    shopping: Shopping,
) -> bool:
    """Do what a line says; False for goodbye."""
    from clavilux.documents.checking import shown

    word = line.lower().rstrip(".!")
    if word in ("quit", "exit", "bye"):
        return False
    if word in ("help", "?"):
        typer.echo(HELP)
    elif word in ("yes", "y", "ok"):
        said = shown(talk.accept().said)
        typer.echo(f"changed: {said}; `undo` takes it back, `render` makes the video")
    elif word in ("no", "n"):
        talk.decline()
        typer.echo("nothing was changed")
    elif word in ("undo", "redo"):
        said = talk.undo() if word == "undo" else talk.redo()
        typer.echo(f"{'undone' if word == 'undo' else 'done again'}: {shown(said)}")
    elif word == "show":
        _show_spec(talk)
    elif word == "render":
        _render(talk, output, shopping)
    elif line:
        _say(talk, line, reader)
    return True


def _say(talk: Conversation, line: str, reader: Interpreter | None) -> None:
    """A wish, and what it would change or why it would not."""
    from clavilux.proposals import consequences_of, show_proposal

    try:
        proposal = talk.say(line)
    except (KeyboardInterrupt, typer.Abort):  # who is tired of waiting wants to go on talking
        typer.echo("stopped; nothing was changed", err=True)
        return
    if proposal is None:
        last = talk.messages()[-1]
        more = f". {A_MODEL}" if reader is None and last.details.get("unknown") else ""
        typer.echo(last.text + more)
        return
    outcome = consequences_of(proposal, talk.options, talk.store)
    show_proposal(proposal, outcome, by=reader.told if reader else "")
    typer.echo("yes or no?")


def _show_waiting(talk: Conversation) -> None:
    """What was proposed before this chat was opened: nobody says yes to what he does not see."""
    from clavilux.documents.checking import shown
    from clavilux.proposals import consequences_of, show_proposal

    if (waiting := talk.pending) is not None:
        typer.echo(f"still waiting for a yes: {shown(waiting.said)}")
        show_proposal(waiting, consequences_of(waiting, talk.options, talk.store))
        typer.echo("yes or no?")


def _show_spec(talk: Conversation) -> None:
    from clavilux import pipeline, terminal

    terminal.show_spec(*pipeline.direct(talk.spec, talk.options, talk.store))


def _render(talk: Conversation, output: Path, shopping: Shopping) -> None:
    from clavilux import consent, pipeline, terminal

    options = talk.options
    if shopping.images:
        again = None if shopping.again else frozenset[str]()
        shop = consent.shop_for(consent.names_of(shopping.images), shopping.budget, again=again)
        spec, analysis = pipeline.direct(talk.spec, options, talk.store)
        directed = spec, analysis, pipeline.song_of(spec, talk.spec)
        options = consent.with_money(options, shop, directed)
    with terminal.progress(quiet=False) as on_progress:
        report = talk.render(
            output, options=options, on_progress=on_progress, on_notice=terminal.notice
        )
    terminal.show_report(report)
    typer.echo(f"video: {report.output}")
