"""Sections split, merged, moved, renamed and put in, in words."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from clavilux.model.codec import digest
from clavilux.model.errors import InputError
from clavilux.model.song import Analysis
from clavilux.model.spec import PRESETS, RenderSpec
from clavilux.planning.stills import image_requests
from clavilux.revision.acts.sections import kind_of, label_beside, label_for
from clavilux.revision.patch import patch_between
from clavilux.revision.requests import RequestError, by_rules
from revision.wishes import PARTS, changes, song_spec
from support import make_analysis, make_spec

SONG = make_analysis(PARTS)
"""Bar lines every two seconds; intro 0-4, verse -12, chorus -20, verse -28, chorus -36, bridge -42,
outro -48."""


def heard(spec: RenderSpec) -> Analysis:
    return SONG


def spec_with(**stills: int) -> RenderSpec:
    """The song's spec, with so many stills in some sections."""
    spec = song_spec()
    sections = tuple(
        s.model_copy(update={"stills": stills.get(s.label, s.stills)}) for s in spec.sections
    )
    return spec.model_copy(update={"sections": sections})


def edges(spec: RenderSpec) -> list[tuple[str, float]]:
    assert all(a.end == b.start for a, b in pairwise(spec.sections))
    return [(section.label, section.start) for section in spec.sections]


def wished(request: str, spec: RenderSpec | None = None) -> RenderSpec:
    """By the rules, by way of the patch, and there and back again."""
    spec = spec or song_spec()
    after = by_rules(request, spec, listen=heard).spec
    assert patch_between(spec, after).applied_to(spec) == after
    assert patch_between(after, spec).applied_to(after) == spec
    return after


SAME = edges(song_spec())


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ("split verse 1 at 0:08", {"verse_1b": 8.0}),
        ("split the chorus at 0:32.7", {"chorus_2b": 32.0}),
        ("please split chorus_1 exactly at 0:13.3", {"chorus_1b": 13.3}),
        ("split verse_2 in half", {"verse_2b": 24.0}),
        ("divide the intro in two", {"intro_1b": 2.0}),
        ("split the bridge at bar 20", {"bridge_1b": 38.0}),
        ("split the outro after 2 bars", {"outro_1b": 46.0}),
        ("split at 24 seconds", {"verse_2b": 24.0}),
        ("add a boundary at 0:24", {"verse_2b": 24.0}),
        ("merge verse_1 and chorus_1", {"chorus_1": None}),
        ("join the bridge with the outro", {"outro_1": None}),
        ("merge verse 1, chorus 1 and verse 2", {"chorus_1": None, "verse_2": None}),
        ("remove the boundary at 0:36", {"bridge_1": None}),
        ("remove the boundary between verse 1 and chorus 1", {"chorus_1": None}),
        ("delete the section break before the bridge", {"bridge_1": None}),
        ("remove the bridge", {"bridge_1": None}),
        ("move the start of chorus_2 to 0:30.4", {"chorus_2": 30.0}),
        ("the bridge starts at 0:37.5", {"bridge_1": 38.0}),
        ("the bridge starts exactly at 0:37.5", {"bridge_1": 37.5}),
        ("move the end of verse 1 to 0:10", {"chorus_1": 10.0}),
        ("start chorus 2 one bar later", {"chorus_2": 30.0}),
        ("the bridge should start 2 beats earlier", {"bridge_1": 35.0}),
        ("make the intro 1 bar longer", {"verse_1": 6.0}),
        ("move the boundary at 0:36 to 0:34", {"bridge_1": 34.0}),
        ("there is a drop at 0:31", {"drop_1": 30.0}),
        ("there's a solo from 0:24 to 0:26", {"solo_1": 24.0, "verse_2b": 26.0}),
        ("the drop starts at 0:32", {"drop_1": 32.0}),
        ('add a "spoken part" at 0:40', {"spoken_part_1": 40.0}),
        ("add a new section called rain at 0:40", {"rain_1": 40.0}),
        ("insert breakdown at 0:40", {"bridge_2": 40.0}),
        ("there is a second bridge at 0:40", {"bridge_2": 40.0}),
        ("the third verse starts at 0:38", {"verse_3": 38.0}),
        ("the solo is at 0:38", {"solo_1": 38.0}),
        ("split the bridge at about 0:38", {"bridge_1b": 38.0}),
        ("the intro is 1 bar too short", {"verse_1": 6.0}),
        ("the bridge starts two beats too late", {"bridge_1": 35.0}),
    ],
)
def test_boundaries_are_where_they_are_said(
    request_: str, expected: dict[str, float | None]
) -> None:
    wanted = {**dict(SAME), **expected}
    found = dict(edges(wished(request_)))
    assert found == {label: at for label, at in wanted.items() if at is not None}


