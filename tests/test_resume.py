"""Running again is resuming; only what changed is drawn again; the same spec, the same frames."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from clavilux import pipeline
from clavilux.documents import write_spec
from clavilux.model.spec import RenderSpec
from clavilux.model.timeline import Timeline
from clavilux.storage import Store
from support import PlainScene, add_plugins
from workshop import cache, changed, command, decoded, render, run, spec_of, tiny

pytestmark = pytest.mark.usefixtures("plain_scene")

EDGES = (0, 4, 8, 12)
TINY = tiny(rate=10)


@pytest.fixture
def spec(clicks_wav: Path) -> RenderSpec:
    return spec_of(clicks_wav, EDGES)


def timeline_of(spec: RenderSpec) -> Timeline:
    analysis = pipeline.analyze(Path(spec.song), Store(cache()))
    return pipeline.plan(spec, analysis, pipeline.RenderOptions(preset=TINY), stills={})


# --- Reuse -----------------------------------------------------------------------------------


def test_a_finished_render_is_reused_whole(
    spec: RenderSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "store")
    two_tiers = changed(spec, "part_1", tier=2, stills=2)
    first = render(two_tiers, tmp_path / "a.mp4", store=store, preset=TINY)
    assert (first.segments_reused, first.stills_reused, first.stills) == (0, 0, 2)

    def forbidden(*arguments: object, **options: object) -> None:
        raise AssertionError("drawn again")

    monkeypatch.setattr(PlainScene, "draw", forbidden)
    again = render(two_tiers, tmp_path / "b.mp4", store=store, preset=TINY)
    assert again.segments_reused == again.segments == first.segments
    assert again.stills_reused == again.stills == 2
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


@pytest.mark.parametrize(
    "fields",
    [
        {"palette": ("#001100", "#116611", "#99EE99", "#EEFFEE")},
        {"theme": "hills", "prompt": "hills", "scene": "other"},
        {"effects": {"pulse": 3.0}},
    ],
)
def test_a_changed_section_redraws_itself_and_its_transitions_only(
    spec: RenderSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fields: dict[str, object]
) -> None:
    class Other(PlainScene):
        name = "other"

        def draw(self, rgb, view, *, depth=None):  # type: ignore[no-untyped-def]
            super().draw(rgb, view, depth=depth)
            rgb *= 0.5

    add_plugins(monkeypatch, "scenes", other=Other())
    store = Store(tmp_path / "store")
    edited = changed(spec, "part_2", **fields)
    timeline = timeline_of(spec)
    (start, _), (_, end) = [(t.span.start, t.span.end) for t in timeline.transitions]
    assert (end, timeline.frames) == (80, 120) and 20 < start < 40

    before = render(spec, tmp_path / "a.mp4", store=store, preset=TINY)
    after = render(edited, tmp_path / "b.mp4", store=store, preset=TINY)
    assert 0 < after.segments_reused < before.segments
    a, b = decoded(tmp_path / "a.mp4"), decoded(tmp_path / "b.mp4")
    same = (a == b).all(axis=(1, 2))
    assert same[:start].all() and same[end:].all(), "frames of other sections changed"
    assert not same[start + 2 : end - 2].all()
    if "effects" not in fields:
        assert not same[start + 2 : end - 2].any()

    alone = render(edited, tmp_path / "c.mp4", store=Store(tmp_path / "other store"), preset=TINY)
    assert alone.segments_reused == 0
    assert (decoded(tmp_path / "c.mp4") == b).all(), "reused and fresh pieces differ"


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_video(
    spec: RenderSpec, tmp_path: Path
) -> None:
    spec = changed(spec, "part_1", tier=2, stills=1)
    videos = [
        (tmp_path / f"{name}.mp4", spec.model_copy(update={"seed": seed}))
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    for path, seeded in videos:
        render(seeded, path, store=Store(tmp_path / path.stem), preset=TINY)
    a, b, c = (path for path, _ in videos)
    assert a.read_bytes() == b.read_bytes()
    difference = np.abs(decoded(a).astype(int) - decoded(c)).mean(axis=(1, 2))
    assert difference.min() > 1, "another seed shows the same picture somewhere"


def test_any_number_of_workers_draws_the_same_bytes(spec: RenderSpec, tmp_path: Path) -> None:
    for workers in (1, 2):
        store = Store(tmp_path / str(workers))
        path = tmp_path / f"{workers}.mp4"
        report = render(spec, path, store=store, preset=TINY, workers=workers)
        assert report.segments_reused == 0
    assert (tmp_path / "1.mp4").read_bytes() == (tmp_path / "2.mp4").read_bytes()


def segments_in(store: Path) -> set[Path]:
    return {path for path in store.glob("*/*.mp4") if not path.name.startswith(".")}


# --- Interruptions ---------------------------------------------------------------------------


def stop_in_the_middle(arguments: list[str], store: Path, how: int) -> tuple[int, str]:
    """Start a command, send its process group a signal once a segment is there."""
    process = subprocess.Popen(
        arguments,
        env={**os.environ, "CLAVILUX_CACHE": str(store)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not segments_in(store):
            assert process.poll() is None and time.monotonic() < deadline, "never drew a segment"
            time.sleep(0.005)
        if how == signal.SIGKILL:
            process.kill()
        else:
            os.killpg(process.pid, how)
        return process.wait(30), process.communicate()[1]
    finally:
        process.kill()


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as on Unix")
@pytest.mark.parametrize(
    ("how", "workers", "code"), [(signal.SIGKILL, 1, -9), (signal.SIGINT, 2, 130)]
)  # fmt: skip
def test_a_stopped_render_continues_where_it_was(
    clicks_wav: Path, tmp_path: Path, how: int, workers: int, code: int
) -> None:
    work, store = tmp_path / "work", tmp_path / "store"
    work.mkdir()
    spec, target = work / "song.yaml", work / "song.mp4"
    spec.write_text(write_spec(spec_of(clicks_wav, EDGES), name="song.yaml"))
    options = ["--preset", "preview", "--fps", 6, "--workers", workers]
    arguments = command("render", spec, "-o", target, *options)
    stopped, said = stop_in_the_middle(arguments, store, how)
    assert stopped == code
    if how == signal.SIGINT:
        assert said.splitlines() == ["stopped; run the same command again to continue"]
    assert list(work.iterdir()) == [spec], "something half-written lies beside the spec"
    finished = segments_in(store)

    again = run("render", spec, "-o", target, *options, "--json", CLAVILUX_CACHE=str(store))
    assert again.code == 0, again.err
    assert len(finished) <= again.json["segments_reused"] < again.json["segments"]
    leftover = [p.name for p in store.rglob("*") if p.is_file() and p.name.startswith(".")]
    assert how == signal.SIGKILL or not leftover
    whole = tiny("preview", 6, width=640, height=360)
    render(spec, tmp_path / "whole.mp4", preset=whole, store=Store(tmp_path / "whole"))
    differing = (decoded(target) != decoded(tmp_path / "whole.mp4")).any(axis=(1, 2))
    assert not differing.any(), np.flatnonzero(differing)
