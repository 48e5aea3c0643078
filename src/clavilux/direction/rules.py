"""The director that needs no model: musical rules and a style's taste make the render spec."""

from __future__ import annotations

from typing import ClassVar, Literal

from clavilux.direction.keyframes import climax_index, plan_stills
from clavilux.direction.palettes import section_palettes
from clavilux.direction.style import Quadrant, Style, choose_style, load_style, rng_for
from clavilux.model.errors import SpecError
from clavilux.model.song import Analysis, Section
from clavilux.model.spec import RenderSpec, SectionSpec, Tier

MOST_BELOW_CLIMAX = 0.95
CUT_JUMP = 0.45
"""A drop whose energy is this far above the section before it begins with a cut."""

VARIATIONS = ("closer now", "from further away", "in another light", "seen from above")
"""What is different when a theme returns."""

Transition = Literal["dissolve", "morph", "cut"]


class RulesDirector:
    """Analysis -> RenderSpec by rules; the same inputs give the same spec."""

    name: ClassVar[str] = "rules"

    def direct(
        self,
        analysis: Analysis,
        *,
        style: str = "auto",
        seed: int = 1,
        tier: Tier | None = None,
        song_path: str = "",
    ) -> RenderSpec:
        """`style` is a built-in name, the path of a .toml file, or "auto".

        Without a tier, the parts that carry the song move (tier 1), the others are stills (2).
        """
        if not analysis.sections:
            raise SpecError(f"song '{analysis.song.title}' has no sections to direct")
        chosen = load_style(choose_style(analysis, seed) if style == "auto" else style)
        return RenderSpec(
            song=song_path or analysis.song.title,
            title=analysis.song.title,
            style=chosen.name,
            global_style=chosen.global_style,
            quality=chosen.quality,
            grading=chosen.grading,
            likeness=chosen.likeness,
            seed=seed,
            sections=_sections(analysis, chosen, seed=seed, tier=tier),
        )


def _sections(
    analysis: Analysis, style: Style, *, seed: int, tier: Tier | None
) -> tuple[SectionSpec, ...]:
    sections = analysis.sections
    energies = plan_energies(analysis)
    scenes = plan_scenes(analysis, style, seed=seed)
    palettes = section_palettes(analysis, style, energies=energies, seed=seed)
    stills = plan_stills(analysis)
    tiers = [tier or _tier(s) for s in sections]
    starts = [0.0, *(round(s.start, 3) for s in sections[1:]), round(analysis.duration, 3)]
    words = _Words(analysis, style, seed=seed)
    specs = []
    for i, section in enumerate(sections):
        theme, mood, prompt = words.of(section, scenes[i], energies[i])
        specs.append(
            SectionSpec(
                label=section.label,
                start=starts[i],
                end=starts[i + 1],
                theme=theme,
                palette=palettes[i],
                mood=mood,
                prompt=prompt,
                tier=tiers[i],
                scene=scenes[i],
                energy=energies[i],
                stills=stills[i].stills if tiers[i] != 1 else int(tier is None and stills[i].hero),
                hero=stills[i].hero,
                effects=_effects(style, section, energies[i]),
                transition=_transition(analysis, energies, i),
            )
        )
    return tuple(specs)


def _tier(section: Section) -> Tier:
    """Drops, solos and every other chorus are scenes in motion, the rest are stills."""
    if section.function in ("drop", "solo", "instrumental"):
        return 1
    occurrence = section.label.rpartition("_")[2]
    odd = not occurrence.isdigit() or int(occurrence) % 2 == 1
    return 1 if section.function == "chorus" and odd else 2


def plan_energies(analysis: Analysis) -> tuple[float, ...]:
    """How strongly each section moves: 1 at the climax, growing choruses, calm ends."""
    peak = climax_index(analysis)
    energies = []
    chorus = 0.0
    for i, section in enumerate(analysis.sections):
        energy = MOST_BELOW_CLIMAX * section.energy
        if section.function in ("intro", "outro"):
            energy = min(0.4, 0.6 * energy)
        elif section.function == "chorus":
            energy = min(MOST_BELOW_CLIMAX, max(energy, 0.5, chorus + 0.05))
            chorus = energy
        energies.append(1.0 if i == peak else round(energy, 3))
    return tuple(energies)


