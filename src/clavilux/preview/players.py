"""Where a growing preview goes: into a player's pipe, or to standard output."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import closing, suppress
from typing import IO

from clavilux.model.errors import InputError, OutputError

Pieces = Generator[bytes, None, None]

PLAYERS: dict[str, tuple[str, ...]] = {
    "mpv": ("--really-quiet", "--force-window=immediate", "--title={title}", "-"),
    "ffplay": ("-loglevel", "error", "-autoexit", "-window_title", "{title}", "-i", "-"),
    "vlc": ("--quiet", "--play-and-exit", "--meta-title={title}", "-"),
}
"""Players that show what comes through a pipe, the best first, and what each is told."""


FAILED = (1, 2)
"""Exit codes of a player that could not show it. Others say how it was closed."""


def find_player() -> list[str]:
    """The command of the first player there is, without a title. Raises InputError."""
    for name, told in PLAYERS.items():
        if found := shutil.which(name):
            return [found, *told]
    raise InputError(
        f"there is no player to show it: install {' or '.join(PLAYERS)}, or leave --play away and "
        "open the file that is written"
    )


def play(pieces: Pieces, player: list[str], *, title: str) -> None:
    """Feed a player. When its window is closed, the drawing stops. Raises OutputError."""
    command = [part.replace("{title}", title) for part in player]
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE)
    except OSError as error:
        raise OutputError(f"cannot start {player[0]}: {error.strerror or error}") from None
    assert process.stdin is not None
    try:
        watched = _feed(pieces, process.stdin)
        with suppress(BrokenPipeError):
            process.stdin.close()
        code = process.wait()
    except BaseException:
        process.terminate()
        raise
    if not watched and code in FAILED:
        raise OutputError(f"{player[0]} stopped with exit code {code}; try another player")


def write_out(pieces: Pieces) -> None:
    """Write to standard output, until whoever reads has gone."""
    refuse_terminal()
    if not _feed(pieces, sys.stdout.buffer):  # nothing more must be written there, also at exit
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def refuse_terminal() -> None:
    """Raise OutputError where the video would be shown as text."""
    if sys.stdout.isatty():
        raise OutputError(
            "a video is no text for a terminal; use --play, or send it on: "
            "clavilux preview song.mp3 -o - | ffplay -"
        )


def _feed(pieces: Pieces, out: IO[bytes]) -> bool:
    """Whether all of it was taken; work stops where it was not."""
    with closing(pieces):
        try:
            for piece in pieces:
                out.write(piece)
                out.flush()
        except BrokenPipeError:
            return False
    return True
