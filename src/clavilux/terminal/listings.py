"""A spec as a table, and what there is to choose from: styles, effects, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from clavilux.terminal import console
from clavilux.terminal.console import clock

if TYPE_CHECKING:
    from clavilux.diagnosis import Check
    from clavilux.direction.style import Style
    from clavilux.interfaces import Effect
    from clavilux.model.song import Analysis
    from clavilux.model.spec import RenderSpec


def show_spec(spec: RenderSpec, analysis: Analysis) -> None:
    console.out.print(
        f"[bold]{escape(spec.title)}[/]  style {escape(spec.style)}  seed {spec.seed}"
    )
    table = Table(box=None, pad_edge=False)
    for name in ("section", "start", "tier", "scene", "palette", "theme"):
        table.add_column(name)
    for section in spec.sections:
        swatch = Text()
        for color in section.palette:
            swatch.append("  ", style=f"on {color}")
        table.add_row(
            escape(section.label),
            clock(section.start),
            str(section.tier),
            escape(section.scene),
            swatch,
            escape(section.theme),
        )
    console.out.print(table)


def show_styles(looks: Sequence[Style]) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("style", "palette", "what it is"):
        table.add_column(name)
    for look in looks:
        swatch = Text()
        for color in next(iter(look.palettes.values())):
            swatch.append("  ", style=f"on {color}")
        table.add_row(escape(look.name), swatch, escape(look.description))
    console.out.print(table)


def effect_facts(effect: Effect) -> dict[str, Any]:
    """An effect as plain data."""
    return {
        "name": effect.name,
        "stage": effect.stage,
        "about": effect.about,
        "driven_by": effect.driven_by,
        "parameters": [
            {slot: getattr(p, slot) for slot in type(p).__slots__} for p in effect.parameters
        ],
    }


def show_effects(effects: Sequence[Effect]) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("effect", "driven by", "parameters", "what it does"):
        table.add_column(name)
    for effect in effects:
        numbers = "\n".join(f"{p.name} {p.low:g}..{p.high:g} {p.unit}" for p in effect.parameters)
        table.add_row(effect.name, effect.driven_by, numbers, effect.about)
    console.out.print(table)


def show_checks(checks: Sequence[Check]) -> None:
    for check in checks:
        mark = "[green]ok[/]     " if check.present else "[red]missing[/]"
        if not check.present and not check.needed:
            mark = "[dim]absent[/] "
        told = check.found if check.present else check.adds
        console.out.print(f"{mark} {check.name}: {escape(told)}", soft_wrap=True)
