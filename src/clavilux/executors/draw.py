"""One segment, drawn and encoded: a pure function of timeline, span and stored stills."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from clavilux.media.encode import EncoderSettings, encode_segment
from clavilux.media.image import StillLoader
from clavilux.model.time import FrameSpan
from clavilux.model.timeline import Timeline
from clavilux.rendering.compose import Renderer
from clavilux.rendering.resolve import resolve
from clavilux.storage import Store

OnFrame = Callable[[], None]


class SegmentDrawer:
    """Draws segments of one timeline; what frames share is kept between segments."""

    def __init__(self, timeline: Timeline, store: Store, settings: EncoderSettings) -> None:
        self.timeline, self.settings = timeline, settings
        loader = StillLoader(store, timeline.width, timeline.height)
        self._renderer = Renderer(timeline.width, timeline.height, loader)

    def frame(self, number: int) -> NDArray[np.uint8]:
        """One frame as yuv420p planes, (height * 3 / 2, width)."""
        return self._renderer.draw(resolve(self.timeline, number))

    def segment(self, span: FrameSpan, *, on_frame: OnFrame = lambda: None) -> bytes:
        """The encoded segment."""

        def frames() -> Iterator[NDArray[np.uint8]]:
            for number in range(span.start, span.end):
                yield self.frame(number)
                on_frame()

        return encode_segment(
            frames(),
            width=self.timeline.width,
            height=self.timeline.height,
            rate=self.timeline.rate,
            settings=self.settings,
        )