@pytest.mark.parametrize(
    ("request_", "before", "after"),
    [
        ("rename bridge_1 to solo", "bridge_1", "solo_1"),
        ("call the second verse a pre-chorus", "verse_2", "pre-chorus_1"),
        ("call verse 2 bridge", "verse_2", "bridge_2"),
        ("the first verse is actually a chorus", "verse_1", "chorus_3"),
        ("rename the outro to waterfall of light", "outro_1", "waterfall_of_light_1"),
        ("rename verse 2 to verse 9", "verse_2", "verse_9"),
        ("there is a solo at 0:36", "bridge_1", "solo_1"),
    ],
)
def test_a_name_is_all_that_changes(request_: str, before: str, after: str) -> None:
    assert changes(request_) == {before: {"label"}}
    assert wished(request_).section(after).start == song_spec().section(before).start


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ("split the chorus in half", "which one of chorus_1, chorus_2"),
        ("split the chorus at 0:05", "0:04 is in verse_1, not in chorus_1 or chorus_2"),
        ("split the bridge at bar 999", "bars 1 to 24"),
        ("split at 9:00", "ends at 0:48"),
        ("split verse 1 exactly at 0:04.2", "inside it"),
        ("merge verse_1 and verse_2", "no neighbours; chorus_1 between"),
        ("merge the bridge", "which two"),
        ("remove the boundary at 0:25", "no section begins near 0:25"),
        ("the intro starts at 0:02", "with the song"),
        ("the outro ends at 0:40", "with the song"),
        ("the bridge starts at 9:00", "can start from"),
        ("the bridge starts at 0:36.3", "starts there already"),
        ("rename verse_1 to verse_2", "verse_2 already"),
        ("there is a bridge at 0:36", "begins there already"),
        ("there is a solo from 0:24 to 0:40", "over by 0:28"),
        ("split the solo at 0:05", "no solo"),
        ("darker, and split verse 1 at 0:08", "say it last"),
        ("split verse 1 at noon", "split, noon"),
        ("split verse 1 into three parts", "and then again"),
        ("the bridge is at 0:38", "another bridge at 0:38"),
        ("remove the cut at 0:36", "whole sections"),
        ("darker at 0:36", "whole sections"),
    ],
)
def test_what_cannot_be_done_is_said(request_: str, words: str) -> None:
    with pytest.raises(RequestError) as caught:
        by_rules(request_, song_spec(), listen=heard)
    assert words in str(caught.value) and "Nothing is changed" in str(caught.value)


def test_what_was_taken_for_a_time_is_said() -> None:
    (reading,) = by_rules("split verse 1 at 0:08.7", song_spec(), listen=heard).readings
    assert "split at 0:08, the bar line nearest to 0:08.7" in reading and "exactly" in reading
    without_song = by_rules("split verse 1 at 0:08.7", song_spec())
    assert without_song.spec.section("verse_1b").start == 8.7
    with pytest.raises(RequestError, match="only where the song is"):
        by_rules("split verse 1 at bar 5", song_spec())


def test_other_wishes_are_for_the_sections_that_were_made() -> None:
    made = wished("split verse 1 at 0:08 and make it darker")
    spec = song_spec()
    for label in ("verse_1", "verse_1b"):
        assert made.section(label).palette != spec.section("verse_1").palette
    assert made.section("chorus_1") == spec.section("chorus_1")
    both = wished("make the verses red, then merge the bridge and the outro")
    assert len(both.sections) == 6
    assert both.section("verse_2").palette != spec.section("verse_2").palette
    kept = wished('split verse 1 at 0:08; bridge prompt = "split, and merge all at 0:40"')
    assert kept.section("bridge_1").prompt == "split, and merge all at 0:40"
    assert len(kept.sections) == 8


# --- Pictures --------------------------------------------------------------------------------


def bought(spec: RenderSpec) -> set[str]:
    """What sellers are asked for: words and seeds, whatever the section is called."""
    return {
        digest([r.prompt, r.negative_prompt, r.shared_seed, r.palette, r.width])
        for r in image_requests(spec, PRESETS["youtube"])
    }


FREE = (
    "split verse_1 at 0:08",
    "merge the bridge and the outro",
    "remove the boundary at 0:36",
    "the bridge starts at 0:34",
    "rename bridge_1 to solo",
    "remove the bridge",
    "merge chorus_1 into verse_2",
)


@pytest.mark.parametrize("request_", FREE)
def test_no_new_picture_is_bought_where_the_old_ones_are_enough(request_: str) -> None:
    spec = spec_with(verse_1=3)
    assert bought(wished(request_, spec)) <= bought(spec)


