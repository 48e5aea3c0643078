"""RenderSpec + Analysis -> Timeline: the edit. READ FIRST in this folder."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from clavilux import registry
from clavilux.interfaces import Shot
from clavilux.model.codec import digest
from clavilux.model.song import Analysis
from clavilux.model.spec import Preset, RenderSpec, SectionSpec
from clavilux.model.time import FrameSpan
from clavilux.model.timeline import (
    Clip,
    EffectUse,
    SceneSource,
    Source,
    StillSource,
    Timeline,
    Transition,
)
from clavilux.planning.flash import accents
from clavilux.planning.modulation import signals
from clavilux.planning.shots import ShotPlan, plan_shots

STILL_EFFECTS = (
    "ken_burns", "parallax", "punch", "bloom", "pulse", "vignette", "aberration", "grain",
)  # fmt: skip
"""Every effect a still gets unless its section turns it off, in the order they are applied."""

SCENE_STRENGTH = {"ken_burns": 0.25, "parallax": 0.0, "punch": 0.7}
"""A scene moves by itself; the camera holds back."""

Stills = dict[tuple[str, int], StillSource]
"""The pictures that were made, by section label and number. A section without any is drawn as
tier 1."""


@dataclass(frozen=True)
class Part:
    """Which part of the song is rendered, in seconds."""

    start: float = 0.0
    duration: float | None = None

    def shows(self, section: SectionSpec) -> bool:
        """Whether any of a section is rendered."""
        end = math.inf if self.duration is None else self.start + self.duration
        return section.start < end and section.end > self.start


@dataclass(frozen=True)
class _Take:
    """A shot with its section, on the frame grid of the song."""

    section: SectionSpec
    plan: ShotPlan
    index: int
    span: FrameSpan
    section_span: FrameSpan


def plan_timeline(
    spec: RenderSpec,
    analysis: Analysis,
    preset: Preset,
    *,
    stills: Stills,
    part: Part | None = None,
    allow_flashing: bool = False,
    calm: int = 0,
) -> Timeline:
    """The whole edit for a preset. `calm` above 0 makes accents softer and rarer."""
    planner = _Planner(spec, analysis, preset, stills, allow_flashing, calm)
    if preset.loop_seconds:
        return planner.loop(preset.loop_seconds, part or Part())
    return planner.song(part or Part())


class _Planner:
    def __init__(
        self,
        spec: RenderSpec,
        analysis: Analysis,
        preset: Preset,
        stills: Stills,
        allow_flashing: bool,
        calm: int,
    ) -> None:
        self.spec, self.analysis, self.preset, self.stills = spec, analysis, preset, stills
        self.rate = preset.rate
        self.frames = max(1, self.rate.frames_for(analysis.duration))
        self.takes = self._takes()
        hard_cuts = tuple(
            self.rate.seconds(take.span.start)
            for before, take in zip(self.takes, self.takes[1:], strict=False)
            if self._overlap(before, take) == 0
        )
        self.accents = accents(analysis, cuts=hard_cuts, allow_flashing=allow_flashing, calm=calm)
        self.signals = signals(analysis, self.rate, accents=self.accents, calm=calm)

    def song(self, part: Part) -> Timeline:
        """The song, or a part of it, from its first frame to its last."""
        first = min(max(self.rate.frame_at(part.start), 0), self.frames - 1)
        last = self.frames
        if part.duration is not None:
            last = min(last, first + max(1, self.rate.frames_for(part.duration)))
        window = FrameSpan(start=first, end=last)
        return self._timeline(self.takes, window)

    def loop(self, seconds: float, part: Part) -> Timeline:
        """One take of whole bars that ends where it began: its last beats show the time before."""
        window = self._loop_window(seconds, part)
        middle = (window.start + window.end) // 2
        take = next(t for t in self.takes if middle in t.section_span and middle < t.span.end)
        take = replace(take, span=window)
        timeline = self._timeline([take], window)
        clip = timeline.clips[0]
        seam = min(round(self.analysis.beat_period * 2 * float(self.rate)), len(window) // 3)
        again = clip.model_copy(
            update={
                "span": FrameSpan(start=len(window) - seam, end=len(window)),
                "shift": -len(window),
            }
        )
        transition = Transition(span=again.span, use=self._mix("dissolve", take))
        return timeline.model_copy(update={"clips": (clip, again), "transitions": (transition,)})

    def _loop_window(self, seconds: float, part: Part) -> FrameSpan:
        """The most whole bars that fit, from a downbeat before the climax (or the asked start)."""
        bar = self.analysis.beat_period * self.analysis.meter
        length = max(1, int(seconds / bar + 0.02)) * bar if bar <= seconds else seconds
        frames = min(round(length * float(self.rate)), self.frames)
        wish = part.start or self.analysis.climax - length / 4
        start = self.rate.frame_at(self.analysis.nearest_downbeat(max(wish, 0.0)))
        start = min(max(start, 0), self.frames - frames)
        return FrameSpan(start=start, end=start + frames)

    def _takes(self) -> list[_Take]:
        takes = []
        for section in self.spec.sections:
            span = self._span(section.start, section.end)
            if not len(span):
                continue
            for index, plan in enumerate(self._shots(section)):
                shot = self._span(plan.start, plan.end)
                if len(shot):
                    takes.append(_Take(section, plan, index, shot, span))
        edge = FrameSpan(start=takes[-1].span.start, end=self.frames)
        takes[-1] = replace(takes[-1], span=edge)
        takes[0] = replace(takes[0], span=FrameSpan(start=0, end=takes[0].span.end))
        return takes

    def _shots(self, section: SectionSpec) -> tuple[ShotPlan, ...]:
        if section.tier != 1 and not self._has_stills(section):
            section = section.model_copy(update={"tier": 1})
        return plan_shots(section, self.analysis)

    def _has_stills(self, section: SectionSpec) -> bool:
        return any(label == section.label for label, _ in self.stills)

    def _span(self, start: float, end: float) -> FrameSpan:
        first = min(self.rate.frame_at(start), self.frames)
        return FrameSpan(start=first, end=max(first, min(self.rate.frame_at(end), self.frames)))

    def _timeline(self, takes: list[_Take], window: FrameSpan) -> Timeline:
        """The part of the edit that a window shows, counted from the window's first frame.

        Clips that reach beyond the window keep their length, so a part looks as in the whole.
        """
        shown = FrameSpan(start=0, end=len(window))
        laid = [
            (clip, transition)
            for clip, transition in self._laid(takes, -window.start)
            if clip.span.overlaps(shown)
        ]
        frames = {self.rate.frame_at(a.time) - window.start for a in self.accents if a.weight > 0.4}
        return Timeline(
            width=self.preset.width,
            height=self.preset.height,
            rate=self.rate,
            frames=len(window),
            offset=window.start,
            signals=self.signals,
            clips=tuple(clip for clip, _ in laid),
            transitions=tuple(transition for _, transition in laid[1:] if transition),
            accents=tuple(n for n in sorted(frames) if n in shown),
        )

    def _laid(self, takes: list[_Take], shift: int) -> Iterator[tuple[Clip, Transition | None]]:
        """Clips, each with the transition it begins with. One starts early enough to end its
        transition on its own first frame: a dissolve ends on the downbeat."""
        before = None
        for take in takes:
            early = self._overlap(before, take) if before else 0
            begin, end = take.span.start + shift, take.span.end + shift
            clip = self._clip(take, FrameSpan(start=begin - early, end=end), shift)
            transition = None
            if before:
                name = take.section.transition if take.index == 0 else "dissolve"
                mix = self._mix("dissolve" if name == "cut" else name, take)
                transition = Transition(span=FrameSpan(start=begin - early, end=begin), use=mix)
            yield clip, transition
            before = take

    def _overlap(self, before: _Take, take: _Take) -> int:
        """Frames two takes share: 1-4 beats between sections, fewer between shots."""
        beat = self.analysis.beat_period
        energy = take.section.energy
        if take.index == 0:
            beats = 0.0 if take.section.transition == "cut" else 4 - 3 * min(1.0, energy * 1.15)
            beats = max(beats, 2.0) if take.section.transition == "morph" else beats
        else:
            beats = 0.0 if energy >= 0.7 else 1.0
        longest = min(len(before.span), len(take.span)) // 2
        return min(round(beats * beat * float(self.rate)), longest)

    def _clip(self, take: _Take, span: FrameSpan, shift: int) -> Clip:
        section = take.section
        source = self._source(take)
        return Clip(
            section=section.label,
            span=span,
            section_span=FrameSpan(
                start=take.section_span.start + shift, end=take.section_span.end + shift
            ),
            source=source,
            palette=section.palette,
            energy=section.energy,
            effects=self._effects(take, source),
            clock=span,
        )

    def _source(self, take: _Take) -> Source:
        section, number = take.section, take.plan.picture
        if not take.plan.moving:
            for wanted in (number, *range(16)):
                if still := self.stills.get((section.label, wanted)):
                    return still
        seed = seed_of(
            self.spec.seed, self.spec.title, section.label, section.theme, "scene", number
        )
        return SceneSource(scene=section.scene, seed=seed)

    def _effects(self, take: _Take, source: Source) -> tuple[EffectUse, ...]:
        """The usual effects and any the section names, each driven for this shot."""
        wanted = take.section.effects
        own = [
            name
            for name in wanted
            if name not in STILL_EFFECTS and registry.get("effects", name).stage != "mix"
        ]
        uses = []
        for name in (*STILL_EFFECTS, *own):
            held_back = SCENE_STRENGTH.get(name, 1.0) if source.kind == "scene" else 1.0
            strength = wanted.get(name, 1.0) * held_back
            if strength > 0:
                uses.append(self._use(name, take, strength))
        return tuple(uses)

    def _mix(self, name: str, take: _Take) -> EffectUse:
        return self._use(name, take, take.section.effects.get(name, 1.0))

    def _use(self, name: str, take: _Take, strength: float) -> EffectUse:
        shot = Shot(
            strength=strength,
            energy=take.section.energy,
            palette=take.section.palette,
            seconds=self.rate.seconds(len(take.span)),
            beat_seconds=self.analysis.beat_period,
            framing=take.plan.framing,
            variation=_variation(self.spec, take.section.label, take.index),
        )
        effect = registry.get("effects", name)
        return EffectUse(effect=name, parameters=effect.drive(shot))


def seed_of(*parts: object) -> int:
    """A seed that belongs to these words and numbers, 0 <= seed < 2**31."""
    return int(digest(list(map(str, parts)))[:8], 16) & 0x7FFFFFFF


def _variation(spec: RenderSpec, label: str, index: int) -> tuple[float, float, float, float]:
    rng = np.random.default_rng(seed_of(spec.seed, spec.title, label, "shot", index))
    a, b, c, d = (float(v) for v in rng.random(4))
    return a, b, c, d
