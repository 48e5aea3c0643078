"""Where everything is printed, and lines that the user should see now."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

told: set[str] = set()
"""Notices that somebody saw, and need not see again."""


def notice(text: str) -> None:
    """What the user should know now."""
    err.print(f"[yellow]{escape(text)}[/]", soft_wrap=True)


def notice_now(text: str) -> None:
    """What a report will say in the end, for whoever looks on: nothing in a pipe."""
    if err.is_terminal:
        told.add(text)
        notice(text)


def clock(seconds: float) -> str:
    """83.4 -> 1:23.4."""
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"
