"""Asks the user's servers whether they can run a graph."""

from __future__ import annotations

from clavilux.model.errors import InputError, ProviderError
from clavilux.model.settings import ProviderSettings
from clavilux.providers.comfyui import hosts
from clavilux.providers.comfyui.check import Problem, classes_of, problems
from clavilux.providers.comfyui.graphs import load
from clavilux.providers.comfyui.orders import usable_options
from clavilux.providers.comfyui.server import Server

SECONDS = 30.0


def check_graph(name: str, said: ProviderSettings) -> dict[str, tuple[Problem, ...]]:
    """What stands against a graph, by server, with the user's options in it.

    Raises InputError where a graph cannot be read or a server not be asked.
    """
    graph = load(name)
    nodes = graph.filled(usable_options(graph, said.options))
    headers = hosts.header(said.key.get_secret_value() if said.key else "")
    found = {}
    for url in hosts.addresses(said.base_url):
        server = Server(url, headers=headers, timeout=SECONDS, tell=lambda _: None)
        try:
            found[url] = problems(nodes, classes_of(server.node_classes()))
        except ProviderError as error:
            raise InputError(f"{url}: {error}") from None
    return found
