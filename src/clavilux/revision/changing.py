"""Asks -> a changed spec: what "darker", "slower" and "no bloom" do to a section."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import ValidationError

from clavilux.direction.rules import VARIATIONS
from clavilux.model.correction import Correction
from clavilux.model.spec import RenderSpec, SectionSpec
from clavilux.revision.clauses import Ask, NotUnderstoodError
from clavilux.revision.colors import palette_of, turned
from clavilux.revision.restyle import restyled, restyled_video, scene_theme
from clavilux.revision.vocabulary import LOOK_WORDS, OPPOSITE

ENERGY_STEP = 0.2
EFFECT_STEP = 1.5
MOST_STRENGTH = 4.0
SHORTEST = 0.5
"""Seconds: a section is not made shorter than this."""


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
            said = _correct(ask, spec.correction, correction)
            readings.append(f"the whole song: {said}")
        elif ask.is_global or (ask.kind == "field" and _field(ask)[0] in _WHOLE):
            name, text = _field(ask)
            spec = spec.model_copy(update={name: text})
            readings.append(f"the whole video: {ask.words}")
        elif ask.kind == "starts":
            spec = _moved(spec, ask)
            readings.append(f"{where}: starts at {ask.number:g} s")
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


def _field(ask: Ask) -> tuple[str, str]:
    assert isinstance(ask.value, tuple)
    return str(ask.value[0]), str(ask.value[1])


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
    act = _ACTS[ask.kind]
    sections = tuple(
        act(section, ask, spec) if i in _wanted(ask) else section
        for i, section in enumerate(spec.sections)
    )
    return spec.model_copy(update={"sections": sections})


def _with(section: SectionSpec, **fields: object) -> SectionSpec:
    return section.model_copy(update=fields)


# --- What each kind of ask does to a section -------------------------------------------------


def _effect(section: SectionSpec, ask: Ask, spec: RenderSpec) -> SectionSpec:
    name, now = str(ask.value), section.effects.get(str(ask.value), 1.0)
    if ask.off or ask.number == 0:
        strength = 0.0
    elif ask.number is not None:
        if not 0 <= ask.number <= MOST_STRENGTH:
            raise NotUnderstoodError(f"{name} {ask.number:g}: a strength is 0 (off) to 4")
        strength = ask.number
    elif ask.more < 0:
        strength = now / EFFECT_STEP**ask.amount
    else:
        strength = now * EFFECT_STEP**ask.amount if now > 0 else 1.0
    strength = round(min(MOST_STRENGTH, strength), 2)
    return _with(section, effects={**section.effects, name: strength})


def _look(section: SectionSpec, ask: Ask, spec: RenderSpec) -> SectionSpec:
    look = str(ask.value)
    if ask.more < 0 or ask.off:
        look = OPPOSITE[look]
    section = _with(section, palette=turned(section.palette, look, ask.amount))
    if look == "neon":
        glow = section.effects.get("bloom", 1.0) * 1.25**ask.amount
        bloom = round(min(MOST_STRENGTH, glow), 2)
        section = _with(section, effects={**section.effects, "bloom": bloom})
    return _with(section, prompt=_prompt_in(section.prompt, look))


def _prompt_in(prompt: str, look: str) -> str:
    """The prompt with the words of a look, without those of its opposite."""
    unwanted = LOOK_WORDS.get(OPPOSITE[look], "") or "\0"
    parts = [part for part in prompt.split(", ") if part != unwanted]
    words = LOOK_WORDS.get(look, "")
    if words and words not in parts:
        parts.append(words)
    made = ", ".join(part for part in parts if part)
    return made if len(made) <= 2000 else prompt


def _color(section: SectionSpec, ask: Ask, spec: RenderSpec) -> SectionSpec:
    if len(ask.colors) > 8:
        raise NotUnderstoodError("a palette has 8 colours at most")
    return _with(section, palette=palette_of(ask.colors))


def _energy(section: SectionSpec, ask: Ask, spec: RenderSpec) -> SectionSpec:
    if ask.number is not None:
        if not 0 <= ask.number <= 1:
            raise NotUnderstoodError(f"energy {ask.number:g}: it is 0 (still) to 1 (the climax)")
        return _with(section, energy=ask.number)
    direction = int(str(ask.value)) * (-1 if ask.more < 0 or ask.off else 1)
    energy = section.energy + direction * ENERGY_STEP * ask.amount
    return _with(section, energy=round(min(1.0, max(0.0, energy)), 3))


def _tier(section: SectionSpec, ask: Ask, spec: RenderSpec) -> SectionSpec:
    if ask.off or ask.more < 0:
        raise NotUnderstoodError(
            f"say what to use instead of {ask.words}: the moving scene, stills"
        )
    tier = int(str(ask.value))
    return _with(section, tier=tier, stills=max(section.stills, int(tier != 1)))


def _stills(section: SectionSpec, ask: Ask, spec: RenderSpec) -> SectionSpec:
    number = ask.number
    if number is None or number != round(number) or not 1 <= number <= 8:
        raise NotUnderstoodError("a section shows 1 to 8 stills")
    return _with(section, stills=int(number), tier=max(2, section.tier))


def _transition(section: SectionSpec, ask: Ask, spec: RenderSpec) -> SectionSpec:
    name = str(ask.value)
    if name != "cut" and (ask.more or ask.number is not None):
        return _effect(section, ask, spec)
    if ask.off:
        name = "dissolve" if name == "cut" else "cut"
    return _with(section, transition=name)


def _scene(section: SectionSpec, ask: Ask, spec: RenderSpec) -> SectionSpec:
    if ask.off or ask.more < 0:
        raise NotUnderstoodError(f"say which scene to use instead of {ask.words}")
    scene = str(ask.value)
    return _with(section, scene=scene, theme=scene_theme(section, scene, style=spec.style))


def _style(section: SectionSpec, ask: Ask, spec: RenderSpec) -> SectionSpec:
    return restyled(section, str(ask.value), number=spec.sections.index(section), seed=spec.seed)


def _retry(section: SectionSpec, ask: Ask, spec: RenderSpec) -> SectionSpec:
    """The theme seen another way: words and seeds differ, so every picture does."""
    theme = section.theme
    lap = -1
    for i, variation in enumerate(VARIATIONS):
        if theme.endswith(variation):
            theme, lap = theme.removesuffix(variation).rstrip(" ,"), i
    words = VARIATIONS[(lap + 1) % len(VARIATIONS)]
    made = f"{theme}, {words}" if theme else words
    if len(made) > 200:
        raise NotUnderstoodError(f"the theme of {section.label} is too long to vary; write another")
    return _with(section, theme=made)


def _set_field(section: SectionSpec, ask: Ask, spec: RenderSpec) -> SectionSpec:
    name, text = _field(ask)
    most = next(m.max_length for m in SectionSpec.model_fields[name].metadata)
    if len(text) > most:
        raise NotUnderstoodError(f"a {name} has at most {most} characters; this has {len(text)}")
    return _with(section, **{name: text})


_ACTS: dict[str, Callable[[SectionSpec, Ask, RenderSpec], SectionSpec]] = {
    "effect": _effect,
    "look": _look,
    "color": _color,
    "energy": _energy,
    "tier": _tier,
    "stills": _stills,
    "transition": _transition,
    "scene": _scene,
    "style": _style,
    "retry": _retry,
    "field": _set_field,
}


# --- Times -----------------------------------------------------------------------------------


def _correct(ask: Ask, own: Correction, said: dict[str, object]) -> str:
    """Add to what is said of the rhythm; returns it in words."""
    if ask.kind == "tempo":
        scale = own.tempo_scale * float(str(ask.value))
        if scale not in (0.25, 0.5, 1.0, 2.0, 4.0):
            raise NotUnderstoodError(f"the tempo is scaled by {own.tempo_scale:g} already")
        said["tempo_scale"] = scale
        return f"tempo x {scale:g}"
    if ask.number is None or (ask.kind != "beats" and ask.number % 1):
        raise NotUnderstoodError("say how many beats, as a whole number")
    if ask.kind == "beats":
        said["beat_offset"] = own.beat_offset + ask.number
        return f"beats {ask.number:+g} ms"
    if ask.kind == "meter":
        said["meter"] = int(ask.number)
        return f"{ask.number:g} beats per bar"
    said["downbeat_shift"] = own.downbeat_shift + int(ask.number)
    return f"bar lines {ask.number:+g} beats"


def _moved(spec: RenderSpec, ask: Ask) -> RenderSpec:
    """A section begins at another time, and the one before it ends there."""
    wanted = sorted(_wanted(ask))
    if len(wanted) != 1 or wanted[0] == 0 or ask.number is None:
        raise NotUnderstoodError("say which section starts when, such as: verse 2 starts at 1:02.5")
    at, time = wanted[0], round(ask.number, 3)
    before, section = spec.sections[at - 1 : at + 1]
    if not before.start + SHORTEST <= time <= section.end - SHORTEST:
        raise NotUnderstoodError(
            f"{section.label} can start from {before.start + SHORTEST:g} "
            f"to {section.end - SHORTEST:g} s, where its neighbours are"
        )
    sections = list(spec.sections)
    sections[at - 1 : at + 1] = [_with(before, end=time), _with(section, start=time)]
    return spec.model_copy(update={"sections": tuple(sections)})
