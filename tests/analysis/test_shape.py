"""Drums, voice, builds, drops, silence, applause, climax and moods of made sounds."""

from __future__ import annotations

import numpy as np
import pytest

from clavilux.analysis.climax import find_climax
from clavilux.analysis.drums import Drum, hit_curve
from clavilux.analysis.glides import GlideMeter
from clavilux.analysis.spectrum import FPS, Measurer, measure
from clavilux.model.song import DRUMS, Passage, Section

RATE = 22050


def kick(rng: np.random.Generator) -> np.ndarray:
    time = np.arange(int(0.25 * RATE)) / RATE
    sweep = 2 * np.pi * (50 * time + 80 * 0.03 * (1 - np.exp(-time / 0.03)))
    return np.sin(sweep) * np.exp(-time / 0.07)


def snare(rng: np.random.Generator) -> np.ndarray:
    time = np.arange(int(0.2 * RATE)) / RATE
    body = np.sin(2 * np.pi * 190 * time) * np.exp(-time / 0.05)
    return 0.5 * body + 0.5 * rng.standard_normal(len(time)) * np.exp(-time / 0.06)


def hat(rng: np.random.Generator) -> np.ndarray:
    noise = rng.standard_normal(int(0.06 * RATE))
    bright = np.diff(noise, n=2, prepend=[0, 0])
    return 0.12 * bright * np.exp(-np.arange(len(noise)) / (0.015 * RATE))


SOUNDS = {"kick": kick, "snare": snare, "hat": hat}


def groove(
    bars: int, *, beat: float = 0.5, seed: int = 0
) -> tuple[np.ndarray, dict[str, list[float]]]:
    """Kick on one and three, snare on two and four, hats on eighths, over a bass and a pad."""
    rng = np.random.default_rng(seed)
    seconds = 4 * beat * bars
    time = np.arange(round(seconds * RATE)) / RATE
    pad = sum(np.sin(2 * np.pi * f * time) for f in (220.0, 261.6, 329.6))
    sound = 0.03 * pad + 0.08 * np.sin(2 * np.pi * 110 * time)
    truth: dict[str, list[float]] = {name: [] for name in DRUMS}
    for eighth in range(8 * bars):
        names = ["hat"] + (["kick"] if eighth % 4 == 0 else ["snare"] if eighth % 4 == 2 else [])
        for name in names:
            start = eighth * beat / 2
            part = 0.5 * SOUNDS[name](rng)
            at = round(start * RATE)
            sound[at : at + len(part)] += part[: len(sound) - at]
            truth[name].append(start)
    return sound.astype(np.float32), truth


def scores(truth: list[float], found: tuple[float, ...]) -> tuple[float, float]:
    """Precision and recall at 50 ms."""
    if not found:
        return 0.0, 0.0
    apart = np.abs(np.array(truth)[:, None] - np.array(found)[None, :]) < 0.05
    return float(apart.any(axis=0).mean()), float(apart.any(axis=1).mean())


@pytest.fixture(scope="module")
def drummed(analyse):  # type: ignore[no-untyped-def]
    sound, truth = groove(16)
    return analyse(sound), truth


def test_drums_are_told_apart(drummed) -> None:  # type: ignore[no-untyped-def]
    analysis, truth = drummed
    for name in ("kick", "snare"):
        precision, recall = scores(truth[name], analysis.hits[name])
        assert precision > 0.85 and recall > 0.9, name
    precision, recall = scores(truth["hat"], analysis.hits["hat"])
    assert recall > 0.6 and precision > 0.9


def test_hits_are_on_their_attacks(drummed) -> None:  # type: ignore[no-untyped-def]
    analysis, truth = drummed
    found, true = np.array(analysis.hits["kick"]), np.array(truth["kick"])
    error = found - true[np.abs(found[:, None] - true).argmin(axis=1)]
    assert np.median(np.abs(error)) < 0.005


def test_drum_envelopes_peak_at_hits_and_rest_between(drummed) -> None:  # type: ignore[no-untyped-def]
    analysis, truth = drummed
    kicks = analysis.envelopes["kick"]
    on = np.array(truth["kick"][4:-1])
    assert np.median(kicks.at(on + 0.01)) > 0.6
    assert np.median(kicks.at(on + 0.9)) < 0.1


