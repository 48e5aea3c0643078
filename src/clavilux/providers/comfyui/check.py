"""Whether a server can run a graph, found out from its list of node classes, without running it.

Follows ComfyUI's own validation (execution.py, validate_inputs, 0.3.64 to 0.38). Two things cannot
be told from outside: what a node checks by itself, and whether a picture to be uploaded loads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from clavilux.providers.comfyui.failures import choices_of, has_instead, is_model_file
from clavilux.providers.comfyui.graphs import described

Kind = Literal["class", "model", "wrong"]
"""The server lacks a node class; it lacks a model file; the graph itself is wrong."""

VALUES = frozenset({"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO"})
"""Types of inputs that are written down; all others are links."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that stands against a graph on a server."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """What a node takes at one place."""

    type: str
    """Such as "IMAGE", "INT", "COMBO"; several with commas between, "*" for anything."""
    choices: tuple[str, ...] | None
    """Of a COMBO; None where everything, or nobody knows what, is allowed."""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeClass:
    """What a node class takes and gives."""

    required: Mapping[str, Input]
    optional: Mapping[str, Input]
    outputs: tuple[str, ...]
    is_output: bool


def classes_of(info: Mapping[str, Any]) -> dict[str, NodeClass]:
    """The node classes that /object_info lists; what cannot be read is taken as without inputs."""
    return {name: _class_of(said) for name, said in info.items() if isinstance(said, dict)}


def _class_of(said: Mapping[str, Any]) -> NodeClass:
    inputs = said.get("input")
    inputs = inputs if isinstance(inputs, dict) else {}
    outputs = said.get("output")
    outputs = outputs if isinstance(outputs, list) else []
    return NodeClass(
        required=_inputs(inputs.get("required")),
        optional=_inputs(inputs.get("optional")),
        outputs=tuple("COMBO" if isinstance(o, list) else str(o) for o in outputs),
        is_output=bool(said.get("output_node")),
    )


def _inputs(said: Any) -> dict[str, Input]:
    if not isinstance(said, dict):
        return {}
    return {name: _input(c) for name, c in said.items() if isinstance(c, list) and c}


def _input(config: list[Any]) -> Input:
    more = config[1] if len(config) > 1 and isinstance(config[1], dict) else {}
    combo = isinstance(config[0], list) or config[0] == "COMBO"
    listed = isinstance(config[0], list) or isinstance(more.get("options"), list)
    # The list of an input for uploads is not what may be uploaded.
    known = listed and not any(name.endswith("_upload") and more[name] for name in more)
    return Input(
        type="COMBO" if combo else str(config[0]),
        choices=tuple(choices_of(config)) if combo and known else None,
        low=more.get("min") if isinstance(more.get("min"), int | float) else None,
        high=more.get("max") if isinstance(more.get("max"), int | float) else None,
    )


def problems(nodes: Mapping[str, Any], classes: Mapping[str, NodeClass]) -> tuple[Problem, ...]:
    """All that stands against a graph; nothing if the server would take it."""
    found: list[Problem] = []
    for id, node in nodes.items():
        kind = node["class_type"]
        if kind in classes:
            found += _of_node(id, nodes, classes)
        else:
            where = described(nodes, id)
            found.append(Problem(kind="class", text=f"the server lacks {kind}, for {where}"))
    if not any(n["class_type"] in classes and classes[n["class_type"]].is_output
               for n in nodes.values()):  # fmt: skip
        found.append(Problem(kind="wrong", text="no node saves anything"))
    if (loop := _loop(nodes)) is not None:
        text = f"{described(nodes, loop)} depends on itself"
        found.append(Problem(kind="wrong", text=text))
    return tuple(dict.fromkeys(found))


def _of_node(
    id: str, nodes: Mapping[str, Any], classes: Mapping[str, NodeClass]
) -> Iterator[Problem]:
    of, given = classes[nodes[id]["class_type"]], nodes[id]["inputs"]
    where = described(nodes, id)
    for name in of.required:
        if name not in given:
            yield Problem(kind="wrong", text=f"{where} needs {name}")
    for name, wanted in {**of.required, **of.optional}.items():
        if name not in given:
            continue
        if isinstance(given[name], list):
            wrong = _wrong_link(given[name], wanted, nodes, classes)
        else:
            lacking = _lacking(given[name], wanted)
            if lacking:
                yield Problem(kind="model", text=f"the server lacks {name} {lacking}, for {where}")
                continue
            wrong = _wrong_value(given[name], wanted)
        if wrong:
            yield Problem(kind="wrong", text=f"{where}: {name} {wrong}")


def _wrong_link(
    link: list[Any], wanted: Input, nodes: Mapping[str, Any], classes: Mapping[str, NodeClass]
) -> str:
    if len(link) != 2 or str(link[0]) not in nodes or not isinstance(link[1], int):
        return f"is linked to {link}, which is nothing"
    source = classes.get(nodes[str(link[0])]["class_type"])
    if source is None:  # said already
        return ""
    if not 0 <= link[1] < len(source.outputs):
        return f"is linked to output {link[1]} of {described(nodes, link[0])}, which has none such"
    given = source.outputs[link[1]]
    if fits(given, wanted.type):
        return ""
    return f"wants {wanted.type} and is linked to {given} of {described(nodes, link[0])}"


def fits(given: str, wanted: str) -> bool:
    """Whether an output's type may go into an input: any of several, "*" with all."""
    if "*" in (given, wanted):
        return True
    return set(given.split(",")) <= set(wanted.split(","))


def _lacking(value: Any, wanted: Input) -> str:
    """A model file that is not there, and what is there instead; "" otherwise."""
    if wanted.choices is None or value in wanted.choices or not is_model_file(value):
        return ""
    return f"{value}{has_instead(list(wanted.choices))}"


def _wrong_value(value: Any, wanted: Input) -> str:
    if wanted.type in ("INT", "FLOAT"):
        try:
            number = int(value) if wanted.type == "INT" else float(value)
        except (TypeError, ValueError, OverflowError):
            return f"is {value!r}, which is no number"
        if wanted.low is not None and number < wanted.low:
            return f"is {number}, at least {wanted.low} is needed"
        if wanted.high is not None and number > wanted.high:
            return f"is {number}, at most {wanted.high} is allowed"
    if wanted.choices is not None and value not in wanted.choices:
        return f"is {value!r}{has_instead(list(wanted.choices))}"
    if not VALUES & set(wanted.type.split(",")) and wanted.type != "*":
        return f"wants a link to {wanted.type}"
    return ""


def _loop(nodes: Mapping[str, Any]) -> str | None:
    """A node that depends on itself; None where there is none."""
    done: set[str] = set()
    for start in nodes:
        path: list[tuple[str, Iterator[str]]] = [(start, _sources(nodes, start))]
        on_path = {start}
        while path:
            node, left = path[-1]
            source = next(left, None)
            if source is None:
                done.add(node)
                on_path.discard(node)
                path.pop()
            elif source in on_path:
                return source
            elif source not in done:
                on_path.add(source)
                path.append((source, _sources(nodes, source)))
    return None


def _sources(nodes: Mapping[str, Any], id: str) -> Iterator[str]:
    for value in nodes[id]["inputs"].values():
        if isinstance(value, list) and len(value) == 2 and str(value[0]) in nodes:
            yield str(value[0])
