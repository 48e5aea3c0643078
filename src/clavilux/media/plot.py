"""One picture of what the analysis heard: for people, and for bug reports."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clavilux.model.song import Analysis, Envelope, Mood, Section
from clavilux.storage import write_atomically

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
HEAT = ("#11131A", "#2B1B4D", "#6A1F6F", "#B93A5E", "#EE7B4A", "#FBC66B", "#FFF6D5")
STEPS = (
    0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600,
)  # fmt: skip
"""Seconds between labels of the time axis."""
FONTS = ("Noto Sans CJK JP", "Noto Sans CJK SC", "Hiragino Sans", "Yu Gothic", "Microsoft YaHei")
"""Tried for titles that the built-in font cannot write."""


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
        draw: Callable[..., None]
        for draw, bottom, height in (
            (_draw_sections, 0.768, 0.076),
            (_draw_shape, 0.452, 0.305),
            (_draw_beats, 0.405, 0.04),
            (_draw_bands, 0.25, 0.14),
            (_draw_onsets, 0.165, 0.07),
            (_draw_colour, 0.06, 0.09),
        ):
            draw(_row(figure, analysis, bottom=bottom, height=height), analysis, colors)
        _draw_time(figure.axes[-1], analysis.duration)
        figure.savefig(buffer, format="png", metadata={"Software": "Clavilux"})
    write_atomically(path, buffer.getvalue())


def group_colors(sections: Sequence[Section]) -> dict[str, str]:
    """A colour for each group, in order of appearance."""
    groups = dict.fromkeys(section.group for section in sections)
    return {group: GROUPS[i % len(GROUPS)] for i, group in enumerate(groups)}


def clock(seconds: float, *, step: float = 1.0) -> str:
    """3:07, 1:02:45, or 0.25 where the axis counts in fractions of a second."""
    if step < 1:
        return f"{seconds:.2f}"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def mood_words(mood: Mood) -> str:
    """The mood's place in the circumplex, in words."""
    tone = "bright" if mood.valence > 0.2 else "dark" if mood.valence < -0.2 else "neutral"
    pace = "lively" if mood.arousal > 0.2 else "calm" if mood.arousal < -0.2 else "moderate"
    return f"{tone}, {pace}"


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


