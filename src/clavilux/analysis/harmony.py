"""Pitch classes -> the key of the song.

A song is described by eight rows of twelve numbers: how much each pitch class sounds in all and in
the bass, where sections start and at the end, and how often each major and minor triad sounds.
Each of the 24 keys weighs the rows as heard from its own tonic; the weights are learned, so that
the chances they give are right as often as they say.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.learned import table
from clavilux.analysis.pitches import FINE, SLICE
from clavilux.analysis.spectrum import LONG_FPS, Floats, Spectrum
from clavilux.model.song import Key

Array = NDArray[np.float64]

TONICS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
MODES: tuple[Literal["major"], Literal["minor"]] = ("major", "minor")
ROWS = (
    "all", "bass", "starts", "starts bass", "last", "last bass", "major triads", "minor triads",
)  # fmt: skip
PER_CLASS = FINE // 12
EDGE_SECONDS = 2.5
"""How much of a section counts as its start, and of the song as its end."""
HARMONICS = ((3, 0.25), (5, 0.12))
"""Overtones that are other pitch classes than their note, and how much of it each carries."""
TRIADS: tuple[tuple[int, ...], tuple[int, ...]] = ((0, 4, 7), (0, 3, 7))
TRIAD_SHARPNESS = 12.0
"""How clearly the best triad of a slice wins over the others."""
FAINTEST = 0.05
"""Slices with less than this share of the usual sound are pauses."""


def find_key(spectrum: Spectrum, *, starts: tuple[float, ...] = (0.0,)) -> Key:
    """The most likely of the 24 keys; the confidence is its chance against the others.

    `starts`: where sections start, in seconds: most often on the tonic.
    """
    rows = describe(spectrum.pitches, spectrum.bass_pitches, starts=starts)
    if rows is None:
        return Key(tonic="C", mode="major", confidence=0.0)
    chances = key_chances(rows, table("key_weights"))
    mode, tonic = np.unravel_index(int(chances.argmax()), chances.shape)
    sure = round(float(chances.max()), 3)
    return Key(tonic=TONICS[tonic], mode=MODES[int(mode)], confidence=sure)


def key_chances(rows: Array, weights: Array) -> Array:
    """(2, 12) chances of major and minor keys on each tonic, sum 1.

    `rows`: (8, 12) as `describe` gives them; `weights`: (2, 8, 12), of degrees above the tonic.
    """
    heard = np.stack([np.roll(rows, -tonic, axis=1) for tonic in range(12)])
    scores = np.einsum("mrd,trd->mt", weights, heard)
    chances = np.exp(scores - scores.max())
    return np.asarray(chances / chances.sum())


def describe(pitches: Floats, bass_pitches: Floats, *, starts: tuple[float, ...]) -> Array | None:
    """(8, 12) in the order of ROWS, from C, each of mean 0 and length 1; None if nothing sounds."""
    tones, basses = pitches.astype(np.float64), bass_pitches.astype(np.float64)
    totals = tones.sum(axis=1)
    if len(totals) == 0 or totals.max() < 1e-6:
        return None
    audible = np.flatnonzero(totals > FAINTEST * float(np.percentile(totals, 90)))
    tones, basses = tones[audible], basses[audible]
    offset = tuning(tones.sum(axis=0))
    chroma, bass = (_normal(_fold(part, offset)) for part in (_without_overtones(tones), basses))
    at_start = _near_starts(audible * SLICE / LONG_FPS, starts)
    edge = max(1, round(EDGE_SECONDS * LONG_FPS / SLICE))
    major, minor = _triads(chroma + 0.5 * bass)
    rows = [chroma, bass, chroma[at_start], bass[at_start], chroma[-edge:], bass[-edge:]]
    return np.stack([_centred(row.mean(axis=0)) for row in (*rows, major, minor)])


def _near_starts(times: Array, starts: tuple[float, ...]) -> NDArray[np.intp]:
    """Which of the slices lie within EDGE_SECONDS after the first that follows a start."""
    first = np.searchsorted(times, np.array(starts) - 0.1)
    near = {
        int(i + k)
        for i in first[first < len(times)]
        for k in range(round(EDGE_SECONDS * LONG_FPS / SLICE))
        if i + k < len(times) and times[i + k] - times[i] <= EDGE_SECONDS
    }
    return np.array(sorted(near or {0}), dtype=np.intp)


def tuning(pitches: Array) -> float:
    """How far the song is tuned above A4 = 440 Hz, in steps of 20 cents, -2.5..2.5.

    `pitches`: (60,). The mean angle of all peaks on the circle of one half-tone, as in Dressler
    and Streich, "Tuning frequency estimation using circular statistics" (ISMIR 2007).
    """
    turn = np.exp(2j * np.pi * np.arange(FINE) / PER_CLASS)
    return float(np.angle((pitches * turn).sum()) * PER_CLASS / (2 * np.pi))


def _fold(pitches: Array, offset: float) -> Array:
    """(n, 60) -> (n, 12): each class takes what lies within half a half-tone, the middle most."""
    away = np.arange(FINE)[:, None] - offset - PER_CLASS * np.arange(12)[None, :]
    away = np.abs((away + FINE / 2) % FINE - FINE / 2)
    return np.asarray(pitches @ np.clip(1 - away / (0.6 * PER_CLASS), 0, 1))


def _without_overtones(pitches: Array) -> Array:
    """(n, 60) less what the notes' own overtones add to other classes."""
    clean = pitches.copy()
    for number, share in HARMONICS:
        move = round(FINE * np.log2(number)) % FINE
        clean -= share * np.roll(pitches, move, axis=1)
    return np.maximum(clean, 0)


def _normal(rows: Array) -> Array:
    """Each row of sum 1, or 0 if it is silent: loud moments and faint ones count alike."""
    totals = rows.sum(axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(totals, 1e-9))


def _centred(row: Array) -> Array:
    row = row - row.mean()
    return np.asarray(row / max(float(np.linalg.norm(row)), 1e-9))


def _triads(chroma: Array) -> tuple[Array, Array]:
    """(n, 12) likelihoods of major and minor triads on each root, sum 1 per row."""
    unit = chroma / np.maximum(np.linalg.norm(chroma, axis=1, keepdims=True), 1e-9)
    fits = [sum(np.roll(unit, -step, axis=1) for step in triad) for triad in TRIADS]
    likely = np.exp(TRIAD_SHARPNESS * np.concatenate(fits, axis=1))
    likely /= likely.sum(axis=1, keepdims=True)
    return likely[:, :12], likely[:, 12:]
