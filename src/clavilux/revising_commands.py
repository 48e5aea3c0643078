"""clavilux check | revise | undo | redo | chat: a spec is explained, and changed in words."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clavilux.arguments import Budget, Images, Json, PresetName, names_in, render_options
from clavilux.model.errors import ClaviluxError, InputError
from clavilux.sources import beside, is_spec

if TYPE_CHECKING:
    from clavilux.conversation import Conversation
    from clavilux.pipeline import RenderOptions
    from clavilux.revision.consequences import Consequences
    from clavilux.revision.revising import Proposal
    from clavilux.storage import Store

SpecFile = Annotated[Path, typer.Argument(metavar="SPEC", help="A song.spec.yaml.")]


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
    as_json: Json = False,
) -> None:
    """Change a spec in words: shows what would change, what it costs, and asks.

    Where nobody can be asked, nothing is written without --yes.
    """
    _refuse_song(spec)
    options, store = _options_and_store(preset, images)
    proposal = _propose(spec, request, options, store)
    outcome = _consequences(proposal, options, store)
    asked = not yes and not as_json and sys.stdin.isatty()
    if as_json:
        typer.echo(json.dumps(_as_data(proposal, outcome, applied=yes)))
    else:
        _show(proposal, outcome)
    if yes or (asked and typer.confirm("Change it?")):
        proposal.accept()
        if not as_json:
            typer.echo(f"changed {spec}; `clavilux undo {spec}` takes it back")
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


# --- One revision ----------------------------------------------------------------------------


def _refuse_song(spec: Path) -> None:
    if not is_spec(spec):
        raise InputError(f"{spec} is no render spec; `clavilux plan SONG` writes one")


def _options_and_store(preset: str, images: str) -> tuple[RenderOptions, Store]:
    from clavilux.providers.shop import Shop
    from clavilux.settings import Settings
    from clavilux.storage import Store

    settings = Settings.read()
    options = render_options(style="auto", seed=1, tier="auto", preset=preset)
    if images:
        options = replace(options, shop=Shop(names_in(images), settings))
    return options, Store(settings.cache)


def _propose(spec: Path, request: str, options: RenderOptions, store: Store) -> Proposal:
    from clavilux.conversation import Conversation
    from clavilux.revision.revising import propose

    return propose(spec, request, listen=Conversation(spec, options, store).heard)


def _consequences(
    proposal: Proposal, options: RenderOptions, store: Store
) -> Consequences | ClaviluxError:
    """What it leads to, or why that cannot be told: a revision needs no song, this does."""
    from clavilux import pipeline, terminal
    from clavilux.revision.consequences import consequences

    try:
        song = pipeline.song_of(proposal.before, proposal.path)
        with terminal.progress(quiet=False) as on_progress:
            return consequences(
                proposal.before, proposal.after, song, options, store, on_progress=on_progress
            )
    except ClaviluxError as error:
        return error


def _show(proposal: Proposal, outcome: Consequences | ClaviluxError) -> None:
    """The revision, section by section, and what it leads to."""
    from clavilux.documents.checking import shown

    for reading in proposal.readings:
        typer.echo(f"understood: {shown(reading)}")
    last = None
    for one in proposal.differences:
        if one.section != last:
            typer.echo(shown(one.section) or "the whole video")
            last = one.section
        typer.echo(f"  {one.told}")
    typer.echo(_outcome(outcome))


def _outcome(outcome: Consequences | ClaviluxError) -> str:
    from clavilux.model.money import dollars

    if isinstance(outcome, ClaviluxError):
        return f"what is drawn again cannot be told: {outcome}"
    sections = ", ".join(outcome.sections) or "no section"
    between = ", ".join(f"{a} to {b}" for a, b in outcome.transitions)
    drawn = f"drawn again: {sections}" + (f"; transitions {between}" if between else "")
    if not outcome.segments:
        drawn = "drawn again: nothing"
    offer, made = outcome.offer, outcome.pictures
    if offer is None or not offer.to_buy:
        cost = f"{made} made anew, at no cost" if made else "none made anew, at no cost"
    else:
        bound = f"about {dollars(offer.likely)}, at most {dollars(offer.high)}"
        cost = f"{offer.to_buy} to buy from {offer.provider} for {bound}"
    return f"{drawn} ({outcome.segments} of {outcome.of} segments)\npictures: {cost}"


def _as_data(
    proposal: Proposal, outcome: Consequences | ClaviluxError, *, applied: bool
) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "request": proposal.said,
        "understood": proposal.readings,
        "patch": proposal.patch.model_dump(mode="json")["operations"],
        "changes": [vars(one) for one in proposal.differences],
        "applied": applied,
    }
    if isinstance(outcome, ClaviluxError):
        return {**plain, "consequences": None, "why": str(outcome)}
    offer = outcome.offer
    money = {"to_buy": offer.to_buy, "usd": offer.likely / 1e6} if offer else None
    return {
        **plain,
        "consequences": {
            "sections": outcome.sections,
            "transitions": outcome.transitions,
            "segments": outcome.segments,
            "of": outcome.of,
            "pictures": outcome.pictures,
            "cost": money,
        },
    }


# --- A conversation --------------------------------------------------------------------------

HELP = """\
say what to change, such as: make the chorus more neon, and slower in the bridge
yes, no: to what is proposed    undo, redo    show: the spec    render: make the video
quit: or Ctrl-D; the conversation is kept"""


def chat(
    source: Annotated[Path, typer.Argument(help="A song or a song.spec.yaml.")],
    preset: PresetName = "youtube",
    images: Images = "",
    budget: Budget = "",
) -> None:
    """Talk about a video: say what to change, see what that means, render when it is right."""
    from clavilux import terminal
    from clavilux.conversation import Conversation

    options, store = _options_and_store(preset, images)
    with terminal.progress(quiet=False) as on_progress:
        talk = Conversation.about(source, options, store, on_progress=on_progress)
    typer.echo(f"{talk.spec}; `help` says what can be said")
    output = beside(talk.spec, ".mp4" if preset == "youtube" else f".{preset}.mp4")
    while (line := _line()) is not None:
        try:
            if not _answer(talk, line, output, images=images, budget=budget):
                break
        except ClaviluxError as error:
            typer.echo(f"error: {error}", err=True)


def _line() -> str | None:
    try:
        return input("> ").strip()
    except EOFError:
        return None


def _answer(talk: Conversation, line: str, output: Path, *, images: str, budget: str) -> bool:
    """Do what a line says; False for goodbye."""
    from clavilux.documents.checking import shown

    word = line.lower().rstrip(".!")
    if word in ("quit", "exit", "bye"):
        return False
    if word in ("help", "?"):
        typer.echo(HELP)
    elif word in ("yes", "y", "ok"):
        talk.accept()
        typer.echo("changed; `undo` takes it back, `render` makes the video")
    elif word in ("no", "n"):
        talk.decline()
        typer.echo("nothing was changed")
    elif word in ("undo", "redo"):
        said = talk.undo() if word == "undo" else talk.redo()
        typer.echo(f"{'undone' if word == 'undo' else 'done again'}: {shown(said)}")
    elif word == "show":
        _show_spec(talk)
    elif word == "render":
        _render(talk, output, images=images, budget=budget)
    elif line:
        proposal = talk.say(line)
        if proposal is None:
            typer.echo(talk.messages()[-1].text)
        else:
            _show(proposal, _consequences(proposal, talk.options, talk.store))
            typer.echo("yes or no?")
    return True


def _show_spec(talk: Conversation) -> None:
    from clavilux import pipeline, terminal

    terminal.show_spec(*pipeline.direct(talk.spec, talk.options, talk.store))


def _render(talk: Conversation, output: Path, *, images: str, budget: str) -> None:
    from clavilux import consent, pipeline, terminal

    options = talk.options
    if images or budget:
        shop = consent.shop_for(consent.names_of(images), budget, again=frozenset())
        spec, analysis = pipeline.direct(talk.spec, options, talk.store)
        directed = spec, analysis, pipeline.song_of(spec, talk.spec)
        options = consent.with_money(options, shop, directed)
    with terminal.progress(quiet=False) as on_progress:
        report = talk.render(
            output, options=options, on_progress=on_progress, on_notice=terminal.notice
        )
    terminal.show_report(report)
    typer.echo(f"video: {report.output}")
