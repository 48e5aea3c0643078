"""A render again, from its report: the same, but for the pictures of one section."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from clavilux import pipeline
from clavilux.footage import OnProgress, silent
from clavilux.media.encode import EncoderSettings
from clavilux.model.errors import InputError
from clavilux.model.report import RenderReport
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
        report = RenderReport.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    except ValidationError:
        raise InputError(f"{path} is not the report of a render") from None
    if report.spec is None or report.choices is None:
        raise InputError(f"{path} is by an older Clavilux; render once more, then retry")
    return report


def render_again(report: RenderReport, path: Path, *, section: str, prompt: str = "") -> Again:
    """The render of a report, with other words for one section where there are any.

    `path`: where the report lies. Raises InputError for a section or song that is not there.
    """
    spec, choices = report.spec, report.choices
    assert spec is not None and choices is not None, "read_report refuses others"
    labels = [one.label for one in spec.sections]
    if section not in labels:
        raise InputError(f"{path} has no section '{section}'; it has {', '.join(labels)}")
    if prompt:
        spec = _with_prompt(spec, section, prompt)
    return Again(
        spec=spec,
        song=_found(report.song, path, "song"),
        output=_beside(report.output, path),
        options=RenderOptions(
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
        ),
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


def _found(name: str, report: Path, what: str) -> Path:
    """A file that a report names: where it was, or beside the report, if both were moved."""
    for path in (Path(name), report.parent / name, report.parent / Path(name).name):
        if path.exists():
            return path
    raise InputError(f"{report}: there is no {what} '{name}' any more; put it beside the report")


def _beside(name: str, report: Path) -> Path:
    """The video lies beside its report."""
    return report.parent / Path(name).name
