"""EDGE: text files in which people note beats, tempi and sections, one a line.

Columns are separated by blanks, tabs or commas; # begins a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clavilux.model.correction import SectionMark, TempoMark
from clavilux.model.errors import InputError

LARGEST_BYTES = 4_000_000


@dataclass(frozen=True)
class Line:
    """A line of a file, cut into columns, with the words to complain about it."""

    where: str
    words: list[str]

    def seconds(self, column: int) -> float:
        """A column as seconds: 83.5, 1:23.5 or 1:02:03."""
        text = self.words[column]
        value = clock_seconds(text)
        if value is None:
            raise InputError(
                f"{self.where}: '{text}' is not a time; write seconds or minutes:seconds"
            )
        return value


@dataclass(frozen=True)
class BeatMark:
    """A noted beat."""

    time: float
    """Seconds."""
    position: int | None = None
    """1 is the downbeat; None where the file does not count."""


@dataclass(frozen=True)
class SpanMark:
    """A noted part of a song, in seconds; the end may be open."""

    start: float
    end: float | None
    name: str


def clock_seconds(text: str) -> float | None:
    """ "83.5", "1:23.5" or "1:02:03" as seconds; None for anything else."""
    if not re.fullmatch(r"(\d+:){0,2}\d*\.?\d+\.?", text, re.ASCII) or len(text) > 24:
        return None
    total = 0.0
    for part in text.split(":"):
        total = total * 60 + float(part)
    return total


def read_text(path: Path, *, what: str) -> str:
    """A small text file. Raises InputError with what to do."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError(f"{path} is too large for {what}")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path} is not a text file; give {what}") from None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give {what}") from None


def read_beats(path: Path) -> tuple[BeatMark, ...]:
    """A beat a line: its time and, if there is a second column, its position in the bar.

    The second column counts from 1, or is "bar.beat". As in the .beats files of data sets.
    """
    what = "a text file with the time of a beat on each line"
    marks: list[BeatMark] = []
    for line in _lines(read_text(path, what=what), path):
        mark = BeatMark(line.seconds(0), _position(line))
        if marks and mark.time <= marks[-1].time:
            raise InputError(f"{line.where}: {line.words[0]} is not after the beat before it")
        marks.append(mark)
    if not marks:
        raise InputError(f"{path} holds no beats; give {what}")
    return tuple(marks)


def _position(line: Line) -> int | None:
    if len(line.words) < 2:
        return None
    whole = re.fullmatch(r"(\d{1,6})(?:\.(\d{1,3}))?", line.words[1])
    if whole is None:
        raise InputError(
            f"{line.where}: '{line.words[1]}' is not a position in the bar; write 1 for a downbeat"
        )
    fraction = whole[2]
    return int(fraction) if fraction and fraction.strip("0") else int(whole[1])


def read_taps(path: Path) -> tuple[float, ...]:
    """Times of tapped beats in seconds, ascending; with positions, from the first downbeat on."""
    marks = read_beats(path)
    if len(marks) < 2:
        raise InputError(f"{path} holds one tap; two are the least that tell a tempo")
    first = next((i for i, mark in enumerate(marks) if mark.position == 1), 0)
    return tuple(mark.time for mark in marks[first:])


def read_tempo_map(path: Path) -> tuple[TempoMark, ...]:
    """ "0:12.5 128" a line: from this time on, this many beats a minute."""
    what = "a text file with lines like '0:12.5 128' (time, beats per minute)"
    marks: list[TempoMark] = []
    for line in _lines(read_text(path, what=what), path):
        if len(line.words) != 2:
            raise InputError(f"{line.where}: write a time and a tempo, like '0:12.5 128'")
        time, tempo = line.seconds(0), _number(line.words[1])
        if tempo is None or not 10 <= tempo <= 400:
            raise InputError(
                f"{line.where}: '{line.words[1]}' is not a tempo from 10 to 400 beats per minute"
            )
        if marks and time <= marks[-1].time:
            raise InputError(f"{line.where}: {line.words[0]} is not after the mark before it")
        marks.append(TempoMark(time=time, tempo=tempo))
    if not marks:
        raise InputError(f"{path} holds no tempo; give {what}")
    return tuple(marks)


def read_sections(path: Path) -> tuple[SectionMark, ...]:
    """Where each part begins. Lines "0:00 intro" and Audacity's "0.0<TAB>12.5<TAB>intro"."""
    marks: list[SectionMark] = []
    for span in read_spans(path):
        if marks and span.start <= marks[-1].start:
            raise InputError(f"{path}: '{span.name}' does not start after '{marks[-1].name}'")
        marks.append(SectionMark(start=span.start, name=span.name))
    return tuple(marks)


def read_spans(path: Path) -> tuple[SpanMark, ...]:
    """Parts of a song, an end where the file gives one."""
    what = "a text file with lines like '1:23.5 chorus' (start, name) or Audacity labels"
    spans: list[SpanMark] = []
    for line in _lines(read_text(path, what=what), path):
        start, rest = line.seconds(0), 1
        end = clock_seconds(line.words[1]) if len(line.words) > 2 else None
        if end is not None:
            rest = 2
            if end < start:
                raise InputError(f"{line.where}: ends at {line.words[1]}, before it starts")
        name = " ".join(line.words[rest:]).strip("\"'")[:64]
        if not name:
            raise InputError(f"{line.where}: write a time and a name, like '1:23.5 chorus'")
        spans.append(SpanMark(start, end, name))
    if not spans:
        raise InputError(f"{path} holds no sections; give {what}")
    return tuple(spans)


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text) else None


def _lines(text: str, path: Path) -> Iterator[Line]:
    for number, raw in enumerate(text.splitlines(), start=1):
        words = re.split(r"[,;\s]+", raw.partition("#")[0].strip(" \t,;"))
        if words != [""]:
            yield Line(f"{path}, line {number}", words)
