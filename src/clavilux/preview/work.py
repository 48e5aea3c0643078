"""What a preview's helpers do: listen, paint and draw, all of it into the store."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from clavilux import pipeline, registry
from clavilux.executors.draw import SegmentDrawer
from clavilux.media.encode import EncoderSettings
from clavilux.model.request import ImageRequest
from clavilux.model.time import FrameSpan
from clavilux.model.timeline import Timeline
from clavilux.providers.fulfil import Fulfilled, fulfil
from clavilux.providers.making import LocalMaker
from clavilux.storage import Store


def ready() -> None:
    """Nothing: a helper that answers is there."""


def listen(song: Path, folder: Path, tracker: str) -> None:
    """Hear a song, so that the store knows it."""
    pipeline.analyze(song, Store(folder), tracker=tracker)


def paint(requests: tuple[ImageRequest, ...], provider: str, folder: Path) -> tuple[Fulfilled, ...]:
    """Have the stills of a section made."""
    maker = LocalMaker(registry.get("providers", provider), Store(folder), workers=1)
    return fulfil(requests, [maker])


def draw(plan: bytes, folder: Path, settings: EncoderSettings, span: FrameSpan, key: str) -> None:
    """Draw a segment of a timeline, which comes as JSON, and keep it under its key."""
    _drawer(plan, folder, settings).segment(span).keep(Store(folder), key)


@lru_cache(maxsize=1)
def _drawer(plan: bytes, folder: Path, settings: EncoderSettings) -> SegmentDrawer:
    return SegmentDrawer(Timeline.model_validate_json(plan), Store(folder), settings)
