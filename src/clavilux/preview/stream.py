"""The preview as an mp4 that grows while it is drawn. READ FIRST in this folder.

The opening is drawn here, in pieces of a fraction of a second; then helpers draw further on. What
is not there yet holds nothing up: a section whose stills are not painted when its turn comes is
shown by its scene, as where a provider fails; of a long song the opening is heard first, and the
edit of the whole song takes over where one of its sections begins. What is drawn is kept in the
store, under the keys of the finished preview where it is the same: a second look comes at once.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from math import inf
from pathlib import Path

from clavilux.media.stream import growing
from clavilux.pipeline import RenderOptions
from clavilux.planning.edit import Part
from clavilux.preview.edits import LONG_SECONDS, OPENING_SECONDS, begin
from clavilux.preview.show import Show
from clavilux.storage import Store


def stream_preview(
    source: Path,
    options: RenderOptions,
    store: Store,
    *,
    long: float = LONG_SECONDS,
    opening: float = OPENING_SECONDS,
    remembered_as: str = "",
) -> Generator[bytes, None, None]:
    """The video of a song or a spec as a fragmented mp4, in pieces as they are made.

    Closing the generator stops all work. `long`: a song that says it is longer, in seconds, begins
    when `opening` seconds of it are heard. Raises what `pipeline.render` raises, at the first
    piece. Nothing is measured, and nothing is drawn again because it flashes too much.
    `remembered_as`: where to keep what `memory.preview_again` wants to know.
    """
    show = Show(begin(source, options, store, long=long, opening=opening), options, store)
    with show.helpers:
        yield from growing(
            show.pieces(),
            rate=options.preset.rate,
            song=show.edit.song if options.preset.audio else None,
            start=options.preset.rate.seconds(show.timeline.offset),
            duration=show.seconds if show.edit.whole else None,
            whole=options.part == Part(),
            title=show.edit.analysis.song.title,
            ends=lambda: show.seconds if show.edit.whole else inf,
        )
        show.settle(remembered_as)


def go_on(
    source: Path, options: RenderOptions, store: Store, *, at: int, remembered_as: str
) -> Iterator[tuple[int, Path]]:
    """The segments of a known song's preview from a frame on."""
    edit = begin(source, options, store, long=inf, opening=0)
    show = Show(edit, options, store, at=at)
    with show.helpers:
        yield from show.pieces()
        show.settle(remembered_as)
