"""Accents: which beats may be seen."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clavilux.planning.flash import SHORTEST_GAP, Accent, accents, thin
from support import make_analysis

moments = st.lists(
    st.builds(
        Accent,
        time=st.floats(0, 20),
        weight=st.floats(0.01, 1),
        rank=st.integers(0, 2),
    ),
    max_size=60,
)
cut_times = st.lists(st.floats(0, 20), max_size=4).map(tuple)


@given(moments, cut_times)
@settings(max_examples=200, deadline=None)
def test_never_closer_than_the_shortest_gap(wanted: list[Accent], cuts: tuple[float, ...]) -> None:
    kept = thin(wanted, cuts=cuts)
    times = [a.time for a in kept]
    assert times == sorted(times)
    assert all(b - a >= SHORTEST_GAP - 1e-9 for a, b in pairwise(times))
    assert set(kept) <= set(wanted)
    for cut in cuts:
        assert all(abs(cut - t) <= 0.02 or abs(cut - t) >= SHORTEST_GAP for t in times)


@given(moments, cut_times)
@settings(max_examples=200, deadline=None)
def test_what_is_dropped_yields_to_something_as_strong(
    wanted: list[Accent], cuts: tuple[float, ...]
) -> None:
    """Nothing is dropped without need, and a downbeat only for a downbeat or a cut."""
    kept = thin(wanted, cuts=cuts)
    for accent in set(wanted) - set(kept):
        near = [k for k in kept if abs(k.time - accent.time) < SHORTEST_GAP]
        by_cut = any(0.02 < abs(cut - accent.time) < SHORTEST_GAP for cut in cuts)
        assert by_cut or any(k.rank <= accent.rank for k in near)


@given(tempo=st.floats(40, 320), meter=st.integers(2, 7), first=st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_at_most_three_in_any_second(tempo: float, meter: int, first: float) -> None:
    analysis = make_analysis((("drop", 12.0, 1.0),), tempo=tempo, meter=meter, first_beat=first)
    times = np.array([a.time for a in accents(analysis)])
    assert len(times) > 2
    assert all(((times >= t) & (times < t + 1)).sum() <= 3 for t in times)


def test_a_fast_song_keeps_its_downbeats() -> None:
    analysis = make_analysis((("drop", 12.0, 1.0),), tempo=200)
    kept = {a.time for a in accents(analysis)}
    assert set(analysis.downbeats) <= kept
    assert len(kept) < len(analysis.beats)


def test_a_slow_song_keeps_every_beat() -> None:
    analysis = make_analysis((("verse", 12.0, 0.5),), tempo=100)
    assert len(accents(analysis)) == len(analysis.beats)


def test_who_allows_flashing_gets_every_beat() -> None:
    analysis = make_analysis((("drop", 8.0, 1.0),), tempo=300)
    assert len(accents(analysis)) < len(accents(analysis, allow_flashing=True))
    assert len(accents(analysis, allow_flashing=True)) == len(analysis.beats)


def test_without_a_pulse_strong_onsets_are_marked() -> None:
    onsets: Any = [0.5 * k + 0.13 for k in range(20)]
    analysis = make_analysis((("verse", 10.0, 0.5),), tempo=0, onsets=onsets)
    found = accents(analysis)
    assert 0 < len(found) <= len(onsets)
    assert {a.time for a in found} <= set(onsets)
    assert all(0.25 < a.weight <= 0.7 for a in found)
