"""From a planned edit to a finished file that was measured: what `pipeline.render` does last."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from clavilux.footage import Footage, OnProgress, draw_footage
from clavilux.meanwhile import Heard
from clavilux.media import mux
from clavilux.media.flashes import count_flashes
from clavilux.media.receipt import measure_drawn
from clavilux.model.report import FlashReport
from clavilux.model.song import Analysis
from clavilux.model.timeline import Timeline
from clavilux.options import RenderOptions
from clavilux.planning.edit import Part
from clavilux.reporting import Film
from clavilux.storage import Store

CALMEST = 2
"""How many times a video that flashes too much is drawn again, calmer each time."""


class Clock:
    """Wall time by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            before = self.seconds.get(stage, 0.0)
            self.seconds[stage] = round(before + time.perf_counter() - start, 3)


def shoot(
    plan_at: Callable[[int], Timeline],
    options: RenderOptions,
    store: Store,
    clock: Clock,
    *,
    ahead: frozenset[str],
    on_progress: OnProgress,
) -> tuple[Footage, FlashReport]:
    """Plan and draw; if what was drawn flashes too much, again and calmer."""
    for calm in range(CALMEST + 1):
        timeline = plan_at(calm)
        with clock("draw and encode"):
            footage = draw_footage(
                timeline,
                options.encoder,
                store,
                workers=options.workers,
                calm=calm,
                ahead=ahead,
                on_progress=on_progress,
            )
        seen = count_flashes(footage.blocks, rate=timeline.rate, limited=not options.allow_flashing)
        if options.allow_flashing or seen.passed:
            break
    return footage, seen


def read_back(
    footage: Footage,
    seen: FlashReport,
    output: Path,
    taken: str,
    options: RenderOptions,
    *,
    on_progress: OnProgress,
) -> Film:
    """Measure the finished file. `seen`: the flashes of what was drawn; `taken`: how its sound
    was."""
    timeline, done = footage.timeline, 0

    def tell() -> None:
        nonlocal done
        done += 1
        on_progress("checking", output.name, done, timeline.frames)

    measured = measure_drawn(output, footage.blocks, on_frame=tell)
    if measured.reel is not footage.blocks:  # it shows something else than was drawn
        limited = not options.allow_flashing
        seen = count_flashes(measured.reel, rate=timeline.rate, limited=limited)
    on_progress("checking", output.name, timeline.frames, timeline.frames)
    return Film(
        output=output,
        timeline=timeline,
        audio=taken,
        segments=len(footage.pieces),
        segments_reused=footage.reused,
        measured=measured,
        flash=seen,
        calm=footage.calm,
    )


def heard_in(timeline: Timeline, song: Path, analysis: Analysis, options: RenderOptions) -> Heard:
    """What of the song is heard in a video."""
    whole = options.part == Part()
    seconds = timeline.rate.seconds(timeline.frames)
    return Heard(
        song=song if options.preset.audio else None,
        digest=analysis.song.digest,
        start=timeline.rate.seconds(timeline.offset),
        duration=min(seconds, analysis.duration) if whole else seconds,
        whole=whole,
    )


def join_footage(
    footage: Footage,
    output: Path,
    heard: Heard,
    prepared: Path | None,
    analysis: Analysis,
    options: RenderOptions,
) -> str:
    """Join the drawn pieces and the sound into the output; returns how the sound was taken.

    Raises SizeError where it would be larger than the user allows.
    """
    return mux.join(
        footage.pieces,
        output,
        rate=footage.timeline.rate,
        song=heard.song,
        start=heard.start,
        duration=heard.duration,
        whole=heard.whole,
        title=analysis.song.title,
        limit=options.max_size,
        prepared=prepared,
    )
