"""What the command line shows: progress, notices, tables. `console` is where all of it goes."""

from clavilux.terminal.analyses import show_analysis, show_figures
from clavilux.terminal.console import clock, notice, notice_now
from clavilux.terminal.listings import (
    effect_facts,
    show_checks,
    show_effects,
    show_spec,
    show_styles,
)
from clavilux.terminal.progress_line import progress
from clavilux.terminal.purchases import show_offers, show_purchases
from clavilux.terminal.reports import show_report

__all__ = [
    "clock",
    "effect_facts",
    "notice",
    "notice_now",
    "progress",
    "show_analysis",
    "show_checks",
    "show_effects",
    "show_figures",
    "show_offers",
    "show_purchases",
    "show_report",
    "show_spec",
    "show_styles",
]
