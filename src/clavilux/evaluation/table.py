"""Figures of many songs -> rows of text: worst first, means and medians by kind and overall."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from clavilux.evaluation.figures import Figures

APART = ("rubato",)
"""Kinds that have a row of their own and no part in the overall means: nobody tracks them."""


@dataclass(frozen=True)
class Column:
    """A figure as a column."""

    name: str
    field: str
    form: str
    """Of the format language."""


COLUMNS = (
    Column("F", "f_measure", ".3f"),
    Column("CMLt", "cmlt", ".3f"),
    Column("AMLt", "amlt", ".3f"),
    Column("down F", "downbeat_f", ".3f"),
    Column("bias ms", "bias_ms", "+.1f"),
    Column("jitter ms", "jitter_ms", ".1f"),
    Column("tempo", "tempo_right", ".2f"),
    Column("meter", "meter_right", ".2f"),
    Column("HR.5F", "hr_half", ".3f"),
    Column("HR3F", "hr_three", ".3f"),
    Column("PWF", "pairwise", ".3f"),
    Column("names", "names", ".3f"),
)


def summarise(songs: Sequence[Figures]) -> list[list[str]]:
    """A header, a row per song, the worst beats first, then a mean per kind, and overall."""
    rows = [["", *(column.name for column in COLUMNS)]]
    rows += [_row(figures.file, [figures], np.mean) for figures in sorted(songs, key=_merit)]
    kinds = sorted({figures.kind for figures in songs if figures.kind})
    for kind in kinds:
        rows.append(_row(f"mean {kind}", [f for f in songs if f.kind == kind], np.mean))
    judged = [figures for figures in songs if figures.kind not in APART]
    for name, average in (("mean", np.mean), ("median", np.median)):
        label = f"{name} of {len(judged)}" + (" but rubato" if len(judged) < len(songs) else "")
        rows.append(_row(label, judged, average))
    return rows


def align(rows: Sequence[Sequence[str]]) -> str:
    """The rows as text in columns, the first to the left."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in rows
    )


def _merit(figures: Figures) -> float:
    """Beats and downbeats together; what has neither comes last."""
    known = [v for v in (figures.f_measure, figures.cmlt, figures.downbeat_f) if v is not None]
    return float(np.mean(known)) if known else 2.0


def _row(name: str, songs: Sequence[Figures], average: Callable[..., float]) -> list[str]:
    return [name, *(_cell(songs, column, average) for column in COLUMNS)]


def _cell(songs: Sequence[Figures], column: Column, average: Callable[..., float]) -> str:
    values = [float(v) for f in songs if (v := getattr(f, column.field)) is not None]
    return format(float(average(values)), column.form) if values else "-"
