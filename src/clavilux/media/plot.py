"""One picture of what the analysis heard: for people, and for bug reports."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from clavilux.media.plot_canvas import (
    BACKGROUND,
    CLIMAX,
    DIM,
    DPI,
    FAINT,
    FONTS,
    GROUPS,
    INCHES,
    INK,
    LEFT,
    PANEL,
    clock,
    row,
    write,
)
from clavilux.media.plot_lanes import draw_drums, draw_passages, draw_pulse, draw_voice
from clavilux.media.plot_rows import (
    draw_bands,
    draw_beats,
    draw_colour,
    draw_onsets,
    draw_sections,
    draw_shape,
    draw_time,
)
from clavilux.model.song import Analysis, Mood, Section
from clavilux.storage import write_atomically

Draw = Callable[[Any, Analysis, dict[str, str]], None]


def plot_analysis(analysis: Analysis, path: Path) -> None:
    """Draw tempo, beats, sections, energies and turning points to a PNG of 2400 x 1350 pixels.

    Raises OutputError if the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=INCHES, dpi=DPI, facecolor=BACKGROUND)
    FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    with _quiet():
        _draw_header(figure, analysis)
        _draw_mood(figure, analysis.mood)
        colors = group_colors(analysis.sections)
        for draw, bottom, height in _rows(analysis):
            draw(row(figure, analysis, bottom=bottom, height=height), analysis, colors)
        draw_time(figure.axes[-1], analysis.duration)
        figure.savefig(buffer, format="png", metadata={"Software": "Clavilux"})
    write_atomically(path, buffer.getvalue())


def _rows(analysis: Analysis) -> list[tuple[Draw, float, float]]:
    """What is drawn where: bottom and height as shares of the figure's height."""
    turning = bool(analysis.passages)
    struck = any(analysis.hits.values())
    return [
        (draw_sections, 0.768, 0.076),
        *([(draw_passages, 0.733, 0.024)] if turning else []),
        (draw_shape, 0.495, 0.235 if turning else 0.262),
        (draw_beats, 0.456, 0.032),
        (draw_pulse, 0.402, 0.044),
        (draw_voice, 0.352, 0.042),
        (draw_bands, 0.226, 0.115),
        (draw_drums if struck else draw_onsets, 0.138, 0.078),
        (draw_colour, 0.055, 0.07),
    ]


def group_colors(sections: Sequence[Section]) -> dict[str, str]:
    """A colour for each group, in order of appearance."""
    groups = dict.fromkeys(section.group for section in sections)
    return {group: GROUPS[i % len(GROUPS)] for i, group in enumerate(groups)}


def mood_words(mood: Mood) -> str:
    """The mood's place in the circumplex, in words."""
    tone = "bright" if mood.valence > 0.2 else "dark" if mood.valence < -0.2 else "neutral"
    pace = "lively" if mood.arousal > 0.2 else "calm" if mood.arousal < -0.2 else "moderate"
    return f"{tone}, {pace}"


@contextmanager
def _quiet() -> Iterator[None]:
    """A title in a script that no font here can write is no reason for noise."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield


def _draw_header(figure: Any, analysis: Analysis) -> None:
    title = write(
        figure, LEFT, 0.935, " ".join(analysis.song.title.split()) or "untitled",
        size=25, color=INK, weight="bold", family=_families(analysis.song.title),
    )  # fmt: skip
    room = 0.78 * INCHES[0] * DPI
    if title.get_window_extent().width > room:
        title.set_fontsize(18)
    _shorten(title, room=room)
    x = LEFT
    for value, note in _facts(analysis):
        text = write(figure, x, 0.882, value, size=13, color=INK)
        x = _right(figure, text) + 0.005
        text = write(figure, x, 0.8808, note, size=10, color=DIM)
        x = _right(figure, text) + 0.02


def _facts(analysis: Analysis) -> list[tuple[str, str]]:
    """(value, note) in reading order."""
    if analysis.tempo > 0:
        pulse = [
            (f"{analysis.tempo:.1f} BPM", f"{analysis.tempo_confidence:.0%} sure{_or(analysis)}"),
            (f"{analysis.meter} beats to the bar", f"{len(analysis.downbeats)} bars"),
        ]
    else:
        pulse = [("no steady pulse", "")]
    return [
        *pulse,
        (str(analysis.key), f"{analysis.key.confidence:.0%} sure"),
        (mood_words(analysis.mood), f"{analysis.mood.confidence:.0%} sure"),
        (clock(analysis.duration), f"{analysis.duration:.2f} s"),
    ]


def _or(analysis: Analysis) -> str:
    """The tempo of the likeliest other reading, if it has another one."""
    others = [o for o in analysis.alternatives if abs(o.tempo / analysis.tempo - 1) > 0.05]
    return f", or {others[0].tempo:.1f}" if others else ""


def _draw_mood(figure: Any, mood: Mood) -> None:
    """A dot in Russell's circle: valence to the right, arousal upwards."""
    from matplotlib.patches import Circle

    axes = figure.add_axes((0.892, 0.868, 0.058, 0.058 * INCHES[0] / INCHES[1]), facecolor="none")
    axes.set_xlim(-1.1, 1.1)
    axes.set_ylim(-1.1, 1.1)
    axes.axis("off")
    axes.add_patch(Circle((0, 0), 1, facecolor=PANEL, edgecolor=FAINT, linewidth=1.2))
    axes.plot([-1, 1], [0, 0], color=FAINT, linewidth=0.8)
    axes.plot([0, 0], [-1, 1], color=FAINT, linewidth=0.8)
    x, y = np.array([mood.valence, mood.arousal]) / max(1.0, np.hypot(mood.valence, mood.arousal))
    axes.plot([x], [y], "o", color=CLIMAX, markersize=15, alpha=0.25, markeredgewidth=0)
    axes.plot([x], [y], "o", color=CLIMAX, markersize=7, markeredgewidth=0)
    for x, y, word, side in (
        (-1.14, 0.0, "dark", "right"), (1.14, 0.0, "bright", "left"),
        (0.0, 1.19, "lively", "center"), (0.0, -1.19, "calm", "center"),
    ):  # fmt: skip
        write(axes, x, y, word, size=8, color=DIM, ha=side, clip_on=False)


def _families(text: str) -> list[str]:
    """The built-in font, and those installed for a text that needs more than it has."""
    if all(ord(letter) < 0x0590 for letter in text):
        return ["DejaVu Sans"]
    from matplotlib.font_manager import fontManager

    installed = {entry.name for entry in fontManager.ttflist}
    return ["DejaVu Sans", *(name for name in FONTS if name in installed)]


def _right(figure: Any, text: Any) -> float:
    """Where a text ends, as a share of the figure's width."""
    return float(text.get_window_extent().x1 / figure.bbox.width)


def _shorten(text: Any, *, room: float) -> None:
    """Cut a text with an ellipsis until it is no wider than `room` pixels."""
    words = text.get_text()[:300]
    text.set_text(words)
    while len(words) > 1 and text.get_window_extent().width > room:
        words = words[: -max(1, len(words) // 20)].rstrip()
        text.set_text(words + "…")
