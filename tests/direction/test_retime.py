"""A corrected song keeps its pictures: what is asked of a provider does not change."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from clavilux.direction.retime import correct_spec, direct_corrected
from clavilux.direction.rules import RulesDirector
from clavilux.documents import read_spec, write_spec
from clavilux.model.codec import digest
from clavilux.model.correction import Correction, SectionMark, TempoMark
from clavilux.model.song import Analysis
from clavilux.model.spec import PRESETS, RenderSpec
from clavilux.planning.stills import image_requests
from support import make_analysis, make_spec

PARTS = (
    ("intro", 16.0, 0.2), ("verse", 24.0, 0.4), ("chorus", 24.0, 0.9), ("verse", 24.0, 0.45),
    ("chorus", 24.0, 1.0), ("outro", 16.0, 0.2),
)  # fmt: skip
RHYTHMS = (
    Correction(tempo_scale=0.5),
    Correction(tempo_scale=2, downbeat_shift=1),
    Correction(beat_offset=130),
    Correction(meter=3),
    Correction(downbeat_shift=-2),
    Correction(taps=tuple(0.3 + 0.62 * i for i in range(100))),
    Correction(tempo_map=(TempoMark(time=0.2, tempo=61), TempoMark(time=60, tempo=177))),
)


def song() -> Analysis:
    return make_analysis(PARTS)


def direct(analysis: Analysis, style: str) -> RenderSpec:
    return RulesDirector().direct(analysis, style=style, seed=3)


def bought(spec: RenderSpec) -> list[str]:
    """The digests under which the stills of a spec are kept."""
    return [digest(request) for request in image_requests(spec, PRESETS["youtube"])]


@pytest.mark.parametrize("style", ["auto", "oil_painting"])
@pytest.mark.parametrize("correction", RHYTHMS, ids=lambda c: min(c.model_fields_set))
def test_no_correction_of_the_rhythm_buys_a_still_again(correction: Correction, style: str) -> None:
    plain, _ = direct_corrected(direct, song(), Correction(), style=style)
    spec, analysis = direct_corrected(direct, song(), correction, style=style)
    assert bought(spec) == bought(plain) and len(bought(plain)) > 4
    assert [s.label for s in spec.sections] == [s.label for s in plain.sections]
    lines = set(analysis.downbeats)
    for section in spec.sections[1:]:
        assert min(abs(section.start - line) for line in lines) < 0.001
    assert spec.correction == correction and plain.correction == Correction()


@pytest.mark.parametrize("correction", RHYTHMS, ids=lambda c: min(c.model_fields_set))
def test_a_spec_corrected_later_is_the_spec_planned_with_the_correction(
    correction: Correction,
) -> None:
    """On the command line, or by hand in the file: the same sections, the same beats."""
    planned, beats = direct_corrected(direct, song(), correction, style="auto")
    plain, _ = direct_corrected(direct, song(), Correction(), style="auto")
    by_flag, beats_by_flag = correct_spec(plain, song(), correction)
    by_hand, beats_by_hand = correct_spec(
        plain.model_copy(update={"correction": correction}), song(), Correction()
    )
    assert by_flag == by_hand and beats_by_flag == beats_by_hand == beats
    assert bought(by_flag) == bought(planned)
    again, _ = correct_spec(planned, song(), Correction())
    assert again == planned  # what was planned lies where it belongs already
    for a, b in zip(by_flag.sections, planned.sections, strict=True):
        assert a.start == pytest.approx(b.start, abs=0.002)


@pytest.mark.parametrize("edited", RHYTHMS, ids=lambda c: min(c.model_fields_set))
@pytest.mark.parametrize("written", RHYTHMS, ids=lambda c: min(c.model_fields_set))
def test_a_written_correction_edited_by_hand_is_the_option_said(
    written: Correction, edited: Correction
) -> None:
    """The sections go from the bar lines of the one to those of the other, however often."""
    planned, _ = direct_corrected(direct, song(), written, style="auto")
    assert planned.times_follow == written
    every_field = Correction.model_validate({**Correction().model_dump(), **edited.model_dump()})
    by_flag, beats_by_flag = correct_spec(planned, song(), every_field)
    by_hand, beats = correct_spec(
        planned.model_copy(update={"correction": edited}), song(), Correction()
    )
    assert by_hand.sections == by_flag.sections and beats == beats_by_flag
    assert by_hand.times_follow == by_hand.correction == edited
    assert bought(by_hand) == bought(planned)
    for section in by_hand.sections[1:]:
        assert min(abs(section.start - line) for line in beats.downbeats) < 0.001
    again, _ = correct_spec(by_hand, song(), Correction())
    assert again == by_hand


def test_a_correction_taken_out_by_hand_brings_the_heard_bar_lines_back() -> None:
    plain, _ = direct_corrected(direct, song(), Correction(), style="auto")
    for correction in (Correction(downbeat_shift=1), Correction(beat_offset=300)):
        planned, _ = direct_corrected(direct, song(), correction, style="auto")
        without = planned.model_copy(update={"correction": Correction()})
        back, beats = correct_spec(without, song(), Correction())
        assert back == plain and beats == song()


def test_a_spec_from_before_times_were_followed_still_moves_once() -> None:
    """It has a correction, and no word of what its times follow: those on heard lines move."""
    old = make_spec(song()).model_copy(update={"correction": Correction(downbeat_shift=1)})
    moved, _ = correct_spec(old, song(), Correction())
    assert [s.start for s in moved.sections[1:]] == [s.start + 0.5 for s in old.sections[1:]]
    already, _ = correct_spec(moved.model_copy(update={"times_follow": None}), song(), Correction())
    assert already == moved


def test_a_section_said_exactly_stays_beside_a_bar_line() -> None:
    """Also in a spec whose sections a person named."""
    spec = make_spec(song()).model_copy(update={"named_sections": True})
    first, second, *rest = spec.sections
    off = (
        first.model_copy(update={"end": 15.8}), second.model_copy(update={"start": 15.8}), *rest,
    )  # fmt: skip
    spec = spec.model_copy(update={"sections": off})
    assert correct_spec(spec, song(), Correction())[0] == spec
    moved, _ = correct_spec(spec, song(), Correction(beat_offset=-100))
    assert moved.sections[1].start == 15.9


def test_a_section_that_was_moved_by_hand_stays() -> None:
    spec = make_spec(song())
    first, second, *rest = spec.sections
    moved = spec.model_copy(
        update={
            "sections": (
                first.model_copy(update={"end": 15.3}),
                second.model_copy(update={"start": 15.3}),
                *rest,
            )
        }
    )
    corrected, _ = correct_spec(moved, song(), Correction(beat_offset=100))
    assert corrected.sections[1].start == 15.3 and corrected.sections[2].start == 40.1


def test_sections_are_never_lost_where_bars_become_long() -> None:
    spec = make_spec(make_analysis([("verse", 2.0, 0.5)] * 4))
    analysis = make_analysis([("verse", 2.0, 0.5)] * 4)
    corrected, _ = correct_spec(spec, analysis, Correction(tempo_scale=0.25))
    assert len(corrected.sections) == 4
    assert all(a.end == b.start and a.start < a.end for a, b in pairwise(corrected.sections))


def test_what_is_said_overrides_what_the_spec_says() -> None:
    spec = make_spec(song()).model_copy(
        update={"correction": Correction(beat_offset=40, downbeat_shift=1)}
    )
    corrected, analysis = correct_spec(spec, song(), Correction(beat_offset=0))
    assert corrected.correction.beat_offset == 0 and corrected.correction.downbeat_shift == 1
    assert analysis.downbeats[0] == pytest.approx(0.5)
    assert corrected.sections[1].start == pytest.approx(16.5)


def test_named_sections_keep_the_look_of_those_whose_labels_stay() -> None:
    marks = [(0, "intro"), (14, "verse"), (30, "bridge"), (44, "chorus"), (90, "chorus")]
    correction = Correction(
        sections=tuple(SectionMark(start=start, name=name) for start, name in marks),
        downbeat_shift=1,
    )
    plain, _ = direct_corrected(direct, song(), Correction(), style="auto")
    spec, analysis = direct_corrected(direct, song(), correction, style="auto")
    labels = [s.label for s in spec.sections]
    assert labels == ["intro_1", "verse_1", "bridge_1", "chorus_1", "chorus_2"]
    assert spec.style == plain.style and sum(s.hero for s in spec.sections) == 1
    kept = [s for s in spec.sections if s.label != "bridge_1"]
    for section in kept:
        before = plain.section(section.label)
        for name in ("theme", "prompt", "palette", "scene", "tier", "effects", "energy"):
            assert getattr(section, name) == getattr(before, name), (section.label, name)
        if section.hero == before.hero:
            wanted = bought(plain.model_copy(update={"sections": (before,)}))
            assert bought(spec.model_copy(update={"sections": (section,)})) == wanted
    assert spec.correction == Correction(downbeat_shift=1)
    assert analysis.sections[0].label == "intro_1" and len(analysis.sections) == len(PARTS)


def test_a_named_section_off_the_bar_lines_stays_where_it_was_said() -> None:
    """Also where the song as heard has a bar line: planned, read again, and with a correction."""
    marks = (SectionMark(start=0, name="intro"), SectionMark(start=40, name="verse"))
    correction = Correction(sections=marks, meter=3)  # bar lines every 1.5 s: none near 40
    planned, _ = direct_corrected(direct, song(), correction, style="auto")
    assert planned.sections[1].start == 40 and planned.named_sections
    again, _ = correct_spec(planned, song(), Correction())
    assert again == planned
    near, _ = correct_spec(planned, song(), Correction(downbeat_shift=1))  # a line at 39.5 + ...
    line = min(abs(40 - 0.5 - 1.5 * n) for n in range(60))
    assert abs(near.sections[1].start - 40) == pytest.approx(line if line <= 0.375 else 0)


def test_sections_named_in_a_spec_are_read_again(tmp_path: Path) -> None:
    spec = make_spec(song()).model_copy(update={"named_sections": True})
    (tmp_path / "spec.yaml").write_text(write_spec(spec, name="spec.yaml"))
    assert read_spec(tmp_path / "spec.yaml") == spec
    assert "named_sections" not in write_spec(make_spec(song()), name="spec.yaml")
