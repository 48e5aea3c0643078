"""The stills: as many as the rules say, never none, one hero."""

from __future__ import annotations

from hypothesis import given, settings
from synthetic_songs import POP, analyses, make_analysis

from clavilux.direction.keyframes import (
    MOST,
    MOST_PER_SECTION,
    ROOM,
    climax_index,
    plan_stills,
)


def test_four_minutes_get_ten_to_twenty() -> None:
    plain = plan_stills(make_analysis())
    assert 10 <= sum(p.stills for p in plain) <= 20
    busy = plan_stills(make_analysis(shifts=[3] * len(POP)))
    assert sum(p.stills for p in busy) == 20
    bare = make_analysis([("verse", "A", 80, 0.2), ("chorus", "B", 80, 1), ("verse", "A", 80, 0)])
    assert sum(p.stills for p in plan_stills(bare)) == 10


def test_long_sections_shifts_and_climax_add_one_each() -> None:
    parts = [
        ("intro", "A", 12.0, 0.1),
        ("verse", "B", 40.0, 0.3),
        ("chorus", "C", 40.0, 1.0),
        ("outro", "A", 12.0, 0.0),
    ]
    assert [p.stills for p in plan_stills(make_analysis(parts))] == [1, 2, 3, 1]
    shifted = make_analysis(parts, shifts=[0, 1, 0, 0])
    assert [p.stills for p in plan_stills(shifted)] == [1, 3, 3, 1]


def test_too_many_are_taken_from_calm_and_crowded_sections() -> None:
    parts = [("intro", "A", 10.0, 0.1), ("verse", "B", 20.0, 0.3), ("chorus", "C", 20.0, 1.0)]
    # 50 seconds allow 4 in all; the wish was 1, 2 and 3
    assert [p.stills for p in plan_stills(make_analysis(parts))] == [1, 1, 2]


def test_a_repeat_counts_like_the_first() -> None:
    plan = {p.label: p.stills for p in plan_stills(make_analysis())}
    assert plan["chorus_1"] == plan["chorus_2"] == 2
    assert plan["chorus_3"] == 3


def test_short_song_has_few() -> None:
    plan = plan_stills(make_analysis([("instrumental", "A", 3.0, 0.5)]))
    assert [p.stills for p in plan] == [1]
    assert plan[0].hero


@given(analysis=analyses())
@settings(max_examples=200, deadline=None)
def test_laws(analysis) -> None:
    plan = plan_stills(analysis)
    total = sum(p.stills for p in plan)
    assert [p.label for p in plan] == [s.label for s in analysis.sections]
    assert [i for i, p in enumerate(plan) if p.hero] == [climax_index(analysis)]
    for one, section in zip(plan, analysis.sections, strict=True):
        assert 1 <= one.stills <= MOST_PER_SECTION
        assert one.stills <= max(1, section.duration / ROOM + one.hero)
    assert total <= max(min(MOST, round(analysis.duration / 12)), len(plan) + 1)
    assert total >= min(10, round(analysis.duration / 24), 8 * len(plan))
