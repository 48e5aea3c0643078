"""A timeline drawn and encoded, and joined into a file that is not too large."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from clavilux.executors.draw import SUFFIX, KeptBlocks, is_kept
from clavilux.executors.pool import SegmentJob, draw_segments
from clavilux.executors.queue import Coming
from clavilux.media.encode import EncoderSettings
from clavilux.media.mux import SizeError
from clavilux.media.size_fit import fit_size, sample_of
from clavilux.model.report import EncodingReport
from clavilux.model.timeline import Timeline
from clavilux.rendering.blocks import Reel
from clavilux.rendering.segments import segment_key, segments
from clavilux.storage import Store


class OnProgress(Protocol):
    """Told how a render goes on, from several threads; "painting" goes on beside "drawing"."""

    def __call__(self, verb: str, at: str, done: int, total: int, begun: float = 0.0, /) -> None:
        """The verb, what it is at, how much is done and how much there is. `begun`: the
        shares of what is begun, added up."""
        ...


def silent(verb: str, at: str, done: int, total: int, begun: float = 0.0, /) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Footage:
    """A timeline, drawn and encoded."""

    timeline: Timeline
    pieces: tuple[tuple[int, Path], ...]
    """The first frame of each segment, and its file."""
    blocks: Reel
    """What the frames show, segment by segment."""
    reused: int
    """How many segments were there already."""
    calm: int
    """How often it was drawn again, calmer, because it flashed too much."""

    def sizes(self) -> list[int]:
        """Bytes of each segment."""
        return [path.stat().st_size for _, path in self.pieces]


def draw_footage(
    timeline: Timeline,
    settings: EncoderSettings,
    store: Store,
    *,
    workers: int,
    some: tuple[int, ...] | None = None,
    calm: int = 0,
    ahead: frozenset[str] = frozenset(),
    on_progress: OnProgress = silent,
) -> Footage:
    """Draw what the store does not hold: all segments, or `some` by number.

    `ahead`: what `draw_ahead` drew for it, which is not counted as reused.
    """
    jobs = _jobs(timeline, settings)
    if some is not None:
        jobs = [jobs[number] for number in some]
    drawn = _draw(timeline, jobs, settings, store, workers=workers, on_progress=on_progress)
    return Footage(
        timeline=timeline,
        pieces=tuple((job.span.start, store.path(job.key, SUFFIX)) for job in jobs),
        blocks=KeptBlocks(store, tuple(job.key for job in jobs)),
        reused=sum(job.key not in drawn | ahead for job in jobs),
        calm=calm,
    )


def draw_ahead(
    timeline: Timeline,
    settings: EncoderSettings,
    store: Store,
    *,
    workers: int,
    coming: Coming,
    on_progress: OnProgress = silent,
) -> frozenset[str]:
    """Draw into the store while stills come, whatever has those it shows; ends when all have come
    or are known to be lost. Returns the addresses of what it drew."""
    jobs = _jobs(timeline, settings)
    return _draw(
        timeline, jobs, settings, store, workers=workers, coming=coming, on_progress=on_progress
    )


def _jobs(timeline: Timeline, settings: EncoderSettings) -> list[SegmentJob]:
    return [SegmentJob(span, segment_key(timeline, span, settings)) for span in segments(timeline)]


def _draw(
    timeline: Timeline,
    jobs: list[SegmentJob],
    settings: EncoderSettings,
    store: Store,
    *,
    workers: int,
    coming: Coming | None = None,
    on_progress: OnProgress,
) -> frozenset[str]:
    """Draw those of the jobs that the store does not hold; returns the addresses of those that it
    holds now."""
    missing = [job for job in jobs if not is_kept(store, job.key)]
    drawn, total = 0, sum(len(job.span) for job in missing)

    def tell(job: SegmentJob, count: int) -> None:
        nonlocal drawn
        drawn += count
        on_progress("drawing", _section_of(timeline, job), drawn, total)

    draw_segments(
        timeline, missing, store, settings, workers=workers, coming=coming, on_frames=tell
    )
    return frozenset(job.key for job in missing if is_kept(store, job.key))


def _section_of(timeline: Timeline, job: SegmentJob) -> str:
    middle = (job.span.start + job.span.end) // 2
    return next(c.section for c in reversed(timeline.clips) if middle in c.span)


def join_to_fit(
    footage: Footage,
    settings: EncoderSettings,
    limit: int | None,
    *,
    draw: Callable[[EncoderSettings, tuple[int, ...] | None], Footage],
    join: Callable[[Footage], str],
) -> tuple[Footage, str, EncodingReport]:
    """Join; where the file comes out too large, draw again as coarsely as it takes.

    `settings`: how it was encoded. `limit`: bytes that the file may have. `draw`: some of the
    segments, or all, with other settings. `join` raises SizeError. Raises what fit_size raises
    where no quality is coarse enough.
    """
    asked, passes = settings, 1
    try:
        taken = join(footage)
    except SizeError as error:
        some = sample_of(len(footage.pieces))
        sizes = footage.sizes()

        def share(settings: EncoderSettings) -> float:
            return sum(draw(settings, some).sizes()) / sum(sizes[n] for n in some)

        def finish(settings: EncoderSettings) -> None:
            nonlocal footage, taken
            footage = draw(settings, None)
            taken = join(footage)

        assert limit is not None
        fitted = fit_size(
            settings, limit, size=error.size, video=sum(sizes), share=share,
            finish=finish,
        )  # fmt: skip
        settings, passes = fitted.settings, fitted.passes
    encoding = EncodingReport(
        encoder=settings.encoder,
        quality=asked.quality,
        preset=settings.preset,
        crf=settings.crf,
        max_size=limit,
        passes=passes,
    )
    return footage, taken, encoding
