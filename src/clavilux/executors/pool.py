"""Segments drawn side by side, each worker a process of its own with its own encoder.

Workers are told what to do and answer over a pipe, in plain strings and numbers. A worker that dies
(out of memory, killed) costs the segment it was at, which is given to a fresh one, once.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from clavilux.executors.draw import SUFFIX as SUFFIX
from clavilux.executors.draw import SegmentDrawer
from clavilux.media.encode import EncoderSettings
from clavilux.model.codec import digest
from clavilux.model.errors import ClaviluxError, WorkerError
from clavilux.model.time import FrameSpan
from clavilux.model.timeline import Timeline
from clavilux.storage import Store


@dataclass(frozen=True)
class SegmentJob:
    """A segment to be drawn and the address where its bytes go."""

    span: FrameSpan
    key: str


OnFrames = Callable[[SegmentJob, int], None]
"""Called with the job and how many more of its frames are drawn; negative if it starts over."""


def draw_segments(
    timeline: Timeline,
    jobs: Sequence[SegmentJob],
    store: Store,
    settings: EncoderSettings,
    *,
    workers: int,
    on_frames: OnFrames = lambda job, count: None,
) -> None:
    """Draw every job into the store. With one worker, in this process."""
    if not jobs:
        return
    if workers <= 1 or len(jobs) == 1:
        drawer = SegmentDrawer(timeline, store, settings)
        for job in jobs:
            drawn = drawer.segment(job.span, on_frame=lambda job=job: on_frames(job, 1))  # type: ignore[misc]
            drawn.keep(store, job.key)
        return
    pool = _Pool(timeline, store, settings, on_frames)
    try:
        pool.run(_shortest_last(jobs, workers), min(workers, len(jobs)))
    finally:
        pool.stop()


def _shortest_last(jobs: Sequence[SegmentJob], workers: int) -> list[SegmentJob]:
    """In order, which shares stills; but the shortest keep all workers busy at the end."""
    shortest = sorted(jobs, key=lambda job: -len(job.span))[-2 * workers :]
    return [job for job in jobs if job not in shortest] + shortest


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    job: SegmentJob | None = None
    drawn: int = 0


class _Pool:
    def __init__(
        self, timeline: Timeline, store: Store, settings: EncoderSettings, on_frames: OnFrames
    ) -> None:
        self._timeline, self._store, self._settings = timeline, store, settings
        self._on_frames = on_frames
        self._workers: list[_Worker] = []
        self._lost: set[str] = set()
        key = digest("timeline", timeline, os.getpid())  # other renders may share the store
        self._plan = store.put(key, ".json", timeline.model_dump_json().encode())

    def run(self, jobs: list[SegmentJob], workers: int) -> None:
        for _ in range(workers):
            self._start()
        while jobs or any(w.job for w in self._workers):
            for worker in list(self._workers):
                if worker.job is None and jobs:
                    self._give(worker, jobs)
            busy = {w.pipe: w for w in self._workers if w.job}
            for pipe in wait(list(busy)):
                self._hear(busy[pipe], jobs)  # type: ignore[index]

    def _give(self, worker: _Worker, jobs: list[SegmentJob]) -> None:
        worker.job, worker.drawn = jobs.pop(0), 0
        span = worker.job.span
        try:
            worker.pipe.send((span.start, span.end, worker.job.key))
        except OSError:  # it died idle, which is not this segment's fault
            jobs.insert(0, worker.job)
            self._workers.remove(worker)
            self._start()

    def _hear(self, worker: _Worker, jobs: list[SegmentJob]) -> None:
        """A worker says how many frames it has drawn, that it is done, or what went wrong."""
        assert worker.job is not None
        try:
            kind, content = worker.pipe.recv()
        except (EOFError, OSError):
            self._replace(worker, jobs)
            return
        if kind == "drawn":
            worker.drawn += content
            self._on_frames(worker.job, content)
        elif kind == "done":
            worker.job = None
        else:
            raise WorkerError(f"drawing frames {worker.job.span.start}..: {content}")

    def _replace(self, worker: _Worker, jobs: list[SegmentJob]) -> None:
        """A worker died: give its segment to a fresh one, unless that happened before."""
        job = worker.job
        assert job is not None
        worker.process.join()
        self._workers.remove(worker)
        if job.key in self._lost:
            raise WorkerError(
                f"two workers died drawing frames {job.span.start} to {job.span.end} "
                f"(exit code {worker.process.exitcode}); try --workers 1 or a smaller preset"
            )
        self._lost.add(job.key)
        self._on_frames(job, -worker.drawn)
        jobs.insert(0, job)
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        arguments = (theirs, str(self._plan), str(self._store.folder), self._settings.model_dump())
        process = context.Process(target=_work, args=arguments, daemon=True)
        resource_tracker.ensure_running()  # it would unblock what the next line blocks
        with without_interrupts():
            process.start()
        theirs.close()
        self._workers.append(_Worker(process, ours))

    def stop(self) -> None:
        for worker in self._workers:
            with suppress(OSError):
                worker.pipe.close()
        for worker in self._workers:
            if worker.job:
                worker.process.terminate()
            worker.process.join(5)
        self._plan.unlink(missing_ok=True)


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Ctrl-C reaches every process of a terminal: those started in here never see it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(pipe: Connection, plan: str, folder: str, settings: dict[str, object]) -> None:
    """A worker's life: read the timeline once, then draw what it is told until nobody listens."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    signal.signal(signal.SIGTERM, _leave)
    with suppress(OSError, EOFError):
        timeline = Timeline.model_validate_json(Path(plan).read_bytes())
        store = Store(Path(folder))
        drawer = SegmentDrawer(timeline, store, EncoderSettings.model_validate(settings))
        while True:
            _draw_one(pipe, drawer, store)


def _leave(*_: object) -> None:
    """End as any program does, so that nothing half-written is left."""
    raise SystemExit(0)


def _draw_one(pipe: Connection, drawer: SegmentDrawer, store: Store) -> None:
    start, end, key = pipe.recv()
    try:
        span = FrameSpan(start=start, end=end)
        drawer.segment(span, on_frame=lambda: pipe.send(("drawn", 1))).keep(store, key)
    except ConnectionError:
        raise
    except ClaviluxError as error:
        pipe.send(("failed", str(error)))
    except Exception as error:
        pipe.send(("failed", f"{type(error).__name__}: {error}"))
    else:
        pipe.send(("done", key))
