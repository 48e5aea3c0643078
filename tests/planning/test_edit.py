"""The laws of the edit, whatever the song: clips tile, transitions end on the boundary."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clavilux.model.codec import digest
from clavilux.model.song import Analysis
from clavilux.model.spec import RenderSpec
from clavilux.model.timeline import StillSource, Timeline
from clavilux.planning.edit import Part
from clavilux.planning.shots import plan_shots
from clavilux.planning.stills import image_requests
from clavilux.rendering.resolve import LayerState, resolve
from support import make_analysis, make_preset, make_spec, make_timeline, named_stills


@st.composite
def songs(draw: Any) -> tuple[Analysis, RenderSpec, str]:
    """Songs of 1 to 6 sections, any tempo and transition; sections may be very short."""
    functions = st.sampled_from(["verse", "chorus", "bridge", "drop", "outro"])
    parts = draw(
        st.lists(st.tuples(functions, st.floats(0.2, 20), st.floats(0, 1)), min_size=1, max_size=6)
    )
    analysis = make_analysis(
        parts,
        tempo=draw(st.sampled_from([0.0, 61.0, 99.7, 128.0, 174.0])),
        meter=draw(st.sampled_from([3, 4])),
        first_beat=draw(st.floats(0, 0.9)),
    )
    change = st.fixed_dictionaries(
        {
            "transition": st.sampled_from(["dissolve", "morph", "cut"]),
            "tier": st.sampled_from([1, 2]),
            "stills": st.integers(0, 4),
        }
    )
    changes = {section.label: draw(change) for section in analysis.sections}
    rate = draw(st.sampled_from(["12", "24000/1001", "30"]))
    return analysis, make_spec(analysis, **changes), rate


def assert_tiled(timeline: Timeline) -> None:
    """Every frame shows one clip, or two within a transition, and every clip is seen."""
    shown = [0] * timeline.frames
    for clip in timeline.clips:
        assert clip.span.start < timeline.frames
        assert clip.span.end > max(clip.span.start, 0)
        for n in range(max(clip.span.start, 0), min(clip.span.end, timeline.frames)):
            shown[n] += 1
    mixing = [0] * timeline.frames
    for transition in timeline.transitions:
        for n in range(max(transition.span.start, 0), min(transition.span.end, timeline.frames)):
            mixing[n] += 1
    assert max(mixing) <= 1
    assert shown == [1 + m for m in mixing]


@given(songs())
@settings(max_examples=40, deadline=None)
def test_clips_tile_the_song(song: tuple[Analysis, RenderSpec, str]) -> None:
    analysis, spec, rate = song
    preset = make_preset(rate=rate)
    timeline = make_timeline(analysis, spec, preset=preset)
    assert timeline.frames == preset.rate.frames_for(analysis.duration)
    assert timeline.offset == 0
    assert_tiled(timeline)


@given(songs())
@settings(max_examples=40, deadline=None)
def test_transitions_end_on_the_boundary(song: tuple[Analysis, RenderSpec, str]) -> None:
    """A section's first own frame is the one at its start; the mix ends right before it."""
    analysis, spec, rate = song
    timeline = make_timeline(analysis, spec, preset=make_preset(rate=rate))
    starts = {s.label: timeline.rate.frame_at(s.start) for s in spec.sections}
    pairs = zip(timeline.clips, timeline.clips[1:], timeline.transitions, strict=False)
    for before, after, transition in pairs:
        if before.section == after.section:
            continue
        boundary = starts[after.section]
        assert before.span.end == transition.span.end == boundary
        assert after.section_span.start == boundary
        first_alone = resolve(timeline, boundary)
        assert not first_alone.mix and first_alone.layers[0].progress == 0
        if len(transition.span):
            last = resolve(timeline, boundary - 1)
            assert last.mix and 0.5 <= last.progress < 1
            assert resolve(timeline, transition.span.start).progress > 0
        if spec.section(after.section).transition == "cut":
            assert len(transition.span) == 0


