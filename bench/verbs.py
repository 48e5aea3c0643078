"""A render taken apart by its verbs, in this process, through what the pipeline itself calls."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray

from clavilux import pipeline, shooting
from clavilux.executors.draw import SegmentDrawer
from clavilux.media.encode import encode_segment
from clavilux.media.image import StillLoader
from clavilux.model.spec import PRESETS
from clavilux.model.timeline import StillSource, Timeline
from clavilux.planning.edit import Part
from clavilux.rendering.resolve import resolve
from clavilux.rendering.segments import segments
from clavilux.storage import Store
from measuring import CORES, core_seconds, timed

KEPT_STILLS = 4
"""How many a worker keeps at hand (media/image.py)."""

EVERY = 15
"""Frames of which one is drawn to have every kernel compiled."""


def add_choices(parser: argparse.ArgumentParser) -> None:
    """The choices that every bench of rendering has."""
    parser.add_argument("--style", default="oil_painting")
    parser.add_argument("--tier", type=int, default=2)
    parser.add_argument("--workers", type=int, default=CORES)


def render_options(
    chosen: argparse.Namespace, preset: str, seconds: float
) -> pipeline.RenderOptions:
    """What `clavilux render` makes of the same choices."""
    return pipeline.RenderOptions(
        style=chosen.style,
        tier=chosen.tier,
        preset=PRESETS[preset],
        part=Part(0.0, seconds),
        workers=chosen.workers,
    )


def command_line(
    chosen: argparse.Namespace, preset: str, seconds: float, song: Path, video: Path
) -> list[str]:
    """The arguments of `clavilux` for the same render."""
    return [
        "render", str(song), "-o", str(video), "--style", chosen.style, "--tier", str(chosen.tier),
        "--preset", preset, "--duration", str(seconds), "--workers", str(chosen.workers), "--json",
    ]  # fmt: skip


def warm_up(song: Path, options: pipeline.RenderOptions, folder: Path) -> None:
    """Do all of it once, small, so that whatever is compiled and imported is there in this process
    before a clock starts."""
    small = PRESETS["preview"].model_copy(update={"width": 192, "height": 108})
    options = replace(options, preset=small)
    store = Store(folder)
    timeline = plan(song, options, store).timeline
    drawer = SegmentDrawer(timeline, store, options.encoder)
    for number in range(0, timeline.frames, EVERY):
        drawer.frame(number)


@dataclass
class Planned:
    """A timeline, and the core seconds that each verb took on the way to it."""

    timeline: Timeline
    stills: int
    taken: dict[str, float] = field(default_factory=dict)


def plan(song: Path, options: pipeline.RenderOptions, store: Store) -> Planned:
    """Listen, direct, paint and plan; what the store holds is not done again."""
    taken = {"analysis": timed(lambda: pipeline.analyze(song, store))}
    before = core_seconds()
    spec, analysis = pipeline.direct(song, options, store)
    directed = core_seconds()
    made = pipeline.paint(spec, options, store)
    painted = core_seconds()
    timeline = pipeline.plan(spec, analysis, options, stills=pipeline.usable(made))
    taken["direct and plan"] = directed - before + core_seconds() - painted
    taken["stills (painted)"] = painted - directed
    return Planned(timeline, len(made), taken)


def still_loading(
    timeline: Timeline, store: Store, *, workers: int, stages: dict[str, float]
) -> None:
    """Core seconds of all loading of stills: each is loaded once here, and counted as often as
    workers load it that take segments in turn."""
    loader = StillLoader(store, timeline.width, timeline.height)
    cost: dict[StillSource, float] = {}
    hands = [lru_cache(maxsize=KEPT_STILLS)(lambda source: source) for _ in range(workers)]
    for number, span in enumerate(segments(timeline)):
        for clip in timeline.clips:
            if clip.span.overlaps(span) and isinstance(clip.source, StillSource):
                if clip.source not in cost:
                    cost[clip.source] = timed(lambda source=clip.source: loader(source))  # type: ignore[misc]
                misses = hands[number % workers].cache_info().misses
                hands[number % workers](clip.source)
                if hands[number % workers].cache_info().misses > misses:
                    stages["still load"] = stages.get("still load", 0.0) + cost[clip.source]


def encode_alone(
    timeline: Timeline, options: pipeline.RenderOptions, store: Store, *, workers: int
) -> float:
    """Core seconds of encoding the same frames, drawn before the clock runs.

    As many encoders run side by side as in the render, a batch of segments at a time, so that
    memory stays small.
    """
    drawers = [SegmentDrawer(timeline, store, options.encoder) for _ in range(workers)]
    cores = 0.0
    spans = segments(timeline)

    def draw(number: int, first: int) -> list[NDArray[np.uint8]]:
        span = spans[first + number]
        return [drawers[number].frame(n) for n in range(span.start, span.end)]

    def encode(frames: list[NDArray[np.uint8]]) -> bytes:
        return encode_segment(
            frames,
            width=timeline.width,
            height=timeline.height,
            rate=timeline.rate,
            settings=options.encoder,
        )

    with ThreadPoolExecutor(workers) as pool:
        for first in range(0, len(spans), workers):
            count = min(workers, len(spans) - first)
            batch = list(pool.map(draw, range(count), [first] * count))
            used = core_seconds()
            list(pool.map(encode, batch))
            cores += core_seconds() - used
    return cores


def finishing(
    song: Path, options: pipeline.RenderOptions, store: Store, video: Path
) -> dict[str, float]:
    """Core seconds of what follows drawing, by verb: the render again, all of it drawn already."""
    with core_clock():
        report = pipeline.render(song, video, options, store)
    return {verb: report.seconds[verb] for verb in ("join", "measure") if verb in report.seconds}


@contextmanager
def core_clock() -> Iterator[None]:
    """The pipeline's report tells core seconds instead of wall seconds."""
    usual = shooting.time
    shooting.time = SimpleNamespace(perf_counter=core_seconds)  # type: ignore[assignment]
    try:
        yield
    finally:
        shooting.time = usual


def resolving(timeline: Timeline) -> float:
    """Core seconds of resolving every frame."""
    return timed(lambda: [resolve(timeline, n) for n in range(timeline.frames)])
