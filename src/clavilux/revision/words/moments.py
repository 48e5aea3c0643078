"""When: "1:05", "bar 33", "65 s". It is on the bar line near it, unless it is meant exactly."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from clavilux.analysis.correct import apply_correction
from clavilux.direction.retime import SLIP
from clavilux.model.song import Analysis
from clavilux.model.spec import RenderSpec
from clavilux.revision.difference import clock
from clavilux.revision.words.wishes import CannotBeDoneError

Listen = Callable[[RenderSpec], Analysis]
"""Gives a spec's song as it was heard, without corrections."""

CLOSE = 0.0015
"""Seconds: nearer than this is the same time."""

WHEN = (
    r"(?:(?:the )?(?:bar|measure) (?:number )?\d{1,5}"
    r"|\d+:\d\d(?:\.\d+)?"
    r"|\d+ ?(?:m|min|minutes?)\b(?: (?:and )?\d+(?:\.\d+)?(?: ?(?:s|sec|secs|seconds?)\b)?)?"
    r"|\d+(?:\.\d+)?(?: ?(?:s|sec|secs|seconds?))?\b)"
)
"""The pattern of a moment, in lower case."""

_ABOUT = re.compile(r"\bat (?:about|around|roughly|approximately) ", re.IGNORECASE)
_EXACTLY = re.compile(r"\b(?:exactly|precisely|exact|on the dot)\b ?")


@dataclass(frozen=True)
class Moment:
    """A time in a song, and how it was understood."""

    seconds: float
    told: str
    """ "1:04.307, the bar line nearest to 1:05"."""


@dataclass(frozen=True)
class Hearing:
    """A spec's song, listened to when somebody needs its bar lines."""

    spec: RenderSpec
    listen: Listen | None

    @cached_property
    def song(self) -> Analysis | None:
        """On the bar lines of the spec's own correction; None where it cannot be heard."""
        if self.listen is None:
            return None
        return apply_correction(self.listen(self.spec), self.spec.correction)

    def moment(self, text: str, *, exactly: bool = False) -> Moment:
        """What a text that fits WHEN says. Raises CannotBeDoneError where there is no such bar."""
        if bar := re.search(r"(?:bar|measure)\D*(\d+)", text):
            return self._bar(int(bar[1]))
        return self.near(_seconds(text), exactly=exactly)

    def near(self, seconds: float, *, exactly: bool = False) -> Moment:
        """A time, on the bar line that is nearest to it, if one is within a bar."""
        song, seconds = self.song, round(seconds, 3)
        if song is None:
            return Moment(seconds, clock(seconds))
        reach = SLIP if exactly else song.beat_period * song.meter
        line = round(song.nearest_downbeat(seconds, within=reach), 3)
        if abs(line - seconds) < CLOSE:
            return Moment(line, clock(line))
        if exactly:
            return Moment(line, f"{clock(line)}, the bar line right beside it")
        said = f'{clock(line)}, the bar line nearest to {clock(seconds)} (or say "exactly")'
        return Moment(line, said)

    def later(self, seconds: float, number: float, unit: str) -> Moment:
        """So many bars, beats or seconds after a time, or before it."""
        song = self.song
        if unit == "second" or song is None:
            if song is None and unit != "second":
                raise CannotBeDoneError(f"{unit}s are known only where the song is; say a time")
            return self.near(seconds + number, exactly=True)
        if unit == "bar":
            return self._counted(sorted(song.downbeats), seconds, number, unit)
        return self._counted(sorted(beat.time for beat in song.beats), seconds, number, unit)

    def _counted(self, lines: list[float], seconds: float, number: float, unit: str) -> Moment:
        if not lines or number % 1:
            raise CannotBeDoneError(f"say a whole number of {unit}s, or a time such as 1:05")
        here = min(range(len(lines)), key=lambda i: abs(lines[i] - seconds))
        there = here + int(number)
        if not 0 <= there < len(lines):
            raise CannotBeDoneError("that is outside the song")
        return Moment(round(lines[there], 3), clock(lines[there]))

    def _bar(self, number: int) -> Moment:
        if self.song is None:
            raise CannotBeDoneError("bars are known only where the song is; say a time: 1:05")
        lines = sorted(self.song.downbeats)
        if not lines:
            raise CannotBeDoneError("no bars were heard in this song; say a time: 1:05")
        if not 1 <= number <= len(lines):
            raise CannotBeDoneError(f"the song has bars 1 to {len(lines)}")
        time = round(lines[number - 1], 3)
        return Moment(time, f"bar {number}, {clock(time)}")


def without_exactly(text: str) -> tuple[str, bool]:
    """A text without the word "exactly", and whether it was in there."""
    said = " ".join(_ABOUT.sub("at ", text).split())
    bare = " ".join(_EXACTLY.sub("", said).split())
    return bare, bare != said


def _seconds(text: str) -> float:
    if found := re.fullmatch(r"(\d+):(\d\d(?:\.\d+)?)", text):
        return 60 * int(found[1]) + float(found[2])
    numbers = [float(n) for n in re.findall(r"\d+(?:\.\d+)?", text)]
    if re.search(r"\d ?m", text):
        return 60 * numbers[0] + (numbers[1] if len(numbers) > 1 else 0.0)
    return numbers[0]
