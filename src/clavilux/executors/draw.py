"""One segment, drawn and encoded: a pure function of timeline, span and stored stills."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clavilux.media.encode import EncoderSettings, encode_segment
from clavilux.media.image import StillLoader
from clavilux.model.time import FrameSpan
from clavilux.model.timeline import Timeline
from clavilux.rendering.blocks import Blocks, block_means
from clavilux.rendering.compose import Renderer
from clavilux.rendering.resolve import resolve
from clavilux.storage import Store

OnFrame = Callable[[], None]

SUFFIX, BLOCKS_SUFFIX = ".mp4", ".blocks.npy"
"""Suffixes in the store: a segment's encoded frames, and the block means of those drawn."""


class Segment(NamedTuple):
    """What drawing a span gives."""

    video: bytes
    blocks: Blocks
    """(frames, 3, ROWS, COLUMNS), of the frames as they were drawn."""

    def keep(self, store: Store, key: str) -> None:
        """Where the video is, the blocks are: it comes last."""
        file = io.BytesIO()
        np.save(file, self.blocks, allow_pickle=False)
        store.put(key, BLOCKS_SUFFIX, file.getvalue())
        store.put(key, SUFFIX, self.video)


def is_kept(store: Store, key: str) -> bool:
    """Whether a segment is in the store."""
    return store.has(key, SUFFIX) and store.has(key, BLOCKS_SUFFIX)


@dataclass(frozen=True)
class KeptBlocks(Sequence[Blocks]):
    """The blocks of segments that are kept, each read when it is asked for."""

    store: Store
    keys: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, number: Any) -> Any:
        path = self.store.path(self.keys[number], BLOCKS_SUFFIX)
        return np.asarray(np.load(path, allow_pickle=False))


class SegmentDrawer:
    """Draws segments of one timeline; what frames share is kept between segments."""

    def __init__(self, timeline: Timeline, store: Store, settings: EncoderSettings) -> None:
        self.timeline, self.settings = timeline, settings
        loader = StillLoader(store, timeline.width, timeline.height)
        self._renderer = Renderer(timeline.width, timeline.height, loader)

    def frame(self, number: int) -> NDArray[np.uint8]:
        """One frame as yuv420p planes, (height * 3 / 2, width)."""
        return self._renderer.draw(resolve(self.timeline, number))

    def segment(self, span: FrameSpan, *, on_frame: OnFrame = lambda: None) -> Segment:
        """The encoded segment, and what its frames show."""
        blocks = []

        def frames() -> Iterator[NDArray[np.uint8]]:
            for number in range(span.start, span.end):
                planes = self.frame(number)
                blocks.append(block_means(planes))
                yield planes
                on_frame()

        video = encode_segment(
            frames(),
            width=self.timeline.width,
            height=self.timeline.height,
            rate=self.timeline.rate,
            settings=self.settings,
        )
        return Segment(video, np.array(blocks))
