"""Timeline + frame number -> the numbers of that frame. No pixels, no memory: JSON all the way."""

from __future__ import annotations

from pydantic import Field

from clavilux.model.base import Value
from clavilux.model.timeline import Curve, EffectUse, Source, Timeline

SCENE_SIGNALS = (
    "travel",
    "energy",
    "loudness",
    "bass",
    "mid",
    "high",
    "beat",
    "bar",
    "flux",
    "brightness",
)
"""What a scene reads of the music (see interfaces.SceneView)."""


class LayerState(Value):
    """One picture in one frame."""

    clip: int
    source: Source
    palette: tuple[str, ...]
    seconds: float
    """Since the clip began."""
    duration: float
    section_seconds: float
    """Since the section began."""
    progress: float
    """0..1 through the section."""
    music: dict[str, float]
    """SCENE_SIGNALS at this frame; travel counts from the section's start."""
    effects: dict[str, dict[str, float]]


class FrameState(Value):
    """Everything that decides one frame's pixels, besides the bytes that digests name."""

    frame: int
    """Of the song, whatever part of it is rendered: it seeds the grain."""
    layers: tuple[LayerState, ...]
    mix: str = ""
    """The effect that turns the first layer into the second."""
    mix_values: dict[str, float] = Field(default_factory=dict)
    progress: float = 0.0
    """0..1 through the transition."""
    effects: dict[str, dict[str, float]]
    """Effects of the whole frame; during a transition, between those of the two clips."""


def resolve(timeline: Timeline, frame: int) -> FrameState:
    """The state of a frame, 0 <= frame < timeline.frames."""
    shown = [i for i, clip in enumerate(timeline.clips) if frame in clip.span]
    layers = tuple(_layer(timeline, i, frame) for i in shown)
    if len(layers) == 1:
        return FrameState(frame=frame + timeline.offset, layers=layers, effects=layers[0].effects)
    transition = timeline.transitions[shown[0]]
    progress = (frame - transition.span.start + 1) / (len(transition.span) + 1)
    return FrameState(
        frame=frame + timeline.offset,
        layers=layers,
        mix=transition.use.effect,
        mix_values=_values(timeline, transition.use, frame, transition.span.start),
        progress=progress,
        effects=_between(layers[0].effects, layers[1].effects, progress),
    )


def _layer(timeline: Timeline, index: int, frame: int) -> LayerState:
    clip = timeline.clips[index]
    at = frame + clip.shift
    start, end = clip.section_span.start, clip.section_span.end
    music = {name: _signal(timeline, name, at) for name in SCENE_SIGNALS}
    music["travel"] -= _signal(timeline, "travel", start)
    rate = timeline.rate
    return LayerState(
        clip=index,
        source=clip.source,
        palette=clip.palette,
        seconds=rate.seconds(at - clip.clock.start),
        duration=rate.seconds(len(clip.clock)),
        section_seconds=rate.seconds(at - start),
        progress=min(max((at - start) / max(end - start, 1), 0.0), 1.0),
        music=music,
        effects={use.effect: _values(timeline, use, at, clip.clock.start) for use in clip.effects},
    )


def _signal(timeline: Timeline, name: str, frame: int) -> float:
    values = timeline.signals[name].values
    return float(values[min(max(frame + timeline.offset, 0), len(values) - 1)])


def _values(timeline: Timeline, use: EffectUse, frame: int, start: int) -> dict[str, float]:
    return {
        name: _at(timeline, curve, frame, start) for name, curve in sorted(use.parameters.items())
    }


def _at(timeline: Timeline, curve: Curve, frame: int, start: int) -> float:
    value = curve.base + curve.slope * (frame - start)
    if curve.signal:
        value += curve.gain * _signal(timeline, curve.signal, frame)
    return round(value, 6)


def _between(
    first: dict[str, dict[str, float]], second: dict[str, dict[str, float]], progress: float
) -> dict[str, dict[str, float]]:
    """Blend two clips' effects; one that only one of them has keeps its values there."""
    blended = {}
    for name in [*first, *(n for n in second if n not in first)]:
        a, b = first.get(name, second.get(name, {})), second.get(name, first.get(name, {}))
        blended[name] = {k: round(a[k] + (b[k] - a[k]) * progress, 6) for k in a}
    return blended
