"""How a render came out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape

from clavilux.model.money import MICROS, dollars
from clavilux.terminal import console

if TYPE_CHECKING:
    from clavilux.model.report import RenderReport


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
        *(f"[yellow]{escape(line)}[/]" for line in _warnings(report) if line not in console.told),
        f"[dim]{report.segments} segments, {report.segments_reused} reused; "
        f"{report.stills} stills, {report.stills_reused} reused; "
        f"{sum(report.seconds.values()):.0f} s[/]",
    ]
    for line in lines:
        console.out.print(line, soft_wrap=True)


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
