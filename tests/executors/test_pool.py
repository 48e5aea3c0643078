"""Workers: side by side, replaced once when they die, and gone afterwards."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from clavilux.executors.draw import BLOCKS_SUFFIX
from clavilux.executors.pool import SUFFIX, SegmentJob, draw_segments
from clavilux.executors.processes import WARM, process_context, start
from clavilux.media.encode import EncoderSettings
from clavilux.model.errors import OutputError, WorkerError
from clavilux.model.timeline import SceneSource, Timeline
from clavilux.rendering.segments import segment_key, segments
from clavilux.storage import Store
from support import make_analysis, make_preset, make_spec, make_timeline

pytestmark = pytest.mark.usefixtures("plain_scene")

SETTINGS = EncoderSettings()


@pytest.fixture
def timeline() -> Timeline:
    analysis = make_analysis((("verse", 6.0, 0.4), ("chorus", 6.0, 0.9)))
    return make_timeline(analysis, make_spec(analysis, tier=1), preset=make_preset(64, 36, 12))


UNGUARDED = """
from pathlib import Path
from clavilux import pipeline
from clavilux.model.spec import PRESETS
from clavilux.storage import Store
print("begun")
options = pipeline.RenderOptions(preset=PRESETS["preview"], tier=1, workers=2)
options = pipeline.with_part(options, 0, 6)
pipeline.render(Path("song.wav"), Path("song.mp4"), options, Store(Path("store")))
"""


def test_a_script_that_renders_when_it_is_imported_is_told_so(
    tmp_path: Path, clicks_wav: Path
) -> None:
    """And its workers do not begin the work again: they could buy pictures."""
    (tmp_path / "song.wav").write_bytes(clicks_wav.read_bytes())
    (tmp_path / "script.py").write_text(UNGUARDED)
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "WorkerError" in last and 'under `if __name__ == "__main__":`' in last
    assert not (tmp_path / "song.mp4").exists()


def jobs_of(timeline: Timeline) -> list[SegmentJob]:
    return [SegmentJob(s, segment_key(timeline, s, SETTINGS)) for s in segments(timeline)]


def draw(
    timeline: Timeline,
    store: Store,
    *,
    workers: int = 2,
    on_frames: Callable[[SegmentJob, int], None] = lambda job, count: None,
) -> list[SegmentJob]:
    jobs = jobs_of(timeline)
    draw_segments(timeline, jobs, store, SETTINGS, workers=workers, on_frames=on_frames)
    return jobs


def test_every_segment_is_drawn_and_nothing_else_is_left(
    timeline: Timeline, tmp_path: Path
) -> None:
    store, counted = Store(tmp_path), dict[str, int]()

    def count(job: SegmentJob, frames: int) -> None:
        counted[job.key] = counted.get(job.key, 0) + frames

    jobs = draw(timeline, store, on_frames=count)
    assert len(jobs) >= 3
    assert counted == {job.key: len(job.span) for job in jobs}
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {job.key + end for job in jobs for end in (SUFFIX, BLOCKS_SUFFIX)}
    assert not multiprocessing.active_children()


def test_a_killed_worker_is_replaced(timeline: Timeline, tmp_path: Path) -> None:
    killed: list[int] = []
    drawn = 0

    def kill_one(job: SegmentJob, count: int) -> None:
        nonlocal drawn
        drawn += count
        if not killed:
            victim = multiprocessing.active_children()[0]
            killed.append(victim.pid or 0)
            victim.kill()
            victim.join()

    store = Store(tmp_path)
    jobs = draw(timeline, store, on_frames=kill_one)
    assert killed and all(store.has(job.key, SUFFIX) for job in jobs)
    assert drawn == sum(len(job.span) for job in jobs), "frames drawn twice are taken back"
    alone = Store(tmp_path / "alone")
    for job in draw(timeline, alone, workers=1):
        assert store.get(job.key, SUFFIX) == alone.get(job.key, SUFFIX)


def test_two_deaths_at_one_segment_are_an_error(timeline: Timeline, tmp_path: Path) -> None:
    def kill_all(job: SegmentJob, count: int) -> None:
        for child in multiprocessing.active_children():
            child.kill()
            child.join()

    with pytest.raises(
        WorkerError, match=r"two workers died drawing frames \d+ to \d+ .*--workers 1"
    ):
        draw(timeline, Store(tmp_path), on_frames=kill_all)
    assert not multiprocessing.active_children()


def test_what_a_worker_cannot_draw_is_said(timeline: Timeline, tmp_path: Path) -> None:
    source = SceneSource(scene="nebulla", seed=1)
    clips = tuple(clip.model_copy(update={"source": source}) for clip in timeline.clips)
    jobs = jobs_of(timeline)
    broken = timeline.model_copy(update={"clips": clips})
    with pytest.raises(WorkerError, match=r"frames \d+\.\.: there is no scene 'nebulla'"):
        draw_segments(broken, jobs, Store(tmp_path), SETTINGS, workers=2)
    assert not multiprocessing.active_children()


def test_an_interruption_stops_the_workers(timeline: Timeline, tmp_path: Path) -> None:
    def interrupt(job: SegmentJob, count: int) -> None:
        raise KeyboardInterrupt

    for workers in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            draw(timeline, Store(tmp_path), workers=workers, on_frames=interrupt)
        assert not multiprocessing.active_children()


def test_two_renders_may_share_a_store(timeline: Timeline, tmp_path: Path) -> None:
    """A second render begins while the first one's workers have yet to read their timeline."""
    analysis = make_analysis((("verse", 6.0, 0.4), ("chorus", 6.0, 0.9)))
    spec = make_spec(analysis, tier=1, seed=5)
    second = make_timeline(analysis, spec, preset=make_preset(64, 36, 12))
    store, nested = Store(tmp_path / "shared"), list[SegmentJob]()

    def begin_another(job: SegmentJob, count: int) -> None:
        if not nested:
            nested.extend(jobs_of(second))
            draw(second, store)
            for child in multiprocessing.active_children():
                child.kill()  # the replacements read the first one's timeline now
                child.join()

    first = draw(timeline, store, on_frames=begin_another)
    for drawn, jobs in ((timeline, first), (second, nested)):
        alone = Store(tmp_path / jobs[0].key)
        draw(drawn, alone, workers=1)
        for job in jobs:
            assert store.get(job.key, SUFFIX) == alone.get(job.key, SUFFIX)


def test_a_store_that_cannot_be_written_is_an_error(timeline: Timeline, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for workers in (1, 2):
        with pytest.raises(OutputError, match="cannot write"):
            draw(timeline, Store(tmp_path / "file"), workers=workers)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux forks from a server")
def test_workers_are_forked_with_the_engine_loaded() -> None:
    context = process_context()
    ours, theirs = context.Pipe()
    process = context.Process(target=tell_modules, args=(theirs,))  # type: ignore[attr-defined]
    start(process)
    theirs.close()
    loaded = ours.recv()
    process.join()
    assert {WARM, "clavilux.executors.draw", "numba", "av"} <= loaded


def tell_modules(pipe: Connection) -> None:
    pipe.send(set(sys.modules))