@given(songs(), st.floats(0, 1), st.floats(0.05, 30))
@settings(max_examples=60, deadline=None, report_multiple_bugs=False)
def test_a_part_is_cut_from_the_whole(
    song: tuple[Analysis, RenderSpec, str], where: float, seconds: float
) -> None:
    """Frame n of a part is frame offset + n of the song, to the last number."""
    analysis, spec, rate = song
    preset = make_preset(rate=rate)
    whole = make_timeline(analysis, spec, preset=preset)
    part = make_timeline(
        analysis, spec, preset=preset, part=Part(start=where * analysis.duration, duration=seconds)
    )
    assert part.offset + part.frames <= whole.frames
    assert_tiled(part)
    for n in {0, part.frames // 2, part.frames - 1}:
        mine, theirs = resolve(part, n), resolve(whole, n + part.offset)
        assert mine.frame == theirs.frame
        assert [plain(layer) for layer in mine.layers] == [plain(layer) for layer in theirs.layers]
        assert (mine.mix, mine.progress, mine.effects) == (
            theirs.mix,
            theirs.progress,
            theirs.effects,
        )


def plain(layer: LayerState) -> dict[str, object]:
    """A layer's numbers without its clip's place in the list."""
    return layer.model_dump(exclude={"clip"})


@given(songs(), st.floats(2, 12))
@settings(max_examples=30, deadline=None)
def test_a_loop_closes(song: tuple[Analysis, RenderSpec, str], seconds: float) -> None:
    """Its end becomes the moment before its first frame, in the same clip."""
    analysis, spec, rate = song
    timeline = make_timeline(analysis, spec, preset=make_preset(rate=rate, loop=seconds))
    last = resolve(timeline, timeline.frames - 1)
    first = resolve(timeline, 0)
    assert first.layers[0].clip == 0 and not first.mix
    if timeline.transitions[0].span.start == timeline.frames:
        return
    assert timeline.clips[1].shift == -timeline.frames
    before = last.layers[1]
    step = 1 / float(timeline.rate)
    assert before.source == first.layers[0].source
    assert before.seconds == pytest.approx(first.layers[0].seconds - step, abs=1e-6)
    assert before.section_seconds == pytest.approx(first.layers[0].section_seconds - step, abs=1e-6)


def test_a_section_without_stills_is_drawn_as_tier_1() -> None:
    spec = make_spec(make_analysis(), tier=2)
    stills = {key: still for key, still in named_stills(spec).items() if key[0] != "chorus_1"}
    timeline = make_timeline(spec=spec, stills=stills)
    kinds = {(clip.section, clip.source.kind) for clip in timeline.clips}
    assert ("chorus_1", "scene") in kinds
    assert ("verse_1", "still") in kinds
    assert len(kinds) == len(spec.sections)


def test_an_effect_that_is_off_is_not_used() -> None:
    analysis = make_analysis()
    spec = make_spec(analysis, chorus_1={"effects": {"grain": 0.0, "bloom": 2.0}})
    timeline = make_timeline(analysis, spec)
    for clip in timeline.clips:
        names = [use.effect for use in clip.effects]
        assert ("grain" in names) == (clip.section != "chorus_1")
        assert len(names) == len(set(names))
    usual = make_timeline(analysis, make_spec(analysis))

    def blooms(t: Timeline) -> list[float]:
        return [
            use.parameters["intensity"].gain
            for clip in t.clips
            for use in clip.effects
            if use.effect == "bloom" and clip.section == "chorus_1"
        ]

    assert all(
        strong > plain for strong, plain in zip(blooms(timeline), blooms(usual), strict=True)
    )


def test_planning_is_pure() -> None:
    analysis = make_analysis()
    spec = make_spec(analysis)
    assert digest(make_timeline(analysis, spec)) == digest(make_timeline(analysis, spec))
    other = make_spec(analysis, seed=2)
    assert digest(make_timeline(analysis, spec)) != digest(make_timeline(analysis, other))


def test_accents_of_the_timeline_are_peaks_of_the_beat_signal() -> None:
    timeline = make_timeline()
    beat = timeline.signals["beat"].values
    assert len(timeline.accents) > 10
    for n in timeline.accents:
        assert beat[n] > beat[n - 1] if n else beat[n] > 0
        assert n + 1 == len(beat) or beat[n] > beat[n + 1]


def test_another_still_changes_its_own_clips_only() -> None:
    spec = make_spec(make_analysis())
    stills = named_stills(spec)
    base = make_timeline(spec=spec, stills=stills)
    changed = make_timeline(
        spec=spec, stills={**stills, ("chorus_1", 0): StillSource(picture=digest("new"))}
    )
    differ = [a.section for a, b in zip(base.clips, changed.clips, strict=True) if a != b]
    assert differ and set(differ) == {"chorus_1"}


@given(songs())
@settings(max_examples=30, deadline=None)
def test_a_loop_shows_the_climax(song: tuple[Analysis, RenderSpec, str]) -> None:
    """Without a wish it is taken from around the song's peak, not from its start."""
    analysis, spec, rate = song
    timeline = make_timeline(analysis, spec, preset=make_preset(rate=rate, loop=8.0))
    length = timeline.rate.seconds(timeline.frames)
    start = timeline.rate.seconds(timeline.offset)
    bar = analysis.beat_period * analysis.meter
    latest = max(analysis.duration - length, 0.0)
    assert abs(start - min(max(analysis.climax - length / 4, 0.0), latest)) <= bar + 0.1


@pytest.mark.parametrize("tier", [1, 2])
def test_another_theme_redraws_its_section_only(tier: int) -> None:
    analysis = make_analysis()
    before = make_timeline(analysis, make_spec(analysis, tier=tier))
    changed = make_spec(analysis, tier=tier, chorus_1={"theme": "a storm over pine forests"})
    texts = [r.prompt for r in image_requests(changed, make_preset()) if r.section == "chorus_1"]
    assert len(texts) == (0 if tier == 1 else 1) and all("pine forests" in t for t in texts)
    after = make_timeline(analysis, changed, stills=named_stills(changed))
    if tier == 1:
        pairs = zip(before.clips, after.clips, strict=True)
        assert {a.section for a, b in pairs if a.source != b.source} == {"chorus_1"}


@pytest.mark.parametrize("tempo", [0, 72, 100, 128, 174, 200])
@pytest.mark.parametrize("meter", [3, 4])
def test_the_hero_is_shown_in_a_moving_section(tempo: int, meter: int) -> None:
    """It was asked for, and may have been paid for: at the climax, once, whatever the bars."""
    parts = [("verse", 12.0, 0.4), ("chorus", 20.0, 1.0), ("outro", 8.0, 0.2)]
    analysis = make_analysis(parts, tempo=tempo, meter=meter)
    label = analysis.section_at(analysis.climax).label
    spec = make_spec(analysis, **{label: {"tier": 1, "hero": True, "stills": 1}})
    timeline = make_timeline(analysis, spec, stills={(label, 0): StillSource(picture="ab")})
    kinds = [c.source.kind for c in timeline.clips if c.section == label]
    assert kinds.count("still") == 1 and kinds.count("scene") >= 1


@given(st.floats(0, 1), st.sampled_from([0, 61, 97, 128, 190]), st.floats(3, 40))
@settings(max_examples=80, deadline=None)
def test_shots_of_a_moving_section_tile_it(where: float, tempo: int, seconds: float) -> None:
    """Wherever the climax is and however long the bars, no time is left without a picture."""
    parts = [("verse", 10.3, 0.4), ("chorus", seconds, 1.0), ("outro", 8.0, 0.2)]
    analysis = make_analysis(parts, tempo=tempo)
    analysis = analysis.model_copy(update={"climax": 10.3 + where * seconds})
    spec = make_spec(analysis, chorus_1={"tier": 1, "hero": True, "stills": 1})
    section = spec.section("chorus_1")
    shots = plan_shots(section, analysis)
    edges = [shots[0].start, *(shot.end for shot in shots)]
    assert [shot.start for shot in shots] == edges[:-1] and edges == sorted(edges)
    assert (edges[0], edges[-1]) == (section.start, section.end)
    assert [shot.moving for shot in shots].count(False) == 1


def test_a_short_moving_section_is_all_hero() -> None:
    analysis = make_analysis([("verse", 8.0, 0.4), ("chorus", 4.0, 1.0)])
    spec = make_spec(analysis, chorus_1={"tier": 1, "hero": True, "stills": 1})
    timeline = make_timeline(analysis, spec, stills={("chorus_1", 0): StillSource(picture="ab")})
    assert [c.source.kind for c in timeline.clips if c.section == "chorus_1"] == ["still"]
