"""How the beat is divided, heard from where notes fall in it."""

from __future__ import annotations

import numpy as np
from songs.score import Feel

from arranged.accompaniment import Track

FEWEST = 16
"""Notes off the beat that are needed to tell."""


def feel_of(tracks: list[Track]) -> Feel | None:
    """Straight, swing (only a late off-beat) or triplet (both thirds); None if unclear.

    Swing may be hard: off-beats on the last quarter of a beat whose first quarter stays empty.
    """
    places = np.array([n.beat % 1.0 for t in tracks for n in t.notes])
    first, last = _count(places, 0.29, 0.38), _count(places, 0.61, 0.725)
    half = _count(places, 0.45, 0.55)
    early, late = _count(places, 0.2, 0.28), _count(places, 0.725, 0.81)
    if first + last + half + early + late < FEWEST:
        return None
    if late > 1.3 * half and early < 0.25 * late and first < 0.25 * late:
        return "swing"
    if first + last < half + early + late:
        return "straight"
    return "triplet" if first > 0.35 * last else "swing"


def swing_of(tracks: list[Track]) -> float:
    """Where late off-beats fall in the beat, as a share of it."""
    places = np.array([n.beat % 1.0 for t in tracks for n in t.notes])
    late = places[(places > 0.57) & (places < 0.81)]
    return float(np.median(late)) if len(late) else 2 / 3


def _count(places: np.ndarray[tuple[int], np.dtype[np.float64]], low: float, high: float) -> int:
    return int(np.sum((places >= low) & (places <= high)))
