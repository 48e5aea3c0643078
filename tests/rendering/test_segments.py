"""Only what changed is drawn again: the keys of segments."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from clavilux.effects.dissolve import Dissolve
from clavilux.model.codec import digest
from clavilux.model.time import FrameSpan
from clavilux.model.timeline import Signal, StillSource, Timeline
from clavilux.rendering import segments as module
from clavilux.rendering.segments import segment_key, segments
from support import PlainScene, add_plugins, make_analysis, make_spec, make_timeline, named_stills

SECTION = "chorus_1"
NEW_PALETTE = ("#000000", "#123456", "#89ABCD", "#FFFFFF")


@pytest.fixture(autouse=True)
def plain_scene(monkeypatch: pytest.MonkeyPatch) -> None:
    add_plugins(monkeypatch, "scenes", plain=PlainScene(), other=PlainScene())


def keys(timeline: Timeline) -> dict[tuple[int, int], str]:
    return {(s.start, s.end): segment_key(timeline, s) for s in segments(timeline)}


def touched(timeline: Timeline, section: str) -> set[tuple[int, int]]:
    """Segments in which any clip of a section is seen, so also both of its transitions."""
    return {
        (s.start, s.end)
        for s in segments(timeline)
        if any(c.section == section and c.span.overlaps(s) for c in timeline.clips)
    }


def changed(before: Timeline, after: Timeline) -> set[tuple[int, int]]:
    old, new = keys(before), keys(after)
    assert set(old) == set(new), "the edit itself has changed"
    return {span for span in old if old[span] != new[span]}


@pytest.mark.parametrize("tier", [1, 2])
@pytest.mark.parametrize("transition", ["dissolve", "morph", "cut"])
def test_a_palette_changes_its_section_and_transitions_only(tier: int, transition: str) -> None:
    analysis = make_analysis()
    usual: dict[str, Any] = {"transition": transition}
    before = make_timeline(analysis, make_spec(analysis, tier=tier, chorus_1=usual))
    new = {**usual, "palette": NEW_PALETTE}
    after = make_timeline(analysis, make_spec(analysis, tier=tier, chorus_1=new))
    found = changed(before, after)
    assert found == touched(before, SECTION)
    others = set(keys(before)) - found
    assert others and found
    mixes = [t.span for t in before.transitions if len(t.span)]
    own = {(c.span.start, c.span.end) for c in before.clips if c.section == SECTION}
    first, last = min(a for a, _ in own), max(b for _, b in own)
    for mix in mixes:
        if mix.start == first or mix.end == last:
            assert any(a <= mix.start < b for a, b in found)


def test_another_still_changes_its_section_and_transitions_only() -> None:
    """A new theme or prompt gives new stills, and nothing else of the timeline."""
    spec = make_spec(make_analysis())
    stills = named_stills(spec)
    before = make_timeline(spec=spec, stills=stills)
    new = {
        key: StillSource(picture=digest("new", key)) if key[0] == SECTION else still
        for key, still in stills.items()
    }
    assert changed(before, make_timeline(spec=spec, stills=new)) == touched(before, SECTION)


def test_words_alone_change_no_segment() -> None:
    analysis = make_analysis()
    before = make_timeline(analysis, make_spec(analysis))
    new = {"theme": "the sea", "mood": "wild", "prompt": "the sea, wild"}
    assert not changed(before, make_timeline(analysis, make_spec(analysis, chorus_1=new)))


def test_another_scene_changes_its_section_and_transitions_only() -> None:
    analysis = make_analysis()
    before = make_timeline(analysis, make_spec(analysis, tier=1))
    after = make_timeline(analysis, make_spec(analysis, tier=1, chorus_1={"scene": "other"}))
    assert changed(before, after) == touched(before, SECTION)


def test_music_changes_only_the_segments_that_hear_it() -> None:
    timeline = make_timeline()
    values = timeline.signals["bass"].values.copy()
    values[200] = 1 - values[200]
    after = timeline.model_copy(
        update={"signals": {**timeline.signals, "bass": Signal(values=values)}}
    )
    starts = {c.section: c.section_span.start for c in timeline.clips}
    assert 200 not in starts.values()
    assert changed(timeline, after) == {s for s in keys(timeline) if s[0] <= 200 < s[1]}


@pytest.mark.parametrize(
    "update", [{"width": 98}, {"height": 56}, {"rate": "24"}], ids=lambda u: next(iter(u))
)
def test_every_key_depends_on_the_format(update: dict[str, Any]) -> None:
    timeline = make_timeline()
    after = Timeline.model_validate({**timeline.model_dump(), **update})
    span = FrameSpan(start=0, end=10)
    assert segment_key(timeline, span) != segment_key(after, span)


def test_keys_depend_on_the_encoder_and_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    timeline = make_timeline()
    span = segments(timeline)[0]
    usual = segment_key(timeline, span, "crf 18")
    assert usual == segment_key(timeline, span, "crf 18") != segment_key(timeline, span, "crf 19")
    monkeypatch.setattr(module, "engine_digest", lambda: "another engine")
    assert segment_key(timeline, span, "crf 18") != usual


class Wipe(Dissolve):
    """Somebody's own transition."""

    name: ClassVar[str] = "wipe"


@pytest.mark.parametrize("kind", ["scenes", "mixes"])
def test_keys_depend_on_the_source_of_foreign_plugins(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_plugins(monkeypatch, "effects", wipe=Wipe())
    analysis = make_analysis()
    timeline = make_timeline(analysis, make_spec(analysis, bridge_1={"tier": 1}))
    plain = timeline.model_dump()
    for transition in plain["transitions"]:
        transition["use"]["effect"] = "wipe"
    timeline = Timeline.model_validate(plain)
    before = keys(timeline)
    own = module._source_of
    edited = {"scenes": PlainScene, "mixes": Wipe}[kind]
    monkeypatch.setattr(module, "_source_of", lambda k: own(k) + b"#" * (k is edited))
    after = keys(timeline)
    found = {span for span in before if before[span] != after[span]}
    if kind == "scenes":
        assert found == touched(timeline, "bridge_1")
    else:
        mixes = [t.span for t in timeline.transitions]
        spans = [FrameSpan(start=a, end=b) for a, b in before]
        assert found == {(s.start, s.end) for s in spans if any(m.overlaps(s) for m in mixes)}
