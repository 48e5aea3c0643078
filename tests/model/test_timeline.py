"""A timeline with holes, gaps or overlapping transitions cannot be made."""

from __future__ import annotations

from typing import Any

import pytest

from clavilux.model.time import FrameSpan
from clavilux.model.timeline import Timeline
from support import make_timeline


def changed(timeline: Timeline, **fields: Any) -> Timeline:
    return Timeline.model_validate({**timeline.model_dump(), **fields})


def test_clips_must_cover_it() -> None:
    timeline = make_timeline()
    with pytest.raises(ValueError, match="do not cover"):
        changed(timeline, frames=timeline.frames + 1)


def test_each_two_clips_need_a_transition() -> None:
    timeline = make_timeline()
    with pytest.raises(ValueError, match="one transition between"):
        changed(timeline, transitions=timeline.transitions[1:])


def test_a_transition_is_the_overlap_of_its_clips() -> None:
    timeline = make_timeline()
    first = timeline.transitions[0]
    longer = FrameSpan(start=first.span.start, end=first.span.end + 1)
    moved = first.model_copy(update={"span": longer})
    with pytest.raises(ValueError, match="do not meet"):
        changed(
            timeline, transitions=(moved.model_dump(), *timeline.model_dump()["transitions"][1:])
        )


def test_transitions_must_not_overlap() -> None:
    plain = make_timeline().model_dump()
    clips, mixes, frames = plain["clips"][:3], plain["transitions"][:2], plain["frames"]
    spans = ((0, 20), (10, 22), (18, frames))
    for clip, (start, end) in zip(clips, spans, strict=True):
        clip["span"] = {"start": start, "end": end}
    mixes[0]["span"] = {"start": 10, "end": 20}
    mixes[1]["span"] = {"start": 18, "end": 22}
    with pytest.raises(ValueError, match="overlap"):
        Timeline.model_validate({**plain, "clips": clips, "transitions": mixes})
