"""Beats, bars and tempo on sounds whose beats are known."""

from __future__ import annotations

import numpy as np
import pytest

from clavilux.analysis import grid


def misses(truth: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Signed seconds from each true beat to the nearest found one."""
    nearest = np.abs(found[None, :] - truth[:, None]).argmin(axis=1)
    return found[nearest] - truth


def beats_of(analysis) -> np.ndarray:  # type: ignore[no-untyped-def]
    return np.array([beat.time for beat in analysis.beats])


@pytest.mark.parametrize("bpm", [72, 90, 100, 120, 137, 160])
@pytest.mark.parametrize("meter", [4, 3])
def test_clicks_are_found_from_first_to_last(analyse, click_track, bpm, meter):  # type: ignore[no-untyped-def]
    truth = np.arange(0.35, 29.5, 60 / bpm)
    analysis = analyse(click_track(truth, meter=meter, seconds=30))
    found = beats_of(analysis)
    error = misses(truth, found)
    assert analysis.tempo == pytest.approx(bpm, rel=0.005)
    assert abs(np.median(error)) < 0.005
    assert np.abs(error).max() < 0.03
    assert len(found) <= len(truth) + 1
    downs = np.array(analysis.downbeats)
    if bpm < 80:
        return  # so few sounds do not tell the metre
    assert analysis.meter == meter
    assert np.abs(misses(truth[::meter], downs)).max() < 0.03


def test_a_pickup_belongs_to_bar_minus_one(analyse, click_track):  # type: ignore[no-untyped-def]
    times = np.arange(0.2, 29.5, 0.5)
    analysis = analyse(click_track(times, seconds=30, first=3))
    assert (analysis.beats[0].bar, analysis.beats[0].position) == (-1, 3)
    assert (analysis.beats[1].bar, analysis.beats[1].position) == (0, 0)
    assert analysis.beats[5].bar == 1


def test_a_sudden_change_of_tempo_is_followed(analyse, click_track):  # type: ignore[no-untyped-def]
    slow = np.arange(0.2, 20.0, 60 / 100)
    quick = slow[-1] + np.arange(1, 48) * 60 / 125
    truth = np.concatenate([slow, quick])
    found = beats_of(analyse(click_track(truth, seconds=truth[-1] + 0.4)))
    error = np.abs(misses(truth, found))
    assert np.mean(error < 0.03) > 0.93
    assert np.median(error) < 0.005


def test_a_player_who_drifts_is_followed(analyse, click_track):  # type: ignore[no-untyped-def]
    number = np.arange(80)
    truth = 0.3 + 0.5 * number + 0.25 * np.sin(number / 9)
    found = beats_of(analyse(click_track(truth, seconds=truth[-1] + 0.4)))
    assert np.percentile(np.abs(misses(truth, found)), 95) < 0.02


def test_no_beats_where_nothing_sounds(analyse, click_track):  # type: ignore[no-untyped-def]
    truth = np.concatenate([np.arange(6.0, 26.0, 0.5), np.arange(40.0, 60.0, 0.5)])
    found = beats_of(analyse(click_track(truth, seconds=70)))
    assert found[0] == pytest.approx(6.0, abs=0.02)
    assert found[-1] == pytest.approx(59.5, abs=0.02)
    assert not np.any((found > 26.3) & (found < 39.7))


def test_noise_and_tones_have_no_pulse(analyse):  # type: ignore[no-untyped-def]
    noise = np.random.default_rng(5).standard_normal(20 * 22050) * 0.2
    tone = np.sin(np.arange(20 * 22050) * 0.1)
    for sound in (noise, tone, np.zeros(20 * 22050), np.ones(20 * 22050)):
        analysis = analyse(sound)
        assert (analysis.tempo, analysis.beats, analysis.tempo_confidence) == (0, (), 0)


def test_onsets_are_on_their_attacks(analyse, click_track):  # type: ignore[no-untyped-def]
    truth = np.cumsum(np.random.default_rng(2).uniform(0.15, 0.9, 50))
    found = np.array(analyse(click_track(truth, seconds=truth[-1] + 0.5)).onsets)
    error = np.abs(misses(truth, found))
    assert np.mean(error < 0.005) > 0.95
    assert len(found) < 1.1 * len(truth)


def test_strength_and_confidence_tell_strong_beats(analyse, click_track):  # type: ignore[no-untyped-def]
    beats = analyse(click_track(np.arange(0.5, 29, 0.5), seconds=30)).beats
    down, other = (
        np.mean([b.strength for b in beats if b.is_downbeat is is_down])
        for is_down in (True, False)
    )
    assert down > 0.3 and other > 0.1
    assert min(b.confidence for b in beats) > 0.5


def test_a_steady_grid_ignores_stray_attacks() -> None:
    rng = np.random.default_rng(0)
    truth = 0.17 + 0.4137 * np.arange(200)
    measured = truth + rng.normal(0, 0.002, 200)
    measured[::7] += rng.uniform(-0.04, 0.04, len(measured[::7]))
    line = grid.steady(measured, np.ones(200))
    assert line is not None
    period, origin = line
    assert period == pytest.approx(0.4137, abs=1e-5)
    assert (origin - 0.17 + 0.1) % (0.4137 / 2) - 0.1 == pytest.approx(0, abs=0.001)


def test_straightening_keeps_a_step_of_tempo_sharp() -> None:
    rng = np.random.default_rng(1)
    steps = np.concatenate([np.full(60, 0.5), np.full(60, 0.4)])
    truth = np.cumsum(steps)
    smooth = grid.straighten(truth + rng.laplace(0, 0.002, 120), np.ones(120))
    assert np.abs(smooth - truth).mean() < 0.0025
    assert abs(smooth[60] - truth[60]) < 0.01
