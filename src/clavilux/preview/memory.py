"""A preview that was shown before, shown again by what is left of it in the store.

The command starts from nothing each time, and Python needs half a second and more to load what
listens, plans and draws. None of it is needed to send what was drawn already: a small note in the
store says which segments those are. What is missing of them is drawn as usual, after the beginning.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clavilux.fingerprint import of_sources
from clavilux.media.audio import file_digest
from clavilux.model.codec import digest
from clavilux.storage import Store

if TYPE_CHECKING:
    from clavilux.pipeline import RenderOptions

SUFFIX, VIDEO = ".preview.json", ".mp4"


@dataclass(frozen=True)
class Memory:
    """What must be known to send a preview without planning it."""

    rate: str
    frames: int
    sound: bool
    start: float
    duration: float
    """Seconds, both."""
    whole: bool
    title: str
    pieces: list[tuple[int, str]]
    """The first frame of each segment, and its key."""


def address(source: Path, asked: tuple[str, ...]) -> str:
    """Where the memory of a song's preview lies. `asked`: all that was said on the command line."""
    return digest("preview", of_sources("."), file_digest(source), asked)


def remember(store: Store, key: str, memory: Memory) -> None:
    store.put(key, SUFFIX, json.dumps(asdict(memory)).encode())


def recall(store: Store, key: str) -> Memory | None:
    known = store.get(key, SUFFIX)
    return Memory(**json.loads(known)) if known else None


def preview_again(
    source: Path, options: Callable[[], RenderOptions], store: Store, *, asked: tuple[str, ...]
) -> Generator[bytes, None, None]:
    """`stream_preview` for a command: what was seen before comes at once.

    `options` are worked out where they are needed. `asked` is empty where the memory of a preview
    must not be trusted.
    """
    key = address(source, asked) if asked else ""
    memory = recall(store, key) if key else None
    if memory is None or not store.has(memory.pieces[0][1], VIDEO):
        from clavilux.preview.stream import stream_preview

        yield from stream_preview(source, options(), store, remembered_as=key)
        return
    from clavilux.media.stream import growing
    from clavilux.model.time import FrameRate

    yield from growing(
        _segments(memory, source, options, store, key),
        rate=FrameRate.parse(memory.rate),
        song=source if memory.sound else None,
        start=memory.start,
        duration=memory.duration,
        whole=memory.whole,
        title=memory.title,
    )


def _segments(
    memory: Memory, source: Path, options: Callable[[], RenderOptions], store: Store, key: str
) -> Iterator[tuple[int, Path]]:
    """Those that are there, up to the first that is not; the rest as usual."""
    for first, piece in memory.pieces:
        if not store.has(piece, VIDEO):
            from clavilux.preview.stream import go_on

            yield from go_on(source, options(), store, at=first, remembered_as=key)
            return
        yield first, store.path(piece, VIDEO)
