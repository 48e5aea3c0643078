"""Any sound whatever gives a valid Analysis."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clavilux.analysis.analyze import analyze
from clavilux.model.song import ENVELOPES, Analysis, Song

RATE = 22050


def check(analysis: Analysis) -> None:
    """The promises of model.song."""
    duration = analysis.duration
    sections = analysis.sections
    assert sections[0].start == 0 and sections[-1].end == duration
    for before, after in itertools.pairwise(sections):
        assert before.end == after.start and before.start < before.end
    assert len({s.label for s in sections}) == len(sections)
    for section in sections:
        assert section.label.rsplit("_", 1)[0] == section.function
        assert all(section.start < shift < section.end for shift in section.shifts)
        assert duration < 8 or section.duration > 3.9
    times = [b.time for b in analysis.beats]
    assert all(0 <= a < b for a, b in itertools.pairwise(times))
    assert all(t < duration for t in times)
    assert all(0 <= t < duration for t in analysis.onsets)
    assert list(analysis.onsets) == sorted(analysis.onsets)
    assert set(analysis.envelopes) == set(ENVELOPES)
    for envelope in analysis.envelopes.values():
        assert np.isfinite(envelope.values).all()
        assert envelope.values.min() >= 0 and envelope.values.max() <= 1
        assert abs(len(envelope.values) / envelope.rate - duration) < 0.1
    assert 0 <= analysis.climax <= duration
    assert bool(analysis.beats) == (analysis.tempo > 0)
    assert Analysis.model_validate_json(analysis.model_dump_json()) == analysis


def of(samples: np.ndarray) -> Analysis:
    song = Song(
        title="t",
        duration=len(samples) / RATE,
        sample_rate=44100,
        channels=2,
        codec="flac",
        digest="0",
    )
    return analyze(song, np.asarray(samples, dtype=np.float32))


def make(kind: str, length: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    match kind:
        case "noise":
            return rng.standard_normal(length) * 10 ** rng.uniform(-6, 2)
        case "tone":
            return np.sin(np.arange(length) * rng.uniform(0.001, 3))
        case "clicks":
            return (rng.random(length) < 3e-4) * rng.uniform(0.01, 1)
        case "broken":
            return np.where(rng.random(length) < 0.1, np.nan, np.inf)
        case "constant":
            return np.full(length, rng.uniform(-1, 1))
        case _:
            return np.zeros(length)


KINDS = ("silence", "noise", "tone", "clicks", "broken", "constant")


@given(
    kind=st.sampled_from(KINDS),
    length=st.one_of(st.integers(1, 3000), st.integers(1, 12 * RATE)),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_short_sound_gives_a_valid_analysis(kind: str, length: int, seed: int) -> None:
    check(of(make(kind, length, seed)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_longer_sound_without_music_gives_a_valid_analysis(kind: str) -> None:
    check(of(make(kind, 45 * RATE, 3)))


def test_no_samples_at_all_give_one_empty_section() -> None:
    analysis = of(np.zeros(0))
    assert [(s.start, s.end) for s in analysis.sections] == [(0, 0)]


def test_the_same_samples_give_the_same_analysis() -> None:
    samples = make("noise", 5 * RATE, 1)
    assert of(samples) == of(samples)


def test_silence_stays_at_zero() -> None:
    analysis = of(np.random.default_rng(0).standard_normal(5 * RATE) * 1e-6)
    assert all(e.values.max() == 0 for e in analysis.envelopes.values())
    assert analysis.onsets == ()
    assert analysis.mood.arousal == -1


def test_level_does_not_matter() -> None:
    """Half as loud: the same beats, and nearly the same envelopes."""
    rng = np.random.default_rng(4)
    samples = np.zeros(30 * RATE)
    for start in np.arange(0.25, 29.5, 0.5):
        at = round(start * RATE)
        samples[at : at + 2000] += rng.standard_normal(2000) * np.exp(-np.arange(2000) / 400) * 0.5
    loud, soft = of(samples), of(samples * 0.5)
    assert np.allclose([b.time for b in loud.beats], [b.time for b in soft.beats], atol=0.002)
    for name in ("loudness", "bass", "high"):
        assert np.abs(loud.envelopes[name].values - soft.envelopes[name].values).max() < 0.03


def test_an_envelope_is_where_the_sound_is() -> None:
    samples = np.zeros(10 * RATE)
    hum = np.sin(2 * np.pi * 100 * np.arange(RATE) / RATE)
    hiss = np.random.default_rng(0).standard_normal(RATE) * 0.3
    samples[2 * RATE : 3 * RATE] = hum
    samples[6 * RATE : 7 * RATE] = hiss
    envelopes = of(samples).envelopes
    at_hum, at_hiss, at_rest = (
        {name: float(e.at(t)) for name, e in envelopes.items()} for t in (2.5, 6.5, 4.5)
    )
    assert at_hum["bass"] > 0.8 > 0.2 > at_hiss["bass"]
    assert at_hiss["high"] > 0.7 and at_hum["high"] < 0.05
    assert at_hiss["centroid"] > 0.8 and at_hum["centroid"] < 0.2
    assert all(value == 0 for value in at_rest.values())
    onset = envelopes["onset_strength"]
    peak = np.argmax(onset.values[: int(4 * onset.rate)]) / onset.rate
    assert peak == 2.0 or abs(peak - 2.0) < 0.025
