"""clavilux check | revise | undo | redo: a spec is explained, and changed in words."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clavilux.arguments import (
    Again,
    Budget,
    Images,
    Json,
    PresetName,
    names_in,
    render_options,
)
from clavilux.hiring import RULES, shop_for
from clavilux.model.errors import InputError
from clavilux.sources import is_spec

if TYPE_CHECKING:
    from clavilux.interpreting import Interpreter
    from clavilux.pipeline import RenderOptions
    from clavilux.revision.revising import Proposal
    from clavilux.storage import Store

SpecFile = Annotated[Path, typer.Argument(metavar="SPEC", help="A song.spec.yaml.")]
Reader = Annotated[
    str,
    typer.Option(
        "--director",
        help="Who reads what the rules do not understand: openai, anthropic, or your own server's "
        "name.",
    ),
]


def check(
    spec: Annotated[
        Path | None, typer.Argument(metavar="SPEC", help="A song.spec.yaml.", show_default=False)
    ] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of specs, for editors.")
    ] = False,
    editor: Annotated[
        bool,
        typer.Option("--editor", help="Put the schema beside the spec, where its editor finds it."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Everything that is wrong with a spec, with line and column. Exits with 2 where there is."""
    if schema:
        from clavilux.documents.schema import schema_text

        typer.echo(schema_text(), nl=False)
        return
    if spec is None:
        raise InputError("name the spec to check, or say --schema")
    from clavilux.documents import text_of
    from clavilux.documents.checking import problems_of

    if editor:
        _for_editors(spec)
    problems = problems_of(text_of(spec), folder=spec.parent)
    if as_json:
        plain = [
            {"line": p.place.line, "column": p.place.column, "field": p.field, "message": p.message}
            for p in problems
        ]
        typer.echo(json.dumps(plain))
    for problem in () if as_json else problems:
        typer.echo(problem.told(str(spec)), err=True)
    if problems:
        raise typer.Exit(2)
    if not as_json:
        typer.echo(f"{spec} is fine")


def _for_editors(spec: Path) -> None:
    """The schema beside a spec, and the line in it that editors look for."""
    from clavilux.documents import text_of
    from clavilux.documents.schema import EDITOR_LINE, FILE_NAME, schema_text
    from clavilux.storage import write_atomically

    write_atomically(spec.with_name(FILE_NAME), schema_text().encode())
    text = text_of(spec)
    if EDITOR_LINE in text or spec.suffix.lower() == ".json":
        return
    end = "\r\n" if "\r\n" in text else "\n"
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    text = f"{mark}{EDITOR_LINE}{FILE_NAME}{end}{text.removeprefix(mark)}"
    write_atomically(spec, text.encode())


def revise(
    spec: SpecFile,
    request: Annotated[str, typer.Argument(help='Such as "make the chorus more neon".')],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Change it without asking.")] = False,
    preset: PresetName = "youtube",
    images: Images = "",
    director: Reader = RULES,
    budget: Budget = "",
    again: Again = False,
    as_json: Json = False,
) -> None:
    """Change a spec in words: shows what would change, what it costs, and asks.

    Where nobody can be asked, nothing is written without --yes.
    """
    from clavilux.proposals import as_data, consequences_of, show_proposal

    _refuse_song(spec)
    if (budget or again) and director in ("", RULES):
        raise InputError("--budget and --again are for a model here; say --director openai")
    options, store = options_and_store(preset, images)
    reader = reader_for(spec, options, director, budget=budget, again=again, quiet=as_json)
    proposal = _propose(spec, request, options, store, reader)
    by = reader.told if reader else ""
    outcome = consequences_of(proposal, options, store)
    asked = not yes and not as_json and sys.stdin.isatty()
    if as_json:
        typer.echo(json.dumps(as_data(proposal, outcome, by=by, applied=yes)))
    else:
        show_proposal(proposal, outcome, by=by)
    if yes or (asked and typer.confirm("Change it?")):
        proposal.accept()
        if not as_json:
            typer.echo(f"changed {spec}; `clavilux undo {shlex.quote(str(spec))}` takes it back")
    elif not as_json:
        typer.echo("nothing was changed" + ("" if asked else "; say --yes to change it"))


def undo(spec: SpecFile, as_json: Json = False) -> None:
    """Take back the last revision of a spec: every byte is as it was."""
    from clavilux.revision import history

    _tell_step("undone", history.undo(spec), as_json)


def redo(spec: SpecFile, as_json: Json = False) -> None:
    """Take back the last undo."""
    from clavilux.revision import history

    _tell_step("done again", history.redo(spec), as_json)


def _tell_step(what: str, said: str, as_json: bool) -> None:
    from clavilux.documents.checking import shown

    typer.echo(json.dumps({what: said}) if as_json else f"{what}: {shown(said)}")


def _refuse_song(spec: Path) -> None:
    if not is_spec(spec):
        raise InputError(f"{spec} is no render spec; `clavilux plan SONG` writes one")


# --- Who reads a request ---------------------------------------------------------------------


def options_and_store(preset: str, images: str) -> tuple[RenderOptions, Store]:
    """What a revision is judged by: the options of a render with this preset, and the store."""
    from clavilux.providers.shop import Shop
    from clavilux.settings import Settings
    from clavilux.storage import Store

    settings = Settings.read()
    options = render_options(style="auto", seed=1, tier="auto", preset=preset)
    if images:
        options = replace(options, shop=Shop(names_in(images), settings))
    return options, Store(settings.cache)


def reader_for(
    spec: Path,
    options: RenderOptions,
    director: str,
    *,
    budget: str = "",
    again: bool = False,
    quiet: bool = False,
) -> Interpreter | None:
    """Who reads what the rules do not understand; nobody where no language model is named.

    Raises InputError or PluginError for one that cannot be asked.
    """
    if director in ("", RULES):
        return None
    from clavilux import pipeline
    from clavilux.documents import read_spec
    from clavilux.interpreting import Interpreter
    from clavilux.media.audio import file_digest

    def account() -> str:
        return file_digest(pipeline.song_of(read_spec(spec), spec))

    shop = shop_for(options.shop, budget=budget, again=again)
    return Interpreter(director, shop, account=account, quiet=quiet)


def _propose(
    spec: Path,
    request: str,
    options: RenderOptions,
    store: Store,
    reader: Interpreter | None,
) -> Proposal:
    from clavilux.conversation import Conversation
    from clavilux.revision.requests import OutOfReachError, RequestError
    from clavilux.revision.revising import propose

    talk = Conversation(spec, options, store)
    try:
        return propose(spec, request, listen=talk.heard, complete=reader)
    except OutOfReachError:
        raise
    except RequestError as error:
        raise error if reader else RequestError(f"{error}. {A_MODEL}") from None


A_MODEL = "Or let a language model read it: --director openai, anthropic or a server of your own"
"""What a user is told whom the rules do not understand."""
