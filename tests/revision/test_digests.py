"""Random revisions by rules: what is told to be drawn again is what has other digests, to the
section, and nothing that was not touched has."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from clavilux import pipeline
from clavilux.direction.retime import correct_spec
from clavilux.model.errors import InputError
from clavilux.model.song import Analysis
from clavilux.model.spec import RenderSpec
from clavilux.model.time import FrameSpan
from clavilux.model.timeline import StillSource, Timeline
from clavilux.pipeline import RenderOptions
from clavilux.planning.stills import image_requests
from clavilux.rendering.segments import segment_key, segments
from clavilux.revision.consequences import Consequences, consequences
from clavilux.revision.difference import SECTION, differences_in_words
from clavilux.revision.patch import patch_between
from clavilux.revision.requests import by_rules
from clavilux.storage import Store
from support import make_analysis, make_spec
from workshop import tiny

PARTS = (("intro", 6.0, 0.2), ("verse", 8.0, 0.4), ("chorus", 8.0, 0.9), ("outro", 6.0, 0.3))
SONG = make_analysis(PARTS)
OPTIONS = RenderOptions(preset=tiny(rate=10))
LABELS = ("intro_1", "verse_1", "chorus_1", "outro_1")

pytestmark = pytest.mark.usefixtures("plain_scene")


def heard(spec: RenderSpec) -> Analysis:
    return SONG


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(pipeline, "analyze", lambda song, store, **options: SONG)
    return Store(tmp_path / "store")


def planned() -> RenderSpec:
    """Stills and moving scenes in turn."""
    spec = make_spec(SONG)
    sections = tuple(
        s.model_copy(
            update={"tier": 1 + i % 2, "prompt": f"plain bands {i}", "theme": f"plain {i}"}
        )
        for i, s in enumerate(spec.sections)
    )
    return spec.model_copy(update={"sections": sections})


@dataclass(frozen=True)
class Drawn:
    """A spec as a timeline, with the digest of every segment."""

    timeline: Timeline
    keys: dict[str, FrameSpan]

    def shown_in(self, key: str) -> frozenset[str]:
        """The sections that the middle of a segment shows: two in a transition."""
        span = self.keys[key]
        middle = (span.start + span.end) // 2
        return frozenset(clip.section for clip in self.timeline.clips if middle in clip.span)


def drawn(spec: RenderSpec, store: Store) -> Drawn:
    """Independently of `consequences`: stills are what their requests say."""
    spec, analysis = pipeline.direct_spec(spec, Path("song.flac"), OPTIONS, store)
    stills = {
        (r.section, r.index): StillSource(picture=r.model_dump_json())
        for r in image_requests(spec, OPTIONS.preset)
    }
    timeline = pipeline.plan(spec, analysis, OPTIONS, stills=stills)
    spans = segments(timeline)
    return Drawn(timeline, {segment_key(timeline, s, OPTIONS.encoder): s for s in spans})


def told(before: RenderSpec, after: RenderSpec, store: Store) -> Consequences:
    return consequences(before, after, Path("song.flac"), OPTIONS, store)


LOOKS = some.sampled_from(
    ["darker", "brighter", "warmer", "more neon", "pastel", "black and white", "red and gold",
     "no grain", "bloom 2", "less vignette", "stronger zoom", "no pulse", "more contrast"]
)  # fmt: skip
"""Wishes that change how a section looks, and neither its times nor its neighbours."""
OTHERS = some.sampled_from(
    ["faster", "slower", "use stills", "use the moving scene", "3 stills", "another picture",
     "cut", "morph", "more dissolve", 'prompt = "plain rain"', 'mood = "glad"', "energy 0.6"]
)  # fmt: skip
SECTIONS = some.sampled_from(
    ["split verse_1 at 0:10", "split chorus_1 in half", "merge intro_1 and verse_1",
     "the outro starts at 0:20", "rename chorus_1 to drop", "remove the intro",
     "there is a solo at 0:18", "chorus_1 like verse_1", "swap the scenes of intro and outro",
     "the hero in verse_1", "the downbeat 1 beat later"]
)  # fmt: skip


@some.composite
def revisions(draw: some.DrawFn) -> str:
    wishes = draw(some.lists(some.tuples(LOOKS | OTHERS, some.sampled_from(LABELS)), max_size=2))
    said = [f"{wish} in {label}" for wish, label in wishes]
    if not said or draw(some.booleans()):
        said.append(draw(SECTIONS))
    return "; ".join(said)


def after_request(request: str, spec: RenderSpec) -> RenderSpec | None:
    """The revised spec; None where the request cannot be done, or changes nothing."""
    try:
        changed = by_rules(request, spec, listen=heard)
        after = correct_spec(changed.spec, SONG, changed.correction)[0]
        made = patch_between(spec, after).applied_to(spec)
    except InputError:
        return None
    return None if made == spec else made


@given(revisions())
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_digests_differ_where_consequences_say_and_nowhere_else(
    store: Store, request_: str
) -> None:
    spec = planned()
    after = after_request(request_, spec)
    if after is None:
        return
    old, new = drawn(spec, store), drawn(after, store)
    outcome = told(spec, after, store)
    other = {key for key in new.keys if key not in old.keys}
    assert outcome.segments == len(other) == len(outcome.keys), request_
    assert outcome.of == len(new.keys)
    shown = {new.shown_in(key) for key in other}
    named = {frozenset({label}) for label in outcome.sections}
    named |= {frozenset(pair) for pair in outcome.transitions}
    assert shown == named, request_


@given(some.lists(some.tuples(LOOKS, some.sampled_from(LABELS)), min_size=1, max_size=3))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_look_costs_its_sections_and_their_transitions(
    store: Store, wishes: list[tuple[str, str]]
) -> None:
    spec = planned()
    after = after_request("; ".join(f"{wish} in {label}" for wish, label in wishes), spec)
    if after is None:
        return
    touched = {one.section for one in differences_in_words(spec, after)}
    outcome = told(spec, after, store)
    assert set(outcome.sections) == touched
    between = set(pairwise(LABELS))
    assert set(outcome.transitions) == {pair for pair in between if touched & set(pair)}


@given(SECTIONS)
@settings(
    max_examples=11, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_is_far_from_a_change_of_sections_stays(store: Store, request_: str) -> None:
    """A section is drawn again only if it changed, or stands beside one that did."""
    spec = planned()
    after = after_request(request_, spec)
    assert after is not None, request_
    found = differences_in_words(spec, after)
    touched = {one.section for one in found if one.section}
    touched |= {str(one.new["label"]) for one in found if one.field == SECTION and one.new}
    labels = [section.label for section in after.sections]
    renamed = {one.new for one in found if one.field == "label"}
    near = {
        labels[j]
        for i, label in enumerate(labels)
        if label in touched | renamed
        for j in range(max(0, i - 1), min(len(labels), i + 2))
    }
    assert set(told(spec, after, store).sections) <= near, request_
