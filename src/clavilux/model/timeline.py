"""What the renderer draws: clips on a frame grid, moved by effects whose numbers follow signals.

A timeline is complete: with the bytes that its digests name, any frame can be drawn from its
number alone, in any order, on any machine.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from clavilux.model.base import FloatArray, Value
from clavilux.model.color import Palette
from clavilux.model.time import FrameSpan, Rate


class Signal(Value):
    """One number per frame of the whole song, also where only a part is rendered."""

    values: FloatArray


class Curve(Value):
    """A number that may change: base + gain x signal + slope x (frames since the clip began)."""

    base: float = 0.0
    gain: float = 0.0
    signal: str = ""
    slope: float = 0.0
    """Per frame."""


class EffectUse(Value):
    """An effect by name, with its parameters."""

    effect: str
    parameters: dict[str, Curve]


class SceneSource(Value):
    """Pictures drawn by a tier-1 scene."""

    kind: Literal["scene"] = "scene"
    scene: str
    seed: int


class StillSource(Value):
    """One picture, stored under its digest."""

    kind: Literal["still"] = "still"
    picture: str
    depth: str = ""
    """Digest of the depth map; empty where it is made from the picture."""


Source = Annotated[SceneSource | StillSource, Field(discriminator="kind")]


class Clip(Value):
    """One source shown over a span. Neighbours overlap while one becomes the other."""

    section: str
    span: FrameSpan
    section_span: FrameSpan
    """Of the section it belongs to; progress is measured along it."""
    source: Source
    palette: Palette
    energy: float = Field(ge=0, le=1)
    effects: tuple[EffectUse, ...] = ()
    clock: FrameSpan
    """The span over which its camera moves: its own, or that of the clip it continues."""
    shift: int = 0
    """Frames added to the frame number before anything is looked up; closes a seamless loop."""


class Transition(Value):
    """How clip i becomes clip i + 1: their overlap."""

    span: FrameSpan
    use: EffectUse


class Timeline(Value):
    """The whole edit. The first and last clip may reach beyond it."""

    width: int
    height: int
    rate: Rate
    frames: int = Field(ge=1)
    offset: int = 0
    """Frame of the song at which the video starts; all other frames count from there."""
    signals: dict[str, Signal]
    clips: tuple[Clip, ...] = Field(min_length=1)
    transitions: tuple[Transition, ...]
    accents: tuple[int, ...] = ()
    """Frames at which a beat is meant to be seen."""

    @model_validator(mode="after")
    def _tiled(self) -> Timeline:
        if len(self.transitions) != len(self.clips) - 1:
            raise ValueError("a timeline needs one transition between each two clips")
        if self.clips[0].span.start > 0 or self.clips[-1].span.end < self.frames:
            raise ValueError("the clips do not cover the timeline")
        pairs = zip(self.clips, self.clips[1:], self.transitions, strict=False)
        for before, after, transition in pairs:
            span = transition.span
            if (span.start, span.end) != (after.span.start, before.span.end):
                raise ValueError(f"clips around frame {span.start} do not meet in their transition")
        starts = [t.span for t in self.transitions]
        if any(a.end > b.start for a, b in pairwise(starts)):
            raise ValueError("two transitions overlap")
        return self
