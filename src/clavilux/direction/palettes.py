"""From a style's palettes to one palette per section, all arithmetic in OKLCh.

Sections that sound alike share a base palette and grow with each return; the climax is the
richest; calm sections are darker and cooler; neighbours never look the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from clavilux.direction.keyframes import climax_index
from clavilux.direction.style import MIN_CONTRAST, Character, Style, contrast, rng_for
from clavilux.model.color import (
    Array,
    Palette,
    hex_to_srgb,
    oklab_to_oklch,
    oklab_to_srgb,
    oklch_to_oklab,
    srgb_to_hex,
    srgb_to_oklab,
)
from clavilux.model.song import Analysis, Function

PREFERENCES: dict[Function, tuple[Character, ...]] = {
    "intro": ("calm", "cool", "dark"),
    "verse": ("cool", "dark", "warm"),
    "pre-chorus": ("warm", "cool", "bright"),
    "chorus": ("rich", "bright", "warm"),
    "bridge": ("dark", "warm", "calm"),
    "solo": ("bright", "warm", "rich"),
    "drop": ("rich", "bright", "warm"),
    "instrumental": ("warm", "cool", "calm"),
    "outro": ("calm", "dark", "cool"),
}
"""The characters that suit a function, best first; the climax's group takes `rich` before them."""

APART = 0.04
"""Neighbours differ at least this much (see `distance`); twice what one just notices."""

_AREA = np.array([0.25, 0.4, 0.2, 0.15])
"""How much of a picture each of the four colours covers, roughly."""

_WARM, _COLD = 50.0, 260.0
_CIRCLE_OF_FIFTHS = ("C", "G", "D", "A", "E", "B", "F#", "C#", "G#", "D#", "A#", "F")


def section_palettes(
    analysis: Analysis, style: Style, *, energies: Sequence[float], seed: int
) -> tuple[Palette, ...]:
    """Ground, body, light and accent for each section; `energies` are the directed ones, 0..1."""
    peak = climax_index(analysis)
    groups = [s.group for s in analysis.sections]
    bases = _group_bases(analysis, style, seed=seed)
    colors = [
        _to_gamut(_grown(bases[group], groups[:i].count(group), energies[i]))
        for i, group in enumerate(groups)
    ]
    _crown(colors, peak)
    for i in range(peak + 1, len(colors)):
        colors[i] = _moved_away(colors[i], colors[i - 1])
    for i in range(peak - 1, -1, -1):
        colors[i] = _moved_away(colors[i], colors[i + 1])
    return tuple(_to_palette(c) for c in colors)


def distance(one: Palette, other: Palette) -> float:
    """OKLab distance between two palettes, weighted by the area their colours cover."""
    labs = [np.array([srgb_to_oklab(hex_to_srgb(c)) for c in p]) for p in (one, other)]
    return float(np.linalg.norm(labs[0] - labs[1], axis=1) @ _AREA)


def richness(palette: Palette) -> float:
    """Mean OKLCh chroma of all but the ground."""
    return _richness(_to_lch(palette))


def _group_bases(analysis: Analysis, style: Style, *, seed: int) -> dict[str, Array]:
    """Group letter -> colours, shape (4, 3), OKLCh, tinted for this song."""
    sections = analysis.sections
    peak = sections[climax_index(analysis)]
    order = dict.fromkeys([peak.group, *(s.group for s in sections)])
    function = {s.group: s.function for s in reversed(sections)}
    turn, fade = _song_tint(analysis, seed)
    free: list[Character] = []
    lap = -1
    bases = {}
    for group in order:
        if not free:
            free, lap = list(style.palettes), lap + 1
        wanted: tuple[Character, ...] = PREFERENCES[function[group]]
        if group == peak.group:
            wanted = ("rich", *wanted)
        character = next((c for c in wanted if c in free), free[0])
        free.remove(character)
        lch = _to_lch(style.palettes[character])
        lap_turn = 26.0 * math.ceil(lap / 2) * (-1) ** lap
        bases[group] = _turned(lch, turn + lap_turn) * np.array([1.0, fade, 1.0])
    return bases


