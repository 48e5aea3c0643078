"""A spec as YAML for people: a short block per section."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from clavilux.model.correction import Correction
from clavilux.model.spec import RenderSpec

HEADER = """\
Clavilux render spec: edit, then `clavilux render {name}`.
palette is ground, body, light, accent. tier 1 is the scene in motion; tier 2 are
stills of what theme and prompt say. effects: 0 is off, 1 the usual strength.
style says what the plan was made with. `clavilux effects` lists what there is.
Only what you change is drawn again.
"""
CORRECTED = "\nWhat you corrected of the rhythm; `clavilux analyze --help` says what there is."
FOLLOWED = "\nThe times above are on these bar lines: edit `correction`, and leave this as it is."


def write_spec(spec: RenderSpec, *, name: str) -> str:
    """The spec as YAML, one short block per section."""
    unusual = {"correction", "times_follow", "named_sections", "tracker"}
    unusual |= set() if spec.through_line else {"through_line"}
    plain = spec.model_dump(mode="json", exclude=unusual)
    document = CommentedMap(_quoted(plain))
    document["sections"] = CommentedSeq([section_block(s) for s in plain["sections"]])
    document.yaml_set_start_comment(HEADER.format(name=name))
    for index in range(1, len(plain["sections"])):
        document["sections"].yaml_set_comment_before_after_key(index, before="\n")
    if spec.tracker != RenderSpec.model_fields["tracker"].default:
        document["tracker"] = spec.tracker
    if spec.named_sections:
        document["named_sections"] = True
    if not spec.correction.changes_nothing:
        document["correction"] = _correction(spec.correction)
        document.yaml_set_comment_before_after_key("correction", before=CORRECTED)
    if spec.times_follow is not None:
        document["times_follow"] = _correction(spec.times_follow)
        document.yaml_set_comment_before_after_key("times_follow", before=FOLLOWED)
    yaml = YAML()
    yaml.width = 96
    yaml.indent(mapping=2, sequence=4, offset=2)
    buffer = io.StringIO()
    yaml.dump(document, buffer)
    return buffer.getvalue()


def _correction(correction: Correction) -> CommentedMap:
    """Only what differs from the usual; times side by side."""
    plain = CommentedMap(correction.model_dump(mode="json", exclude_defaults=True))
    for name in ("taps", "tempo_map"):
        if name in plain:
            entries = [CommentedMap(e) if isinstance(e, dict) else e for e in plain[name]]
            plain[name] = CommentedSeq(entries)
            for entry in (plain[name], *(e for e in entries if isinstance(e, CommentedMap))):
                entry.fa.set_flow_style()
    return plain


def section_block(plain: dict[str, Any]) -> CommentedMap:
    """The fields of one section, colours and effects side by side."""
    section = CommentedMap(_quoted(plain))
    for name in ("palette", "effects"):
        kind = CommentedSeq if name == "palette" else CommentedMap
        section[name] = kind(plain[name])
        section[name].fa.set_flow_style()
    return section


def _quoted(plain: dict[str, Any]) -> dict[str, Any]:
    """Text with line breaks or control characters in quotes, where they can be written out."""
    return {
        name: DoubleQuotedScalarString(value)
        if isinstance(value, str) and not value.isprintable()
        else value
        for name, value in plain.items()
    }
