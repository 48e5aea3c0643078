"""Where seconds meet frames."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clavilux.model.time import FrameRate, FrameSpan

RATES = ("24", "25", "30", "60", "24000/1001", "30000/1001", "60000/1001")
rates = st.sampled_from(RATES).map(FrameRate.parse)
seconds = st.floats(0, 20_000, allow_nan=False)


def test_ntsc_is_exact_over_ten_hours() -> None:
    rate = FrameRate.parse("29.97")
    assert rate.fraction == Fraction(30000, 1001)
    hours = 36_000
    assert rate.frame_at(hours) == round(Fraction(30000, 1001) * hours)
    assert rate.frame_at(hours) != round(29.97 * hours)


@given(rates, st.integers(0, 3_000_000))
@settings(max_examples=200, deadline=None)
def test_a_frame_is_at_its_own_time(rate: FrameRate, frame: int) -> None:
    assert rate.frame_at(rate.seconds(frame)) == frame


@given(rates, seconds)
@settings(max_examples=200, deadline=None)
def test_frame_at_is_the_nearest(rate: FrameRate, time: float) -> None:
    frame = rate.frame_at(time)
    off = abs(Fraction(time) - frame / rate.fraction)
    assert off <= Fraction(1, 2) / rate.fraction
    assert rate.frame_at(time + 1e-3) >= frame


def test_a_tie_goes_up() -> None:
    assert FrameRate.parse(4).frame_at(0.125) == 1


@given(rates, seconds)
@settings(max_examples=200, deadline=None)
def test_frames_for_is_the_ceiling(rate: FrameRate, duration: float) -> None:
    frames = rate.frames_for(duration)
    exact = Fraction(duration) * rate.fraction
    assert frames >= exact - rate.fraction / 1_000_000
    assert frames - 1 < exact


@given(rates, st.integers(1, 1_000_000))
@settings(max_examples=100, deadline=None)
def test_a_duration_of_whole_frames_needs_that_many(rate: FrameRate, frames: int) -> None:
    assert rate.frames_for(rate.seconds(frames)) == frames
    assert rate.frames_for(rate.seconds(frames) + 2e-6) == frames + 1


@pytest.mark.parametrize("text", RATES)
def test_a_rate_reads_what_it_writes(text: str) -> None:
    rate = FrameRate.parse(text)
    assert str(rate) == text
    assert FrameRate.parse(str(rate)) == rate
    assert math.isclose(float(rate), rate.numerator / rate.denominator)


@pytest.mark.parametrize("text", ["0", "-1", "241", "fast", "1/0", "nan", "inf", ""])
def test_a_rate_that_is_none_is_refused(text: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        FrameRate.parse(text)


@given(*[st.integers(0, 40)] * 4)
@settings(max_examples=100, deadline=None)
def test_spans_are_half_open(a: int, b: int, c: int, d: int) -> None:
    one, two = FrameSpan(start=min(a, b), end=max(a, b)), FrameSpan(start=min(c, d), end=max(c, d))
    inside = [set(range(s.start, s.end)) for s in (one, two)]
    assert len(one) == len(inside[0])
    assert [n in one for n in range(41)] == [n in inside[0] for n in range(41)]
    if inside[0] and inside[1]:
        assert one.overlaps(two) == two.overlaps(one) == bool(inside[0] & inside[1])


def test_a_span_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="ends before it starts"):
        FrameSpan(start=3, end=2)