def _song_tint(analysis: Analysis, seed: int) -> tuple[float, float]:
    """Degrees of hue and a factor of chroma that key, mood and seed give a whole song."""
    key, mood = analysis.key, analysis.mood
    fifths = _CIRCLE_OF_FIFTHS.index(key.tonic) if key.tonic in _CIRCLE_OF_FIFTHS else 0
    turn = 9.0 * math.sin(math.tau * fifths / 12) * key.confidence
    turn += 12.0 * (float(rng_for(analysis, seed, "tint").random()) - 0.5)
    sad = max(0.0, -mood.valence) * mood.confidence
    fade = (0.95 if key.mode == "minor" else 1.0) * (1 - 0.08 * sad)
    return max(-14.0, min(14.0, turn)), fade


def _grown(base: Array, occurrence: int, energy: float) -> Array:
    """A section's colours: its group's, fuller with each return and with energy."""
    times = min(occurrence, 3)
    lch = _turned_towards(base, _COLD if energy < 0.5 else _WARM, 10 * abs(energy - 0.5))
    lightness = np.array([0.92 + 0.1 * energy, 0.9 + 0.13 * energy, 1.0, 0.96 + 0.05 * energy])
    lch[:, 0] = lch[:, 0] * lightness + times * np.array([0.0, 0.018, 0.008, 0.012])
    lch[:, 1] *= (0.82 + 0.25 * energy) * (1 + 0.06 * times)
    return lch


def _crown(colors: list[Array], peak: int) -> None:
    """Make the climax the richest: fuller itself, and the others never above it."""
    colors[peak] = _to_gamut(colors[peak] * np.array([1.0, 1.1, 1.0]))
    most = 0.96 * _richness(colors[peak])
    for i, lch in enumerate(colors):
        if i != peak and (rich := _richness(lch)) > most:
            colors[i] = lch * np.array([1.0, most / rich, 1.0])


def _moved_away(lch: Array, neighbour: Array) -> Array:
    """The colours themselves, or turned and lightened just enough to differ from a neighbour's."""
    other = _to_palette(neighbour)
    moved = lch
    for step in range(9):
        for sign in (-1, 1):
            moved = _turned(lch, 8.0 * step * sign)
            moved[:, 0] += step * sign * np.array([0.005, 0.02, 0.0, 0.01])
            moved[:, 0] = np.clip(moved[:, 0], 0.08, 0.97)
            moved = _to_gamut(moved)
            if distance(_to_palette(moved), other) >= APART:
                return moved
    return moved


def _turned(lch: Array, degrees: float) -> Array:
    turned: Array = lch + np.array([0.0, 0.0, math.radians(degrees)])
    return turned


def _turned_towards(lch: Array, hue: float, degrees: float) -> Array:
    """All hues turned by the same angle, so that the body's comes nearer to `hue`."""
    gap = (hue - math.degrees(float(lch[1, 2])) + 180) % 360 - 180
    return _turned(lch, max(-degrees, min(degrees, gap)))


def _richness(lch: Array) -> float:
    return float(lch[1:, 1].mean())


def _to_lch(palette: Palette) -> Array:
    return oklab_to_oklch(np.array([srgb_to_oklab(hex_to_srgb(c)) for c in palette]))


def _to_gamut(lch: Array) -> Array:
    """Chroma lowered, lightness and hue kept, until sRGB can show the colour."""
    low, high = np.zeros(len(lch)), np.ones(len(lch))
    share = high
    for _ in range(9):
        lab = oklch_to_oklab(lch * np.stack([np.ones(len(lch)), share, np.ones(len(lch))], axis=1))
        inside = np.abs(srgb_to_oklab(oklab_to_srgb(lab)) - lab).max(axis=1) < 2e-3
        low, high = np.where(inside, share, low), np.where(inside, high, share)
        share = (low + high) / 2
    return lch * np.stack([np.ones(len(lch)), low, np.ones(len(lch))], axis=1)


def _to_palette(lch: Array) -> Palette:
    """Hex colours, the light lifted and the ground sunk if they are too near each other."""
    lch = lch.copy()
    while True:
        palette = tuple(srgb_to_hex(c) for c in oklab_to_srgb(oklch_to_oklab(_to_gamut(lch))))
        if contrast(palette) >= MIN_CONTRAST or lch[2, 0] >= 0.98:
            return palette
        lch[:, 0] = np.minimum(0.98, lch[:, 0] * np.array([0.94, 1.0, 1.0, 1.0]))
        lch[2, 0] = min(0.98, lch[2, 0] + 0.02)