def test_a_split_shares_the_pictures_out_by_time() -> None:
    spec = spec_with(verse_1=4, chorus_1=2, chorus_2=1)
    late = wished("split verse_1 exactly at 0:10", spec)
    assert [late.section(label).stills for label in ("verse_1", "verse_1b")] == [3, 1]
    assert bought(late) == bought(spec)
    one = wished("split chorus_2 in half", spec)
    assert bought(spec) < bought(one) and len(bought(one)) == len(bought(spec)) + 1
    (reading,) = by_rules("split chorus_2 in half", spec, listen=heard).readings
    assert "another picture" in reading


def test_the_half_with_the_climax_has_the_hero() -> None:
    spec = spec_with(chorus_1=3)
    sections = tuple(s.model_copy(update={"hero": s.label == "chorus_1"}) for s in spec.sections)
    spec = spec.model_copy(update={"sections": sections})
    climax = SONG.climax
    assert 12 < climax < 20
    for time in (climax - 1, climax + 1):
        made = wished(f"split chorus_1 exactly at {time:.2f} s", spec)
        first, second = made.section("chorus_1"), made.section("chorus_1b")
        assert (first.hero, second.hero) == (climax < time, climax >= time)
        assert sum(s.hero for s in made.sections) == 1 and bought(made) == bought(spec)
    merged = wished("merge verse_1 and chorus_1", spec)
    assert [s.label for s in merged.sections if s.hero] == ["chorus_1"]
    assert merged.section("chorus_1").theme == spec.section("chorus_1").theme
    assert sum(s.hero for s in wished("remove chorus_1", spec).sections) == 1


def test_a_new_section_looks_like_its_kind_or_as_the_style_has_it() -> None:
    spec = make_spec(SONG, scene="ocean").model_copy(update={"style": "neon_city"})
    chorus = wished("there is a chorus at 0:39", spec).section("chorus_3")
    assert chorus.theme == spec.section("chorus_1").theme and chorus.start == 38
    drop = wished("there is a drop at 0:39", spec).section("drop_1")
    assert drop.scene in ("city", "kaleidoscope", "tunnel") and drop.theme
    assert 0 <= drop.energy <= 1
    unknown = make_spec(SONG, scene="ocean")
    cut = wished("there is a drop at 0:39", unknown).section("drop_1")
    assert cut.theme == unknown.section("bridge_1").theme


# --- Labels ----------------------------------------------------------------------------------


def test_a_split_section_counts_as_one() -> None:
    spec = wished("split verse_1 at 0:08")
    assert set(changes("darker in the second verse", spec)) == {"verse_2"}
    assert set(changes("darker in the first verse", spec)) == {"verse_1", "verse_1b"}
    assert set(changes("darker in verse_1b", spec)) == {"verse_1b"}
    assert set(changes("darker in verse 1b", spec)) == {"verse_1b"}
    assert set(changes("darker in both verses", spec)) == {"verse_1", "verse_1b", "verse_2"}


def test_labels_are_free_and_of_their_kind() -> None:
    assert label_beside("chorus_1", ["chorus_1", "chorus_1b"]) == "chorus_1c"
    assert label_beside("bridge", ["bridge"]) == "bridge_2"
    assert label_for("Refrain", []) == "refrain_1" and label_for("drop 2", []) == "drop_2"
    assert kind_of("chorus_2b") == "chorus" == kind_of("chorus_2") and kind_of("part") == "part"


WORDS = some.sampled_from(
    ["split", "merge", "move", "rename", "call", "remove", "delete", "the boundary", "at", "to",
     "0:08", "0:30", "bar 5", "verse_1", "chorus_2", "the bridge", "the chorus", "and", "with",
     "into", "in half", "exactly", "start of", "end of", "starts at", "a drop", "there is", "solo",
     "one bar later", "darker", "like", "the same", "swap", "the scenes of", "show", "a house",
     "keep", "hero", "no people", "replace", "ocean", "2 bars longer", "everything", '"x"', ","]
)  # fmt: skip


@given(some.lists(WORDS, min_size=1, max_size=8).map(" ".join))
@settings(max_examples=120, deadline=None)
def test_any_words_make_a_valid_spec_or_a_clear_answer(request_: str) -> None:
    spec = song_spec()
    try:
        after = by_rules(request_, spec, listen=heard).spec
    except InputError as error:
        assert "\n" not in str(error) and str(error).isprintable()
        return
    assert type(after).model_validate(after.model_dump()) == after
    assert (after.sections[0].start, after.sections[-1].end) == (0, 48)
    assert patch_between(spec, after).applied_to(spec) == after
