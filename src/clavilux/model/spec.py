"""The render spec: what a person edits and a project file holds. Data only, never code."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from clavilux.model.base import Value
from clavilux.model.color import Palette
from clavilux.model.correction import Correction
from clavilux.model.likeness import AlikeBy
from clavilux.model.time import FrameRate, Rate

Tier = Literal[1, 2, 3]
"""1 procedural scene, 2 moved stills, 3 AI video."""


class Preset(Value):
    """Where the video is going: its shape, rate and special rules."""

    name: str
    width: int = Field(ge=16, le=8192, multiple_of=2)
    height: int = Field(ge=16, le=8192, multiple_of=2)
    rate: Rate = FrameRate(numerator=30)
    audio: bool = True
    loop_seconds: float | None = None
    """Render one seamless loop of about this length, on bar lines, instead of the song."""

    @property
    def aspect(self) -> float:
        return self.width / self.height


PRESETS = {
    p.name: p
    for p in (
        Preset(name="youtube", width=1920, height=1080),
        Preset(name="vertical", width=1080, height=1920),
        Preset(name="square", width=1080, height=1080),
        Preset(name="4k", width=3840, height=2160),
        Preset(name="preview", width=640, height=360),
        Preset(name="canvas", width=1080, height=1920, audio=False, loop_seconds=8.0),
    )
}

Name = Annotated[str, Field(min_length=1, max_length=64)]


class SectionSpec(Value):
    """One section of the video."""

    label: Name
    """What it is called: its function and a number, such as verse_2. No two are called the same."""
    start: float = Field(ge=0, allow_inf_nan=False)
    """Seconds from the start of the song, where the section before it ends."""
    end: float = Field(allow_inf_nan=False)
    """Seconds, where the next section starts."""
    theme: str = Field(max_length=200)
    """What is seen, in a few words."""
    palette: Palette = Field(min_length=2, max_length=8)
    """Two to eight colours, '#RRGGBB' in quotes: ground, body, light, accent, more accents."""
    mood: str = Field(max_length=200)
    """How it feels, in a few words for people; an image model is told by theme and prompt."""
    prompt: str = Field(max_length=2000)
    """How it looks, for an image model: light, lens, material. The theme is sent before it."""
    tier: Tier = 2
    """What draws it: 1 the scene in motion, 2 stills that are moved, 3 AI video."""
    scene: Name
    """What tier 1 draws. Stills follow theme and prompt, and show it where those name nothing."""
    energy: float = Field(ge=0, le=1)
    """How strongly the picture moves; the song's climax has 1."""
    stills: int = Field(default=1, ge=0, le=8)
    """How many keyframes this section shows; in tier 1 only the hero."""
    hero: bool = False
    """This section holds the climax; the last of its stills is the strongest of the video."""
    effects: dict[str, float] = Field(default_factory=dict)
    """Strength per effect: 0 off, 1 the usual. One that is not named has strength 1."""
    transition: Name = "dissolve"
    """How this section begins: dissolve, morph, another effect that mixes, or cut."""

    @model_validator(mode="after")
    def _checked(self) -> SectionSpec:
        if self.end <= self.start:
            raise ValueError(f"section '{self.label}' ends at {self.end}, before it starts")
        for name, strength in self.effects.items():
            if not 0 <= strength <= 4:
                raise ValueError(
                    f"section '{self.label}': effect '{name}' has strength {strength}, not 0..4"
                )
        return self


class RenderSpec(Value):
    """The whole video, for people: readable in a minute, editable by hand."""

    clavilux: Literal[1] = 1
    """Version of this file format."""
    song: str
    """Path of the song, relative to the spec file or absolute."""
    title: str = ""
    """Of the song; another title gives other pictures."""
    style: Name
    """What the plan was made with; to change it, revise: "neon city style everywhere"."""
    global_style: str = Field(max_length=400)
    """Words every prompt gets."""
    through_line: str = Field(default="", max_length=400)
    """What the video tells, where somebody thought of something; nothing is drawn from it."""
    quality: str = Field(default="", max_length=200)
    """Words about workmanship at the end of every prompt; empty for the usual ones."""
    grading: float = Field(default=0.5, ge=0, le=1)
    """How strongly pictures from image models are graded towards their section's palette."""
    likeness: AlikeBy = "seeds"
    """How image models on one's own machine make the pictures alike: related seeds, edges or depth
    of the picture before, or the video's strongest picture."""
    seed: int = Field(default=1, ge=0, lt=2**63)
    """Another seed gives other pictures of the same words."""
    tracker: Name = "pointer"
    """Who heard the beats: the built-in tracker, or an installed one."""
    correction: Correction = Field(default_factory=Correction)
    """What a person corrected of the rhythm; sections have their own times, below."""
    times_follow: Correction | None = None
    """The correction whose bar lines the sections' times are on, as Clavilux wrote them. Where
    `correction` was edited since, the sections go from these lines to the new ones."""
    named_sections: bool = False
    """A person named the sections: a corrected rhythm moves them by a quarter of a bar at most."""
    sections: tuple[SectionSpec, ...] = Field(min_length=1)
    """The video, part by part: each begins where the one before it ends."""

    @model_validator(mode="after")
    def _tiled(self) -> RenderSpec:
        labels = [s.label for s in self.sections]
        for label in labels:
            if labels.count(label) > 1:
                raise ValueError(f"two sections are called '{label}'; labels must differ")
        for a, b in zip(self.sections, self.sections[1:], strict=False):
            if abs(a.end - b.start) > 1e-3:
                raise ValueError(
                    f"section '{b.label}' starts at {b.start}, but '{a.label}' ends at {a.end}"
                )
        if self.correction.sections:
            raise ValueError("the correction names sections; a spec has its own, edit those")
        return self

    def section(self, label: str) -> SectionSpec:
        """The section of a label; KeyError if there is none."""
        for section in self.sections:
            if section.label == label:
                return section
        raise KeyError(label)
