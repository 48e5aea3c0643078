"""From a request to what a graph's slots are filled with. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clavilux.interfaces import Capabilities
from clavilux.model.color import luminance
from clavilux.model.errors import InputError
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.providers.adapting import adapt, followed, shape_given_up, size_of
from clavilux.providers.comfyui.graphs import Graph, Literals
from clavilux.providers.comfyui.loras import OPTION, takes_loras, with_loras
from clavilux.providers.loras import named_loras

PROMPT_LIMIT = 4000
"""Characters. CLIP reads 77 tokens at a time, and ComfyUI as many times as it takes."""

MOST_ENLARGED = 2.0
"""A second pass at more than twice the width invents doubles of everything."""

FINAL_STEP = 8


def check_options(graphs: Sequence[Graph], said: Mapping[str, Literals]) -> None:
    """Raises InputError for an option that none of the graphs has a slot for, or of another kind.

    "control_net" is said to all that have such a slot, "sdxl_control_depth.control_net" to one.
    """
    known = {name: usual for graph in reversed(graphs) for name, usual in _settable(graph).items()}
    of_one = {f"{g.name}.{name}": usual for g in graphs for name, usual in _settable(g).items()}
    for name, value in said.items():
        usual = {**of_one, **known}.get(name)
        if usual is None:
            one = f"the graph {graphs[0].name} has no"
            which = one if len(graphs) == 1 else "none of the styles' graphs has"
            raise InputError(
                f"[providers.comfyui.options] {name}: {which} such slot; "
                f"known: {', '.join(sorted(known))}"
            )
        if not _alike(value, usual):
            raise InputError(f"[providers.comfyui.options] {name} must be of the kind of {usual!r}")
        if name.rpartition(".")[2] == OPTION:
            _check_loras(name, str(value))


def _check_loras(name: str, said: str) -> None:
    try:
        named_loras(said)
    except ValueError as error:
        raise InputError(f"[providers.comfyui.options] {name}: {error}") from None


def filled(graph: Graph, values: Mapping[str, Literals]) -> dict[str, Any]:
    """The graph to be sent, with its LoRAs."""
    return with_loras(graph, graph.filled(values), str(values.get(OPTION, "")))


def usable_options(graph: Graph, said: Mapping[str, Literals]) -> dict[str, Literals]:
    """The user's options that a graph has slots for, or that it makes something of; what is said to
    it alone goes over what is said to all."""
    start, slots = f"{graph.name}.", _settable(graph)
    alone = {n.removeprefix(start): v for n, v in said.items() if n.startswith(start)}
    return {name: value for name, value in {**said, **alone}.items() if name in slots}


def _settable(graph: Graph) -> dict[str, Literals]:
    """What a user may set of a graph, and what it is else."""
    strength = {"strength": graph.said.strength} if graph.takes("reference") else {}
    lora = {OPTION: ""} if takes_loras(graph) else {}
    return {**graph.options, **strength, **lora}


def _alike(value: Literals, usual: Literals) -> bool:
    if isinstance(usual, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(usual, bool)
    if isinstance(usual, str):
        return isinstance(value, str)
    # A whole number in the file may stand for any number: 1 is how JSON often writes 1.0.
    return isinstance(value, int | float)


def order_for(
    graph: Graph,
    request: ImageRequest,
    can: Capabilities,
    *,
    model: str,
    said: Mapping[str, Literals],
    size: str = "",
    simplified: bool = False,
    references: tuple[str, ...] = (),
) -> Order:
    """What is sent for a request. `said`: the user's options; `size`: his WIDTHxHEIGHT, or ""."""
    adapted = adapt(request, can, simplified=simplified, references=references)
    base = _size(graph, request, size)
    width, height, extra = _final(graph, request, base)
    return Order(
        provider="comfyui",
        model=model,
        prompt=adapted.prompt,
        negative_prompt=adapted.negative_prompt,
        width=width,
        height=height,
        seed=adapted.seed,
        options={
            "graph": f"{graph.name}:{graph.digest}",
            **{name: said.get(name, usual) for name, usual in graph.options.items()},
            **extra,
            **_loras(graph, said),
            **_likeness(graph, request, said),
            **_colors(graph, request),
        },
        references=adapted.references,
        given_up=(*adapted.given_up, *_shape(graph, request, width, height)),
    )


def slots_of(order: Order) -> dict[str, Literals]:
    """What the slots of an order's graph are filled with, but for the reference."""
    options = {name: value for name, value in order.options.items() if name != "graph"}
    base = options.pop("base", "")
    width, height = map(int, str(base).split("x")) if base else (order.width, order.height)
    return {
        **options,
        "prompt": order.prompt,
        "negative": order.negative_prompt,
        "seed": order.seed or 0,
        "width": width,
        "height": height,
        "final_width": order.width,
        "final_height": order.height,
    }


def strength_of(request: ImageRequest, most: float) -> float:
    """How much of the picture before a still keeps, 0..1: falling within its section."""
    return round(most * followed(request), 3)


def _size(graph: Graph, request: ImageRequest, size: str) -> tuple[int, int]:
    """Width and height that the model paints."""
    if size:
        width, height = (max(1, round(int(n) / 8)) * 8 for n in size.split("x"))
        return width, height
    aspect = min(max(request.width / request.height, 0.25), 4.0)
    return size_of(aspect, pixels=graph.said.pixels, step=graph.said.step)


def _final(
    graph: Graph, request: ImageRequest, base: tuple[int, int]
) -> tuple[int, int, dict[str, Literals]]:
    """Width and height of what comes, and what to remember where that is not what is painted."""
    if not graph.takes("final_width"):
        return *base, {}
    wanted = max(request.width / base[0], request.height / base[1])
    by = min(max(wanted, 1.0), MOST_ENLARGED)
    width, height = (max(1, round(n * by / FINAL_STEP)) * FINAL_STEP for n in base)
    return width, height, {"base": f"{base[0]}x{base[1]}"}


def _shape(graph: Graph, request: ImageRequest, width: int, height: int) -> tuple[str, ...]:
    if not graph.takes("width"):
        return (f"size {request.width}x{request.height} (the graph decides)",)
    return shape_given_up(request, width, height)


def _loras(graph: Graph, said: Mapping[str, Literals]) -> dict[str, Literals]:
    return {OPTION: said[OPTION]} if said.get(OPTION) and takes_loras(graph) else {}


def _likeness(
    graph: Graph, request: ImageRequest, said: Mapping[str, Literals]
) -> dict[str, Literals]:
    if not graph.takes("reference"):
        return {}
    strength = strength_of(request, float(said.get("strength", graph.said.strength)))
    both = {"strength": strength, "denoise": round(1.0 - strength, 3)}
    return {name: value for name, value in both.items() if graph.takes(name)}


def _colors(graph: Graph, request: ImageRequest) -> dict[str, Literals]:
    """The palette's darkest, middle and lightest colour, and its accent, as ComfyUI writes them."""
    by_light = sorted(request.palette, key=luminance)
    colors = {
        "ground": by_light[0],
        "body": by_light[len(by_light) // 2],
        "light": by_light[-1],
        "accent": request.palette[-1],
    }
    return {name: int(c.lstrip("#"), 16) for name, c in colors.items() if graph.takes(name)}
