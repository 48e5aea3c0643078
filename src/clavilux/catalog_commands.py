"""clavilux styles | effects | doctor: what there is to choose from, and what is missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from clavilux.arguments import Json


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
