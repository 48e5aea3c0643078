"""The files that a command line names: songs or specs, and where answers go by default."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from clavilux.model.errors import InputError

if TYPE_CHECKING:
    from clavilux.arguments import Corrections


def is_spec(source: Path) -> bool:
    from clavilux.pipeline import SPEC_SUFFIXES

    return source.suffix.lower() in SPEC_SUFFIXES


def refuse_contradiction(
    source: Path, style: str, seed: int, tier: str, corrections: Corrections
) -> None:
    """A spec says these itself; silently ignoring them would surprise."""
    if not is_spec(source):
        return
    if (style, seed, tier) != ("auto", 1, "auto"):
        raise InputError(
            f"{source} has its own style, seed and tiers; edit it there, or give the song instead"
        )
    if corrections.correction.sections:
        raise InputError(
            f"{source} has its own sections; edit them there, or give the song instead"
        )


def tell_of_override(source: Path, corrections: Corrections, *, quiet: bool) -> None:
    """A correction is tried out on a spec without editing it."""
    if corrections.any and is_spec(source) and not quiet:
        typer.echo(f"note: corrected as asked here, over what {source} says; it stays as it is")


def refuse_spec(song: Path) -> None:
    """For commands that hear a song and have no use for a spec. Raises InputError."""
    if is_spec(song):
        raise InputError(f"{song} is a render spec, not a song; use `clavilux render {song}`")


def beside(source: Path, suffix: str) -> Path:
    """The default output; never the source itself, which may be an mp4."""
    name = source.name
    for ending in (".spec.yaml", ".spec.yml", ".spec.json"):
        name = name.removesuffix(ending)
    stem = name if name != source.name else source.stem
    target = source.with_name(stem + suffix)
    return source.with_name(f"{stem}.clavilux{suffix}") if target == source else target


def seen_from(folder: Path, song: Path) -> str:
    """The path of a song as a spec in a folder names it; absolute where they share no drive."""
    try:
        return Path(os.path.relpath(song.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return str(song.resolve())
