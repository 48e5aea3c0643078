"""Asks the user's servers whether they can run a graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clavilux.model.errors import InputError, ProviderError
from clavilux.model.settings import ProviderSettings
from clavilux.providers.comfyui import hosts
from clavilux.providers.comfyui.check import NodeClass, Problem, classes_of, problems
from clavilux.providers.comfyui.graphs import Graph, Literals, load
from clavilux.providers.comfyui.orders import filled, usable_options
from clavilux.providers.comfyui.server import Server

SECONDS = 30.0

KNOCK_SECONDS = 2.0
"""To see who is there: whoever is busy still answers this at once."""


def check_graphs(
    names: Sequence[str], said: ProviderSettings
) -> dict[str, dict[str, tuple[Problem, ...]]]:
    """What stands against some graphs, by server and graph, with the user's options in them.

    Raises InputError where a graph cannot be read or a server not be asked.
    """
    graphs = {name: load(name) for name in names}
    headers = hosts.header(said.key.get_secret_value() if said.key else "")
    found = {}
    for url in hosts.addresses(said.base_url):
        server = Server(url, headers=headers, timeout=SECONDS, tell=lambda _: None)
        try:
            classes = classes_of(server.node_classes())
        except ProviderError as error:
            raise InputError(f"{url}: {error}") from None
        found[url] = {
            name: _problems(graph, classes, said.options) for name, graph in graphs.items()
        }
    return found


def lacking(graph: Graph, servers: Sequence[Server], options: Mapping[str, Literals]) -> str:
    """What stands against a graph on one of some servers: a job may come to any of them.

    Raises ProviderError where none can be asked.
    """
    silent: ProviderError | None = None
    asked = 0
    for server in servers:
        try:
            classes = classes_of(server.node_classes())
        except ProviderError as error:
            silent = error
            continue
        asked += 1
        if classes and (found := _problems(graph, classes, options)):
            where = f" ({server.url})" if len(servers) > 1 else ""
            return "; ".join(problem.text for problem in found) + where
    if silent is not None and not asked:
        raise silent
    return ""


def answering(urls: Sequence[str], headers: Mapping[str, str]) -> str:
    """Which servers answer, each with its version and device. Raises ProviderError where none
    does."""
    found, silent = [], []
    for url in urls:
        server = Server(url, headers=headers, timeout=KNOCK_SECONDS, tell=lambda _: None)
        try:
            found.append(f"{url} ({_described(server.stats())})")
        except ProviderError as error:
            silent.append(f"{url} does not answer ({error})")
    if not found:
        raise ProviderError("; ".join(silent), trouble="transient")
    return "; ".join((*found, *silent))


def _described(stats: Mapping[str, Any]) -> str:
    """Such as "ComfyUI 0.3.64, cuda:0 NVIDIA A100, 80 GB"."""
    system, devices = stats.get("system"), stats.get("devices")
    version = system.get("comfyui_version") if isinstance(system, dict) else None
    words = [f"ComfyUI {version or 'of an unknown version'}"]
    for device in devices if isinstance(devices, list) else []:
        if isinstance(device, dict):
            words.append(str(device.get("name") or device.get("type")))
            memory = device.get("vram_total")
            words += [f"{memory / 2**30:.0f} GB"] if isinstance(memory, int | float) else []
    return "".join(c for c in ", ".join(words) if c.isprintable())


def _problems(
    graph: Graph, classes: Mapping[str, NodeClass], options: Mapping[str, Literals]
) -> tuple[Problem, ...]:
    return problems(filled(graph, usable_options(graph, options)), classes)
