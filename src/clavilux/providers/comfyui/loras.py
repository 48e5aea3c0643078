"""LoRAs in a graph that has no place for them: nodes between the model and all that use it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clavilux.providers.comfyui.graphs import Graph
from clavilux.providers.loras import named_loras

OPTION = "lora"

Link = tuple[str, int]
"""Id of a node, and which of its outputs."""


def takes_loras(graph: Graph) -> bool:
    """Whether LoRAs can be put into a graph: it has no slot for one, and what samples hangs on a
    model, and the prompt on a text encoder."""
    return not graph.takes(OPTION) and _roots(graph) is not None


def with_loras(graph: Graph, nodes: Mapping[str, Any], said: str) -> dict[str, Any]:
    """A filled graph with LoRAs behind the model and text encoder of its picture, in a chain; the
    models of other things, such as depth, are left alone. `said`: see providers/loras.py."""
    loras, roots = named_loras(said), _roots(graph)
    if not loras or roots is None or graph.takes(OPTION):
        return dict(nodes)
    model, clip = roots
    added: dict[str, Any] = {}
    for number, (name, strength) in enumerate(loras):
        id = f"{OPTION}_{number}"
        added[id] = {
            "class_type": "LoraLoader",
            "inputs": {
                "model": list(model), "clip": list(clip), "lora_name": name,
                "strength_model": strength, "strength_clip": strength,
            },
            "_meta": {"title": f"LoRA {number + 1}"},
        }  # fmt: skip
        model, clip = (id, 0), (id, 1)
    moved = {roots[0]: list(model), roots[1]: list(clip)}
    return {**{id: _rewired(node, moved) for id, node in nodes.items()}, **added}


def _roots(graph: Graph) -> tuple[Link, Link] | None:
    """Where the model of its picture comes from, and the text encoder."""
    ends = []
    for slot, name in (("seed", "model"), ("prompt", "clip")):
        at = graph.said.slots.get(slot, ("",))[0].partition(".")[0]
        ends.append(_link((graph.nodes.get(at) or {}).get("inputs", {}).get(name)))
    model, clip = ends
    return (model, clip) if model and clip else None


def _link(value: object) -> Link | None:
    if isinstance(value, list) and len(value) == 2 and isinstance(value[1], int):
        return str(value[0]), value[1]
    return None


def _rewired(node: Mapping[str, Any], moved: Mapping[Link, list[Any]]) -> dict[str, Any]:
    inputs = {
        name: moved.get(link, value) if (link := _link(value)) else value
        for name, value in (node.get("inputs") or {}).items()
    }
    return {**node, "inputs": inputs}
