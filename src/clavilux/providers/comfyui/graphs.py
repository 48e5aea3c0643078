"""Graphs are data: what ComfyUI is to do, as a file of its own, with named slots for what changes.

A graph is a JSON file in ComfyUI's API format. Its slots are named in a TOML file beside it:

    title = "SDXL"
    pixels = 1048576               # area that the model was trained on
    step = 64                      # width and height are multiples of it
    seconds = 8                    # a guess, until pictures have been made
    [slots]
    prompt = "2.text"              # node id, dot, input; a list for several places
    seed = "5.seed"
    checkpoint = "1.ckpt_name"     # any further name: an option that the user may set

or by the titles of its nodes: one titled "clavilux:seed,steps" has the slots seed and steps. What
no slot names stays as the file has it.
"""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator

from clavilux.model.base import Value
from clavilux.model.codec import digest
from clavilux.model.errors import InputError

Literals = str | int | float | bool

FILLED = (
    "prompt", "negative", "seed", "width", "height", "final_width", "final_height", "reference",
    "strength", "denoise", "ground", "body", "light", "accent",
)  # fmt: skip
"""Slots that an order fills; all others are options."""

NEEDED = ("prompt", "seed")

TITLED = "clavilux:"

INPUTS: Mapping[str, tuple[str, ...]] = {
    "prompt": ("text", "prompt", "string", "value"),
    "negative": ("text", "negative_prompt", "string", "value"),
    "seed": ("seed", "noise_seed", "value"),
    "reference": ("image",),
    "final_width": ("width", "value"),
    "final_height": ("height", "value"),
    "ground": ("color", "value"),
    "body": ("color", "value"),
    "light": ("color", "value"),
    "accent": ("color", "value"),
    "checkpoint": ("ckpt_name",),
    "control_net": ("control_net_name",),
}
"""Which input of a titled node a slot means; any other slot means the input of its own name."""

EXPORT_HINT = (
    "is saved for ComfyUI's editor; open it there and choose File > Export (API) (older editors: "
    "Save (API Format), once dev mode is on)"
)


class Said(Value):
    """The TOML file beside a graph."""

    title: str = ""
    about: str = ""
    pixels: int = Field(default=1024 * 1024, ge=64 * 64, le=2**26)
    step: int = Field(default=64, ge=8, le=512)
    seconds: float = Field(default=10.0, gt=0)
    without_reference: str = ""
    """The graph for a picture that has none before it."""
    follows: Literal["previous", "anchor"] = "previous"
    """Which picture the reference is: the one before, or the video's strongest."""
    strength: float = Field(default=0.6, ge=0, le=1)
    """How much of the picture before is kept in the first still of a section."""
    output: str = ""
    """Id of the node whose picture is taken; "" for the only one that saves pictures."""
    slots: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @field_validator("slots", mode="before")
    @classmethod
    def _listed(cls, said: Any) -> Any:
        if not isinstance(said, dict):
            return said
        return {name: (at,) if isinstance(at, str) else at for name, at in said.items()}


class Graph(Value):
    """A graph with its slots. Pure data; nothing in it is run by us."""

    name: str
    nodes: dict[str, Any]
    """As the API format has them: id -> {class_type, inputs, _meta}."""
    said: Said
    output: str
    """Id of the node whose picture is taken."""

    @property
    def digest(self) -> str:
        """Changes when it would make other pictures."""
        return digest("graph", self.nodes, self.said.slots, self.output)[:16]

    def takes(self, slot: str) -> bool:
        return slot in self.said.slots

    @property
    def options(self) -> dict[str, Literals]:
        """The slots that a user may set, with what the file says."""
        names = [name for name in self.said.slots if name not in FILLED]
        return {name: self._value(self.said.slots[name][0]) for name in names}

    def _value(self, at: str) -> Literals:
        node, _, name = at.partition(".")
        value: Literals = self.nodes[node]["inputs"][name]
        return value

    def filled(self, values: Mapping[str, Literals]) -> dict[str, Any]:
        """The graph to be sent; values that it has no slot for are left out."""
        nodes = copy.deepcopy(self.nodes)
        for name, value in values.items():
            for at in self.said.slots.get(name, ()):
                node, _, wanted = at.partition(".")
                nodes[node]["inputs"][wanted] = value
        return nodes


def described(nodes: Mapping[str, Any], node: object) -> str:
    """A node as a person finds it: "KSampler 'second pass' (node 9)"."""
    of = nodes.get(str(node)) or {}
    title = str((of.get("_meta") or {}).get("title") or "")
    kind = str(of.get("class_type") or "node")
    name = f" '{title}'" if title and title != kind else ""
    return f"{kind}{name} (node {node})"


def shipped() -> tuple[str, ...]:
    """Names of the graphs that come with Clavilux."""
    return tuple(sorted(f.name.removesuffix(".json") for f in _folder().iterdir() if _is_json(f)))