@contextmanager
def _quiet() -> Iterator[None]:
    """A title in a script that no font here can write is no reason for noise."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield


def _row(figure: Any, analysis: Analysis, *, bottom: float, height: float) -> Any:
    axes = figure.add_axes((LEFT, bottom, RIGHT - LEFT, height), facecolor="none")
    axes.set_xlim(0, max(analysis.duration, 1e-3))
    axes.set_ylim(0, 1)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    return axes


def _name(axes: Any, text: str, *, y: float = 0.5, color: str = DIM, size: float = 9.5) -> None:
    """Write a row's name into the left margin; y is a share of the row's height."""
    _write(axes, -0.012, y, text, color=color, size=size, ha="right", transform=axes.transAxes)


def _write(axes: Any, x: float, y: float, text: str, *, size: float, **style: Any) -> Any:
    """Text that is never taken for mathematics, whatever is in it."""
    style = {"va": "center", "family": ["DejaVu Sans"], "parse_math": False, **style}
    return axes.text(x, y, text, fontsize=size, **style)


# --- The header ------------------------------------------------------------------------------


def _draw_header(figure: Any, analysis: Analysis) -> None:
    title = _write(
        figure, LEFT, 0.935, " ".join(analysis.song.title.split()) or "untitled",
        size=25, color=INK, weight="bold", family=_families(analysis.song.title),
    )  # fmt: skip
    room = 0.78 * INCHES[0] * DPI
    if title.get_window_extent().width > room:
        title.set_fontsize(18)
    _shorten(title, room=room)
    x = LEFT
    for value, note in _facts(analysis):
        text = _write(figure, x, 0.882, value, size=13, color=INK)
        x = _right(figure, text) + 0.005
        text = _write(figure, x, 0.8808, note, size=10, color=DIM)
        x = _right(figure, text) + 0.02


def _facts(analysis: Analysis) -> list[tuple[str, str]]:
    """(value, note) in reading order."""
    if analysis.tempo > 0:
        pulse = [
            (f"{analysis.tempo:.1f} BPM", f"{analysis.tempo_confidence:.0%} sure"),
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


def _fineness(analysis: Analysis) -> float:
    """Times of a very short song are told in hundredths of a second."""
    return 0.01 if analysis.duration < 10 else 1.0


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
        _write(axes, x, y, word, size=8, color=DIM, ha=side, clip_on=False)


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


# --- The rows --------------------------------------------------------------------------------


def _draw_sections(axes: Any, analysis: Analysis, colors: dict[str, str]) -> None:
    """Blocks coloured by group, and the energy of each below it."""
    pixel = analysis.duration / _width(axes)
    for section in analysis.sections:
        color, wide = colors[section.group], section.duration
        inset = min(1.5 * pixel, 0.2 * wide)
        start, wide = section.start + inset, wide - 2 * inset
        for height, bottom, paint in (
            (0.52, 0.48, color), (0.32, 0.06, PANEL), (0.02 + 0.30 * section.energy, 0.06, color),
        ):  # fmt: skip
            axes.bar(start, height, wide, bottom, align="edge", color=paint, linewidth=0)
        _label(axes, section, room=wide / pixel - 6)
    _name(axes, "sections", y=0.735)
    _name(axes, "energy", y=0.21)


def _label(axes: Any, section: Section, *, room: float) -> None:
    """The longest name of a section that fits into `room` pixels, or none."""
    name = section.label.replace("_", " ")
    middle = (section.start + section.end) / 2
    text = _write(axes, middle, 0.735, "", size=10.5, color="#0B0C10", weight="bold", ha="center")
    for words in (name, section.function, section.group):
        text.set_text(words)
        if text.get_window_extent().width <= room:
            return
    text.remove()


def _draw_shape(axes: Any, analysis: Analysis, colors: dict[str, str]) -> None:
    """Loudness mirrored like a waveform, in the sections' colours, with the turning points."""
    axes.set_ylim(-1.16, 1.22)
    times, (mean, top) = reduce(_envelope(analysis, "loudness"), duration=analysis.duration)
    _draw_bars(axes, analysis, low=-1.0, high=1.0, color=FAINT, width=0.7, apart=LINES_APART)
    # Loudness is in decibels; its power looks more like the waveform people know.
    for curve, alpha in ((top**2.2, 0.45), (0.8 * mean**3.0, 0.95)):
        for section in analysis.sections or (None,):
            color = colors[section.group] if section else DIM
            x, y = _piece(times, curve, section, duration=analysis.duration)
            axes.fill_between(x, -y, y, color=color, alpha=alpha, linewidth=0)
    for section in analysis.sections[1:]:
        room = section.duration / max(analysis.duration, 1e-3) * _width(axes)
        axes.axvline(section.start, color=BACKGROUND, linewidth=min(2.2, 0.03 * room))
    _draw_turns(axes, analysis)
    _name(axes, "loudness")


def _piece(
    times: Array, curve: Array, section: Section | None, *, duration: float
) -> tuple[Array, Array]:
    """The part of a curve inside a section, with points on its very ends."""
    start, end = (section.start, section.end) if section else (0.0, duration)
    x = np.concatenate([[start], times[(times > start) & (times < end)], [end]])
    return x, np.interp(x, times, curve)


def _draw_turns(axes: Any, analysis: Analysis) -> None:
    """The climax and the emotional shifts."""
    shifts = [time for section in analysis.sections for time in section.shifts]
    if len(shifts) <= FEW_SHIFTS:
        axes.vlines(shifts, -1.0, 1.0, color=SHIFT, linewidth=0.9, alpha=0.55, linestyles="dashed")
    axes.plot(shifts, [-1.08] * len(shifts), "D", color=SHIFT, markersize=4.5, clip_on=False)
    if analysis.duration <= 0:
        return
    axes.plot([analysis.climax] * 2, [-1.0, 1.0], color=CLIMAX, linewidth=1.4)
    axes.plot([analysis.climax], [1.09], "v", color=CLIMAX, markersize=9, clip_on=False)
    on_left = analysis.climax > 0.88 * analysis.duration
    space = (-17.0 if on_left else 17.0) * analysis.duration / _width(axes)
    words = f"climax {clock(analysis.climax, step=_fineness(analysis))}"
    side = "right" if on_left else "left"
    _write(axes, analysis.climax + space, 1.115, words, size=9, color=CLIMAX, ha=side)
    if shifts:
        _name(axes, "mood shifts", y=0.04, color=INK, size=8)


def _draw_bars(
    axes: Any,
    analysis: Analysis,
    *,
    low: float,
    high: float,
    color: str,
    width: float,
    apart: float = TICKS_APART,
) -> int:
    """Lines at downbeats, as many as there is room for; answers every how many bars."""
    bars = np.array(analysis.downbeats)
    step = _stride(axes, bars, duration=analysis.duration, apart=apart)
    axes.vlines(bars[::step], low, high, color=color, linewidth=width)
    return step


