"""The rows of the analysis plot, from the sections down to the time axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from clavilux.media.plot_canvas import (
    BACKGROUND,
    BANDS,
    CENTROID,
    CLIMAX,
    COLUMNS,
    DIM,
    FAINT,
    FEW_SHIFTS,
    FLUX,
    HEAT,
    INK,
    LINES_APART,
    ONSETS,
    PANEL,
    SHIFT,
    STEPS,
    TICKS_APART,
    Array,
    clock,
    envelope_of,
    fineness,
    name_row,
    piece,
    reduce,
    width_of,
    write,
)
from clavilux.model.song import Analysis, Section


def draw_sections(axes: Any, analysis: Analysis, colors: dict[str, str]) -> None:
    """Blocks coloured by group, and the energy of each below it."""
    pixel = analysis.duration / width_of(axes)
    for section in analysis.sections:
        color, wide = colors[section.group], section.duration
        inset = min(1.5 * pixel, 0.2 * wide)
        start, wide = section.start + inset, wide - 2 * inset
        for height, bottom, paint in (
            (0.52, 0.48, color), (0.32, 0.06, PANEL), (0.02 + 0.30 * section.energy, 0.06, color),
        ):  # fmt: skip
            axes.bar(start, height, wide, bottom, align="edge", color=paint, linewidth=0)
        _label(axes, section, room=wide / pixel - 6)
    name_row(axes, "sections", y=0.735)
    name_row(axes, "energy", y=0.21)


def _label(axes: Any, section: Section, *, room: float) -> None:
    """The longest name of a section that fits into `room` pixels, or none."""
    name = section.label.replace("_", " ")
    middle = (section.start + section.end) / 2
    text = write(axes, middle, 0.735, "", size=10.5, color="#0B0C10", weight="bold", ha="center")
    for words in (name, section.function, section.group):
        text.set_text(words)
        if text.get_window_extent().width <= room:
            return
    text.remove()


def draw_shape(axes: Any, analysis: Analysis, colors: dict[str, str]) -> None:
    """Loudness mirrored like a waveform, in the sections' colours, with the turning points."""
    axes.set_ylim(-1.16, 1.22)
    times, (mean, top) = reduce(envelope_of(analysis, "loudness"), duration=analysis.duration)
    _draw_bars(axes, analysis, low=-1.0, high=1.0, color=FAINT, width=0.7, apart=LINES_APART)
    # Loudness is in decibels; its power looks more like the waveform people know.
    for curve, alpha in ((top**2.2, 0.45), (0.8 * mean**3.0, 0.95)):
        for section in analysis.sections or (None,):
            color = colors[section.group] if section else DIM
            start, end = (section.start, section.end) if section else (0.0, analysis.duration)
            x, y = piece(times, curve, start, end)
            axes.fill_between(x, -y, y, color=color, alpha=alpha, linewidth=0)
    for section in analysis.sections[1:]:
        room = section.duration / max(analysis.duration, 1e-3) * width_of(axes)
        axes.axvline(section.start, color=BACKGROUND, linewidth=min(2.2, 0.03 * room))
    _draw_turns(axes, analysis)
    name_row(axes, "loudness")


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
    space = (-17.0 if on_left else 17.0) * analysis.duration / width_of(axes)
    words = f"climax {clock(analysis.climax, step=fineness(analysis))}"
    side = "right" if on_left else "left"
    write(axes, analysis.climax + space, 1.115, words, size=9, color=CLIMAX, ha=side)
    if shifts:
        name_row(axes, "mood shifts", y=0.04, color=INK, size=8)


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
    spacing = float(np.median(np.diff(times))) / duration * width_of(axes)
    return int(2 ** max(0.0, np.ceil(np.log2(apart / max(spacing, 1e-9)))))


def draw_beats(axes: Any, analysis: Analysis, colors: dict[str, str]) -> None:
    """A ruler: fine ticks for beats, tall ones for downbeats."""
    if not analysis.beats:
        axes.plot([0, analysis.duration], [0.5, 0.5], color=FAINT, linewidth=1)
        name_row(axes, "no beats")
        return
    beats = np.array([beat.time for beat in analysis.beats])
    if _stride(axes, beats, duration=analysis.duration) == 1:
        tall = np.array([0.3 + 0.3 * beat.strength for beat in analysis.beats])
        axes.vlines(beats, 0.5 - tall / 2, 0.5 + tall / 2, color=DIM, linewidth=0.75)
    step = _draw_bars(axes, analysis, low=0.02, high=0.98, color=INK, width=1.5)
    name_row(axes, "beats, bars" if step == 1 else f"every {step} bars")


def draw_bands(axes: Any, analysis: Analysis, colors: dict[str, str]) -> None:
    """Energy in five frequency bands as heat."""
    from matplotlib.colors import LinearSegmentedColormap

    rows = [reduce(envelope_of(analysis, name), duration=analysis.duration)[1][0] for name in BANDS]
    shortest = min(len(row) for row in rows)
    heat = LinearSegmentedColormap.from_list("heat", HEAT)
    for i, (name, row) in enumerate(zip(BANDS, rows, strict=True)):
        low = 1 - (i + 1) / len(BANDS)
        extent = (0, max(analysis.duration, 1e-3), low + 0.012, low + 0.188)
        axes.imshow(
            row[None, :shortest], extent=extent, aspect="auto", cmap=heat, vmin=0, vmax=1,
            interpolation="nearest" if shortest > 8 else "bilinear",
        )  # fmt: skip
        name_row(axes, name.replace("_", " "), y=low + 0.1)
    axes.set_xlim(0, max(analysis.duration, 1e-3))
    axes.set_ylim(0, 1)


def draw_onsets(axes: Any, analysis: Analysis, colors: dict[str, str]) -> None:
    times, (_, top) = reduce(envelope_of(analysis, "onset_strength"), duration=analysis.duration)
    times, top = piece(times, top, 0.0, analysis.duration)
    axes.fill_between(times, 0, top, color=ONSETS, alpha=0.35, linewidth=0)
    axes.plot(times, top, color=ONSETS, linewidth=0.7)
    name_row(axes, "onsets", y=0.4, color=ONSETS)


def draw_colour(axes: Any, analysis: Analysis, colors: dict[str, str]) -> None:
    """Spectral flux and centroid: how fast the sound changes, and how bright it is."""
    for name, color, y in (("flux", FLUX, 0.28), ("centroid", CENTROID, 0.72)):
        times, (mean, _) = reduce(
            envelope_of(analysis, name), duration=analysis.duration, columns=COLUMNS // 3
        )
        times, mean = piece(times, mean, 0.0, analysis.duration)
        axes.plot(times, mean, color=color, linewidth=1.3, alpha=0.95)
        name_row(axes, "brightness" if name == "centroid" else name, y=y, color=color)


def draw_time(axes: Any, duration: float) -> None:
    step = next((s for s in STEPS if duration / s <= 14), 7200 * max(1, round(duration / 1e5)))
    ticks = np.arange(0, duration + 1e-9, step)
    axes.spines["bottom"].set(visible=True, color=FAINT)
    axes.set_xticks(ticks, [clock(t, step=step) for t in ticks])
    axes.tick_params(axis="x", colors=DIM, labelsize=9.5, length=4, color=FAINT)
    for label in axes.get_xticklabels():
        label.set_family(["DejaVu Sans"])
