"""The command line as a whole: every command, and what becomes of an error."""

from __future__ import annotations

import atexit
import os
import sys
from contextlib import suppress
from typing import Annotated, NoReturn

import typer

from clavilux import (
    __version__,
    catalog_commands,
    chat_commands,
    comfyui_commands,
    planning_commands,
    preview_commands,
    purchases,
    rendering_commands,
    revising_commands,
)
from clavilux.arguments import takes_corrections
from clavilux.model.errors import ClaviluxError

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


app.command(no_args_is_help=True)(takes_corrections(rendering_commands.render))
app.command(no_args_is_help=True)(takes_corrections(preview_commands.preview))
app.command(no_args_is_help=True)(takes_corrections(planning_commands.analyze))
app.command(no_args_is_help=True)(takes_corrections(planning_commands.plan))
app.command(no_args_is_help=True)(takes_corrections(purchases.cost))
app.command()(purchases.spend)
app.command(no_args_is_help=True)(purchases.retry)
app.command(no_args_is_help=True)(revising_commands.check)
app.command(no_args_is_help=True)(revising_commands.revise)
app.command(no_args_is_help=True)(revising_commands.undo)
app.command(no_args_is_help=True)(revising_commands.redo)
app.command(no_args_is_help=True)(chat_commands.chat)
app.add_typer(comfyui_commands.app, name="comfyui")
app.command()(catalog_commands.styles)
app.command()(catalog_commands.effects)
app.command()(catalog_commands.doctor)


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
