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

from clavilux.documents.explaining import syntax_problem
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
        if path.is_dir():
            raise SpecError(f"{path} is a folder; name the spec in it")
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            most = LARGEST_BYTES // 1_000_000
            raise SpecError(
                f"{path} has {size / 1e6:.1f} MB, too large for a render spec ({most} MB at most)"
            )
        data = path.read_bytes()
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SpecError(_no_text(path, data, error.start)) from None
    except OSError as error:
        raise SpecError(f"cannot read {path}: {error.strerror}") from None


def _no_text(path: Path, data: bytes, at: int) -> str:
    """Why bytes are no UTF-8."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return f"{path} is not a text file in UTF-8, but in UTF-16; save it as UTF-8"
    if b"\x00" in data[:4096]:
        return f"{path} is not a text file; a render spec is YAML or JSON"
    line = data[:at].count(b"\n") + 1
    return f"{path}, line {line}: it is not a text file in UTF-8; save it as UTF-8"


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
            raise _nothing(text)
        _refuse_bombs(root)
        plain = yaml.constructor.construct_document(root)
    except RecursionError:
        raise TextError("it is nested too deeply for a render spec") from None
    except YAMLError as error:
        raise _syntax(error, text.removeprefix("\ufeff")) from None
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


def _syntax(error: YAMLError, text: str) -> TextError:
    problem, spot = syntax_problem(error, text)
    return TextError(problem, None if spot is None else Place(spot[0] + 1, spot[1] + 1))


def _nothing(text: str) -> TextError:
    """Why a text that is YAML is no render spec at all."""
    bare = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    what = "this is not a render spec" if bare else "this is empty, and not a render spec"
    return TextError(f"{what}; write one with `clavilux plan SONG`")