def test_a_hit_curve_is_its_strength_at_the_attack_and_falls() -> None:
    curve = hit_curve(Drum((1.0,), (0.8,)), name="kick", frames=200)
    assert curve.argmax() == round(FPS) and curve.max() == pytest.approx(0.8)
    assert curve[: round(FPS)].max() == 0 and np.all(np.diff(curve[round(FPS) :]) <= 0)


def sung(seconds: float, *, vibrato: float) -> np.ndarray:
    """A tone of many overtones with formants that moves from note to note; cents of vibrato."""
    time = np.arange(round(seconds * RATE)) / RATE
    notes = np.array([0, 2, 4, 2, 5, 4, 2, 0])[(time / 0.6).astype(int) % 8].astype(float)
    if vibrato:
        size = int(0.12 * RATE)
        notes = np.convolve(np.pad(notes, size // 2, mode="edge"), np.ones(size) / size, "same")
        notes = notes[size // 2 : size // 2 + len(time)]
    depth = vibrato / 100 * np.sin(2 * np.pi * 5.5 * time)
    phase = 2 * np.pi * np.cumsum(220 * 2 ** ((notes + depth) / 12)) / RATE
    tone = np.zeros(len(time))
    for k in range(1, 16):
        hertz = 220.0 * k
        gain = sum(np.exp(-(((hertz - f) / 250) ** 2)) for f in (700, 1220, 2600)) + 0.05
        tone += gain / np.sqrt(k) * np.sin(k * phase)
    syllables = 0.6 + 0.4 * np.sin(2 * np.pi * 1.67 * time) ** 2
    return 0.1 * tone * syllables


def test_a_trembling_voice_is_heard_and_a_steady_tone_is_not(analyse) -> None:  # type: ignore[no-untyped-def]
    backing, _ = groove(10)
    length = len(backing)
    with_voice = backing + sung(20, vibrato=60)[:length].astype(np.float32)
    with_organ = backing + sung(20, vibrato=0)[:length].astype(np.float32)
    voice, organ, alone = (
        float(np.median(analyse(sound).envelopes["vocals"].values))
        for sound in (with_voice, with_organ, backing)
    )
    assert voice > 0.6 > 0.4 > organ
    assert alone < 0.4


def test_glides_follow_a_moving_pitch_and_rest_on_a_steady_one() -> None:
    time = np.arange(6 * RATE) / RATE
    moving = 440 * 2 ** (np.minimum(time, 5) * 4 / 12)
    tones = [
        sum(np.sin(k * 2 * np.pi * np.cumsum(f) / RATE) for k in range(1, 6))
        for f in (moving, np.full(len(time), 440.0))
    ]
    up, still = (measure((0.1 * tone).astype(np.float32)).glides for tone in tones)
    assert (up[20:90, 1:4] > 0).mean() > 0.5 and (up[20:90] < 0).mean() < 0.1
    assert not still[5:100].any()


def test_glides_do_not_depend_on_the_blocks() -> None:
    power = np.random.default_rng(0).random((40, 2049)).astype(np.float32)
    whole, meter = GlideMeter().feed(power), GlideMeter()
    parts = np.concatenate([meter.feed(power[:13]), meter.feed(power[13:])])
    assert np.array_equal(whole, parts)


def test_features_do_not_depend_on_the_blocks() -> None:
    sound, _ = groove(12)
    measurer = Measurer()
    for first in range(0, len(sound), 50_000):
        measurer.feed(sound[first : first + 50_000])
    whole, parts = measure(sound), measurer.finish()
    assert np.array_equal(whole.strokes, parts.strokes)
    assert np.allclose(whole.pitches, parts.pitches, atol=1e-4)
    assert np.array_equal(whole.glides, parts.glides)


def dance() -> tuple[np.ndarray, float, float]:
    """8 calm bars, 8 that rise with a snare roll, 16 full ones, 8 calm: samples, build, drop."""
    rng = np.random.default_rng(2)
    beat, bar = 0.5, 2.0
    sound = np.zeros(round(40 * bar * RATE))
    time = np.arange(len(sound)) / RATE
    sound += 0.04 * sum(np.sin(2 * np.pi * f * time) for f in (220.0, 277.2, 329.6))
    build, drop, end = 8 * bar, 16 * bar, 32 * bar

    def play(name: str, start: float, level: float) -> None:
        part = level * SOUNDS[name](rng)
        at = round(start * RATE)
        sound[at : at + len(part)] += part[: len(sound) - at]

    for number in range(160):
        at = number * beat
        if drop <= at < end:
            play("kick", at, 0.7)
            play("hat", at + beat / 2, 0.5)
        elif at < build or at >= end:
            play("hat", at, 0.15)
    for number in range(128):
        share = number / 128
        if number % (4 if share < 0.5 else 2 if share < 0.8 else 1) == 0:
            play("snare", build + number * bar / 16, 0.08 + 0.3 * share)
    noise = np.diff(rng.standard_normal(round((drop - build) * RATE) + 1))
    sound[round(build * RATE) : round(drop * RATE)] += (
        0.1 * noise * np.linspace(0, 1, len(noise)) ** 2
    )
    bass = 0.25 * np.sign(np.sin(2 * np.pi * 55 * time)) * ((time % beat) > 0.1)
    sound += np.where((time >= drop) & (time < end), bass, 0)
    return (0.5 * sound).astype(np.float32), build, drop


def test_a_build_leads_to_a_drop(analyse) -> None:  # type: ignore[no-untyped-def]
    samples, build, drop = dance()
    analysis = analyse(samples)
    found = {p.kind: p for p in analysis.passages}
    assert found["drop"].start == pytest.approx(drop, abs=0.1)
    assert found["build"].end == pytest.approx(drop, abs=0.1)
    assert build - 4.1 < found["build"].start < drop - 3.9
    assert sum(p.kind == "drop" for p in analysis.passages) == 1
    assert analysis.climax == pytest.approx(drop, abs=2.1)


def test_nothing_is_played_in_silence_or_applause(analyse) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(5)
    music, _ = groove(12)
    claps = np.zeros(12 * RATE)
    for start in rng.integers(0, len(claps) - 1500, 4000):
        tone = rng.standard_normal(600) * np.exp(-np.arange(600) / rng.uniform(60, 150))
        claps[start : start + 600] += tone * rng.uniform(0.2, 1)
    claps = np.convolve(claps, [1, -0.9], "same") * 0.03
    gap = np.zeros(3 * RATE)
    sound = np.concatenate([gap, music, 0.2 * claps / claps.std() * 0.3, gap]).astype(np.float32)
    analysis = analyse(sound)
    kinds = [p.kind for p in analysis.passages if p.kind in ("silence", "applause")]
    assert kinds == ["silence", "applause", "silence"]
    applause = next(p for p in analysis.passages if p.kind == "applause")
    end = 3 + len(music) / RATE
    assert applause.start == pytest.approx(end, abs=1.6)
    assert applause.end == pytest.approx(end + 12, abs=1.6)
    for times in analysis.hits.values():
        assert all(2.95 < t < end + 1.6 for t in times)
    assert (
        analysis.envelopes["vocals"].at(np.linspace(applause.start + 1, applause.end, 9)).max()
        < 0.1
    )


def section(function: str, start: float, *, energy: float, group: str) -> Section:
    return Section.model_validate(
        {"label": f"{function}_{int(start)}", "function": function, "group": group,
         "start": start, "end": start + 20, "energy": energy}
    )  # fmt: skip


def test_the_climax_is_the_start_of_the_last_strong_part() -> None:
    plan = [
        ("intro", 0.1, "A"), ("verse", 0.5, "B"), ("chorus", 0.95, "C"), ("verse", 0.5, "B"),
        ("chorus", 0.9, "C"), ("bridge", 0.4, "D"), ("chorus", 0.93, "C"), ("outro", 0.2, "E"),
    ]  # fmt: skip
    parts = tuple(
        section(name, 20.0 * i, energy=energy, group=group)
        for i, (name, energy, group) in enumerate(plan)
    )
    assert find_climax(None, parts, ()) == 120.0  # type: ignore[arg-type]
    drop = Passage(kind="drop", start=128.0, end=140.0)
    assert find_climax(None, parts, (drop,)) == 128.0  # type: ignore[arg-type]


def test_sections_have_moods_of_their_own(analyse) -> None:  # type: ignore[no-untyped-def]
    samples, _, drop = dance()
    analysis = analyse(samples)
    calm, full = analysis.section_at(5.0), analysis.section_at(drop + 10)
    assert calm.mood is not None and full.mood is not None
    assert full.mood.arousal > calm.mood.arousal + 0.2
    assert full.mood.confidence <= analysis.mood.confidence
