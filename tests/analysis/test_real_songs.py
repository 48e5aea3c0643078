"""How good the analysis is on songs of known beats and sections: floors below what it reaches."""

from __future__ import annotations

import mir_eval
import numpy as np


def f_measure(truth: list[float], found: list[float]) -> float:
    trimmed = [mir_eval.beat.trim_beats(np.array(t)) for t in (truth, found)]
    return float(mir_eval.beat.f_measure(*trimmed))


def test_beats_and_downbeats(real_songs) -> None:  # type: ignore[no-untyped-def]
    beat, down = [], []
    for truth, analysis in real_songs.values():
        beat.append(f_measure(truth["beats"], [b.time for b in analysis.beats]))
        down.append(f_measure(truth["downbeats"], list(analysis.downbeats)))
    assert np.mean(beat) > 0.85 and np.median(beat) > 0.98
    assert np.mean(down) > 0.90 and np.median(down) > 0.98


def test_beats_have_no_constant_bias(real_songs) -> None:  # type: ignore[no-untyped-def]
    for name, (truth, analysis) in real_songs.items():
        found, true = np.array([b.time for b in analysis.beats]), np.array(truth["beats"])
        error = found[np.abs(found[None, :] - true[:, None]).argmin(axis=1)] - true
        error = error[np.abs(error) < 0.07]
        limit = 0.0015 if name.startswith("syn") else 0.006
        assert abs(np.median(error)) < limit, name


def test_metre_and_tempo(real_songs) -> None:  # type: ignore[no-untyped-def]
    """All but one: three beats of four sixteenths may be heard as four beats of three."""
    wrong = set()
    for name, (truth, analysis) in real_songs.items():
        usual = 60 / np.median(np.diff(truth["beats"]))
        if analysis.meter != truth["meter"] or abs(analysis.tempo / usual - 1) > 0.02:
            wrong.add(name)
    assert wrong <= {"us_joco_better.mp3"}


def test_bars_are_right_even_where_beats_are_not(real_songs) -> None:  # type: ignore[no-untyped-def]
    truth, analysis = real_songs["us_joco_better.mp3"]
    assert f_measure(truth["downbeats"], list(analysis.downbeats)) > 0.65


def test_section_boundaries(real_songs) -> None:  # type: ignore[no-untyped-def]
    loose = {}
    for name, (truth, analysis) in real_songs.items():
        if truth["sections"] is None:
            continue
        true = np.array([[a, b] for a, b, _ in truth["sections"]])
        found = np.array([[s.start, s.end] for s in analysis.sections])
        true[-1, 1] = found[-1, 1] = max(true[-1, 1], found[-1, 1])
        loose[name] = mir_eval.segment.detection(true, found, window=3, trim=True)[2]
    assert np.mean(list(loose.values())) > 0.5
    assert all(value > 0.7 for name, value in loose.items() if name.startswith("syn"))


def test_songs_get_a_handful_of_sections(real_songs) -> None:  # type: ignore[no-untyped-def]
    for name, (_, analysis) in real_songs.items():
        assert 5 <= len(analysis.sections) <= 16, name
