"""clavilux comfyui check: whether a server has what a graph needs."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from clavilux.arguments import Json
from clavilux.model.errors import InputError

app = typer.Typer(help="Pictures from your own ComfyUI.", no_args_is_help=True)


@app.callback()
def _comfyui() -> None: ...


@app.command(no_args_is_help=True)
def check(
    graph: Annotated[
        str,
        typer.Argument(metavar="GRAPH", help="A shipped graph, or the path of a .json file."),
    ],
    server: Annotated[
        str, typer.Option("--server", help="Its address; else as the config file has it.")
    ] = "",
    as_json: Json = False,
) -> None:
    """What a server lacks to run a graph: node classes, model files. Nothing is run.

    Exits with 2 if there is anything.
    """
    from clavilux.providers.comfyui.checking import check_graph
    from clavilux.settings import Settings

    said = Settings.read().provider("comfyui")
    if server:
        said = said.model_copy(update={"base_url": server})
    found = check_graph(graph, said)
    if as_json:
        typer.echo(
            json.dumps(
                [
                    {"server": url, "problems": [{"kind": p.kind, "text": p.text} for p in wrong]}
                    for url, wrong in found.items()
                ]
            )
        )
    else:
        for url, wrong in found.items():
            for problem in wrong:
                typer.echo(f"{url}: {problem.text}")
            if not wrong:
                typer.echo(f"{url}: takes {graph}")
    lacking = sum(map(len, found.values()))
    if lacking and not as_json:
        raise InputError(f"{lacking} problems; install what is missing, or name other files")
    if lacking:
        raise typer.Exit(2)
