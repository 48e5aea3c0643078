"""The state of chosen frames, exact: every number that decides a picture, as JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from clavilux.model.time import FrameSpan
from clavilux.model.timeline import (
    Clip,
    Curve,
    EffectUse,
    SceneSource,
    Signal,
    Timeline,
    Transition,
)
from clavilux.rendering.resolve import SCENE_SIGNALS, resolve
from support import make_analysis, make_layer, make_preset, make_spec, make_timeline

GOLDEN = Path(__file__).parent / "golden" / "frames.json"


def small_timeline() -> Timeline:
    """Two clips of ten frames each side of a dissolve of four, written by hand."""
    count = 20
    signals = {
        name: Signal(values=[round((k + 1) * n / 1000, 5) for n in range(count + 5)])
        for k, name in enumerate((*SCENE_SIGNALS, "surge"))
    }

    def clip(section: str, start: int, end: int, own: FrameSpan, *effects: EffectUse) -> Clip:
        return Clip(
            section=section,
            span=FrameSpan(start=start, end=end),
            section_span=own,
            source=SceneSource(scene="plain", seed=len(section)),
            palette=("#000000", "#FFFFFF"),
            energy=0.5,
            effects=effects,
            clock=FrameSpan(start=start, end=end),
        )

    def use(name: str, **curves: Curve) -> EffectUse:
        return EffectUse(effect=name, parameters=curves)

    return Timeline(
        width=64,
        height=36,
        rate="10",
        frames=count,
        offset=5,
        signals=signals,
        clips=(
            clip(
                "one", 0, 12, FrameSpan(start=0, end=12),
                use("punch", zoom=Curve(base=1, gain=10, signal="beat")),
                use("vignette", depth=Curve(base=0.2)),
            ),
            clip(
                "second", 8, 20, FrameSpan(start=12, end=20),
                use("punch", zoom=Curve(base=3, slope=0.25)),
                use("grain", intensity=Curve(base=1.0)),
            ),
        ),
        transitions=(
            Transition(
                span=FrameSpan(start=8, end=12),
                use=use("dissolve", lights_first=Curve(base=0.1, slope=0.1)),
            ),
        ),
        accents=(3, 9),
    )  # fmt: skip


def chosen_frames() -> dict[str, object]:
    """States at the start, inside a mix, at its end and at the end of the hand-made timeline."""
    timeline = small_timeline()
    return {
        f"frame {n}": resolve(timeline, n).model_dump(mode="json") for n in (0, 7, 8, 11, 12, 19)
    }


def test_chosen_frames_are_exactly_as_they_were() -> None:
    text = json.dumps(chosen_frames(), indent=1, sort_keys=True) + "\n"
    if os.environ.get("CLAVILUX_GOLDEN") == "1":
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8"), "run `make golden` if this is meant"


def test_one_clip_is_shown_outside_of_transitions() -> None:
    state = resolve(small_timeline(), 3)
    assert [layer.clip for layer in state.layers] == [0]
    assert not state.mix
    assert state.layers[0].seconds == pytest.approx(0.3)
    assert state.layers[0].duration == pytest.approx(1.2)
    assert state.layers[0].progress == pytest.approx(3 / 12)


def test_signals_are_read_at_the_frame_of_the_song() -> None:
    """Frame 3 of a video that starts at frame 5 of the song hears frame 8."""
    timeline = small_timeline()
    music = resolve(timeline, 3).layers[0].music
    for name in SCENE_SIGNALS:
        heard = timeline.signals[name].values[8]
        if name == "travel":
            heard = heard - timeline.signals[name].values[5]
        assert music[name] == pytest.approx(float(heard), abs=1e-6)
    beat = float(timeline.signals["beat"].values[8])
    assert resolve(timeline, 3).effects["punch"]["zoom"] == pytest.approx(1 + 10 * beat, abs=1e-6)


def test_a_slope_counts_from_the_clips_first_frame() -> None:
    assert resolve(small_timeline(), 12).effects["punch"]["zoom"] == pytest.approx(3 + 0.25 * 4)


def test_a_mix_moves_evenly_and_never_reaches_its_ends() -> None:
    """Four frames of mix stand between 0 and 1 in five equal steps."""
    timeline = small_timeline()
    assert [resolve(timeline, n).progress for n in range(8, 12)] == pytest.approx(
        [0.2, 0.4, 0.6, 0.8]
    )
    state = resolve(timeline, 9)
    assert state.mix == "dissolve"
    assert state.mix_values == pytest.approx({"lights_first": 0.2})
    assert [layer.clip for layer in state.layers] == [0, 1]


def test_effects_of_the_frame_blend_from_clip_to_clip() -> None:
    timeline = small_timeline()
    state = resolve(timeline, 10)
    first, second = (layer.effects for layer in state.layers)
    middle = first["punch"]["zoom"] * 0.4 + second["punch"]["zoom"] * 0.6
    assert state.effects["punch"]["zoom"] == pytest.approx(middle, abs=1e-5)
    assert state.effects["vignette"] == first["vignette"]
    assert state.effects["grain"] == second["grain"]


def test_progress_stays_within_the_section() -> None:
    """The next section's picture is shown before its section begins: its progress is 0 there."""
    assert resolve(small_timeline(), 9).layers[1].progress == 0
    timeline = make_timeline()
    for n in range(0, timeline.frames, 7):
        assert all(0 <= layer.progress <= 1 for layer in resolve(timeline, n).layers)


def test_every_frame_of_a_planned_video_resolves() -> None:
    analysis = make_analysis()
    timeline = make_timeline(analysis, make_spec(analysis), preset=make_preset(rate="24000/1001"))
    for n in range(timeline.frames):
        state = resolve(timeline, n)
        assert state.frame == n and 1 <= len(state.layers) <= 2
        assert (len(state.layers) == 2) == bool(state.mix)


def test_a_layer_of_the_tests_is_like_a_resolved_one() -> None:
    assert set(make_layer().music) == set(SCENE_SIGNALS)
