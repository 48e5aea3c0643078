"""Sections put into a spec's text, or taken out of it, line by line: every other line stays."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from clavilux.documents.writing import section_block


class NoBlocksError(Exception):
    """The sections are not written one below the other, as dashes and lines."""


@dataclass(frozen=True)
class _Block:
    """The lines of one section, counted from 0."""

    lead: int
    """Its first blank line or comment: what stands above its dash at the dash's depth."""
    dash: int
    end: int
    """The line after its last."""
    depth: int
    """Columns before the dash."""


def with_section(text: str, at: int, section: dict[str, Any], *, width: int) -> str:
    """The text with one more section, which has the number `at` then.

    It comes right behind the one before it; comments above the next one stay there. Raises
    NoBlocksError.
    """
    lines, blocks = text.splitlines(keepends=True), _blocks(text)
    apart = any(not lines[n].strip() for block in blocks for n in range(block.lead, block.dash))
    where = blocks[at - 1].end if at else blocks[0].dash
    new = _written(section, depth=blocks[0].depth, width=width)
    before = ["\n"] if apart and at else []
    after = ["\n"] if apart and not at else []
    if where and not lines[where - 1].endswith("\n"):
        lines[where - 1] += "\n"
    return "".join([*lines[:where], *before, *new, *after, *lines[where:]])


def without_section(text: str, at: int) -> str:
    """The text without a section; comments on lines of their own stay, at the dashes' depth.

    Raises NoBlocksError.
    """
    lines, block = text.splitlines(keepends=True), _blocks(text)[at]
    told = _lines_of_texts(text)
    kept = [
        " " * block.depth + lines[n].lstrip()
        for n in range(block.dash, block.end)
        if lines[n].lstrip().startswith("#") and n not in told
    ]
    lead = lines[block.lead : block.dash]
    if not kept and all(not line.strip() for line in lead):
        lead = []
    rest = lines[block.end :]
    first = not "".join(lines[: block.lead]).rstrip().splitlines()[-1:] or at == 0
    if first and not lead and not kept:
        rest = _without_leading_blanks(rest)
    return "".join([*lines[: block.lead], *lead, *kept, *rest])


def with_sections_of(text: str, made: str, *, touched: set[int]) -> str:
    """`made` of `text`, with the very lines of the sections that nothing touched.

    The library that writes documents breaks long lines anew, wherever they are. Where one of the
    two has no blocks, `made` as it is.
    """
    try:
        old, new = _blocks(text), _blocks(made)
    except NoBlocksError:
        return made
    before, lines = text.splitlines(keepends=True), made.splitlines(keepends=True)
    for i in reversed(range(len(new))):
        if i not in touched and len(old) == len(new):
            lines[new[i].dash : new[i].end] = before[old[i].dash : old[i].end]
    return "".join(lines)


def _without_leading_blanks(lines: list[str]) -> list[str]:
    while lines and not lines[0].strip():
        lines = lines[1:]
    return lines


def _blocks(text: str) -> list[_Block]:
    root = _composed(text)
    found = next((v for k, v in root.value if k.value == "sections"), None)
    if not isinstance(found, SequenceNode) or found.flow_style:
        raise NoBlocksError
    lines = text.splitlines()
    dashes = [_dash_of(lines, node) for node in found.value]
    depth = len(lines[dashes[0]]) - len(lines[dashes[0]].lstrip())
    later = [k.start_mark.line for k, _ in root.value if k.start_mark.line > dashes[-1]]
    stops = [*dashes[1:], min(later, default=len(lines))]
    ends = [_end(lines, dash, stop, depth) for dash, stop in zip(dashes, stops, strict=True)]
    leads = [_end(lines, found.start_mark.line, dashes[0], depth), *ends[:-1]]
    leads[0] = max(leads[0], _line_of_key(root) + 1)
    return [
        _Block(lead, dash, end, depth) for lead, dash, end in zip(leads, dashes, ends, strict=True)
    ]


def _composed(text: str) -> MappingNode:
    root = YAML(typ="safe", pure=True).compose(text)
    if not isinstance(root, MappingNode) or root.flow_style:
        raise NoBlocksError
    return root


def _line_of_key(root: MappingNode) -> int:
    return next(int(k.start_mark.line) for k, _ in root.value if k.value == "sections")


def _dash_of(lines: list[str], node: Node) -> int:
    """The line of a section's dash, which may be above its first field."""
    for line in range(node.start_mark.line, -1, -1):
        if re.match(r"\s*-(\s|$)", lines[line]):
            return line
    raise NoBlocksError


def _end(lines: list[str], dash: int, stop: int, depth: int) -> int:
    """The line after the last of a section that goes on to `stop` at most: blank lines and
    comments no deeper than the dash are the next one's."""
    while stop > dash + 1 and _is_between(lines[stop - 1], depth):
        stop -= 1
    return stop


def _is_between(line: str, depth: int) -> bool:
    bare = line.lstrip()
    return not bare or (bare.startswith("#") and len(line) - len(bare) <= depth)


def _lines_of_texts(text: str) -> set[int]:
    """Lines that go on with a text of several lines: a # there begins no comment."""
    found: set[int] = set()
    open_: list[Node] = [_composed(text)]
    while open_:
        node = open_.pop()
        if isinstance(node, ScalarNode):
            found.update(range(node.start_mark.line + 1, node.end_mark.line))
        elif isinstance(node, SequenceNode):
            open_ += node.value
        elif isinstance(node, MappingNode):
            open_ += [child for pair in node.value for child in pair]
    return found


def _written(section: dict[str, Any], *, depth: int, width: int) -> list[str]:
    yaml = YAML()
    yaml.width = width
    yaml.indent(mapping=2, sequence=depth + 2, offset=depth)
    buffer = io.StringIO()
    yaml.dump(CommentedSeq([section_block(section)]), buffer)
    made = buffer.getvalue().splitlines(keepends=True)
    shift = depth - (len(made[0]) - len(made[0].lstrip()))
    return [" " * shift + line if shift > 0 else line for line in made]
