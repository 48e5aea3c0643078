"""Asks -> a changed spec: what "darker", "slower" and "no bloom" do to a section."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from clavilux.model.correction import Correction
from clavilux.model.spec import RenderSpec
from clavilux.revision.acts.looks import ACTS, field_of, moved_hero
from clavilux.revision.acts.restyle import restyled_video
from clavilux.revision.acts.rhythm import corrected
from clavilux.revision.words.wishes import Ask, NotUnderstoodError


@dataclass(frozen=True)
class Changed:
    """What the asks make."""

    spec: RenderSpec
    correction: Correction
    """What is said of the rhythm, over the spec's own; it needs the song to be applied."""
    readings: tuple[str, ...]
    """How each ask was understood."""


def changed(spec: RenderSpec, asks: tuple[Ask, ...]) -> Changed:
    """The spec with all that is asked for. Raises NotUnderstoodError."""
    correction: dict[str, object] = {}
    readings = []
    for ask in asks:
        where = _named(spec, ask)
        if ask.kind in ("tempo", "beats", "bars", "meter"):
            said = corrected(ask, spec.correction, correction)
            readings.append(f"the whole song: {said}")
        elif ask.is_global or (ask.kind == "field" and field_of(ask)[0] in _WHOLE):
            name, text = field_of(ask)
            spec = spec.model_copy(update={name: text})
            readings.append(f"the whole video: {ask.words}")
        elif ask.kind == "hero":
            spec = moved_hero(spec, ask)
            readings.append(f"{where}: holds the hero, the strongest picture of the video")
        else:
            if ask.kind == "style" and len(_wanted(ask)) == len(spec.sections):
                spec = restyled_video(spec, str(ask.value))
            spec = _in_sections(spec, ask)
            readings.append(f"{where}: {_reading(ask)}")
    return Changed(spec, _checked(correction), tuple(readings))


def _checked(correction: dict[str, object]) -> Correction:
    try:
        return Correction.model_validate(correction)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = str(first["loc"][-1]).replace("_", " ")
        raise NotUnderstoodError(f"{field}: {first['msg']}") from None


_WHOLE = ("title", "global_style", "quality")


def _wanted(ask: Ask) -> frozenset[int]:
    return ask.sections or frozenset()


def _named(spec: RenderSpec, ask: Ask) -> str:
    wanted = sorted(_wanted(ask))
    if len(wanted) == len(spec.sections):
        return "everywhere"
    return ", ".join(spec.sections[i].label for i in wanted)


def _reading(ask: Ask) -> str:
    much = "" if ask.amount == 1 else " a little" if ask.amount < 1 else " much"
    how = (
        ""
        if ask.kind == "energy" and ask.more > 0
        else " off"
        if ask.off
        else {1: " more", -1: " less", 0: ""}[ask.more]
    )
    number = f" {ask.number:g}" if ask.number is not None else ""
    return f"{ask.words}{how}{much}{number}"


def _in_sections(spec: RenderSpec, ask: Ask) -> RenderSpec:
    act = ACTS[ask.kind]
    sections = tuple(
        act(section, ask, spec) if i in _wanted(ask) else section
        for i, section in enumerate(spec.sections)
    )
    return spec.model_copy(update={"sections": sections})