def _folder() -> Any:
    return resources.files("clavilux.providers") / "graphs"


def _is_json(file: Any) -> bool:
    return bool(file.name.endswith(".json"))


def load(name: str) -> Graph:
    """A shipped graph by name, or a user's own by the path of its .json file. Raises InputError."""
    if name.endswith(".json"):
        return _of_file(Path(name).expanduser())
    if name not in shipped():
        raise InputError(
            f"there is no graph '{name}'; known: {', '.join(shipped())}, or the path of a .json"
        )
    return _shipped(name)


@cache
def _shipped(name: str) -> Graph:
    texts = [(_folder() / f"{name}{suffix}").read_text("utf-8") for suffix in (".json", ".toml")]
    return parsed(json.loads(texts[0]), tomllib.loads(texts[1]), name=name)


def _of_file(path: Path) -> Graph:
    beside = path.with_suffix(".toml")
    try:
        nodes = json.loads(path.read_text("utf-8"))
        said = tomllib.loads(beside.read_text("utf-8")) if beside.exists() else {}
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{beside} is not a TOML file: {error}") from None
    except OSError as error:
        raise InputError(f"cannot read {error.filename}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise InputError(f"{path} is not a JSON file") from None
    return parsed(nodes, said, name=path.stem, source=str(path))


def parsed(nodes: Any, said: Mapping[str, Any], *, name: str, source: str = "") -> Graph:
    """A graph from plain data. Raises InputError saying what is wrong with it."""
    source = source or name
    _check_format(nodes, source)
    try:
        of = Said.model_validate(said)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        unknown = f"there is no such field; known: {', '.join(Said.model_fields)}"
        wrong = unknown if first["type"] == "extra_forbidden" else first["msg"]
        raise InputError(f"{source}, its TOML file, {where}: {wrong}") from None
    of = of.model_copy(update={"slots": {**_titled(nodes, source), **of.slots}})
    _check_slots(nodes, of.slots, source)
    if "reference" in of.slots and not of.without_reference:
        raise InputError(
            f'{source} shows the model an earlier picture; say without_reference = "sdxl" or '
            "another graph in its TOML file, for the first one"
        )
    return Graph(name=name, nodes=nodes, said=of, output=_output(nodes, of, source))


def _check_format(nodes: Any, source: str) -> None:
    if isinstance(nodes, dict) and isinstance(nodes.get("nodes"), list):
        raise InputError(f"{source} {EXPORT_HINT}")
    whole = isinstance(nodes, dict) and nodes and all(_is_node(node) for node in nodes.values())
    if not whole:
        raise InputError(f"{source} is no ComfyUI graph in API format")


def _is_node(node: Any) -> bool:
    return (
        isinstance(node, dict)
        and isinstance(node.get("class_type"), str)
        and isinstance(node.get("inputs"), dict)
    )


def _titled(nodes: Mapping[str, Any], source: str) -> dict[str, tuple[str, ...]]:
    """The slots that titles name."""
    found: dict[str, tuple[str, ...]] = {}
    for id, node in nodes.items():
        title = str((node.get("_meta") or {}).get("title") or "").strip()
        if not title.lower().startswith(TITLED):
            continue
        for slot in filter(None, (part.strip() for part in title[len(TITLED) :].split(","))):
            names = [name for name in INPUTS.get(slot, (slot,)) if name in node["inputs"]]
            if not names:
                raise InputError(f"{source}: node {id} ({node['class_type']}) has no input {slot}")
            found[slot] = (*found.get(slot, ()), f"{id}.{names[0]}")
    return found


def _check_slots(
    nodes: Mapping[str, Any], slots: Mapping[str, tuple[str, ...]], source: str
) -> None:
    for name, places in slots.items():
        for at in places:
            node, _, wanted = at.partition(".")
            if wanted not in nodes.get(node, {}).get("inputs", {}):
                raise InputError(f"{source}: slot {name} is '{at}', but there is no such input")
            if isinstance(nodes[node]["inputs"][wanted], list | dict):
                raise InputError(f"{source}: slot {name} is '{at}', which is a link, not a value")
    for name in NEEDED:
        if name not in slots:
            raise InputError(
                f'{source} has no slot {name}; title a node "clavilux:{name}", or say '
                f'{name} = "NODE.INPUT" under [slots] in {Path(source).stem}.toml beside it'
            )


SAVERS = ("SaveImage", "PreviewImage")


def _output(nodes: Mapping[str, Any], said: Said, source: str) -> str:
    if said.output:
        if said.output not in nodes:
            raise InputError(f"{source}: output is '{said.output}', but there is no such node")
        return said.output
    for kind in SAVERS:
        found = [id for id, node in nodes.items() if node["class_type"] == kind]
        if len(found) == 1:
            return found[0]
        if found:
            raise InputError(f'{source} saves several pictures; say output = "NODE" in its TOML')
    raise InputError(f'{source} saves no picture; add a SaveImage node, or say output = "NODE"')
