"""Another tracker's beats: cleaned, set on the attacks, counted and judged like the built-in's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clavilux.analysis import tracked
from clavilux.analysis.analyze import interpret
from clavilux.analysis.spectrum import measure
from clavilux.interfaces import TrackedBeats
from clavilux.model.errors import PluginError
from clavilux.model.song import Analysis, Song

RATE = 22050
STEP = 0.02


def said(times: np.ndarray, *, down: slice | None = None, step: float = STEP) -> TrackedBeats:
    flags = np.zeros(len(times), dtype=bool)
    if down is not None:
        flags[down] = True
    return TrackedBeats(
        times=times, is_downbeat=flags, confidence=np.full(len(times), 0.95), step=step
    )


def on_raster(times: np.ndarray) -> np.ndarray:
    return np.asarray(np.round(times / STEP) * STEP)


def hear(samples: np.ndarray, heard: TrackedBeats | None) -> Analysis:
    song = Song(
        title="test", duration=len(samples) / RATE, sample_rate=RATE, channels=1, codec="none",
        digest="0",
    )  # fmt: skip
    return interpret(song, measure(np.asarray(samples, dtype=np.float32)), heard=heard)


def times_of(analysis: Analysis) -> np.ndarray:
    return np.array([beat.time for beat in analysis.beats])


def furthest(truth: np.ndarray, found: np.ndarray) -> float:
    """Seconds from a true beat to the nearest found one, at worst."""
    return float(np.abs(found[None, :] - truth[:, None]).min(axis=1).max())


@pytest.fixture(scope="module")
def song(click_track: Any) -> tuple[np.ndarray, np.ndarray]:
    """Half a minute of clicks whose beats are not on the raster, and their times."""
    truth = 0.357 + np.arange(64) * 60 / 131
    return click_track(truth, seconds=30), truth


def test_beats_on_a_coarse_raster_end_up_on_the_attacks(song: Any) -> None:
    samples, truth = song
    coarse = on_raster(truth)
    assert furthest(truth, coarse) > 0.008
    found = hear(samples, said(coarse, down=slice(0, None, 4)))
    assert furthest(truth, times_of(found)) < 0.003
    assert found.tempo == pytest.approx(131, rel=1e-3)
    assert found.tempo_confidence > 0.7
    assert [beat.position for beat in found.beats][:5] == [0, 1, 2, 3, 0]
    assert found.alternatives and found.regions


def test_missed_and_doubled_beats_are_put_right(song: Any) -> None:
    samples, truth = song
    some = np.delete(on_raster(truth), [5, 20, 21, 22, 40])
    doubles = np.sort(np.concatenate([some, on_raster(truth[[10, 30]] + 0.2)]))
    found = times_of(hear(samples, said(doubles)))
    assert furthest(truth, found) < 0.003
    assert len(found) <= len(truth) + 1


def test_a_drifting_player_is_followed(click_track: Any) -> None:
    number = np.arange(80)
    truth = 0.3 + 0.5 * number + 0.25 * np.sin(number / 9)
    samples = click_track(truth, seconds=truth[-1] + 0.4)
    found = hear(samples, said(on_raster(truth), down=slice(0, None, 4)))
    assert furthest(truth[2:-2], times_of(found)) < 0.03
    assert found.tempo_confidence > 0.5


@pytest.mark.parametrize("first", [0, 1, 2, 3])
def test_the_trackers_bar_lines_count_where_the_sound_tells_none(
    click_track: Any, first: int
) -> None:
    truth = np.arange(0.35, 29.5, 0.5)
    samples = click_track(truth, meter=1, seconds=30)  # every click sounds alike
    found = hear(samples, said(truth, down=slice(first, None, 4)))
    at = int(np.argmin(np.abs(times_of(found) - truth[first])))
    assert found.beats[at].position == 0
    assert found.meter == 4


def test_the_tracker_decides_between_single_and_double_tempo(click_track: Any) -> None:
    quick = np.arange(0.35, 29.5, 0.36)
    samples = click_track(quick, meter=1, seconds=30)
    single = hear(samples, said(quick, down=slice(0, None, 4)))
    half = hear(samples, said(quick[::2], down=slice(0, None, 4)))
    assert single.tempo == pytest.approx(60 / 0.36, rel=0.01)
    assert half.tempo == pytest.approx(30 / 0.36, rel=0.01)


def test_beats_that_nothing_confirms_are_not_believed() -> None:
    noise = (0.1 * np.random.default_rng(1).standard_normal(30 * RATE)).astype(np.float32)
    uneven = np.sort(np.random.default_rng(2).uniform(0, 30, 60))
    found = hear(noise, said(uneven[np.diff(uneven, prepend=-1.0) > 0.01]))
    assert found.beats == () and found.tempo == 0


def test_an_unsure_tracker_lowers_the_confidence(song: Any) -> None:
    samples, truth = song
    sure = said(truth)
    unsure = TrackedBeats(
        times=truth, is_downbeat=sure.is_downbeat, confidence=np.full(len(truth), 0.55)
    )
    high, low = (hear(samples, heard).tempo_confidence for heard in (sure, unsure))
    assert low == pytest.approx(high * 0.55 / 0.95, abs=0.05)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_hardly_any_beats_are_no_pulse(song: Any, count: int) -> None:
    found = hear(song[0], said(song[1][:count]))
    assert found.beats == () and found.duration > 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"times": np.array([1.0, 0.5, 2.0, 3.0])}, "ascending"),
        ({"times": np.array([1.0, np.nan, 2.0, 3.0])}, "ascending"),
        ({"times": np.arange(5.0)}, "shape"),
        ({"confidence": np.array([0.5, 0.5, 1.5, 0.5])}, "confidence"),
        ({"confidence": np.array([0.5, 0.5, np.nan, 0.5])}, "confidence"),
        ({"step": 2.0}, "step"),
    ],
)
def test_a_tracker_that_breaks_the_rules_is_refused(changes: dict[str, Any], words: str) -> None:
    plain: dict[str, Any] = {
        "times": np.arange(4.0), "is_downbeat": np.zeros(4, dtype=bool), "confidence": np.ones(4),
    }  # fmt: skip
    with pytest.raises(PluginError, match=words):
        tracked.from_beats(TrackedBeats(**{**plain, **changes}))


def test_a_count_that_agrees_loses_nothing_and_others_lose_more() -> None:
    beats = np.arange(0, 16, 0.5)
    says = tracked.from_beats(said(beats, down=slice(0, None, 4))).says
    assert says is not None

    def lost(times: np.ndarray, *, meter: int = 4, first: int = 0) -> float:
        positions = (np.arange(len(times)) - first) % meter
        return float(-says.gains(times, meter)[np.arange(len(times)), positions].sum())

    assert lost(beats) == 0
    assert lost(beats, first=1) > 8
    assert lost(beats, meter=3) > 8
    assert lost(beats[::2]) > 8 and lost(beats + 0.25) > 30
    assert lost(np.arange(0, 15.5, 0.25)) > 25
