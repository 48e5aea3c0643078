"""Where a song has a pulse, how sure that is, and where it has none."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from band import RATE, Band, Samples, applause, random_hits, rock, rubato_piano, speech
from numpy.typing import NDArray

from clavilux.analysis import confidence, drift
from clavilux.model.song import Analysis

Analyse = Callable[[NDArray[np.float32]], Analysis]
SONG_SECONDS = 40
NOISES: dict[str, Callable[..., Samples]] = {
    "rubato": rubato_piano,
    "applause": applause,
    "speech": speech,
    "random hits": random_hits,
}


def song(*, bpm: float = 116, seconds: float = SONG_SECONDS) -> Samples:
    beats = np.arange(0.1, seconds - 0.1, 60 / bpm)
    band = Band(seconds)
    rock(band, beats)
    band.chords(beats[::4])
    return band.samples


def as_loud(samples: Samples, model: Samples) -> Samples:
    return samples * np.float32(np.sqrt(np.mean(model**2) / np.mean(samples**2)))


def check(analysis: Analysis) -> None:
    """Regions tile the song; those without pulse have neither tempo, confidence nor beats."""
    regions = analysis.regions
    assert regions[0].start == 0
    assert regions[-1].end == pytest.approx(analysis.duration, abs=1e-3)
    assert all(a.end == b.start for a, b in pairwise(regions))
    for region in regions:
        inside = [b for b in analysis.beats if region.start <= b.time < region.end]
        assert region.has_pulse == bool(inside)
        assert region.has_pulse or region.confidence == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", NOISES)
def test_what_has_no_pulse_gets_no_beats(analyse: Analyse, name: str, seed: int) -> None:
    analysis = analyse(NOISES[name](40, seed=seed))
    check(analysis)
    assert analysis.beats == () and analysis.tempo == 0
    assert analysis.tempo_confidence == 0


def test_hums_and_sweeps_get_no_beats(analyse: Analyse) -> None:
    t = np.arange(40 * RATE) / RATE
    hum = sum(np.sin(2 * np.pi * 55 * k * t) / k for k in range(1, 6)) * (1 + 0.4 * np.sin(t / 2))
    sweep = np.sin(2 * np.pi * np.cumsum(200 + 3000 * (t % 7.3) / 7.3) / RATE)
    for sound in (hum, sweep, np.random.default_rng(1).standard_normal(len(t))):
        assert analyse(0.2 * sound).beats == ()


@pytest.mark.parametrize("name", ["rubato", "speech", "random hits"])
def test_an_introduction_without_pulse(analyse: Analyse, name: str) -> None:
    music = song()
    before = as_loud(NOISES[name](24, seed=4), music)
    analysis = analyse(np.concatenate([before, music]))
    check(analysis)
    quiet, lively = analysis.regions
    assert not quiet.has_pulse and lively.has_pulse
    assert quiet.end == pytest.approx(24, abs=4)
    assert lively.tempo == pytest.approx(116, rel=0.01)
    assert lively.confidence > 0.8


@pytest.mark.parametrize("name", ["applause", "speech"])
def test_what_follows_the_song_has_no_beats(analyse: Analyse, name: str) -> None:
    music = song()
    analysis = analyse(np.concatenate([music, as_loud(NOISES[name](24, seed=5), music)]))
    check(analysis)
    assert [region.has_pulse for region in analysis.regions] == [True, False]
    assert analysis.regions[0].end == pytest.approx(SONG_SECONDS, abs=4)


def test_two_songs_have_a_region_each(analyse: Analyse) -> None:
    first, second = song(bpm=100, seconds=30), song(bpm=128, seconds=30)
    pause = np.zeros(8 * RATE, dtype=np.float32)
    analysis = analyse(np.concatenate([first, pause, second]))
    check(analysis)
    lively = [region for region in analysis.regions if region.has_pulse]
    assert [r.tempo for r in lively] == pytest.approx([100, 128], rel=0.01)
    assert any(29 < r.start < 33 and 35 < r.end < 39 for r in analysis.regions if not r.has_pulse)


def test_a_quiet_break_keeps_the_beats_of_a_steady_song(analyse: Analyse) -> None:
    beats = np.arange(0.1, 59.8, 0.5)
    band = Band(60)
    rock(band, beats[:48])
    rock(band, beats[80:])
    for time in beats[48:80:16]:
        band.pad(time, (48, 52, 55), 8.0)
    analysis = analyse(band.samples)
    check(analysis)
    times = np.array([beat.time for beat in analysis.beats])
    assert np.abs(times[:, None] - beats).min(axis=0).max() < 0.02
    assert len(analysis.regions) == 1


def test_beats_in_the_break_are_less_sure(analyse: Analyse) -> None:
    beats = np.arange(0.1, 59.8, 0.5)
    band = Band(60)
    rock(band, beats[:48])
    rock(band, beats[80:])
    for time in beats[48:80:16]:
        band.pad(time, (48, 52, 55), 8.0)
    found = analyse(band.samples).beats
    sure = np.array([beat.confidence for beat in found])
    at = np.array([beat.time for beat in found])
    assert sure[(at > 29) & (at < 35)].mean() < sure[at < 20].mean() - 0.1


def test_a_clear_song_is_sure_whatever_its_density(analyse: Analyse) -> None:
    """Noise of guitars under a double bass drum, as metal has."""
    beats = np.arange(0.1, 39.9, 60 / 180)
    band = Band(40)
    rock(band, beats)
    band.kick(np.arange(0.1, 39.8, 60 / 180 / 4), 0.4)
    rng = np.random.default_rng(3)
    wall = 0.08 * rng.standard_normal(len(band.samples))
    analysis = analyse(band.samples + wall.astype(np.float32))
    assert analysis.tempo_confidence > 0.7


def test_straying_tells_a_drift_from_a_raster() -> None:
    raster = np.round(0.5 * np.arange(100) * 86) / 86
    faster = np.cumsum(np.linspace(0.6, 0.45, 100))
    rng = np.random.default_rng(0)
    drifting = np.cumsum(0.5 + np.cumsum(rng.choice([-1, 0, 1], 100)) / 86)
    assert drift.straying(raster).max() < 0.006
    assert drift.straying(faster).max() < 0.003
    assert np.median(drift.straying(drifting)) > 0.03


def test_a_leap_of_tempo_spoils_neither_side() -> None:
    leap = np.concatenate([0.6 * np.arange(40), 0.6 * 39 + 0.4 * np.arange(1, 61)])
    assert np.median(drift.straying(leap)) < 0.01
    assert drift.straying(leap).max() < 0.03


def test_chains_of_a_few_beats_are_judged_too() -> None:
    for count in range(1, 12):
        assert np.isfinite(drift.straying(0.5 * np.arange(count))).all()


def test_stretches_shorter_than_six_seconds_are_carried() -> None:
    times = 0.5 * np.arange(100)
    sounds = np.ones(100, dtype=np.bool_)
    sure = np.full(100, 0.9)
    sure[40:48] = 0.05
    assert confidence.has_pulse(times, sure, sounds, is_steady=False).all()
    sure[40:60] = 0.05
    kept = confidence.has_pulse(times, sure, sounds, is_steady=False)
    assert not kept[40:60].any() and kept[:40].all() and kept[60:].all()
    assert confidence.has_pulse(times, sure, sounds, is_steady=True).all()


def test_no_pulse_without_any_sure_beat() -> None:
    times, sounds = 0.5 * np.arange(60), np.ones(60, dtype=np.bool_)
    assert not confidence.has_pulse(times, np.full(60, 0.4), sounds, is_steady=False).any()


def test_a_passing_change_of_tempo_makes_no_region() -> None:
    steps = np.concatenate([np.full(40, 0.6), np.full(5, 0.55), np.full(50, 0.45)])
    times = np.cumsum(steps)
    sure, pulse = np.full(95, 0.9), np.ones(95, dtype=np.bool_)
    found = confidence.regions(times, sure, pulse, duration=float(times[-1]) + 0.4)
    assert [r.tempo for r in found] == pytest.approx([100, 60 / 0.45], rel=0.001)
    assert found[1].start == pytest.approx(times[42], abs=2)


def test_a_steady_grid_with_a_scrap_of_pulse_has_none() -> None:
    times, sounds = 0.5 * np.arange(60), np.ones(60, dtype=np.bool_)
    sure = np.full(60, 0.05)
    sure[30:34] = 0.9
    assert not confidence.has_pulse(times, sure, sounds, is_steady=True).any()


def test_a_stumble_parts_no_region() -> None:
    times = np.cumsum(np.concatenate([np.full(40, 0.5), np.full(5, 0.6), np.full(40, 0.5)]))
    sure, pulse = np.full(85, 0.9), np.ones(85, dtype=np.bool_)
    found = confidence.regions(times, sure, pulse, duration=float(times[-1]) + 0.4)
    assert [r.tempo for r in found] == pytest.approx([120], rel=0.001)