def _stride(axes: Any, times: Array, *, duration: float, apart: float = TICKS_APART) -> int:
    """Of which every 1st, 2nd, 4th, 8th... are at least so many pixels apart."""
    if len(times) < 2 or duration <= 0:
        return 1
    spacing = float(np.median(np.diff(times))) / duration * _width(axes)
    return int(2 ** max(0.0, np.ceil(np.log2(apart / max(spacing, 1e-9)))))


def _draw_beats(axes: Any, analysis: Analysis, colors: dict[str, str]) -> None:
    """A ruler: fine ticks for beats, tall ones for downbeats."""
    if not analysis.beats:
        axes.plot([0, analysis.duration], [0.5, 0.5], color=FAINT, linewidth=1)
        _name(axes, "no beats")
        return
    beats = np.array([beat.time for beat in analysis.beats])
    if _stride(axes, beats, duration=analysis.duration) == 1:
        tall = np.array([0.3 + 0.3 * beat.strength for beat in analysis.beats])
        axes.vlines(beats, 0.5 - tall / 2, 0.5 + tall / 2, color=DIM, linewidth=0.75)
    step = _draw_bars(axes, analysis, low=0.02, high=0.98, color=INK, width=1.5)
    _name(axes, "beats, bars" if step == 1 else f"every {step} bars")


def _draw_bands(axes: Any, analysis: Analysis, colors: dict[str, str]) -> None:
    """Energy in five frequency bands as heat."""
    from matplotlib.colors import LinearSegmentedColormap

    rows = [reduce(_envelope(analysis, name), duration=analysis.duration)[1][0] for name in BANDS]
    shortest = min(len(row) for row in rows)
    heat = LinearSegmentedColormap.from_list("heat", HEAT)
    for i, (name, row) in enumerate(zip(BANDS, rows, strict=True)):
        low = 1 - (i + 1) / len(BANDS)
        extent = (0, max(analysis.duration, 1e-3), low + 0.012, low + 0.188)
        axes.imshow(
            row[None, :shortest], extent=extent, aspect="auto", cmap=heat, vmin=0, vmax=1,
            interpolation="nearest" if shortest > 8 else "bilinear",
        )  # fmt: skip
        _name(axes, name.replace("_", " "), y=low + 0.1)
    axes.set_xlim(0, max(analysis.duration, 1e-3))
    axes.set_ylim(0, 1)


def _draw_onsets(axes: Any, analysis: Analysis, colors: dict[str, str]) -> None:
    times, (_, top) = reduce(_envelope(analysis, "onset_strength"), duration=analysis.duration)
    times, top = _piece(times, top, None, duration=analysis.duration)
    axes.fill_between(times, 0, top, color=ONSETS, alpha=0.35, linewidth=0)
    axes.plot(times, top, color=ONSETS, linewidth=0.7)
    _name(axes, "onsets", y=0.4, color=ONSETS)


def _draw_colour(axes: Any, analysis: Analysis, colors: dict[str, str]) -> None:
    """Spectral flux and centroid: how fast the sound changes, and how bright it is."""
    for name, color, y in (("flux", FLUX, 0.28), ("centroid", CENTROID, 0.72)):
        times, (mean, _) = reduce(
            _envelope(analysis, name), duration=analysis.duration, columns=COLUMNS // 3
        )
        times, mean = _piece(times, mean, None, duration=analysis.duration)
        axes.plot(times, mean, color=color, linewidth=1.3, alpha=0.95)
        _name(axes, "brightness" if name == "centroid" else name, y=y, color=color)


def _draw_time(axes: Any, duration: float) -> None:
    step = next((s for s in STEPS if duration / s <= 14), 7200 * max(1, round(duration / 1e5)))
    ticks = np.arange(0, duration + 1e-9, step)
    axes.spines["bottom"].set(visible=True, color=FAINT)
    axes.set_xticks(ticks, [clock(t, step=step) for t in ticks])
    axes.tick_params(axis="x", colors=DIM, labelsize=9.5, length=4, color=FAINT)
    for label in axes.get_xticklabels():
        label.set_family(["DejaVu Sans"])


def _envelope(analysis: Analysis, name: str) -> Envelope:
    return analysis.envelopes.get(name) or Envelope(rate=1.0, values=np.zeros(0, np.float32))


def _width(axes: Any) -> float:
    """Of a row, in pixels."""
    return float(axes.get_window_extent().width)
