"""Segments + song -> an mp4 that can be shown while it grows: for a pipe, a player, a web page.

A fragmented file (ISO/IEC 14496-12, 8.8): first what the tracks are, then fragments of picture and
sound, each of which can be shown as soon as it has come. Nothing is encoded again, and the picture
begins at time 0, as in the finished file.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from fractions import Fraction
from math import inf
from pathlib import Path
from typing import Any

import av

from clavilux.media.mux import laid
from clavilux.model.time import FrameRate

FRAGMENT_SECONDS = 1.0
"""A fragment is no longer; it ends sooner where a segment or a group of pictures does."""

OPTIONS = {
    "movflags": "+empty_moov+delay_moov+frag_keyframe+default_base_moof",
    "frag_duration": str(round(FRAGMENT_SECONDS * 1e6)),
    "flush_packets": "1",
}
"""`delay_moov`: the head comes with the first fragment, when the sound's priming is known."""


def growing(
    segments: Iterable[tuple[int, Path]],
    *,
    rate: FrameRate,
    song: Path | None,
    start: float = 0.0,
    duration: float | None = None,
    whole: bool = True,
    title: str = "",
    ends: Callable[[], float] = lambda: inf,
) -> Generator[bytes, None, None]:
    """The file, piece by piece, as segments come; each comes with its first frame's number.

    The parameters are those of `mux.join`. `ends` is asked again and again, for a video whose
    length (seconds) is not known at first: sound beyond it is left out. A fragment is given out
    when the segment after it has come. Closing the generator early stops everything.
    """
    sink = _Sink()
    with av.open(sink, "w", format="mp4", options=OPTIONS) as out:
        out.metadata["title"] = title
        tracks = laid(
            segments, out, rate=rate, song=song, start=start, duration=duration, whole=whole
        )
        with tracks as (_, packets):
            for packet in packets:
                if packet.stream.type == "video" or _cut(packet, ends()):
                    out.mux(packet)
                    yield from sink.taken()
    yield from sink.taken()


def _cut(packet: Any, end: float) -> bool:
    """Whether any of a sound's packet is before the end; shortened, where it reaches beyond."""
    if end == inf:
        return True
    left: int = round(Fraction(end) / packet.time_base) - packet.pts
    if 0 < left < (packet.duration or 0):
        packet.duration = left
    return left > 0


class _Sink:
    """A file that can only be written to, and whose bytes are taken away."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> Iterator[bytes]:
        """What was written since the last time, if anything."""
        parts, self._parts = self._parts, []
        if parts:
            yield b"".join(parts)
