"""Segments that are to be drawn, given out as soon as all that they show is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from threading import Lock

from clavilux.model.time import FrameSpan
from clavilux.model.timeline import StillSource, Timeline


@dataclass(frozen=True)
class SegmentJob:
    """A segment to be drawn and the address where its bytes go."""

    span: FrameSpan
    key: str


class Coming:
    """Stills that are being made meanwhile, by another thread, which tells what has come."""

    def __init__(self) -> None:
        self._made: set[str] = set()
        self._ended = False
        self._lock = Lock()
        self.bell, self._button = Pipe(duplex=False)
        """`bell` has something to read whenever there is something new."""

    def made(self, picture: str) -> None:
        """A still is in the store."""
        with self._lock:
            self._made.add(picture)
            self._ring()

    def ended(self) -> None:
        """Nothing more comes: what waits for a still waits in vain."""
        with self._lock:
            self._ended = True
            self._ring()

    def _ring(self) -> None:
        with suppress(OSError):  # nobody listens any more
            self._button.send_bytes(b"!")

    def heard(self) -> None:
        """Take what the bell holds."""
        while self.bell.poll():
            self.bell.recv_bytes()

    def has(self, pictures: frozenset[str]) -> bool:
        with self._lock:
            return pictures <= self._made

    @property
    def is_over(self) -> bool:
        with self._lock:
            return self._ended

    def close(self) -> None:
        for end in (self.bell, self._button):
            end.close()


class JobQueue:
    """Jobs in order; a job whose stills are missing lets the others go first."""

    def __init__(
        self, jobs: Sequence[SegmentJob], *, timeline: Timeline, coming: Coming | None = None
    ) -> None:
        self._jobs = list(jobs)
        self._coming = coming
        self._shown = shown_in(timeline)

    def __bool__(self) -> bool:
        """Whether there is anything left that can be drawn, now or later."""
        if self._coming is not None and self._coming.is_over:
            self._jobs = [job for job in self._jobs if self._is_ready(job)]
        return bool(self._jobs)

    def take(self) -> SegmentJob | None:
        """The next job, or None while all that are left wait for their stills."""
        for number, job in enumerate(self._jobs):
            if self._is_ready(job):
                return self._jobs.pop(number)
        return None

    def give_back(self, job: SegmentJob) -> None:
        """It is to be drawn after all, before the others."""
        self._jobs.insert(0, job)

    @property
    def bell(self) -> Connection | None:
        """Has something to read when `take` may have another answer."""
        return self._coming.bell if self._coming is not None else None

    def heard(self) -> None:
        if self._coming is not None:
            self._coming.heard()

    def _is_ready(self, job: SegmentJob) -> bool:
        return self._coming is None or self._coming.has(self._shown(job.span))


def shown_in(timeline: Timeline) -> Callable[[FrameSpan], frozenset[str]]:
    """Which stills a span of the timeline shows, by their addresses."""
    stills = [
        (c.span, c.source.picture) for c in timeline.clips if isinstance(c.source, StillSource)
    ]

    def shown(span: FrameSpan) -> frozenset[str]:
        return frozenset(picture for clip, picture in stills if clip.overlaps(span))

    return shown
