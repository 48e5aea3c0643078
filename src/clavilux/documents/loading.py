"""A spec's text as plain data, with the line and column of everything in it.

The text may be a stranger's: nothing in it is run, and its size is bounded before anything is made
of it, aliases counted as often as they are named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from clavilux.model import codec
from clavilux.model.errors import SpecError
from clavilux.model.spec import RenderSpec

LARGEST_BYTES = 1_000_000
"""Of a spec. One of an hour has 50 000; reading as much as this takes five seconds."""
MOST_NODES = 200_000
"""Values in a spec, aliases counted each time: a song of two hours, tapped, has 30 000."""

Where = tuple[str | int, ...]
"""Keys and numbers from the root to a value."""


@dataclass(frozen=True, order=True)
class Place:
    """Where in a text something is, both from 1."""

    line: int
    column: int


class TextError(SpecError):
    """A text that is no YAML mapping, and where it stops being one."""

    def __init__(self, problem: str, place: Place | None = None) -> None:
        super().__init__(problem)
        self.problem, self.place = problem, place


@dataclass(frozen=True)
class Parsed:
    """A text as data."""

    plain: dict[str, Any]
    keys: dict[Where, Place]
    """Where the key of each field is, or the value in a list."""
    values: dict[Where, Place]


def text_of(path: Path) -> str:
    """The text of a spec file, its line ends as they are. Raises SpecError."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise SpecError(f"{path} is too large for a render spec")
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise SpecError(f"{path} is not a text file; a render spec is YAML or JSON") from None
    except OSError as error:
        raise SpecError(f"cannot read {path}: {error.strerror}") from None


def read_spec(path: Path) -> RenderSpec:
    """A spec file, YAML or JSON. Raises SpecError with the line, or the field, that is wrong."""
    return parse_spec(text_of(path), name=str(path))


def parse_spec(text: str, *, name: str) -> RenderSpec:
    """The same of its text; `name` is what errors call it."""
    try:
        parsed = parse(text)
    except TextError as error:
        where = f", line {error.place.line}" if error.place else ""
        raise SpecError(f"{name}{where}: {error.problem}") from None
    return codec.read(RenderSpec, parsed.plain, what=name)


def parse(text: str) -> Parsed:
    """Raises TextError where it is not YAML, too large, or no mapping."""
    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(text.removeprefix("\ufeff"))
        if not isinstance(root, MappingNode):
            raise TextError("this is not a render spec; write one with `clavilux plan SONG`")
        _refuse_bombs(root)
        plain = yaml.constructor.construct_document(root)
    except RecursionError:
        raise TextError("it is nested too deeply for a render spec") from None
    except YAMLError as error:
        raise _syntax(error) from None
    except (ValueError, OverflowError):
        raise TextError("a number in it cannot be read") from None
    keys: dict[Where, Place] = {(): Place(1, 1)}
    values: dict[Where, Place] = {(): Place(1, 1)}
    for where, key, value in _walk(root, ()):
        keys[where], values[where] = _place(key), _place(value)
    return Parsed(plain, keys, values)


def _refuse_bombs(root: Node) -> None:
    """Raise TextError where aliases make a value contain itself, or far too many values."""
    sizes: dict[int, int] = {}
    open_: set[int] = set()

    def size(node: Node) -> int:
        if id(node) in open_:
            raise TextError("an alias (*) names a value that it is part of", _place(node))
        if id(node) not in sizes:
            open_.add(id(node))
            sizes[id(node)] = 1 + sum(size(child) for child in _children(node))
            open_.discard(id(node))
        return sizes[id(node)]

    if size(root) > MOST_NODES:
        raise TextError(f"it holds more than {MOST_NODES} values, too many for a render spec")


def _children(node: Node) -> list[Node]:
    if isinstance(node, SequenceNode):
        return list(node.value)
    if isinstance(node, MappingNode):
        return [child for pair in node.value for child in pair]
    return []


def _walk(node: Node, where: Where) -> Iterator[tuple[Where, Node, Node]]:
    """Each value below a node: its address, the node of its key, and its own."""
    if isinstance(node, SequenceNode):
        pairs = [(i, child, child) for i, child in enumerate(node.value)]
    elif isinstance(node, MappingNode):
        pairs = [(k.value, k, v) for k, v in node.value if isinstance(k, ScalarNode)]
    else:
        pairs = []
    for name, key, value in pairs:
        yield (*where, name), key, value
        yield from _walk(value, (*where, name))


def _place(node: Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def _syntax(error: YAMLError) -> TextError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None)
    place = Place(mark.line + 1, mark.column + 1) if mark else None
    return TextError(" ".join(str(problem or "it is not valid YAML").split()), place)
