"""Signals: one number per frame, finite, 0..1, in time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clavilux.model.time import FrameRate
from clavilux.planning.flash import accents
from clavilux.planning.modulation import follow, signals
from clavilux.rendering.resolve import SCENE_SIGNALS
from support import make_analysis

RATES = ("12", "24000/1001", "30", "60")


@given(
    tempo=st.one_of(st.just(0.0), st.floats(40, 250)),
    rate=st.sampled_from(RATES),
    seed=st.integers(0, 1000),
    seconds=st.floats(0.02, 12),
    energy=st.floats(0, 1),
)
@settings(max_examples=40, deadline=None)
def test_signals_are_finite_and_in_range(
    tempo: float, rate: str, seed: int, seconds: float, energy: float
) -> None:
    parts = (("verse", seconds, energy), ("drop", 3.0, 1.0))
    analysis = make_analysis(parts, tempo=tempo, seed=seed)
    frame_rate = FrameRate.parse(rate)
    found = signals(analysis, frame_rate, accents=accents(analysis))
    assert set(SCENE_SIGNALS) <= set(found)
    for name, signal in found.items():
        values = signal.values
        assert len(values) == frame_rate.frames_for(analysis.duration)
        assert np.isfinite(values).all()
        if name == "travel":
            steps = np.diff(values) * float(frame_rate)
            assert (steps > 0.29).all() and (steps < 2.52).all()
        else:
            assert values.min() >= 0 and values.max() <= 1, name


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("tempo", [64.0, 120.0, 187.3])
def test_the_beat_peaks_at_the_accents_and_nowhere_else(rate: str, tempo: float) -> None:
    analysis = make_analysis((("chorus", 20.0, 0.9),), tempo=tempo, first_beat=0.21)
    frame_rate = FrameRate.parse(rate)
    marked = accents(analysis)
    beat = signals(analysis, frame_rate, accents=marked)["beat"].values
    at = {frame_rate.frame_at(a.time): a.weight for a in marked}
    for frame, weight in at.items():
        assert beat[frame] == pytest.approx(weight, abs=1e-5)
    rising = np.flatnonzero(np.diff(beat) > 0) + 1
    assert set(rising) == set(at)


def test_the_bar_rises_on_downbeats_only() -> None:
    analysis = make_analysis((("chorus", 16.0, 0.9),), tempo=120)
    rate = FrameRate.parse(30)
    bar = signals(analysis, rate, accents=accents(analysis))["bar"].values
    downbeats = {rate.frame_at(t) for t in analysis.downbeats}
    assert set(np.flatnonzero(np.diff(bar) > 0) + 1) <= downbeats
    assert bar[0] > 0.3


def test_a_beat_has_fallen_by_half_before_the_next() -> None:
    analysis = make_analysis((("chorus", 16.0, 0.9),), tempo=120)
    rate = FrameRate.parse(60)
    beat = signals(analysis, rate, accents=accents(analysis))["beat"].values
    assert beat[29] < 0.5 * beat[0]


def test_the_rate_hardly_changes_what_is_felt() -> None:
    """The same moment has nearly the same numbers at 24 and at 60 frames per second."""
    analysis = make_analysis(tempo=120)
    marked = accents(analysis)
    slow = signals(analysis, FrameRate.parse(24), accents=marked)
    fast = signals(analysis, FrameRate.parse(60), accents=marked)
    for name in ("energy", "loudness", "bass", "brightness", "travel"):
        a, b = slow[name].values[::2], fast[name].values[::5]
        size = min(len(a), len(b))
        scale = 1.0 if name != "travel" else float(b[-1])
        assert np.abs(a[:size] - b[:size]).max() / scale < 0.05, name


def test_an_envelope_rises_with_its_attack_and_falls_with_its_release() -> None:
    rate = FrameRate.parse(100)
    step = np.concatenate([np.zeros(100), np.ones(200), np.zeros(300)])
    level = follow(step, rate, attack=0.1, release=0.5)
    assert level[109] == pytest.approx(1 - np.exp(-1), abs=0.02)
    assert level[349] == pytest.approx(np.exp(-1), abs=0.02)
