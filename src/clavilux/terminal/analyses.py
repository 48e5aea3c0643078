"""What was heard in a song, and what that is worth against a truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from clavilux.terminal import console
from clavilux.terminal.console import clock

if TYPE_CHECKING:
    from clavilux.evaluation.figures import Figures
    from clavilux.model.song import Analysis

MOST_SPANS = 6
"""Passages of one kind that are listed with their times."""


def show_analysis(analysis: Analysis) -> None:
    tempo = f"{analysis.tempo:.1f} BPM" if analysis.tempo else "no steady pulse"
    mood = analysis.mood
    title = escape(analysis.song.title)
    console.out.print(
        f"[bold]{title}[/]  {clock(analysis.duration)}  {tempo}, {analysis.meter}/4  "
        f"{analysis.key}  valence {mood.valence:+.2f}, arousal {mood.arousal:+.2f}"
    )
    console.out.print(_section_table(analysis))
    for line in (*_pulse_lines(analysis), *_sound_lines(analysis), *_other_readings(analysis)):
        console.out.print(line, soft_wrap=True)


def _section_table(analysis: Analysis) -> Table:
    sung = any(section.vocals > 0 for section in analysis.sections)
    table = Table(box=None, pad_edge=False)
    for name, justify in (("section", "left"), ("start", "right"), ("end", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for name in ("like", "energy", *(["sung"] if sung else []), "shifts"):
        table.add_column(name)
    for section in analysis.sections:
        climax = "  climax" if section.start <= analysis.climax < section.end else ""
        table.add_row(
            escape(section.label),
            clock(section.start),
            clock(section.end),
            section.group,
            "━" * round(20 * section.energy) + climax,
            *([f"{section.vocals:.0%}"] if sung else []),
            ", ".join(clock(t) for t in section.shifts),
        )
    return table


def _pulse_lines(analysis: Analysis) -> list[str]:
    """How many beats, how sure, and where there are other tempi or none."""
    lines = [
        f"{len(analysis.beats)} beats, {len(analysis.downbeats)} bars, "
        f"{analysis.tempo_confidence:.0%} sure"
    ]
    if len(analysis.regions) > 1 or any(not r.has_pulse for r in analysis.regions):
        for region in analysis.regions:
            pulse = f"{region.tempo:.1f} BPM, {region.confidence:.0%} sure"
            lines.append(
                f"  {clock(region.start)} to {clock(region.end)}  "
                f"{pulse if region.has_pulse else 'no pulse'}"
            )
    return lines


def _sound_lines(analysis: Analysis) -> list[str]:
    """What strikes, who sings, and what builds up, drops, is silent or applauds."""
    lines = []
    hits = [f"{len(times)} {name}" for name, times in analysis.hits.items() if times]
    if hits:
        lines.append(f"strikes: {', '.join(hits)}")
    sung = sum(section.vocals * section.duration for section in analysis.sections)
    if sung > 0:
        lines.append(f"voice: {sung / analysis.duration:.0%} of the song")
    for kind in dict.fromkeys(passage.kind for passage in analysis.passages):
        spans = [
            f"{clock(passage.start)} to {clock(passage.end)}"
            for passage in analysis.passages
            if passage.kind == kind
        ]
        more = f" and {len(spans) - MOST_SPANS} more" if len(spans) > MOST_SPANS else ""
        lines.append(f"{kind}: {', '.join(spans[:MOST_SPANS])}{more}")
    return lines


def _other_readings(analysis: Analysis) -> list[str]:
    """Alternatives, each with the option that chooses it."""
    return [
        f"or {other.name}: {other.tempo:.1f} BPM, {other.meter} to the bar, "
        f"{other.likelihood:.0%} as likely; choose it with --alternative {number}"
        for number, other in enumerate(analysis.alternatives, start=1)
    ]


def show_figures(figures: Figures) -> None:
    """What an analysis is worth against a truth, a line for each matter that the truth knows."""
    lines = {
        "beats": (
            ("F {:.3f}", figures.f_measure),
            ("CMLt {:.3f}", figures.cmlt),
            ("AMLt {:.3f}", figures.amlt),
            ("bias {:+.1f} ms", figures.bias_ms),
            ("jitter {:.1f} ms", figures.jitter_ms),
        ),
        "bars": (("F {:.3f}", figures.downbeat_f), *_judged("{} to the bar", figures, "meter")),
        "tempo": _judged("{:.1f} BPM", figures, "tempo"),
        "sections": (
            ("HR.5F {:.3f}", figures.hr_half),
            ("HR3F {:.3f}", figures.hr_three),
            ("pairwise F {:.3f}", figures.pairwise),
            ("names right {:.0%} of the time", figures.names),
        ),
        "climax": (("{:.1f} s off", figures.climax_error),),
        "key": (("MIREX score {:.1f}", figures.key),),
    }
    for name, cells in lines.items():
        known = [form.format(value) for form, value in cells if value is not None]
        if known:
            console.out.print(
                f"[bold]{name}[/] against the truth: {', '.join(known)}", soft_wrap=True
            )


def _judged(form: str, figures: Figures, name: str) -> tuple[tuple[str, Any], ...]:
    """A heard number and whether it is right."""
    right = getattr(figures, f"{name}_right")
    verdict = None if right is None else "right" if right else "wrong"
    value = getattr(figures, name)
    return ((form, value), ("{}", verdict))
