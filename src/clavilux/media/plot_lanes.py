"""The rows of the analysis plot that tell of pulse, voice, drums, builds and drops."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from clavilux.media.plot_canvas import (
    BUILD,
    COLUMNS,
    DIM,
    DROP,
    DRUM_COLORS,
    FAINT,
    PULSE,
    TEMPO,
    VOICE,
    Array,
    envelope_of,
    name_row,
    piece,
    reduce,
    width_of,
    write,
)
from clavilux.model.song import Analysis, Passage

GAP_BEATS = 2.5
"""A hole of more beats than this is shown as one."""
TEMPO_BEATS = 8
"""Beats over which the tempo curve is taken."""
CONSTANT = 1.03
"""A tempo that changes by less than this ratio is not drawn as a curve."""


def draw_passages(axes: Any, analysis: Analysis, colors: dict[str, str]) -> None:
    """Builds as the hairpins that scores have, drops as what they burst into; silence, applause."""
    for passage in analysis.passages:
        if passage.kind == "build":
            _draw_hairpin(axes, passage)
        elif passage.kind == "drop":
            _draw_burst(axes, passage)
        else:
            axes.plot([passage.start, passage.end], [0.5, 0.5], color=DIM, linewidth=1, ls=":")
        if passage.kind != "build":
            _draw_word(axes, passage, duration=analysis.duration)
    kinds = {passage.kind for passage in analysis.passages}
    turning = kinds & {"build", "drop"}
    name_row(axes, "builds, drops" if turning else ", ".join(sorted(kinds)), size=8.5)


def _draw_hairpin(axes: Any, passage: Passage) -> None:
    axes.fill(
        [passage.start, passage.end, passage.end], [0.5, 0.95, 0.05],
        color=BUILD, alpha=0.2 + 0.55 * passage.strength, linewidth=0,
    )  # fmt: skip


def _draw_burst(axes: Any, passage: Passage) -> None:
    """Full at its first bar, and fading."""
    from matplotlib.colors import LinearSegmentedColormap, to_rgba

    red, green, blue, _ = to_rgba(DROP)
    strong, weak = 0.35 + 0.65 * passage.strength, 0.12
    fade = LinearSegmentedColormap.from_list(
        "drop", [(red, green, blue, strong), (red, green, blue, weak)]
    )
    limits = axes.get_xlim()
    axes.imshow(
        np.linspace(0, 1, 64)[None, :], cmap=fade, aspect="auto", interpolation="bilinear",
        extent=(passage.start, passage.end, 0.08, 0.92),
    )  # fmt: skip
    axes.set_xlim(limits)
    axes.set_ylim(0, 1)


def _draw_word(axes: Any, passage: Passage, *, duration: float) -> None:
    """What a passage is called, where there is room."""
    pixel = duration / width_of(axes)
    dark = passage.kind == "drop"
    word = write(
        axes, passage.start + 7 * pixel, 0.47, passage.kind,
        size=8, color="#0B0C10" if dark else DIM, weight="bold" if dark else "normal",
    )  # fmt: skip
    if word.get_window_extent().width + 10 > (passage.end - passage.start) / pixel:
        word.remove()
    elif not dark:
        _clear_behind(word, axes)


def _clear_behind(word: Any, axes: Any) -> None:
    word.set_bbox({"facecolor": axes.figure.get_facecolor(), "linewidth": 0, "pad": 2})


def draw_pulse(axes: Any, analysis: Analysis, colors: dict[str, str]) -> None:
    """How sure the beats are, as an area; the tempo as a curve where it is not constant."""
    beats = np.array([beat.time for beat in analysis.beats])
    sure = np.array([beat.confidence for beat in analysis.beats])
    axes.plot([0, analysis.duration], [0, 0], color=FAINT, linewidth=1)
    for start, end in _holes(beats, analysis):
        _draw_hole(axes, start, end, duration=analysis.duration)
    for first, last in _runs(beats):
        x, y = _thinned(beats[first:last], sure[first:last])
        axes.fill_between(x, 0, y, color=PULSE, alpha=0.5, linewidth=0)
        axes.plot(x, y, color=PULSE, linewidth=0.9)
    low, high = _draw_tempo(axes, beats)
    changing = high > CONSTANT * low > 0
    name_row(axes, "pulse", y=0.72 if changing else 0.5)
    if changing:
        name_row(axes, f"{low:.0f} to {high:.0f} BPM", y=0.22, color=TEMPO, size=8)


def _runs(times: Array) -> list[tuple[int, int]]:
    """First and one past the last of the beats of each stretch without a hole."""
    if len(times) < 2:
        return []
    lengths = np.diff(times)
    cuts = (np.flatnonzero(lengths > GAP_BEATS * np.median(lengths)) + 1).tolist()
    return [(a, b) for a, b in pairwise([0, *cuts, len(times)]) if b - a > 1]


def _holes(times: Array, analysis: Analysis) -> list[tuple[float, float]]:
    """Where nothing beats, in seconds."""
    runs = _runs(times)
    if not runs:
        return [(0.0, analysis.duration)]
    usual = float(np.median(np.diff(times)))
    edges = [0.0]
    for first, last in runs:
        edges += [float(times[first]), float(times[last - 1])]
    edges.append(analysis.duration)
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [(a, b) for a, b in pairs if b - a > GAP_BEATS * usual]


def _draw_hole(axes: Any, start: float, end: float, *, duration: float) -> None:
    axes.plot([start, end], [0.5, 0.5], color=FAINT, linewidth=1.2, linestyle=(0, (2, 3)))
    word = write(axes, (start + end) / 2, 0.5, "no pulse", size=8, color=DIM, ha="center")
    if word.get_window_extent().width + 16 > (end - start) / max(duration, 1e-3) * width_of(axes):
        word.remove()
    else:
        _clear_behind(word, axes)


def _thinned(x: Array, y: Array) -> tuple[Array, Array]:
    step = max(1, len(x) // (COLUMNS // 2))
    return x[::step], y[::step]


def _draw_tempo(axes: Any, beats: Array) -> tuple[float, float]:
    """The curve of local tempi, if they differ; answers the slowest and fastest 2 % left out."""
    curves = []
    for first, last in _runs(beats):
        lengths = np.diff(beats[first:last])
        width = min(TEMPO_BEATS, len(lengths))
        tempo = 60 / np.median(np.lib.stride_tricks.sliding_window_view(lengths, width), axis=1)
        curves.append((beats[first + width // 2 :][: len(tempo)], tempo))
    if not curves:
        return 0.0, 0.0
    tempi = np.concatenate([tempo for _, tempo in curves])
    low, high = (float(value) for value in np.percentile(tempi, (2, 98)))
    if high > CONSTANT * low:
        for x, tempo in curves:
            x, y = _thinned(x, 0.08 + 0.84 * np.clip((tempo - low) / (high - low), 0, 1))
            axes.plot(x, y, color=TEMPO, linewidth=1.3)
    return low, high


def draw_voice(axes: Any, analysis: Analysis, colors: dict[str, str]) -> None:
    """Where somebody seems to sing, and how much."""
    times, (mean, _) = reduce(
        envelope_of(analysis, "vocals"), duration=analysis.duration, columns=COLUMNS // 2
    )
    x, y = piece(times, mean, 0.0, analysis.duration)
    axes.fill_between(x, 0.5 - y / 2, 0.5 + y / 2, color=VOICE, alpha=0.75, linewidth=0)
    axes.plot([0, analysis.duration], [0.5, 0.5], color=VOICE, linewidth=0.7, alpha=0.5)
    name_row(axes, "voice", color=VOICE)


def draw_drums(axes: Any, analysis: Analysis, colors: dict[str, str]) -> None:
    """A lane for each onset class; a stroke is as tall as the hit is strong."""
    height = 1 / len(DRUM_COLORS)
    for lane, (name, color) in enumerate(DRUM_COLORS.items()):
        base = 1 - (lane + 1) * height
        times = np.array(analysis.hits.get(name, ()))
        strength = _strength(analysis, name, times)
        x, y = _strongest_per_column(times, strength, duration=analysis.duration)
        tall = 0.9 * height * (0.25 + 0.75 * y)
        axes.plot([0, analysis.duration], [base, base], color=FAINT, linewidth=0.8)
        axes.vlines(x, base, base + tall, color=color, linewidth=0.95)
        name_row(axes, name, y=base + height / 2, color=color)


def _strength(analysis: Analysis, name: str, times: Array) -> Array:
    """The envelope's most around each time; full where there is no envelope."""
    envelope = envelope_of(analysis, name)
    if len(envelope.values) == 0:
        return np.ones(len(times))
    around = times[:, None] + np.linspace(-0.02, 0.04, 4)
    return np.asarray(envelope.at(around).max(axis=1))


def _strongest_per_column(times: Array, values: Array, *, duration: float) -> tuple[Array, Array]:
    """At most one hit per column of the picture."""
    if len(times) == 0:
        return times, values
    order = np.argsort(-values, kind="stable")
    column = (times[order] / max(duration, 1e-3) * COLUMNS).astype(np.int64)
    _, first = np.unique(column, return_index=True)
    return times[order][first], values[order][first]
