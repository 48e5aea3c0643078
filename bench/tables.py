"""Tables that can be read in a terminal and pasted into Markdown."""

from __future__ import annotations

from collections.abc import Sequence

Cell = str | float | int | None


def table(header: Sequence[str], rows: Sequence[Sequence[Cell]], *, digits: int = 1) -> str:
    """A Markdown table, its columns aligned; the first to the left. None, or nan, is a dash."""
    cells = [list(header), *([_text(cell, digits) for cell in row] for row in rows)]
    widths = [max(len(row[k]) for row in cells) for k in range(len(header))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(_line(row, widths) for row in [cells[0], rule, *cells[1:]])


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    rest = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
    return "| " + " | ".join([row[0].ljust(widths[0]), *rest]) + " |"


def _text(cell: Cell, digits: int) -> str:
    if cell is None or cell != cell:
        return "-"
    return f"{cell:.{digits}f}" if isinstance(cell, float) else str(cell)
