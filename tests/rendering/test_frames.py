"""A frame is a function of its number: drawn in any order, split in any way."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clavilux.media.image import StillLoader
from clavilux.model.timeline import Timeline
from clavilux.rendering.compose import Renderer, to_rgb, to_yuv420
from clavilux.rendering.resolve import resolve
from clavilux.rendering.segments import segments
from support import (
    PlainScene,
    add_plugins,
    make_analysis,
    make_preset,
    make_spec,
    make_timeline,
    stored_stills,
)

PRESET = make_preset(64, 36, 12)

LAWS = settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Drawer:
    """What a worker holds: a timeline and a store."""

    def __init__(self, timeline: Timeline, loader: StillLoader) -> None:
        self.timeline = timeline
        self._renderer = Renderer(timeline.width, timeline.height, loader)

    def frame(self, number: int) -> bytes:
        return self._renderer.draw(resolve(self.timeline, number)).tobytes()


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Makes fresh drawers of one timeline with stills, a scene, a morph, a cut and dissolves."""
    add_plugins(monkeypatch, "scenes", plain=PlainScene())
    analysis = make_analysis(
        (("verse", 4.0, 0.4), ("chorus", 4.0, 0.9), ("bridge", 4.0, 0.3), ("outro", 3.0, 0.5))
    )
    spec = make_spec(
        analysis,
        chorus_1={"transition": "morph"},
        bridge_1={"tier": 1},
        outro_1={"transition": "cut"},
    )
    store, stills = stored_stills(spec, tmp_path, PRESET)
    timeline = make_timeline(analysis, spec, preset=PRESET, stills=stills)
    return lambda: Drawer(timeline, StillLoader(store, 64, 36, keep=2))


def test_the_timeline_of_these_tests_has_everything(worker) -> None:
    timeline = worker().timeline
    assert {c.source.kind for c in timeline.clips} == {"scene", "still"}
    assert {t.use.effect for t in timeline.transitions if len(t.span)} == {"dissolve", "morph"}


@given(data=st.data())
@LAWS
def test_frames_are_order_free(worker, data: st.DataObject) -> None:
    """Frame n drawn alone is frame n drawn after any others, forwards or backwards."""
    frames = worker().timeline.frames
    order = data.draw(st.lists(st.integers(0, frames - 1), min_size=2, max_size=8))
    used = worker()
    drawn = {n: used.frame(n) for n in order}
    for n in order[-2:]:
        assert worker().frame(n) == drawn[n] == used.frame(n)


@given(data=st.data())
@LAWS
def test_shards_equal_the_whole(worker, data: st.DataObject) -> None:
    """A stretch of frames split between workers at any places is the stretch drawn by one."""
    frames = worker().timeline.frames
    start = data.draw(st.integers(0, frames - 13))
    cuts = sorted(data.draw(st.sets(st.integers(1, 11), max_size=3)))
    one = worker()
    whole = [one.frame(n) for n in range(start, start + 12)]
    parts: list[bytes] = []
    for first, last in zip([0, *cuts], [*cuts, 12], strict=True):
        another = worker()
        parts += [another.frame(n) for n in range(start + first, start + last)]
    assert parts == whole


def test_neighbouring_frames_differ_a_little_except_at_cuts(worker) -> None:
    """Nothing jumps within a clip or a transition: the picture moves, fades or pulses."""
    drawer = worker()
    timeline = drawer.timeline
    cuts = {t.span.start for t in timeline.transitions if not len(t.span)}
    assert cuts
    luma = [
        np.frombuffer(drawer.frame(n), np.uint8)[: 64 * 36].astype(int)
        for n in range(timeline.frames)
    ]
    steps = [float(np.abs(b - a).mean()) for a, b in pairwise(luma)]
    for n, step in enumerate(steps, start=1):
        if n not in cuts and n - 1 not in cuts:
            assert 0.05 < step < 16, (n, step)
    assert all(steps[n - 1] > 5 for n in cuts)


@given(
    seconds=st.floats(1, 200),
    rate=st.sampled_from(["12", "24000/1001", "30"]),
)
@settings(max_examples=15, deadline=None)
def test_segments_tile_the_timeline(seconds: float, rate: str) -> None:
    analysis = make_analysis((("verse", seconds, 0.4), ("chorus", 9.0, 0.9), ("outro", 5.0, 0.3)))
    timeline = make_timeline(analysis, preset=make_preset(rate=rate))
    spans = segments(timeline)
    assert spans[0].start == 0 and spans[-1].end == timeline.frames
    assert all(a.end == b.start for a, b in pairwise(spans))
    assert all(0 < len(s) <= 5 * float(timeline.rate) + 1 for s in spans)
    edges = {s.start for s in spans}
    for a, b in zip(timeline.clips, timeline.clips[1:], strict=False):
        if a.section != b.section:
            assert {a.span.end, b.span.start} <= edges


def test_rgb_and_back_keeps_a_picture() -> None:
    y, x = np.mgrid[0:36, 0:64] / 64
    rgb = np.stack([0.2 + 0.6 * x, 0.3 + 0.4 * y, 0.8 - 0.5 * x], axis=-1).astype(np.float32)
    again = to_rgb(to_yuv420(rgb)).astype(float) / 255
    assert np.abs(again - rgb).max() < 0.02
