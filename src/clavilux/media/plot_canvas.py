"""What the rows of the analysis plot are drawn with: colours, axes, text, curves made short."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clavilux.model.song import Analysis, Envelope

Array = NDArray[np.float64]

INCHES, DPI = (16.0, 9.0), 150
LEFT, RIGHT = 0.072, 0.975
"""Edges of the rows, as shares of the figure's width."""
COLUMNS = 2000
"""Curves are reduced to about one value per pixel; a song of three hours draws as fast."""
TICKS_APART, LINES_APART = 4.0, 22.0
"""Pixels between the ticks of the ruler, and between the bar lines behind the loudness."""
FEW_SHIFTS = 24
"""More mood shifts than this are marked without a line."""

BACKGROUND, PANEL, INK, DIM, FAINT = "#0D0F14", "#14171F", "#F2F0EA", "#9BA1AE", "#2A2F3A"
CLIMAX, SHIFT, ONSETS, FLUX, CENTROID = "#FFD166", "#FFFFFF", "#7BDFF2", "#FF7B9C", "#9ADE7B"
GROUPS = (
    "#5AA9E6", "#FF6B6B", "#F4B860", "#8E7DBE", "#4ECDA4", "#E58FC1",
    "#A3C957", "#6C8EAD", "#D98E5F", "#5BC8D6", "#C9B1FF", "#B8B08D",
)  # fmt: skip
BANDS = ("high", "mid", "low_mid", "bass", "sub")
"""From the top of the strip to its bottom."""
DRUM_COLORS = {"hat": "#8FD3F4", "snare": "#F6A6C1", "kick": "#FFB35C"}
"""From the top lane to the bottom one."""
VOICE, PULSE, TEMPO, BUILD, DROP = "#D7A6FF", "#6F7A90", "#FFD166", "#F4B860", "#FF6B6B"
HEAT = ("#11131A", "#2B1B4D", "#6A1F6F", "#B93A5E", "#EE7B4A", "#FBC66B", "#FFF6D5")
STEPS = (
    0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600,
)  # fmt: skip
"""Seconds between labels of the time axis."""
FONTS = ("Noto Sans CJK JP", "Noto Sans CJK SC", "Hiragino Sans", "Yu Gothic", "Microsoft YaHei")
"""Tried for titles that the built-in font cannot write."""


def clock(seconds: float, *, step: float = 1.0) -> str:
    """3:07, 1:02:45, or 0.25 where the axis counts in fractions of a second."""
    if step < 1:
        return f"{seconds:.2f}"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def reduce(envelope: Envelope, *, duration: float, columns: int = COLUMNS) -> tuple[Array, Array]:
    """Times, and the (2, n) mean and maximum around each, for at most `columns` points."""
    values = envelope.values.astype(np.float64)
    if len(values) == 0:
        return np.array([0.0, duration]), np.zeros((2, 2))
    edges = np.unique(np.linspace(0, len(values), min(columns, len(values)) + 1).astype(int))
    sums = np.add.reduceat(values, edges[:-1]) / np.diff(edges)
    tops = np.maximum.reduceat(values, edges[:-1])
    times = (edges[:-1] + edges[1:] - 1) / (2 * envelope.rate)
    return times, np.stack([sums, tops])


def envelope_of(analysis: Analysis, name: str) -> Envelope:
    """An envelope, or an empty one."""
    return analysis.envelopes.get(name) or Envelope(rate=1.0, values=np.zeros(0, np.float32))


def row(figure: Any, analysis: Analysis, *, bottom: float, height: float) -> Any:
    """Axes over the song's time, 0..1 high, without a frame."""
    axes = figure.add_axes((LEFT, bottom, RIGHT - LEFT, height), facecolor="none")
    axes.set_xlim(0, max(analysis.duration, 1e-3))
    axes.set_ylim(0, 1)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    return axes


def name_row(axes: Any, text: str, *, y: float = 0.5, color: str = DIM, size: float = 9.5) -> None:
    """Write a row's name into the left margin; y is a share of the row's height."""
    write(axes, -0.012, y, text, color=color, size=size, ha="right", transform=axes.transAxes)


def write(axes: Any, x: float, y: float, text: str, *, size: float, **style: Any) -> Any:
    """Text that is never taken for mathematics, whatever is in it."""
    style = {"va": "center", "family": ["DejaVu Sans"], "parse_math": False, **style}
    return axes.text(x, y, text, fontsize=size, **style)


def width_of(axes: Any) -> float:
    """Of a row, in pixels."""
    return float(axes.get_window_extent().width)


def fineness(analysis: Analysis) -> float:
    """Times of a very short song are told in hundredths of a second."""
    return 0.01 if analysis.duration < 10 else 1.0


def piece(times: Array, curve: Array, start: float, end: float) -> tuple[Array, Array]:
    """The part of a curve between two times, with points on its very ends."""
    x = np.concatenate([[start], times[(times > start) & (times < end)], [end]])
    return x, np.interp(x, times, curve)
