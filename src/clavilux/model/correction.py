"""What a person says about the rhythm and the sections, against what the analysis heard."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import Field, model_validator

from clavilux.model.base import Value

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Correction(Value):
    """Corrections to an analysis, applied in the order of these fields; the default does nothing.

    A grid of one's own (`taps` or `tempo_map`) replaces the beats that were heard; the others then
    work on that.
    """

    taps: tuple[Seconds, ...] = ()
    """Times of beats in seconds, ascending: the first is a downbeat."""
    tempo_map: tuple[TempoMark, ...] = ()
    """Where each tempo begins, ascending; the first mark is a downbeat."""
    tempo_scale: float = 1.0
    """2 doubles the beats, 0.5 keeps every second one (of each bar, from the downbeat)."""
    beat_offset: float = Field(default=0.0, ge=-10_000, le=10_000)
    """Milliseconds by which every beat moves; later is positive."""
    meter: int | None = Field(default=None, ge=1, le=16)
    """Beats per bar."""
    downbeat_shift: int = Field(default=0, ge=-16, le=16)
    """Beats by which every bar line moves; later is positive."""
    sections: tuple[SectionMark, ...] = ()
    """The song's parts; replace those that were heard."""

    @property
    def changes_nothing(self) -> bool:
        return self == Correction()

    @model_validator(mode="after")
    def _checked(self) -> Correction:
        if self.taps and self.tempo_map:
            raise ValueError("give taps or a tempo map, not both")
        if self.tempo_scale not in (0.25, 0.5, 1.0, 2.0, 4.0):
            raise ValueError(f"tempo scale {self.tempo_scale:g} is not one of 0.25, 0.5, 1, 2, 4")
        if len(self.taps) == 1:
            raise ValueError("one tap tells no tempo; give two or more")
        for name, times in (
            ("taps", self.taps),
            ("tempo map", [mark.time for mark in self.tempo_map]),
            ("sections", [mark.start for mark in self.sections]),
        ):
            late = next((b for a, b in pairwise(times) if b <= a), None)
            if late is not None:
                raise ValueError(f"{name}: {late:g} s is not after the time before it")
        return self

    def overridden_by(self, other: Correction) -> Correction:
        """This correction, but for what the other one says explicitly (its fields that were set).

        A grid of one's own replaces the other kind of grid too.
        """
        said = {name: getattr(other, name) for name in other.model_fields_set}
        kept = {name: getattr(self, name) for name in self.model_fields_set if name not in said}
        if said.get("taps") or said.get("tempo_map"):
            kept = {k: v for k, v in kept.items() if k not in ("taps", "tempo_map")}
        return Correction.model_validate({**kept, **said})

    @property
    def of_rhythm(self) -> Correction:
        """Without the sections."""
        return self.model_copy(update={"sections": ()})


class TempoMark(Value):
    """From this time on, this tempo."""

    time: float = Field(ge=0)
    """Seconds; a beat falls on it."""
    tempo: float = Field(ge=10, le=400)
    """Beats per minute."""


class SectionMark(Value):
    """A part begins here."""

    start: float = Field(ge=0)
    """Seconds."""
    name: str = Field(min_length=1, max_length=64)
    """A function (verse, chorus, ...) or any other name."""


Correction.model_rebuild()
