"""What a preview begins with: the edit of the whole song, or of the opening of a long one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from clavilux import pipeline, registry
from clavilux.media import audio
from clavilux.model.correction import Correction
from clavilux.model.song import Analysis
from clavilux.model.spec import RenderSpec
from clavilux.pipeline import RenderOptions
from clavilux.planning.edit import Part
from clavilux.storage import Store

LONG_SECONDS = 240.0
"""A longer song begins before all of it is heard."""

OPENING_SECONDS = 45.0
"""How much of a long song is heard before it begins."""


@dataclass(frozen=True)
class Edit:
    """A spec and what it follows."""

    source: Path
    song: Path
    spec: RenderSpec
    analysis: Analysis
    whole: bool
    """Whether all of the song was heard."""

    def is_ours(self, options: RenderOptions) -> bool:
        """Whether nothing but the song and our own files decides what is seen: no plugin of others,
        no spec, and no style that can be edited."""
        uses: list[tuple[registry.Kind, str]] = [("providers", options.shop.local)]
        for section in self.spec.sections:
            uses += [("scenes", section.scene), *(("effects", name) for name in section.effects)]
        plugins = [registry.get(kind, name) for kind, name in uses]
        own_style = Path(options.style).suffix == ".toml"
        return (
            self.source == self.song
            and not own_style
            and all(type(plugin).__module__.startswith("clavilux.") for plugin in plugins)
        )


def begin(
    source: Path, options: RenderOptions, store: Store, *, long: float, opening: float
) -> Edit:
    """Of the whole song, if that is known or soon heard; otherwise of its opening.

    A part, a spec or a correction speaks of the whole song, which is then heard first.
    """
    plain = (options.part, options.correction, options.alternative) == (Part(), Correction(), "")
    is_song = source.suffix.lower() not in pipeline.SPEC_SUFFIXES
    if not (plain and is_song and audio.told_seconds(source) > long):
        return whole(source, options, store)
    if pipeline.is_analyzed(source, store, tracker=options.tracker):
        return whole(source, options, store)
    return _opening(source, options, opening)


def whole(source: Path, options: RenderOptions, store: Store) -> Edit:
    """Hear all of the song, unless it is known, and direct it."""
    spec, analysis = pipeline.direct(source, options, store)
    pipeline.check(spec, analysis)
    pipeline.check_part(options.part, analysis)
    return Edit(source, pipeline.song_of(spec, source), spec, analysis, whole=True)


def _opening(source: Path, options: RenderOptions, seconds: float) -> Edit:
    """Direct the first seconds alone, as the built-in tracker hears them."""
    from clavilux.analysis.analyze import interpret
    from clavilux.analysis.spectrum import Measurer

    song, measurer = audio.listen(source, Measurer, digest="opening", at_most=seconds)
    spec, analysis = pipeline.direct_song(source, interpret(song, measurer.finish()), options)
    return Edit(source, source, spec, analysis, whole=False)
