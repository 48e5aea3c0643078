"""What "darker", "slower" and "no bloom" do to a section."""

from __future__ import annotations

from collections.abc import Callable

from clavilux.direction.rules import VARIATIONS
from clavilux.model.spec import RenderSpec, SectionSpec
from clavilux.planning.shots import still_count
from clavilux.revision.acts.colors import palette_of, turned
from clavilux.revision.acts.restyle import restyled, scene_theme
from clavilux.revision.words.vocabulary import LOOK_WORDS, OPPOSITE
from clavilux.revision.words.wishes import Ask, NotUnderstoodError

ENERGY_STEP = 0.2
EFFECT_STEP = 1.5
MOST_STRENGTH = 4.0
LONGEST_PROMPT = 2000


def field_of(ask: Ask) -> tuple[str, str]:
    """The field that a wish sets, and its text."""
    assert isinstance(ask.value, tuple)
    return str(ask.value[0]), str(ask.value[1])


def _with(section: SectionSpec, **fields: object) -> SectionSpec:
    return section.model_copy(update=fields)


def _effect(section: SectionSpec, ask: Ask, spec: RenderSpec) -> SectionSpec:
    name, now = str(ask.value), section.effects.get(str(ask.value), 1.0)
    if ask.off or ask.number == 0:
        strength = 0.0
    elif ask.number is not None:
        if not 0 <= ask.number <= MOST_STRENGTH:
            raise NotUnderstoodError(f"{name} {ask.number:g}: a strength is 0 (off) to 4")
        strength = ask.number
    elif ask.factor is not None:
        strength = now * ask.factor if now > 0 else ask.factor
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
    return made if len(made) <= LONGEST_PROMPT else prompt


def _color(section: SectionSpec, ask: Ask, spec: RenderSpec) -> SectionSpec:
    if ask.off or ask.more:
        raise NotUnderstoodError(
            f"name all the colours there are to be, such as {ask.words} and gold; how full of "
            "colour they are is vivid or muted"
        )
    if len(ask.colors) > 8:
        raise NotUnderstoodError("a palette has 8 colours at most")
    return _with(section, palette=palette_of(ask.colors))


def _energy(section: SectionSpec, ask: Ask, spec: RenderSpec) -> SectionSpec:
    if ask.number is not None:
        if not 0 <= ask.number <= 1:
            raise NotUnderstoodError(f"energy {ask.number:g}: it is 0 (still) to 1 (the climax)")
        return _with(section, energy=ask.number)
    if ask.factor is not None and ask.words.lower() == "energy":
        return _with(section, energy=round(min(1.0, section.energy * ask.factor), 3))
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
    if ask.more:
        number = min(8, max(1, still_count(section) + ask.more * (number or 1)))
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
    name, text = field_of(ask)
    most = next(m.max_length for m in SectionSpec.model_fields[name].metadata)
    if len(text) > most:
        raise NotUnderstoodError(f"a {name} has at most {most} characters; this has {len(text)}")
    return _with(section, **{name: text})


def _thing(section: SectionSpec, ask: Ask, spec: RenderSpec) -> SectionSpec:
    """Something that is not to be seen: image models are told so in the prompt."""
    if not ask.off:
        raise NotUnderstoodError(f'say what is to be seen as theme = "..."; {ask.words} can only '
                                 f"be left out: no {ask.words}")  # fmt: skip
    words = f"no {ask.value}"
    if words in section.prompt.split(", "):
        return section
    prompt = f"{section.prompt}, {words}" if section.prompt else words
    if len(prompt) > LONGEST_PROMPT:
        raise NotUnderstoodError(f"the prompt of {section.label} is too long already")
    return _with(section, prompt=prompt)


def moved_hero(spec: RenderSpec, ask: Ask) -> RenderSpec:
    """One section holds the strongest picture of the video, and no other does."""
    wanted = sorted(ask.sections or ())
    if len(wanted) != 1 or ask.off or ask.more:
        raise NotUnderstoodError("say which one section holds it: the hero in the last chorus")
    at = wanted[0]
    sections = tuple(
        _with(section, hero=i == at, stills=max(section.stills, int(i == at)))
        for i, section in enumerate(spec.sections)
    )
    return spec.model_copy(update={"sections": sections})


ACTS: dict[str, Callable[[SectionSpec, Ask, RenderSpec], SectionSpec]] = {
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
    "thing": _thing,
}
