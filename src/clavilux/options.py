"""What a user may choose for a render."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from clavilux.media.encode import EncoderSettings
from clavilux.model.correction import Correction
from clavilux.model.errors import InputError
from clavilux.model.report import Choices
from clavilux.model.spec import PRESETS, Preset, Tier
from clavilux.planning.edit import Part
from clavilux.providers.shop import Shop

if TYPE_CHECKING:
    from clavilux.directors.lyrics import Lyrics


@dataclass(frozen=True)
class RenderOptions:
    """What a user may choose; the defaults are the common case."""

    style: str = "auto"
    seed: int = 1
    tier: Tier | None = None
    """None lets the director choose per section."""
    preset: Preset = PRESETS["youtube"]
    part: Part = field(default_factory=Part)
    allow_flashing: bool = False
    correction: Correction = field(default_factory=Correction)
    """What a user says of rhythm and sections, over what was heard or a spec says."""
    alternative: str = ""
    """Number or name of another reading of the rhythm."""
    tracker: str = ""
    """Who hears the beats; "" leaves it to the spec, or to the built-in tracker."""
    director: str = "rules"
    """Who decides how a song looks: the rules, or a language model by its name."""
    brief: str = ""
    """What the user would like to see; a language model is told."""
    lyrics: Lyrics | None = None
    """The same: what is sung, if the user gave it."""
    shop: Shop = field(default_factory=Shop)
    """Who makes the stills, and what they may cost; a director's plan counts to that."""
    encoder: EncoderSettings = field(default_factory=EncoderSettings)
    max_size: int | None = None
    """Bytes that the finished file may have; a larger one is encoded again, more coarsely."""
    workers: int = 1


def with_part(options: RenderOptions, start: float, duration: float | None) -> RenderOptions:
    """The same options for a part of the song, in seconds."""
    if start < 0 or (duration is not None and duration <= 0):
        raise InputError("--start must not be negative and --duration must be above 0")
    return replace(options, part=Part(start, duration))


def choices_of(options: RenderOptions) -> Choices:
    """What a report keeps, to render the same again."""
    return Choices(
        preset=options.preset,
        start=options.part.start,
        duration=options.part.duration,
        allow_flashing=options.allow_flashing,
        images=options.shop.names,
        encoder=options.encoder.encoder,
        encoder_preset=options.encoder.preset,
        crf=options.encoder.crf,
        max_size=options.max_size,
    )
