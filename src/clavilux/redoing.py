"""A render again, from its report: the same, but for the pictures of one section."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from clavilux import pipeline
from clavilux.footage import OnProgress, silent
from clavilux.media import audio
from clavilux.media.encode import EncoderSettings
from clavilux.model.errors import InputError
from clavilux.model.report import Choices, RenderReport
from clavilux.model.song import Analysis
from clavilux.model.spec import RenderSpec, SectionSpec
from clavilux.pipeline import RenderOptions
from clavilux.planning.edit import Part
from clavilux.providers.shop import Shop
from clavilux.storage import Store

LARGEST_BYTES = 16_000_000


@dataclass(frozen=True)
class Again:
    """What is rendered anew."""

    spec: RenderSpec
    song: Path
    output: Path
    options: RenderOptions

    def directed(
        self, store: Store, *, on_progress: OnProgress = silent
    ) -> tuple[RenderSpec, Analysis, Path]:
        """For `pipeline.render_directed`."""
        spec, analysis = pipeline.direct_spec(
            self.spec, self.song, self.options, store, on_progress=on_progress
        )
        return spec, analysis, self.song


def read_report(path: Path) -> RenderReport:
    """The report of a render. Raises InputError where it is none."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError(f"{path} is too large for a report")
        written = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    try:
        report = RenderReport.model_validate_json(written)
    except ValidationError:
        if _is_report(written):
            raise InputError(_OTHER_VERSION.format(path=path)) from None
        raise InputError(
            f"{path} is not the report of a render; one is called song.report.json"
        ) from None
    if report.spec is None or report.choices is None:
        raise InputError(_OTHER_VERSION.format(path=path))
    return report


_OTHER_VERSION = "{path} is by another version of Clavilux; render once more, then retry"


def _is_report(written: bytes) -> bool:
    """Whether some version of Clavilux wrote this as a report."""
    try:
        said = json.loads(written)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and {"spec_digest", "timeline_digest"} <= said.keys()


def render_again(report: RenderReport, path: Path, *, section: str, prompt: str = "") -> Again:
    """The render of a report, with other words for one section where there are any.

    `path`: where the report lies. Raises InputError for a section or song that is not there.
    """
    spec, choices = report.spec, report.choices
    assert spec is not None and choices is not None, "read_report refuses others"
    labels = [one.label for one in spec.sections]
    if section not in labels:
        raise InputError(f"{path} has no section '{section}'; it has {', '.join(labels)}")
    if prompt.strip():
        spec = _with_prompt(spec, section, prompt.strip())
    options = _options(spec, choices)
    if all(request.section != section for request in pipeline.stills_wanted(spec, options)):
        raise InputError(
            f"section '{section}' shows no pictures in {report.output}; it is drawn as a scene, or "
            "was not rendered"
        )
    return Again(
        spec=spec,
        song=_song(report, path),
        output=path.parent / Path(report.output).name,
        options=options,
    )


def _options(spec: RenderSpec, choices: Choices) -> RenderOptions:
    """Those of the render, apart from what the spec says: its corrections too are in there."""
    return RenderOptions(
        style=spec.style,
        seed=spec.seed,
        preset=choices.preset,
        part=Part(choices.start, choices.duration),
        allow_flashing=choices.allow_flashing,
        shop=Shop(choices.images),
        encoder=EncoderSettings(
            encoder=choices.encoder, preset=choices.encoder_preset, crf=choices.crf
        ),
        max_size=choices.max_size,
    )


def _with_prompt(spec: RenderSpec, section: str, prompt: str) -> RenderSpec:
    most = next(m.max_length for m in SectionSpec.model_fields["prompt"].metadata)
    if len(prompt) > most:
        raise InputError(f"--prompt has {len(prompt)} characters; at most {most} can be used")
    changed = (
        one.model_copy(update={"prompt": prompt}) if one.label == section else one
        for one in spec.sections
    )
    return spec.model_copy(update={"sections": tuple(changed)})


def _song(report: RenderReport, path: Path) -> Path:
    """The song of a render: where it was, or beside the report, if both were moved.

    Names are not enough: another song of the same name would be rendered with this one's plan.
    """
    name, folder = Path(report.song), path.parent
    there = [song for song in (name, folder / name, folder / name.name) if song.is_file()]
    for song in there:
        if audio.file_digest(song) == report.song_digest:
            return song
    if there:
        raise InputError(f"{there[0]} is not the song of {path} any more; render it anew")
    raise InputError(f"{path}: there is no song '{name}' any more; put it beside the report")
