"""The segments of a preview in order, as they are drawn: some here, some by helpers."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from clavilux import pipeline
from clavilux.executors.draw import SUFFIX, SegmentDrawer, is_kept
from clavilux.executors.helpers import Helpers
from clavilux.model.time import FrameSpan
from clavilux.model.timeline import Timeline
from clavilux.pipeline import RenderOptions
from clavilux.planning.edit import Part
from clavilux.preview import work
from clavilux.preview.edits import Edit, whole
from clavilux.preview.memory import Memory, remember
from clavilux.preview.stills import StillsToCome
from clavilux.rendering.segments import segment_key, segments
from clavilux.storage import Store

STEPS = (0.1, 0.3, 1.0)
"""Seconds at which the first pieces end, so that something is seen at once; then every second."""

PATIENCE = 5.0
"""Seconds: a viewer who still has as much to watch can wait for stills."""

BEFORE_HELPERS = 2
"""Pieces that come before helpers are called: with the second, the first can be shown."""

AT_MOST = 0.2
"""Seconds to wait before looking again what there is to do."""


@dataclass(frozen=True)
class _Piece:
    """A span on its way. Without a future it lies in the store."""

    span: FrameSpan
    key: str
    plan: Plan
    future: Future[None] | None = None


class Plan:
    """A timeline, cut, with the means to draw it."""

    def __init__(self, timeline: Timeline, options: RenderOptions, store: Store) -> None:
        self.timeline, self._encoder, self._store = timeline, options.encoder, store
        self._spans = segments(timeline)
        self._drawer: SegmentDrawer | None = None
        self._told = b""

    def told(self) -> bytes:
        """The timeline as JSON, for helpers."""
        self._told = self._told or self.timeline.model_dump_json().encode()
        return self._told

    def key(self, span: FrameSpan) -> str:
        return segment_key(self.timeline, span, self._encoder)

    def kept(self, span: FrameSpan) -> bool:
        return is_kept(self._store, self.key(span))

    def draw(self, span: FrameSpan) -> None:
        """In this process."""
        if self._drawer is None:
            self._drawer = SegmentDrawer(self.timeline, self._store, self._encoder)
        self._drawer.segment(span).keep(self._store, self.key(span))

    def span_at(self, frame: int, *, before: int) -> FrameSpan:
        """What to draw next, from a frame on: the rest of its segment, or less at the opening."""
        segment = next(span for span in self._spans if frame in span)
        if segment.start == 0 and not (frame == 0 and self.kept(segment)):
            segment = next(step for step in self.steps() if frame in step)
        return FrameSpan(start=frame, end=min(segment.end, before))

    def spans(self) -> Iterator[FrameSpan]:
        """All of it, from the beginning."""
        at = 0
        while at < self.timeline.frames:
            span = self.span_at(at, before=self.timeline.frames)
            yield span
            at = span.end

    def steps(self) -> tuple[FrameSpan, ...]:
        """The first segment in small pieces."""
        end, rate = self._spans[0].end, self.timeline.rate
        later = range(2, int(rate.seconds(end)) + 1)
        edges = sorted({max(1, rate.frame_at(s)) for s in (*STEPS, *later)})
        cuts = [0, *(edge for edge in edges if edge < end), end]
        return tuple(FrameSpan(start=a, end=b) for a, b in pairwise(cuts))

    def sections(self, span: FrameSpan) -> set[str]:
        """Sections that can be seen in a span."""
        return {clip.section for clip in self.timeline.clips if clip.span.overlaps(span)}


class Show:
    """Whoever is free draws the next span; what comes out of it is in order."""

    def __init__(self, edit: Edit, options: RenderOptions, store: Store, *, at: int = 0) -> None:
        self._options, self._store = options, store
        self.helpers = Helpers(options.workers)
        self._ready: Future[None] | None = None
        self._listening: Future[None] | None = None
        self._coming: tuple[int, Edit] | None = None
        """The edit of the whole song, and the frame where it takes over."""
        self._lost = False
        self._queue: deque[_Piece] = deque()
        self._at = self._given = at
        self._pieces = 0
        """The next frame that nobody draws yet; frames and pieces that were given out."""
        self._begun = 0.0
        self._take_up(edit)

    @property
    def timeline(self) -> Timeline:
        return self._plan.timeline

    @property
    def seconds(self) -> float:
        """How long the video is, as far as it is known."""
        seconds = self.timeline.rate.seconds(self.timeline.frames)
        entire = self._options.part == Part()
        return min(seconds, self.edit.analysis.duration) if entire else seconds

    def pieces(self) -> Iterator[tuple[int, Path]]:
        """Every segment's first frame and file, in order, as they are made."""
        while (piece := self._next_piece()) or not self._over():
            if piece is None:
                continue
            self._begun = self._begun or time.monotonic()
            self._given, self._pieces = piece.span.end, self._pieces + 1
            yield piece.span.start, self._store.path(piece.key, SUFFIX)

    def settle(self, remembered_as: str = "") -> None:
        """Have the beginning ready for the next time, with all the stills, and remembered."""
        while self._stills.next_to_paint() or self._stills.painting:
            self._learn()
            if not (self._stills.painting or self._helpers_come()):
                return  # nobody is left to paint
            self._wait()
        plan = Plan(self._timeline(late=True), self._options, self._store)
        for span in plan.spans():
            if span.end > plan.steps()[-1].end:
                break
            if not plan.kept(span):
                plan.draw(span)
        if remembered_as and self.edit.is_ours(self._options):
            remember(self._store, remembered_as, self._memory(plan))

    def _memory(self, plan: Plan) -> Memory:
        timeline = plan.timeline
        return Memory(
            rate=str(timeline.rate),
            frames=timeline.frames,
            sound=self._options.preset.audio,
            start=timeline.rate.seconds(timeline.offset),
            duration=self.seconds,
            whole=self._options.part == Part(),
            title=self.edit.analysis.song.title,
            pieces=[(span.start, plan.key(span)) for span in plan.spans()],
        )

    # --- The edit ---

    def _take_up(self, edit: Edit) -> None:
        self.edit = edit
        self._stills = StillsToCome(edit, self._options, self._store)
        self._replan()

    def _replan(self) -> None:
        self._planned_with = self._stills.shown
        self._plan = Plan(self._timeline(), self._options, self._store)

    def _timeline(self, *, late: bool = False) -> Timeline:
        spec, analysis = self.edit.spec, self.edit.analysis
        stills = self._stills.sources(late=late)
        return pipeline.plan(spec, analysis, self._options, stills=stills)

    def _hear(self) -> None:
        """The whole song has been heard: its edit takes over where its next section begins."""
        self._listening = None
        edit = whole(self.edit.source, self._options, self._store)
        starts = [self.timeline.rate.frame_at(section.start) for section in edit.spec.sections]
        seam = min((s for s in starts if s >= self._at), default=self.timeline.frames)
        self._coming = min(seam, self.timeline.frames), edit

    def _end(self) -> int:
        """The frame up to which the present plan is drawn."""
        return self._coming[0] if self._coming else self.timeline.frames

    def _over(self) -> bool:
        done = self._at >= self.timeline.frames and not self._queue
        return done and self._listening is None and self._coming is None

    # --- Who does what ---

    def _next_piece(self) -> _Piece | None:
        self._learn()
        while self._may_hand_out() and (span := self._next_span()) is not None:
            self._take(span)
        if self._queue:
            return self._arrived()
        span = self._next_span()
        if span is None:
            self._wait()
            return None
        self._plan.draw(span)
        return self._take(span, draw=False)

    def _learn(self) -> None:
        """Take up what helpers found out; give them what the drawing waits for."""
        try:
            self._stills.collect()
            if self._listening is not None and self._listening.done():
                self._listening.result()
                self._hear()
        except BrokenProcessPool:
            self._lose_helpers()
        if self._coming is not None and self._at >= self._coming[0]:
            self._take_up(self._coming[1])
            self._coming = None
        if self._stills.next_to_paint() or not self.edit.whole:
            self._call_helpers()
        while self._free() and (wanted := self._stills.next_to_paint()):
            section, requests = wanted
            painting = self._ask(work.paint, requests, self._options.shop.local, self._store.folder)
            if painting is not None:
                self._stills.painting[section] = painting

    def _call_helpers(self) -> None:
        if self._ready is None and self._pieces >= BEFORE_HELPERS:
            self._ready = self._ask(work.ready)
            if not self.edit.whole and self._coming is None:
                song, tracker = self.edit.song, self._options.tracker
                self._listening = self._ask(work.listen, song, self._store.folder, tracker)

    def _helpers_come(self) -> bool:
        """Whether they were called and are not there yet."""
        return self._ready is not None and not self._ready.done() and not self._lost

    def _free(self) -> int:
        """How many helpers neither listen nor paint."""
        if self._lost or self._ready is None or not self._ready.done():
            return 0
        busy = len(self._stills.painting) + (self._listening is not None)
        return max(0, self._options.workers - busy)

    def _ask(self, function: Callable[..., Any], *arguments: Any) -> Future[Any] | None:
        try:
            return self.helpers.submit(function, *arguments)
        except BrokenProcessPool:
            self._lose_helpers()
            return None

    def _lose_helpers(self) -> None:
        """They died, of too little memory perhaps: this process goes on alone."""
        self._lost = True
        self._stills.give_up()
        if not self.edit.whole and self._coming is None:
            self._hear()

    def _next_span(self) -> FrameSpan | None:
        """What is to be drawn next; None where there is nothing, or it is worth waiting for."""
        if self._at >= self._end():
            return None
        span = self._plan.span_at(self._at, before=self._end())
        sections = self._plan.sections(span)
        if sections & (self._stills.shown - self._planned_with):
            self._replan()
            return self._next_span()
        painted = self._stills.painting or self._helpers_come()
        if painted and self._stills.awaited(sections) and self._ahead() > PATIENCE:
            return None
        return span

    def _ahead(self) -> float:
        """Seconds of video that a viewer who began at once has not seen yet."""
        watched = time.monotonic() - self._begun if self._begun else 0.0
        return self.timeline.rate.seconds(self._given) - watched

    def _may_hand_out(self) -> bool:
        if len(self._queue) > self._options.workers or self._at >= self._end():
            return False
        span = self._plan.span_at(self._at, before=self._end())
        if self._plan.kept(span):
            return True
        self._call_helpers()
        return self._free() > 0 and span.start >= self._plan.steps()[-1].end

    def _take(self, span: FrameSpan, *, draw: bool = True) -> _Piece:
        """A span is settled: with the stills that are known now, or without."""
        self._stills.go_without(self._plan.sections(span) - self._planned_with)
        self._at = span.end
        piece = _Piece(span, self._plan.key(span), self._plan)
        if not draw:
            return piece
        if not self._plan.kept(span):
            arguments = self._plan.told(), self._store.folder, self._options.encoder
            future = self._ask(work.draw, *arguments, span, piece.key)
            piece = _Piece(span, piece.key, self._plan, future)
        self._queue.append(piece)
        return piece

    def _arrived(self) -> _Piece | None:
        """The first of the queue, if it is there; otherwise wait a little."""
        piece = self._queue[0]
        if piece.future is not None and not piece.future.done():
            self._wait()
            return None
        self._queue.popleft()
        try:
            if piece.future is not None:
                piece.future.result()
        except BrokenProcessPool:
            self._lose_helpers()
        if not is_kept(self._store, piece.key):
            piece.plan.draw(piece.span)
        return piece

    def _wait(self) -> None:
        """Until a helper is done with something, but not for long: a viewer's time runs too."""
        helped = [piece.future for piece in self._queue]
        asked: list[Future[Any] | None] = [*helped, self._listening, self._ready]
        asked += self._stills.painting.values()
        wait([f for f in asked if f is not None and not f.done()], AT_MOST, FIRST_COMPLETED)
