"""Whether a spec, and a part of a song, can be rendered at all: asked before anything is made."""

from __future__ import annotations

from clavilux import registry
from clavilux.model.errors import InputError, PluginError, SpecError
from clavilux.model.song import Analysis
from clavilux.model.spec import RenderSpec
from clavilux.planning.edit import Part


def check(spec: RenderSpec, analysis: Analysis) -> None:
    """Refuse a spec that names what does not exist or does not fit the song."""
    for section in spec.sections:
        try:
            registry.get("scenes", section.scene)
            for name in section.effects:
                registry.get("effects", name)
            mixes = section.transition == "cut" or (
                registry.get("effects", section.transition).stage == "mix"
            )
        except PluginError as error:
            raise SpecError(f"section '{section.label}': {error}") from None
        if not mixes:
            raise SpecError(
                f"section '{section.label}': '{section.transition}' is no transition; "
                "use dissolve, morph or cut"
            )
        if section.start >= analysis.duration + 0.5:
            raise InputError(
                f"section '{section.label}' starts at {section.start} s, after the song ends "
                f"({analysis.duration:.1f} s)"
            )


def check_part(part: Part, analysis: Analysis) -> None:
    """Refuse a part that is not in the song."""
    if part.start > 0 and part.start >= analysis.duration:
        raise InputError(
            f"the part begins at {part.start:g} s, after the end of the song "
            f"({analysis.duration:.1f} s); choose an earlier --start or --at"
        )