def plan_scenes(analysis: Analysis, style: Style, *, seed: int) -> tuple[str, ...]:
    """A scene per section: one per group, another where two neighbours would have the same."""
    sections = analysis.sections
    home = _home_scenes(analysis, style, seed=seed)
    scenes: list[str] = []
    for i, section in enumerate(sections):
        scene = home[section.group]
        if scenes and scenes[-1] == scene:
            ahead = home[sections[i + 1].group] if i + 1 < len(sections) else ""
            others = [s for s in (*style.scenes[section.function], *style.themes) if s != scene]
            scene = next((s for s in others if s != ahead), others[0] if others else scene)
        scenes.append(scene)
    return tuple(scenes)


def _home_scenes(analysis: Analysis, style: Style, *, seed: int) -> dict[str, str]:
    """Group letter -> scene: what its function prefers, unlike its neighbours, some luck."""
    sections = analysis.sections
    groups = [s.group for s in sections]
    function = {s.group: s.function for s in reversed(sections)}
    home: dict[str, str] = {}
    for group in dict.fromkeys([groups[climax_index(analysis)], *groups]):
        options = style.scenes[function[group]]
        luck = rng_for(analysis, seed, style.name, "scene", group).random(len(options))
        beside = {
            home.get(groups[j])
            for i in range(len(groups))
            if groups[i] == group
            for j in (i - 1, i + 1)
            if 0 <= j < len(groups)
        }
        used = list(home.values())
        cost = {
            scene: rank + 3.0 * float(luck[rank]) + 1.2 * used.count(scene) + 9 * (scene in beside)
            for rank, scene in enumerate(options)
        }
        home[group] = min(cost, key=lambda s: cost[s])
    return home


class _Words:
    """Theme, mood and prompt of each section; no phrase returns before all were used.

    The prompt says how it looks; what is seen is the theme, which is put before it when it is sent.
    """

    def __init__(self, analysis: Analysis, style: Style, *, seed: int) -> None:
        self._analysis, self._style, self._seed = analysis, style, seed
        self._uses: dict[str, int] = {}

    def of(self, section: Section, scene: str, energy: float) -> tuple[str, str, str]:
        level = "strong" if energy > 0.66 else "moving" if energy > 0.33 else "calm"
        theme = self._varied(f"{scene}/{level}", getattr(self._style.themes[scene], level))
        quadrant = mood_quadrant(self._analysis, energy)
        mood = self._next(quadrant, self._style.moods[quadrant])
        cut = self._style.fragments
        parts = [self._next(kind, getattr(cut, kind)) for kind in ("camera", "light", "material")]
        return theme, mood, f"{', '.join(parts)}, {mood} mood"

    def _next(self, kind: str, phrases: tuple[str, ...]) -> str:
        """The phrases in turn, from one that depends on the song and the seed."""
        first = int(rng_for(self._analysis, self._seed, kind).random() * len(phrases))
        self._uses[kind] = self._uses.get(kind, -1) + 1
        return phrases[(first + self._uses[kind]) % len(phrases)]

    def _varied(self, kind: str, phrases: tuple[str, ...]) -> str:
        """The next phrase; once all were used, each returns as a variation of itself."""
        phrase = self._next(kind, phrases)
        lap = self._uses[kind] // len(phrases)
        return f"{phrase}, {VARIATIONS[(lap - 1) % len(VARIATIONS)]}" if lap else phrase


def mood_quadrant(analysis: Analysis, energy: float) -> Quadrant:
    """The song's valence, and its arousal raised or lowered by the section's energy."""
    strong = 0.5 * analysis.mood.arousal + (energy - 0.5) > 0
    if analysis.mood.valence >= 0:
        return "bright_strong" if strong else "bright_calm"
    return "dark_strong" if strong else "dark_calm"


def _effects(style: Style, section: Section, energy: float) -> dict[str, float]:
    """The style's strengths for the function, a little more where there is energy."""
    lift = {"pulse": 0.5, "bloom": 0.3, "aberration": 0.6, "parallax": 0.2, "ken_burns": 0.2}
    usual = {"punch": 1.0, "vignette": 1.0}
    return {
        name: round(min(4.0, strength * (1 + lift.get(name, 0.0) * (energy - 0.5))), 2)
        for name, strength in {**usual, **style.effects_for(section.function)}.items()
    }


def _transition(analysis: Analysis, energies: tuple[float, ...], i: int) -> Transition:
    """How section i begins: a cut into a drop, a morph into what is strong, else a dissolve."""
    if i == 0:
        return "dissolve"
    section = analysis.sections[i]
    jump = energies[i] - energies[i - 1]
    if section.function == "drop" and jump >= CUT_JUMP:
        return "cut"
    strong = section.function in ("chorus", "drop") or i == climax_index(analysis)
    return "morph" if strong and jump > 0 else "dissolve"
