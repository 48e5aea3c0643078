"""Segments wait for the stills they show, and for no others."""

from __future__ import annotations

from multiprocessing.connection import wait
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from clavilux.executors.pool import SUFFIX, draw_segments
from clavilux.executors.queue import Coming, JobQueue, SegmentJob, shown_in
from clavilux.media.encode import EncoderSettings
from clavilux.media.image import encode_still
from clavilux.model.timeline import StillSource, Timeline
from clavilux.planning.edit import Stills
from clavilux.rendering.segments import segment_key, segments
from clavilux.storage import Store
from support import make_analysis, make_preset, make_spec, make_timeline

pytestmark = pytest.mark.usefixtures("plain_scene")

SETTINGS = EncoderSettings()

SECTIONS = (("verse", 6.0, 0.4), ("chorus", 6.0, 0.9))


@pytest.fixture
def timeline() -> Timeline:
    """Two sections of one still each, "verse_1" and "chorus_1"."""
    analysis = make_analysis(SECTIONS)
    spec = make_spec(analysis, tier=2)
    stills: Stills = {(s.label, 0): StillSource(picture=s.label) for s in spec.sections}
    return make_timeline(analysis, spec, preset=make_preset(64, 36, 12), stills=stills)


def jobs_of(timeline: Timeline) -> list[SegmentJob]:
    return [SegmentJob(s, segment_key(timeline, s, SETTINGS)) for s in segments(timeline)]


def put(store: Store, name: str) -> None:
    shade = np.full((36, 64, 3), 90, np.uint8)
    store.put(name, ".qoi", encode_still(shade))


def test_a_job_goes_first_whose_stills_are_there(timeline: Timeline) -> None:
    jobs, coming = jobs_of(timeline), Coming()
    queue, shown = JobQueue(jobs, timeline=timeline, coming=coming), shown_in(timeline)
    of_chorus = [job for job in jobs if shown(job.span) == {"chorus_1"}]
    assert of_chorus and shown(jobs[0].span) == {"verse_1"}
    assert queue.take() is None and queue, "nothing is there, but something may come"
    coming.made("chorus_1")
    assert queue.bell is not None and wait([queue.bell], timeout=0) == [queue.bell]
    queue.heard()
    assert not wait([queue.bell], timeout=0), "rings once"
    assert [queue.take() for _ in of_chorus] == of_chorus
    assert queue.take() is None
    coming.made("verse_1")
    assert queue.take() == jobs[0]
    queue.give_back(jobs[0])
    assert queue.take() == jobs[0]


def test_what_waits_in_vain_is_left_out(timeline: Timeline) -> None:
    coming = Coming()
    queue = JobQueue(jobs_of(timeline), timeline=timeline, coming=coming)
    coming.made("chorus_1")
    coming.ended()
    while queue:
        job = queue.take()
        assert job is not None and shown_in(timeline)(job.span) == {"chorus_1"}


@pytest.mark.parametrize("workers", [1, 2])
def test_segments_are_drawn_while_stills_come(
    timeline: Timeline, tmp_path: Path, workers: int
) -> None:
    store, coming, jobs = Store(tmp_path), Coming(), jobs_of(timeline)
    last_first = threading_of(store, coming, ["chorus_1", "verse_1"])
    draw_segments(timeline, jobs, store, SETTINGS, workers=workers, coming=coming)
    last_first.join()
    assert all(store.has(job.key, SUFFIX) for job in jobs)


@pytest.mark.parametrize("workers", [1, 2])
def test_segments_of_lost_stills_are_not_drawn(
    timeline: Timeline, tmp_path: Path, workers: int
) -> None:
    store, coming, jobs = Store(tmp_path), Coming(), jobs_of(timeline)
    threading_of(store, coming, ["verse_1"])
    draw_segments(timeline, jobs, store, SETTINGS, workers=workers, coming=coming)
    shown = shown_in(timeline)
    assert [store.has(j.key, SUFFIX) for j in jobs] == [shown(j.span) <= {"verse_1"} for j in jobs]


def threading_of(store: Store, coming: Coming, names: list[str]) -> Thread:
    def make() -> None:
        for name in names:
            put(store, name)
            coming.made(name)
        coming.ended()

    thread = Thread(target=make)
    thread.start()
    return thread
