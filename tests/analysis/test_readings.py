"""Counting beats in bars, the other ways to count them, and the learned tables."""

from __future__ import annotations

from importlib import resources

import numpy as np
import pytest

from clavilux.analysis.correct import apply_correction
from clavilux.analysis.counting import FRAME_LATENCY, count_bars
from clavilux.analysis.patterns import LEVELS, PHASES, Pattern, learned, tempo_prior
from clavilux.analysis.readings import all_readings, alternatives_to, scaled
from clavilux.analysis.spectrum import FPS
from clavilux.analysis.turns import Turns

CURVES = 7
LOUD = LEVELS - 1


def toy_pattern(meter: int) -> Pattern:
    """Curve 0 strikes on the first beat, curve 1 on the others; both beside no beat."""
    weights = np.zeros((CURVES, LEVELS, meter, PHASES), dtype=np.float32)
    weights[:2, LOUD] = -0.5
    weights[0, LOUD, 0, 0] = 3.0
    weights[1, LOUD, 1:, 0] = 1.0
    return Pattern(f"{meter}", meter, weights)


def toy_levels(times: np.ndarray, positions: np.ndarray, seconds: float) -> np.ndarray:
    levels = np.zeros((int(seconds * FPS), CURVES), dtype=np.uint8)
    frames = np.round((times + FRAME_LATENCY) * FPS).astype(int)
    levels[frames[positions == 0], 0] = LOUD
    levels[frames[positions > 0], 1] = LOUD
    return levels


BEATS = 1.0 + 0.5 * np.arange(48)


@pytest.mark.parametrize("meter", [3, 4, 5, 7])
@pytest.mark.parametrize("first", [0, 1, 2])
def test_bars_are_counted_from_where_they_begin(meter: int, first: int) -> None:
    positions = (np.arange(len(BEATS)) + first) % meter
    count = count_bars(BEATS, toy_levels(BEATS, positions, 26), toy_pattern(meter))
    assert (count.positions == positions).all()
    assert count.score == pytest.approx(count.gains.sum(), rel=1e-5)


def test_an_irregular_bar_is_believed_only_if_much_speaks_for_it() -> None:
    beats = 1.0 + 0.5 * np.arange(96)
    positions = np.arange(96) % 4
    positions[48:] = (positions[48:] + 2) % 4
    levels = toy_levels(beats, positions, 50)
    found = count_bars(beats, levels, toy_pattern(4)).positions
    assert (found[:44] == positions[:44]).all() and (found[50:] == positions[50:]).all()
    once = np.arange(len(BEATS)) % 4
    once[44:] = (once[44:] + 1) % 4  # one bar near the end is too little
    late = count_bars(BEATS, toy_levels(BEATS, once, 26), toy_pattern(4))
    assert (late.positions == np.arange(len(BEATS)) % 4).all()


def test_a_turn_of_the_music_decides_between_equal_counts() -> None:
    levels = np.zeros((int(26 * FPS), CURVES), dtype=np.uint8)
    for first in range(4):
        turns = Turns(times=BEATS[first::16], nats=np.full(3, 5.0))
        count = count_bars(BEATS, levels, toy_pattern(4), (turns,))
        assert (count.positions == (np.arange(len(BEATS)) - first) % 4).all()


def test_a_turn_between_beats_belongs_to_none() -> None:
    between = Turns(times=BEATS[:-1] + 0.25, nats=np.ones(len(BEATS) - 1))
    assert not between.gains(BEATS, 4).any()


@pytest.mark.parametrize(("scale", "shift"), [(2.0, 0.0), (0.5, 0.5), (1.0, 0.5), (0.75, 0.25)])
def test_a_scaled_grid_is_even_and_reaches_beyond_both_ends(scale: float, shift: float) -> None:
    grid = scaled(BEATS, scale=scale, shift=shift)
    assert np.allclose(np.diff(grid), 0.5 / scale)
    assert grid[0] < BEATS[0] and grid[-1] > BEATS[-1]
    number = (grid - BEATS[0]) / (0.5 / scale) - shift
    assert np.allclose(number, np.round(number))


def test_the_true_reading_of_a_grid_at_twice_the_tempo_is_found() -> None:
    beats = 1.2 + 0.6 * np.arange(48)
    levels = toy_levels(beats, np.arange(48) % 4, 31)
    doubled = np.sort(np.concatenate([beats, beats + 0.3]))
    best, *rest = readings = all_readings(doubled, levels, (toy_pattern(4),), span=(1.1, 30.0))
    assert best.scale == 0.5 and np.allclose(best.count.times[:8], beats[:8])
    assert (best.count.positions[:8] == np.arange(8) % 4).all()
    assert all(best.rate >= other.rate for other in rest)
    names = {a.name for a in alternatives_to(best, readings, levels)}
    assert {"double tempo", "off-beat", "shifted bar"} <= names


def test_every_alternative_can_be_chosen(analyse, click_track) -> None:  # type: ignore[no-untyped-def]
    """What an alternative announces is what its correction gives."""
    analysis = analyse(click_track(np.arange(0.4, 39, 0.5), seconds=40))
    likelihoods = [a.likelihood for a in analysis.alternatives]
    assert len(likelihoods) >= 3 and likelihoods == sorted(likelihoods, reverse=True)
    for alternative in analysis.alternatives:
        other = apply_correction(analysis, alternative.correction)
        assert other.tempo == pytest.approx(alternative.tempo, rel=0.01), alternative.name
        assert other.meter == alternative.meter
        beats = [(b.time, b.position) for b in analysis.beats]
        assert [(b.time, b.position) for b in other.beats] != beats


def test_the_learned_tables_are_small_complete_and_of_sensible_size() -> None:
    file = resources.files("clavilux.analysis").joinpath("patterns.npz")
    assert len(file.read_bytes()) < 50_000
    patterns = learned()
    assert [p.meter for p in patterns] == [4, 4, 3, 5, 7]
    for pattern in patterns:
        assert pattern.weights.shape == (CURVES, LEVELS, pattern.meter, PHASES)
        assert 0.1 < np.abs(pattern.weights).max() < 5


def test_a_kick_on_the_first_beat_speaks_for_it() -> None:
    """In 4/4, a clear low onset, chord and bass change are likelier on one than between beats."""
    straight = learned()[0].weights
    for curve in (0, 5, 6):
        on_one = straight[curve, LOUD, 0, 0] + straight[curve, LOUD, 0, 1]
        between = straight[curve, LOUD, :, 3].mean()
        assert on_one > between + 0.1


def test_no_tempo_is_impossible_but_extremes_are_unlikely() -> None:
    assert tempo_prior(122) == pytest.approx(0, abs=0.01)
    assert -2 < tempo_prior(61) < -1
    assert tempo_prior(60) < tempo_prior(80) < tempo_prior(100)
    assert tempo_prior(200) < tempo_prior(160)
