"""Segments drawn side by side, each worker a process of its own with its own encoder.

Workers are told what to do and answer over a pipe, in plain strings and numbers. A worker that dies
(out of memory, killed) costs the segment it was at, which is given to a fresh one, once.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from clavilux.executors.draw import SUFFIX as SUFFIX
from clavilux.executors.draw import SegmentDrawer
from clavilux.executors.processes import UNGUARDED, process_context, start
from clavilux.executors.queue import Coming, JobQueue
from clavilux.executors.queue import SegmentJob as SegmentJob
from clavilux.media.encode import EncoderSettings
from clavilux.model.codec import digest
from clavilux.model.errors import ClaviluxError, WorkerError
from clavilux.model.time import FrameSpan
from clavilux.model.timeline import Timeline
from clavilux.storage import Store

OnFrames = Callable[[SegmentJob, int], None]
"""Called with the job and how many more of its frames are drawn; negative if it starts over."""


def draw_segments(
    timeline: Timeline,
    jobs: Sequence[SegmentJob],
    store: Store,
    settings: EncoderSettings,
    *,
    workers: int,
    coming: Coming | None = None,
    on_frames: OnFrames = lambda job, count: None,
) -> None:
    """Draw every job into the store. With one worker, in this process.

    `coming`: stills that are not made yet; jobs that show one wait for it, and are left out where
    it never comes.
    """
    if not jobs:
        return
    workers = min(workers, len(jobs))
    if workers == 1:
        queue = JobQueue(jobs, timeline=timeline, coming=coming)
        _draw_here(queue, SegmentDrawer(timeline, store, settings), store, on_frames)
        return
    queue = JobQueue(_shortest_last(jobs, workers), timeline=timeline, coming=coming)
    pool = _Pool(timeline, store, settings, on_frames)
    try:
        pool.run(queue, workers)
    finally:
        pool.stop()


def _draw_here(queue: JobQueue, drawer: SegmentDrawer, store: Store, on_frames: OnFrames) -> None:
    while queue:
        job = queue.take()
        if job is None:
            wait([queue.bell] if queue.bell else [])
            queue.heard()
            continue
        drawn = drawer.segment(job.span, on_frame=partial(on_frames, job, 1))
        drawn.keep(store, job.key)


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

    def run(self, jobs: JobQueue, workers: int) -> None:
        for _ in range(workers):
            self._start()
        bell = [jobs.bell] if jobs.bell else []
        while jobs or any(w.job for w in self._workers):
            for worker in list(self._workers):
                if worker.job is None:
                    self._give(worker, jobs)
            busy = {w.pipe: w for w in self._workers if w.job}
            for pipe in wait([*busy, *bell]):
                if pipe in busy:
                    self._hear(busy[pipe], jobs)
                else:
                    jobs.heard()

    def _give(self, worker: _Worker, jobs: JobQueue) -> None:
        """Give an idle worker its next job, if one can be drawn now."""
        job = jobs.take()
        if job is None:
            return
        worker.job, worker.drawn = job, 0
        try:
            worker.pipe.send((job.span.start, job.span.end, job.key))
        except OSError:  # it died idle, which is not this segment's fault
            jobs.give_back(job)
            self._workers.remove(worker)
            self._give(self._start(), jobs)

    def _hear(self, worker: _Worker, jobs: JobQueue) -> None:
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

    def _replace(self, worker: _Worker, jobs: JobQueue) -> None:
        """A worker died: give its segment to a fresh one, unless that happened before."""
        job = worker.job
        assert job is not None
        worker.process.join()
        self._workers.remove(worker)
        if job.key in self._lost:
            if worker.process.exitcode == 1 and not worker.drawn:  # Python's own: it never began
                raise WorkerError(f"two workers could not start, as they say above; {UNGUARDED}")
            raise WorkerError(
                f"two workers died drawing frames {job.span.start} to {job.span.end} "
                f"(exit code {worker.process.exitcode}); try --workers 1 or a smaller preset"
            )
        self._lost.add(job.key)
        self._on_frames(job, -worker.drawn)
        jobs.give_back(job)
        self._start()

    def _start(self) -> _Worker:
        context = process_context()
        ours, theirs = context.Pipe()
        arguments = (theirs, str(self._plan), str(self._store.folder), self._settings.model_dump())
        process: BaseProcess = context.Process(target=_work, args=arguments, daemon=True)  # type: ignore[attr-defined]
        start(process)
        theirs.close()
        worker = _Worker(process, ours)
        self._workers.append(worker)
        return worker

    def stop(self) -> None:
        for worker in self._workers:
            with suppress(OSError):
                worker.pipe.close()
        for worker in self._workers:
            if worker.job:
                worker.process.terminate()
            worker.process.join(5)
        self._plan.unlink(missing_ok=True)


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
