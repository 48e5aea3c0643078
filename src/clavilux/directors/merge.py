"""A model's plan laid over what the rules direct: the result is always a valid render spec.

Times, labels, seeds, numbers of stills and the hero stay those of the rules. So does whatever the
plan leaves empty, and what could not be seen: a palette without contrast.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from clavilux.direction.keyframes import StillPlan, climax_index, plan_stills
from clavilux.direction.rules import MOST_BELOW_CLIMAX
from clavilux.direction.style import MIN_CONTRAST
from clavilux.directors.plan import DirectorsPlan, SectionPlan
from clavilux.directors.wording import shortened
from clavilux.model.color import Palette, luminance
from clavilux.model.song import Analysis
from clavilux.model.spec import RenderSpec, SectionSpec, Tier


def merged(
    plan: DirectorsPlan,
    base: RenderSpec,
    analysis: Analysis,
    *,
    tier: Tier | None = None,
    own_style: bool = False,
) -> RenderSpec:
    """`base`: what the rules direct, with the plan's sections. `tier`: the user's, for all of them.
    `own_style`: the user chose the style, so its words stay."""
    stills = plan_stills(analysis)
    motifs = _motifs(plan, analysis)
    peak = climax_index(analysis)
    sections = tuple(
        _section(
            planned,
            base.sections[i],
            stills=stills[i],
            tier=tier,
            more=[motifs.get(analysis.sections[i].group, ""), plan.hero if i == peak else ""],
            climax=i == peak,
        )
        for i, planned in enumerate(plan.sections)
    )
    look = base.global_style if own_style else plan.global_style or base.global_style
    return RenderSpec.model_validate(
        {
            **dict(base),
            "global_style": look,
            "through_line": plan.through_line,
            "sections": (_first(sections[0]), *sections[1:]),
        }
    )


def _motifs(plan: DirectorsPlan, analysis: Analysis) -> dict[str, str]:
    """Group -> motif, for groups that return."""
    times = Counter(section.group for section in analysis.sections)
    said = {motif.group: motif.motif for motif in reversed(plan.motifs)}
    return {group: words for group, words in said.items() if times[group] > 1}


def _section(
    planned: SectionPlan,
    base: SectionSpec,
    *,
    stills: StillPlan,
    tier: Tier | None,
    more: Sequence[str],
    climax: bool,
) -> SectionSpec:
    drawn: Tier = tier or planned.tier
    return SectionSpec(
        label=base.label,
        start=base.start,
        end=base.end,
        theme=planned.theme or base.theme,
        palette=usable_palette(planned.palette) or base.palette,
        mood=planned.mood or base.mood,
        prompt=_prompt(planned.prompt or base.prompt, more, theme=planned.theme),
        tier=drawn,
        scene=planned.scene or base.scene,
        energy=1.0 if climax else min(MOST_BELOW_CLIMAX, round(planned.energy, 3)),
        stills=stills.stills if drawn != 1 else int(tier is None and stills.hero),
        hero=base.hero,
        effects={**base.effects, **{e.name: round(e.strength, 2) for e in planned.effects}},
        transition=planned.transition,
    )


def _prompt(prompt: str, more: Sequence[str], *, theme: str) -> str:
    """The prompt, with motif and hero where neither it nor the theme names them."""
    for words in more:
        if words and words.lower() not in f"{theme}, {prompt}".lower():
            prompt = f"{words}, {prompt}"
    return shortened(prompt, limit=2000)


def _first(section: SectionSpec) -> SectionSpec:
    """Nothing comes before the first section that it could be cut from."""
    return section.model_copy(update={"transition": "dissolve"})


def usable_palette(palette: Palette) -> Palette:
    """The colours, put in order where their ground and light are not: the darkest first, the
    lightest third (last of two). () where even those have too little contrast (WCAG)."""
    if len(palette) < 2:
        return ()
    light = min(2, len(palette) - 1)
    if _contrast(palette[0], palette[light]) >= MIN_CONTRAST:
        return palette
    by_light = sorted(range(len(palette)), key=lambda i: luminance(palette[i]))
    darkest, lightest = by_light[0], by_light[-1]
    others = [c for i, c in enumerate(palette) if i not in (darkest, lightest)]
    ordered = [palette[darkest], *others[: light - 1], palette[lightest], *others[light - 1 :]]
    found = _contrast(ordered[0], ordered[light]) >= MIN_CONTRAST
    return tuple(ordered) if found else ()


def _contrast(dark: str, light: str) -> float:
    """WCAG contrast ratio, under 1 where they are the wrong way round."""
    return (luminance(light) + 0.05) / (luminance(dark) + 0.05)
