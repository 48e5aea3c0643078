"""clavilux comfyui check: whether a server has what a graph needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from clavilux.arguments import Json
from clavilux.model.errors import InputError

if TYPE_CHECKING:
    from clavilux.providers.comfyui.check import Problem

    Found = Mapping[str, Mapping[str, tuple[Problem, ...]]]

app = typer.Typer(help="Pictures from your own ComfyUI.", no_args_is_help=True)


@app.callback()
def _comfyui() -> None: ...


@app.command()
def check(
    graph: Annotated[
        str,
        typer.Argument(
            metavar="GRAPH",
            help="A shipped graph, or the path of a .json file; auto: all that styles choose from.",
        ),
    ] = "auto",
    server: Annotated[
        str, typer.Option("--server", help="Its address; else as the config file has it.")
    ] = "",
    style: Annotated[
        str, typer.Option("--style", help="With auto: only what pictures of this style need.")
    ] = "",
    as_json: Json = False,
) -> None:
    """What a server lacks to run a graph: node classes, model files. Nothing is run.

    Exits with 2 if there is anything.
    """
    from clavilux.providers.comfyui.checking import check_graphs
    from clavilux.settings import Settings

    said = Settings.read().provider("comfyui")
    if server:
        said = said.model_copy(update={"base_url": server})
    found = check_graphs(_graphs(graph, style), said)
    if as_json:
        typer.echo(json.dumps(_plain(found)))
    else:
        _show(found)
    lacking = sum(len(wrong) for graphs in found.values() for wrong in graphs.values())
    if lacking and not as_json:
        count = "1 problem" if lacking == 1 else f"{lacking} problems"
        raise InputError(f"{count}; install what is missing, or name other files")
    if lacking:
        raise typer.Exit(2)


def _graphs(graph: str, style: str) -> tuple[str, ...]:
    """Names of the graphs to be checked: of a style, that for the first picture and the one for
    those that follow."""
    from clavilux.direction.style import load_style
    from clavilux.providers.comfyui.choosing import AUTO, BY_STYLE

    if graph != AUTO:
        if style:
            raise InputError(f"--style chooses the graphs; leave {graph} out")
        return (graph,)
    if not style:
        return tuple(BY_STYLE.values())
    return tuple(dict.fromkeys((BY_STYLE["seeds"], BY_STYLE[load_style(style).likeness])))


def _show(found: Found) -> None:
    for url, graphs in found.items():
        for name, wrong in graphs.items():
            where = url if len(graphs) == 1 else f"{url}, {name}"
            for problem in wrong:
                typer.echo(f"{where}: {problem.text}")
            if not wrong:
                typer.echo(f"{url}: takes {name}")


def _plain(found: Found) -> list[dict[str, object]]:
    return [
        {
            "server": url,
            "graph": name,
            "problems": [{"kind": problem.kind, "text": problem.text} for problem in wrong],
        }
        for url, graphs in found.items()
        for name, wrong in graphs.items()
    ]
