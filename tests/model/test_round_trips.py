"""Values survive JSON exactly, and equal values have equal digests."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clavilux.model.base import Value
from clavilux.model.codec import digest, read, to_json
from clavilux.model.errors import SpecError
from clavilux.model.song import Analysis, Envelope
from clavilux.model.spec import RenderSpec
from clavilux.model.timeline import Timeline
from clavilux.rendering.resolve import FrameState, resolve
from support import make_analysis, make_preset, make_spec, make_timeline


def assert_survives(value: Value) -> None:
    kind = type(value)
    again = kind.model_validate_json(to_json(value))
    assert again == value
    assert to_json(again) == to_json(value)
    assert digest(again) == digest(value)
    assert kind.model_validate(value.model_dump()) == value


@given(
    tempo=st.floats(50, 190),
    seed=st.integers(0, 10_000),
    rate=st.sampled_from(["12", "24000/1001", "30"]),
    tier=st.sampled_from([1, 2]),
)
@settings(max_examples=12, deadline=None)
def test_everything_survives_json(tempo: float, seed: int, rate: str, tier: int) -> None:
    analysis = make_analysis((("verse", 5.3, 0.4), ("drop", 6.1, 1.0)), tempo=tempo, seed=seed)
    spec = make_spec(analysis, seed=seed, tier=tier)
    timeline = make_timeline(analysis, spec, preset=make_preset(rate=rate))
    assert_survives(analysis)
    assert_survives(spec)
    assert_survives(timeline)
    for frame in (0, timeline.frames // 2, timeline.frames - 1):
        assert_survives(resolve(timeline, frame))


@given(st.lists(st.floats(-3000, 3000, allow_nan=False, width=32), min_size=1, max_size=50))
@settings(max_examples=100, deadline=None)
def test_arrays_survive_json_to_the_last_bit(numbers: list[float]) -> None:
    envelope = Envelope(rate=10, values=numbers)
    again = Envelope.model_validate_json(to_json(envelope))
    assert again.values.tobytes() == envelope.values.tobytes()


def test_arrays_are_read_only_and_finite() -> None:
    envelope = Envelope(rate=10, values=[0.0, 1.0])
    with pytest.raises(ValueError, match="read-only"):
        envelope.values[0] = 1
    with pytest.raises(ValueError, match="finite"):
        Envelope(rate=10, values=[0.0, np.nan])


def test_different_values_have_different_digests() -> None:
    timeline = make_timeline()
    clip = timeline.clips[0]
    clips = (clip.model_copy(update={"energy": clip.energy / 2 + 0.01}), *timeline.clips[1:])
    other = timeline.model_copy(update={"clips": clips})
    assert other != timeline
    assert digest(other) != digest(timeline)


def test_digest_tells_its_parts_apart() -> None:
    assert digest("ab", "c") != digest("a", "bc") != digest("abc")
    assert digest(b"1") == digest(1) != digest("1")
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


SCRIPT = """
import sys; sys.path.insert(0, sys.argv[1])
from support import make_timeline
from clavilux.model.codec import digest
print(digest(make_timeline()))
"""


def test_another_process_finds_the_same_digest(request: pytest.FixtureRequest) -> None:
    """No hash seed, no order of a set, no address gets into a digest."""
    tests = str(request.config.rootpath / "tests")
    found = subprocess.run(
        [sys.executable, "-c", SCRIPT, tests], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == digest(make_timeline())


@pytest.mark.parametrize("kind", [RenderSpec, Analysis, Timeline, FrameState])
def test_unknown_fields_are_refused_by_name(kind: type[Value]) -> None:
    analysis = make_analysis()
    timeline = make_timeline(analysis)
    values: dict[type[Value], Value] = {
        RenderSpec: make_spec(analysis),
        Analysis: analysis,
        Timeline: timeline,
        FrameState: resolve(timeline, 0),
    }
    plain: dict[str, Any] = json.loads(to_json(values[kind]))
    plain["colour_of_money"] = 1
    with pytest.raises(SpecError, match="unknown field 'colour_of_money'"):
        read(kind, plain, what="this")
