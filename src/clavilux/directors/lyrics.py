"""Lyrics that a user gives, as .lrc or plain text, and which section each line belongs to.

LRC has [mm:ss.xx] before a line, several for a line that returns, [offset:+-ms] for all of them
(plus is sooner), <mm:ss.xx> between words in its enhanced form, and tags such as [ar:...]. Where a
file has no times, its lines are shared out over the parts that are sung, in their order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from clavilux.directors.wording import plain, shortened
from clavilux.model.base import Value
from clavilux.model.errors import InputError
from clavilux.model.song import Section

LARGEST_BYTES = 1_000_000
MOST_LINES = 2000
LINE_LIMIT = 200
"""Characters of a line that are kept."""
SECTION_LIMIT = 700
"""Characters of one section's lyrics that a model is given."""

EARLY = 0.3
"""Seconds that singing may begin before its section does."""
LONGEST_OFFSET = 60_000.0

_TIME = re.compile(r"\[(\d{1,3}):(\d{1,2})(?:[.:](\d{1,3}))?\]")
_WORD_TIME = re.compile(r"<\d{1,3}:\d{1,2}(?:[.:]\d{1,3})?>")
_TAG = re.compile(r"\[([A-Za-z#]{1,12})\s*:([^\]]{0,200})\]")
_HEADING = re.compile(r"[\[(].{0,60}[\])]:?")
"""[Chorus], [Verse 2: ...], (x2): said about the lyrics."""

_SILENT = ("intro", "outro", "instrumental", "solo", "drop")


class Line(Value):
    """One line."""

    text: str
    time: float | None = None
    """Seconds; None where the file does not say."""


class Lyrics(Value):
    """What is sung, in its order."""

    lines: tuple[Line, ...]

    def by_section(self, sections: Sequence[Section]) -> tuple[str, ...]:
        """The words of each section, lines apart by " / ", at most SECTION_LIMIT characters."""
        timed = any(line.time is not None for line in self.lines)
        place = _by_time if timed else _by_share
        found: list[list[str]] = [[] for _ in sections]
        for line, index in zip(self.lines, place(self.lines, sections), strict=True):
            found[index].append(line.text)
        return tuple(shortened(" / ".join(lines), limit=SECTION_LIMIT) for lines in found)


def read_lyrics(path: Path) -> Lyrics:
    """The lyrics of a file. Raises InputError where it holds none."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError(f"{path} is too large for lyrics")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    lyrics = parse_lyrics(_decoded(data, path))
    if not lyrics.lines:
        raise InputError(f"{path} holds no lyrics; give a text file or an .lrc")
    return lyrics


def _decoded(data: bytes, path: Path) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if b"\0" in data:
        raise InputError(f"{path} is not a text file; give lyrics as .txt or .lrc")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def parse_lyrics(text: str) -> Lyrics:
    """Whatever can be read of it; lines that cannot are left out."""
    lines: list[Line] = []
    offset = 0.0
    for raw in text.splitlines()[: 4 * MOST_LINES]:
        raw = raw[: 4 * LINE_LIMIT].strip()
        if tag := _TAG.fullmatch(raw):
            offset = _offset(tag[2], offset) if tag[1].lower() == "offset" else offset
            continue
        times, words = _taken_apart(raw)
        said = shortened(plain(words), limit=LINE_LIMIT)
        if said and not _HEADING.fullmatch(said):
            lines += [Line(text=said, time=time) for time in times] or [Line(text=said)]
    return Lyrics(lines=_in_order(lines[:MOST_LINES], offset))


def _taken_apart(raw: str) -> tuple[list[float], str]:
    """The times at the beginning of a line, in seconds, and its words."""
    times: list[float] = []
    while found := _TIME.match(raw):
        fraction = float(f"0.{found[3]}") if found[3] else 0.0
        times.append(60.0 * int(found[1]) + int(found[2]) + fraction)
        raw = raw[found.end() :].lstrip()
    return times[:50], _WORD_TIME.sub(" ", raw)


def _offset(said: str, before: float) -> float:
    try:
        wanted = float(said)
    except ValueError:
        return before
    return wanted / 1000 if abs(wanted) <= LONGEST_OFFSET else before


def _in_order(lines: Sequence[Line], offset: float) -> tuple[Line, ...]:
    """By time, where some have one: a line without goes with the one before it."""
    if all(line.time is None for line in lines):
        return tuple(lines)
    placed, last = [], 0.0
    for line in lines:
        last = last if line.time is None else max(0.0, line.time - offset)
        placed.append(line.model_copy(update={"time": last}))
    return tuple(sorted(placed, key=lambda line: line.time or 0.0))


def _by_time(lines: Sequence[Line], sections: Sequence[Section]) -> list[int]:
    last = len(sections) - 1
    ends = [section.end - EARLY for section in sections[:-1]]
    return [sum((line.time or 0.0) >= end for end in ends[:last]) for line in lines]


def _by_share(lines: Sequence[Line], sections: Sequence[Section]) -> list[int]:
    """Each section gets lines as it has seconds of singing, or at least of a part that is sung."""
    seconds = [section.vocals * section.duration for section in sections]
    if not any(seconds):
        seconds = [s.duration * (s.function not in _SILENT) for s in sections]
    if not any(seconds):
        seconds = [section.duration for section in sections]
    edges = list(accumulate(seconds))
    at = [(k + 0.5) / len(lines) * edges[-1] for k in range(len(lines))]
    return [next(i for i, edge in enumerate(edges) if time < edge) for time in at]
