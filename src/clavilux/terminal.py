"""What the command line shows: progress with a real ETA, tables. Quiet where nobody looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from clavilux.model.money import MICROS, dollars

if TYPE_CHECKING:
    from clavilux.diagnosis import Check
    from clavilux.direction.style import Style
    from clavilux.evaluation.figures import Figures
    from clavilux.footage import OnProgress
    from clavilux.interfaces import Effect
    from clavilux.model.report import RenderReport
    from clavilux.model.song import Analysis
    from clavilux.model.spec import RenderSpec
    from clavilux.providers.estimate import Estimate
    from clavilux.providers.ledger_rows import Entry, Totals

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

MOST_SPANS = 6
"""Passages of one kind that are listed with their times."""


@contextmanager
def progress(*, quiet: bool) -> Iterator[OnProgress]:
    """A progress line on a terminal; nothing in a pipe or with --json."""
    if quiet or not err.is_terminal:
        yield lambda verb, at, done, total: None
        return
    columns = (
        TextColumn("{task.fields[verb]:>9}", markup=False),
        BarColumn(bar_width=32),
        TextColumn("{task.fields[at]} {task.completed:.0f}/{task.total:.0f}", markup=False),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bars:
        yield _Bars(bars)


class _Bars:
    """A new verb replaces the last one, except what goes on beside it; threads may tell of each."""

    BESIDE = "painting"

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}
        self._lock = Lock()

    def __call__(self, verb: str, at: str, done: int, total: int) -> None:
        with self._lock:
            if verb not in self._tasks:
                self._clear(keep="drawing" if verb == self.BESIDE else self.BESIDE)
                self._tasks[verb] = self._bars.add_task("", total=max(total, 1), verb=verb, at=at)
            self._bars.update(self._tasks[verb], completed=done, total=max(total, 1), at=at)
            if verb == self.BESIDE and done >= total:
                self._bars.remove_task(self._tasks.pop(verb))

    def _clear(self, *, keep: str) -> None:
        for verb in [verb for verb in self._tasks if verb != keep]:
            self._bars.remove_task(self._tasks.pop(verb))


def clock(seconds: float) -> str:
    """83.4 -> 1:23.4."""
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"


def show_analysis(analysis: Analysis) -> None:
    tempo = f"{analysis.tempo:.1f} BPM" if analysis.tempo else "no steady pulse"
    mood = analysis.mood
    title = escape(analysis.song.title)
    out.print(
        f"[bold]{title}[/]  {clock(analysis.duration)}  {tempo}, {analysis.meter}/4  "
        f"{analysis.key}  valence {mood.valence:+.2f}, arousal {mood.arousal:+.2f}"
    )
    out.print(_section_table(analysis))
    for line in (*_pulse_lines(analysis), *_sound_lines(analysis), *_other_readings(analysis)):
        out.print(line, soft_wrap=True)


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
            out.print(f"[bold]{name}[/] against the truth: {', '.join(known)}", soft_wrap=True)


def _judged(form: str, figures: Figures, name: str) -> tuple[tuple[str, Any], ...]:
    """A heard number and whether it is right."""
    right = getattr(figures, f"{name}_right")
    verdict = None if right is None else "right" if right else "wrong"
    value = getattr(figures, name)
    return ((form, value), ("{}", verdict))


def show_spec(spec: RenderSpec, analysis: Analysis) -> None:
    out.print(f"[bold]{escape(spec.title)}[/]  style {escape(spec.style)}  seed {spec.seed}")
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
    out.print(table)


def notice(text: str) -> None:
    """What the user should know now."""
    err.print(f"[yellow]{escape(text)}[/]", soft_wrap=True)


def notice_now(text: str) -> None:
    """What a report will say in the end, for whoever looks on: nothing in a pipe."""
    if err.is_terminal:
        _told.add(text)
        notice(text)


_told: set[str] = set()
"""Notices that somebody saw, and need not see again."""


def show_offers(offers: Sequence[Estimate]) -> None:
    """What each provider would take for the pictures of a song. Fits 80 columns."""
    table = Table(box=None, pad_edge=False)
    table.add_column("provider", overflow="fold")
    for name in ("per image", "images", "total", "low to high", "minutes"):
        table.add_column(name, justify="right", no_wrap=True)
    for offer in offers:
        table.add_row(
            escape(f"{offer.provider} {offer.model}".rstrip()),
            dollars(offer.each),
            str(offer.images),
            cents(offer.likely),
            "" if offer.low == offer.high else f"{cents(offer.low)}-{cents(offer.high)}",
            f"{offer.minutes:.1f}",
        )
    out.print(table)
    for offer in offers:
        for line in _offer_notes(offer):
            out.print(f"[yellow]{escape(line)}[/]", soft_wrap=True)
    out.print("[dim]minutes are likely ones, of waiting for pictures. Nothing was spent.[/]")


def _offer_notes(offer: Estimate) -> list[str]:
    """Where a row does not tell all."""
    lines = [offer.trouble] if offer.trouble else []
    if offer.model and not offer.trouble and offer.to_buy < offer.images:
        lines.append(
            f"{offer.provider}: {offer.to_buy} of {offer.images} are to be bought, the others are "
            "here"
        )
    if offer.machine:
        how = "as measured here" if offer.measured else "a guess until pictures were made here"
        lines.append(
            f"{offer.provider}: its machine costs about {dollars(offer.machine)} meanwhile ({how})"
        )
    return lines


def cents(amount: int) -> str:
    """An amount in whole cents, none too low; less than a cent in full."""
    return dollars(amount) if amount < 10_000 else f"${-(-amount // 10_000) / 100:.2f}"


STATES = {
    "settled": "paid",
    "live": "in flight",
    "doubt": "in doubt",
    "released": "not billed",
}
"""The states of a purchase, for people."""


def show_purchases(rows: Sequence[Entry], totals: Totals, *, cap: int | None) -> None:
    """The ledger, the newest last; then why some were not paid. Fits 80 columns."""
    table = Table(box=None, pad_edge=False)
    table.add_column("when (UTC)", no_wrap=True)
    for name in ("section", "provider"):
        table.add_column(name, overflow="fold")
    table.add_column("state", no_wrap=True)
    table.add_column("cost", justify="right", no_wrap=True)
    for row in reversed(rows):
        when = datetime.fromtimestamp(row.at, UTC).strftime("%y-%m-%d %H:%M")
        cells = (when, row.section, f"{row.provider} {row.model}", STATES[row.state], _cost_of(row))
        table.add_row(*map(escape, cells))
    out.print(table)
    whys = Counter((row.state, row.why) for row in rows if row.why)
    for (state, why), count in whys.items():
        out.print(f"[dim]{escape(f'{count} {STATES[state]}: {why}')}[/]", soft_wrap=True)
    of = f" of {dollars(cap)}" if cap is not None else ""
    out.print(
        f"spent {dollars(totals.spent)}{of}, in flight {dollars(totals.reserved)}, "
        f"may have been billed {dollars(totals.in_doubt)}",
        soft_wrap=True,
    )


def _cost_of(row: Entry) -> str:
    """What was paid, or may be."""
    if row.state == "released":
        return ""
    return dollars(row.cost) if row.cost is not None else f"up to {dollars(row.reserved)}"


def show_report(report: RenderReport) -> None:
    """A few lines: in time, safe, what was reused, and every notice."""
    sync, flash = report.sync, report.flash
    seen = "no beat accents to measure"
    if sync.accent_median_ms is not None:
        seen = (
            f"{sync.accents_found} of {sync.accents_planned} beat accents found in the picture, "
            f"median {sync.accent_median_ms:.0f} ms from the plan "
            f"(95 %: {sync.accent_p95_ms:.0f} ms)"
        )
    lines = [
        f"[bold]{sync.frames}[/] frames, style {escape(report.style)}, audio {report.audio}",
        f"in time: {seen}; sound starts at {sync.audio_start_ms:+.0f} ms",
        f"flashes: {max(flash.general_flashes, flash.red_flashes):g} in the worst second, "
        f"{flash.limit} are safe",
        *_money_lines(report),
        *(f"[yellow]{escape(line)}[/]" for line in _warnings(report) if line not in _told),
        f"[dim]{report.segments} segments, {report.segments_reused} reused; "
        f"{report.stills} stills, {report.stills_reused} reused; "
        f"{sum(report.seconds.values()):.0f} s[/]",
    ]
    for line in lines:
        out.print(line, soft_wrap=True)


def _money_lines(report: RenderReport) -> list[str]:
    money, alike = report.money, report.consistency
    lines = []
    if money is not None:
        doubt = f", {usd(money.in_doubt)} more may have been billed" if money.in_doubt else ""
        lines.append(
            f"paid {usd(money.paid)} now, {usd(money.spent)} for this song of a budget of "
            f"{usd(money.budget)}{doubt}"
        )
    if alike is not None and alike.neighbours_before is not None:
        lines.append(
            f"colours of neighbouring pictures: {alike.neighbours_before:.3f} apart, "
            f"{alike.neighbours_after:.3f} after grading"
        )
    given_up = dict.fromkeys(
        f"{p.provider} has no {what}" for p in report.pictures for what in p.given_up
    )
    return [*lines, *(f"[dim]{escape(line)}[/]" for line in given_up)]


def usd(amount: float) -> str:
    """An amount of a report, in dollars, as people read it."""
    return dollars(round(amount * MICROS))


def _warnings(report: RenderReport) -> list[str]:
    warnings = list(report.notices)
    planned, found = report.sync.accents_planned, report.sync.accents_found
    if planned >= 10 and found < 0.5 * planned:
        warnings.append(f"only {found} of {planned} beats can be seen in the picture")
    if not report.flash.passed:
        warnings.append("this video flashes beyond the photosensitivity limit")
    if not report.flash.limited:
        warnings.append("the flash limiter was off (--allow-flashing)")
    return warnings


def show_styles(looks: Sequence[Style]) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("style", "palette", "what it is"):
        table.add_column(name)
    for look in looks:
        swatch = Text()
        for color in next(iter(look.palettes.values())):
            swatch.append("  ", style=f"on {color}")
        table.add_row(escape(look.name), swatch, escape(look.description))
    out.print(table)


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
    out.print(table)


def show_checks(checks: Sequence[Check]) -> None:
    for check in checks:
        mark = "[green]ok[/]     " if check.present else "[red]missing[/]"
        if not check.present and not check.needed:
            mark = "[dim]absent[/] "
        told = check.found if check.present else check.adds
        out.print(f"{mark} {check.name}: {escape(told)}", soft_wrap=True)
