"""What drawing takes: scenes, effects, each frame; in core-milliseconds of this process.

An effect's cost is marginal: the same frame drawn with everything and with all but that effect
(strength 0), one right after the other, and the median over frames of the difference. Effects share
work, so the marginal costs need not add up to the whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean, median

from clavilux.media.image import StillLoader
from clavilux.model.timeline import SceneSource, StillSource, Timeline
from clavilux.rendering.compose import Renderer, draw_scene
from clavilux.rendering.resolve import FrameState, resolve
from clavilux.storage import Store
from measuring import timed

AGAIN = "(nothing: the error of these figures)"

MOST_STILLS = 64
"""Kept at hand while drawing is measured, so that loading is not."""


@dataclass(frozen=True)
class Marginal:
    """What an effect adds to a frame that has it."""

    name: str
    median: float
    mean: float
    """Milliseconds. Where they differ, few frames bear the cost."""
    low: float
    """A quarter of the frames is below."""
    high: float
    frames: int
    """That have it, of those looked at."""


def renderer_of(timeline: Timeline, store: Store) -> Renderer:
    """With every still of the timeline at hand."""
    loader = StillLoader(store, timeline.width, timeline.height, keep=MOST_STILLS)
    for clip in timeline.clips:
        if isinstance(clip.source, StillSource):
            loader(clip.source)
    return Renderer(timeline.width, timeline.height, loader)


def sample(timeline: Timeline, count: int) -> list[FrameState]:
    """Frames evenly over the timeline."""
    step = max(1, timeline.frames // count)
    return [resolve(timeline, number) for number in range(step // 2, timeline.frames, step)]


def draw_all(renderer: Renderer, states: list[FrameState]) -> tuple[float, float]:
    """Core-ms per frame: all of drawing, and what scenes take of it (each drawn once more)."""
    renderer.draw(states[0])
    whole = timed(lambda: [renderer.draw(state) for state in states])
    grid = renderer.grid
    scenes = [(s, s.source) for state in states for s in state.layers]
    drawn = timed(
        lambda: [
            draw_scene(layer, source, grid.width, grid.height)
            for layer, source in scenes
            if isinstance(source, SceneSource)
        ]
    )
    return 1000 * whole / len(states), 1000 * drawn / len(states)


def effects(renderer: Renderer, timeline: Timeline, count: int) -> list[Marginal]:
    """The marginal cost of each effect, the dearest first, and the error of such a figure.

    `count` frames all over the timeline, and a quarter as many within transitions for the mixes.
    """
    pairs = [(s, pair) for s in sample(timeline, count) for pair in _without_each(s)]
    pairs += [(s, _without_mix(s)) for s in _mixed(timeline, max(1, count // 4))]
    differences: dict[str, list[float]] = {}
    renderer.draw(pairs[0][0])
    for turn, (state, (name, other)) in enumerate(pairs):
        taken = _difference(renderer, state, other, swapped=turn // 2 % 2 == 1)
        differences.setdefault(name, []).append(taken)
    found = [_marginal(name, taken) for name, taken in differences.items()]
    return sorted(found, key=lambda m: (m.name == AGAIN, -m.median))


def _difference(
    renderer: Renderer, state: FrameState, other: FrameState, *, swapped: bool
) -> float:
    """Core seconds that `state` takes more than `other`. Either may be drawn first, since the
    second finds its pictures in the processor's cache."""
    first, second = (other, state) if swapped else (state, other)
    before, after = (timed(lambda s=s: renderer.draw(s)) for s in (first, second))  # type: ignore[misc]
    return after - before if swapped else before - after


def _without_each(state: FrameState) -> Iterator[tuple[str, FrameState]]:
    """The frame without each of its effects, and the very same frame."""
    names = dict.fromkeys([*state.effects, *(n for s in state.layers for n in s.effects)])
    for name in names:
        layers = tuple(
            s.model_copy(update={"effects": _but(s.effects, name)}) for s in state.layers
        )
        without = {"layers": layers, "effects": _but(state.effects, name)}
        yield name, state.model_copy(update=without)
    yield AGAIN, state


def _mixed(timeline: Timeline, count: int) -> list[FrameState]:
    """Frames within transitions, spread over all of them."""
    numbers = [
        n
        for transition in timeline.transitions
        for n in range(max(0, transition.span.start), min(timeline.frames, transition.span.end))
    ]
    return [resolve(timeline, n) for n in numbers[:: max(1, len(numbers) // count)]]


def _without_mix(state: FrameState) -> tuple[str, FrameState]:
    """The first picture alone."""
    alone = {"layers": state.layers[:1], "mix": "", "mix_values": {}}
    return f"{state.mix} and its second picture", state.model_copy(update=alone)


def _but(effects: dict[str, dict[str, float]], name: str) -> dict[str, dict[str, float]]:
    return {key: values for key, values in effects.items() if key != name}


def _marginal(name: str, taken: list[float]) -> Marginal:
    ordered = sorted(1000 * t for t in taken)
    quarter = len(ordered) // 4
    return Marginal(
        name,
        median=median(ordered),
        mean=fmean(ordered),
        low=ordered[quarter],
        high=ordered[-1 - quarter],
        frames=len(ordered),
    )
