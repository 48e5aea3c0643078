"""Corrections: the grid a person asks for, and everything that hangs on it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clavilux.analysis.correct import apply_correction
from clavilux.model.correction import Correction, SectionMark, TempoMark
from clavilux.model.errors import InputError
from clavilux.model.song import Alternative, Analysis, Mood, Passage, Region
from support import make_analysis

PARTS = (("verse", 16.0, 0.4), ("chorus", 16.0, 0.9), ("bridge", 12.0, 0.2), ("outro", 12.0, 0.5))


def heard(**choices: object) -> Analysis:
    """56 seconds at 120 BPM in 4, sections on bar lines, a rich description."""
    analysis = make_analysis(PARTS, **choices)  # type: ignore[arg-type]
    sections = tuple(
        s.model_copy(update={"shifts": (s.start + 6.0,), "vocals": 0.1 * (i + 1)})
        for i, s in enumerate(analysis.sections)
    )
    return analysis.model_copy(
        update={
            "sections": sections,
            "regions": (Region(start=0, end=56, tempo=120, confidence=0.8),),
            "alternatives": (
                Alternative(
                    name="half tempo",
                    tempo=60,
                    meter=4,
                    likelihood=0.5,
                    correction=Correction(tempo_scale=0.5),
                ),
            ),
            "passages": (
                Passage(kind="build", start=12, end=16),
                Passage(kind="silence", start=54.1, end=56),
            ),
        }
    )


def times(analysis: Analysis) -> np.ndarray:
    return np.array([b.time for b in analysis.beats])


def positions(analysis: Analysis) -> list[int]:
    return [b.position for b in analysis.beats]


def corrected(**fields: object) -> Analysis:
    return apply_correction(heard(), Correction.model_validate(fields))


def marks(*pairs: tuple[float, str]) -> tuple[SectionMark, ...]:
    return tuple(SectionMark(start=start, name=name) for start, name in pairs)


# --- The grid --------------------------------------------------------------------------------


def test_nothing_to_correct_changes_nothing() -> None:
    analysis = heard()
    assert apply_correction(analysis, Correction()) is analysis
    assert apply_correction(analysis, Correction(tempo_scale=1.0, meter=None)) is analysis


def test_half_tempo_keeps_the_meter_and_pairs_bars() -> None:
    half = corrected(tempo_scale=0.5)
    assert half.tempo == pytest.approx(60) and half.meter == 4
    assert set(half.downbeats) < set(heard().downbeats)
    assert np.allclose(np.diff(half.downbeats), 4.0)
    assert positions(half)[:5] == [0, 1, 2, 3, 0]
    assert half.regions[0].tempo == pytest.approx(60)


def test_half_tempo_pairs_bars_so_that_sections_begin_on_them() -> None:
    for shift in (0, 2):  # the sections begin on even bars, or on odd ones
        parts = (("verse", 16.0 + shift, 0.4), *PARTS[1:])
        analysis = make_analysis(parts)
        half = apply_correction(analysis, Correction(tempo_scale=0.5))
        starts = {s.start for s in analysis.sections[1:]}
        assert starts <= set(half.downbeats)
        assert {s.start for s in half.sections[1:]} == starts


def test_half_tempo_in_three_has_bars_of_three() -> None:
    waltz = make_analysis([("verse", 18.0, 0.5)], meter=3)
    half = apply_correction(waltz, Correction(tempo_scale=0.5))
    assert positions(half)[:6] == [0, 1, 2, 0, 1, 2]
    assert np.allclose(np.diff(times(half)), 1.0)


def test_double_tempo_keeps_every_bar_line() -> None:
    for meter in (3, 4):
        analysis = make_analysis(PARTS, meter=meter)
        double = apply_correction(analysis, Correction(tempo_scale=2))
        assert double.tempo == pytest.approx(240) and double.meter == meter
        assert set(analysis.downbeats) < set(double.downbeats)
        assert np.allclose(np.diff(times(double)), 0.25)
        assert positions(double)[: meter + 1] == [*range(meter), 0]
        assert len(double.beats) == 2 * len(analysis.beats)


def test_double_then_half_is_what_was_heard() -> None:
    double = corrected(tempo_scale=2)
    again = apply_correction(double, Correction(tempo_scale=0.5))
    assert np.allclose(times(again), times(heard()))
    assert positions(again) == positions(heard())


def test_a_break_is_not_filled_when_the_tempo_doubles() -> None:
    beats = [b for b in heard().beats if not 20 < b.time < 30]
    analysis = heard().model_copy(update={"beats": tuple(beats)})
    double = apply_correction(analysis, Correction(tempo_scale=2))
    assert not any(20.3 < b.time < 30 for b in double.beats)


def test_all_beats_move_by_an_offset() -> None:
    later = corrected(beat_offset=40)
    assert np.allclose(times(later), times(heard()) + 0.04)
    assert positions(later) == positions(heard())
    earlier = corrected(beat_offset=-40)
    assert np.allclose(times(earlier), times(heard())[1:] - 0.04)
    assert positions(earlier)[0] == 1


def test_an_offset_of_beats_leaves_no_hole_at_the_ends() -> None:
    later = corrected(beat_offset=1010)
    assert times(later)[0] < 0.5 and np.allclose(np.diff(times(later)), 0.5)
    assert later.downbeats[0] == pytest.approx(1.01)
    earlier = corrected(beat_offset=-1010)
    assert heard().duration - times(earlier)[-1] < 0.6


def test_another_meter_counts_from_the_first_downbeat() -> None:
    three = corrected(meter=3)
    assert three.meter == 3 and positions(three)[:7] == [0, 1, 2, 0, 1, 2, 0]
    assert np.array_equal(times(three), times(heard()))
    assert corrected(meter=4).beats == heard().beats


@pytest.mark.parametrize("shift", [1, 2, -1, 5, -7])
def test_bar_lines_move_by_beats(shift: int) -> None:
    moved = corrected(downbeat_shift=shift)
    assert np.array_equal(times(moved), times(heard()))
    assert np.allclose(
        np.array(moved.downbeats[2:8]) % 2.0, (0.5 * shift) % 2.0
    )  # bars of two seconds from 0
    assert [b.bar for b in moved.beats] == list(np.cumsum([b.is_downbeat for b in moved.beats]) - 1)


def test_irregular_bars_keep_their_shape_when_they_are_shifted() -> None:
    beats = heard().beats
    short = tuple(
        b.model_copy(update={"position": (i if i < 6 else i - 6) % 4}) for i, b in enumerate(beats)
    )  # the second bar has two beats
    analysis = heard().model_copy(update={"beats": short})
    moved = apply_correction(analysis, Correction(downbeat_shift=1))
    assert np.allclose(np.diff(moved.downbeats)[:3], np.diff(analysis.downbeats)[:3])


def test_taps_are_the_beats_and_the_grid_goes_on_around_them() -> None:
    taps = [10 + 0.6 * i for i in range(16)]
    tapped = corrected(taps=taps)
    assert set(np.round(taps, 5)) <= set(times(tapped))
    assert np.allclose(np.diff(times(tapped)), 0.6)
    assert times(tapped)[0] < 0.6 and tapped.duration - times(tapped)[-1] <= 0.65
    assert 10.0 in tapped.downbeats
    assert tapped.tempo == pytest.approx(100) and tapped.tempo_confidence == 1
    assert [r.tempo for r in tapped.regions] == [pytest.approx(100)]


def test_taps_reach_only_as_far_as_the_song_sounds() -> None:
    loudness = heard().envelopes["loudness"]
    values = np.where(np.arange(len(loudness.values)) < 5 * loudness.rate, 0, 1)
    quiet = heard().model_copy(
        update={
            "envelopes": {
                **heard().envelopes,
                "loudness": loudness.model_copy(update={"values": values.astype(np.float32)}),
            }
        }
    )
    tapped = apply_correction(quiet, Correction(taps=tuple(10 + 0.5 * i for i in range(9))))
    assert 4.9 < times(tapped)[0] < 5.5


def test_missing_taps_are_filled_in() -> None:
    taps = [2 + 0.5 * i for i in range(30) if i not in (7, 14, 15)]
    assert np.allclose(np.diff(times(corrected(taps=taps))), 0.5)


def test_tapping_twice_as_fast_from_some_point_is_believed() -> None:
    slow, fast = [0.5 * i for i in range(20)], [10 + 0.25 * i for i in range(40)]
    tapped = times(corrected(taps=slow + fast))
    assert np.allclose(np.diff(tapped[tapped < 9.9]), 0.5)
    assert np.allclose(np.diff(tapped[tapped > 10]), 0.25)


def test_a_tempo_map_has_a_beat_on_every_mark() -> None:
    mapped = corrected(tempo_map=(TempoMark(time=1, tempo=100), TempoMark(time=20.2, tempo=140)))
    found = times(mapped)
    assert {1.0, 20.2} <= set(found) and 1.0 in mapped.downbeats
    assert np.allclose(np.diff(found[(found >= 1) & (found < 19.9)]), 0.6)
    assert np.allclose(np.diff(found[found >= 20.2]), 60 / 140, atol=1e-4)
    assert np.diff(found).min() > 0.3
    assert [round(r.tempo) for r in mapped.regions] == [100, 140]


def test_fields_work_on_the_grid_that_was_given() -> None:
    both = corrected(taps=[0.5 * i for i in range(40)], tempo_scale=0.5, downbeat_shift=1, meter=3)
    assert both.meter == 3 and both.tempo == pytest.approx(60)
    assert 1.0 in both.downbeats


def test_beats_keep_what_was_heard_of_them() -> None:
    loud = tuple(b.model_copy(update={"strength": 0.37}) for b in heard().beats)
    analysis = heard().model_copy(update={"beats": loud})
    shifted = apply_correction(analysis, Correction(downbeat_shift=1))
    assert {b.strength for b in shifted.beats} == {0.37}


def test_what_has_no_beats_stays_without() -> None:
    silent = make_analysis(PARTS, tempo=0)
    for fields in ({"tempo_scale": 2}, {"beat_offset": 50}, {"downbeat_shift": 1}, {"meter": 3}):
        result = apply_correction(silent, Correction.model_validate(fields))
        assert result.beats == () and result.tempo == 0
    assert apply_correction(silent, Correction(taps=(1, 1.5, 2, 2.5))).tempo == pytest.approx(120)


def test_taps_of_another_song_are_refused() -> None:
    with pytest.raises(InputError, match=r"after the song ends.*another song"):
        corrected(taps=[50, 60, 70])


# --- What hangs on it ------------------------------------------------------------------------


def check_whole(analysis: Analysis, labels: Sequence[str]) -> None:
    """What the rest of the program takes for granted."""
    assert [s.label for s in analysis.sections] == list(labels)
    assert analysis.sections[0].start == 0 and analysis.sections[-1].end == analysis.duration
    for a, b in pairwise(analysis.sections):
        assert a.end == b.start
    assert all(s.start < s.end for s in analysis.sections)
    for section in analysis.sections:
        assert all(section.start < t < section.end for t in section.shifts)
    assert all(b > a for a, b in pairwise(times(analysis)))
    assert all(0 <= b.time < analysis.duration for b in analysis.beats)
    assert all(b.position < analysis.meter for b in analysis.beats)
    assert Analysis.model_validate_json(analysis.model_dump_json()) == analysis


def test_sections_shifts_climax_and_builds_go_to_the_new_bar_lines() -> None:
    moved = corrected(downbeat_shift=1)
    check_whole(moved, [s.label for s in heard().sections])
    lines = set(moved.downbeats)
    assert {s.start for s in moved.sections[1:]} <= lines
    assert {t for s in moved.sections for t in s.shifts} <= lines
    assert moved.climax in lines
    build, silence = moved.passages
    assert {build.start, build.end} <= lines and silence == heard().passages[1]
    assert moved.alternatives == ()
    energies = [(s.energy, s.vocals, s.group) for s in moved.sections]
    assert energies == [(s.energy, s.vocals, s.group) for s in heard().sections]


def test_the_climax_stays_in_its_section() -> None:
    late = heard().model_copy(update={"climax": 31.9})  # the chorus ends at 32
    moved = apply_correction(late, Correction(downbeat_shift=1))
    assert moved.section_at(moved.climax).label == "chorus_1"


@settings(deadline=None, max_examples=60)
@given(
    st.builds(
        Correction,
        tempo_scale=st.sampled_from([0.25, 0.5, 1.0, 2.0, 4.0]),
        beat_offset=st.floats(-3000, 3000),
        meter=st.one_of(st.none(), st.integers(1, 9)),
        downbeat_shift=st.integers(-16, 16),
        taps=st.one_of(
            st.just(()),
            st.lists(
                st.floats(0, 56), min_size=2, max_size=40, unique_by=lambda t: round(t, 1)
            ).map(lambda t: tuple(sorted(round(x, 1) for x in t))),
        ),
    )
)
def test_any_correction_leaves_a_whole_analysis(correction: Correction) -> None:
    check_whole(apply_correction(heard(), correction), [s.label for s in heard().sections])


# --- Sections that a person names ------------------------------------------------------------


def test_named_sections_replace_those_that_were_heard() -> None:
    named = corrected(
        sections=marks(
            (0, "Intro"), (8.1, "verse 1"), (20, "Refrain"), (30.9, "Verse 2"), (40, "x")
        )
    )
    check_whole(named, ["intro_1", "verse_1", "chorus_1", "verse_2", "instrumental_1"])
    assert [s.group for s in named.sections] == ["A", "B", "C", "B", "D"]
    assert [s.start for s in named.sections] == [0, 8.0, 20, 30.9, 40]  # 30.9 is mid-bar: kept
    assert named.beats == heard().beats


def test_what_comes_before_the_first_named_section_is_an_intro() -> None:
    assert corrected(sections=marks((10, "verse"))).sections[0].label == "intro_1"
    assert corrected(sections=marks((1.0, "verse"))).sections[0].label == "verse_1"
    assert [s.label for s in corrected(sections=marks((9, "intro"), (12, "verse"))).sections] == [
        "intro_1",
        "verse_1",
    ]


def test_energies_of_named_sections_come_from_the_sound() -> None:
    analysis = heard()
    ramp = np.linspace(0, 1, len(analysis.envelopes["loudness"].values)).astype(np.float32)
    louder = analysis.model_copy(
        update={
            "envelopes": {
                name: envelope.model_copy(update={"values": ramp})
                for name, envelope in analysis.envelopes.items()
            }
        }
    )
    named = apply_correction(
        louder, Correction(sections=marks((0, "verse"), (20, "chorus"), (40, "outro")))
    )
    energies = [s.energy for s in named.sections]
    assert energies == sorted(energies) and energies[0] < 0.1 and energies[-1] > 0.9


def test_moods_and_voice_of_named_sections_are_those_that_were_heard_there() -> None:
    analysis = heard()
    moody = analysis.model_copy(
        update={
            "sections": tuple(
                s.model_copy(
                    update={"mood": Mood(valence=v, arousal=0, confidence=0.5), "vocals": abs(v)}
                )
                for s, v in zip(analysis.sections, (-0.5, 0.5, 0.5, 0.5), strict=True)
            )
        }
    )
    named = apply_correction(moody, Correction(sections=marks((0, "a"), (16, "b"), (30, "c"))))
    valences = [s.mood.valence for s in named.sections if s.mood]
    assert valences == pytest.approx([-0.5, 0.5, 0.5], abs=0.01)
    assert all(s.mood is None for s in corrected(sections=marks((0, "a"), (9, "b"))).sections)


def test_sections_beyond_the_song_are_refused() -> None:
    with pytest.raises(InputError, match=r"'outro' starts at 99 s, after the song ends"):
        corrected(sections=marks((0, "intro"), (99, "outro")))


# --- The value itself ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"taps": (1, 2), "tempo_map": ({"time": 0, "tempo": 100},)}, "not both"),
        ({"tempo_scale": 3}, "not one of"),
        ({"taps": (2, 1)}, "not after"),
        ({"taps": (1,)}, "two or more"),
        ({"sections": ({"start": 3, "name": "a"}, {"start": 3, "name": "b"})}, "not after"),
    ],
)
def test_nonsense_is_refused(fields: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Correction.model_validate(fields)


def test_what_is_said_overrides_what_was_said() -> None:
    before = Correction(tempo_scale=0.5, beat_offset=10, taps=(1, 2))
    after = before.overridden_by(Correction(tempo_scale=1.0))
    assert (after.tempo_scale, after.beat_offset, after.taps) == (1.0, 10, (1, 2))
    mapped = before.overridden_by(Correction(tempo_map=(TempoMark(time=0, tempo=90),)))
    assert mapped.taps == () and mapped.tempo_map
