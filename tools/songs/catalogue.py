"""Which genre, meter and tempo a song has, as often as in the music people play."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from songs.genre import Comp, Drums, Genre, all_genres

CLASSES = (("straight", 0.78), ("triple-feel", 0.08), ("three", 0.10), ("odd", 0.04))
"""Share of songs in straight four, in swing or triplets, in three and in five or seven."""
ODD_GENRES = ("rock", "metal", "pop", "j-pop", "game music", "folk guitar")
"""Genres that also come in five and seven."""
SLOWEST, FASTEST = 60.0, 200.0
"""Beats a minute between which the tactus stays."""


def choose_genre(rng: np.random.Generator) -> Genre:
    """A genre, with its meter and feel settled."""
    kind = str(rng.choice([name for name, _ in CLASSES], p=[share for _, share in CLASSES]))
    if kind == "odd":
        return _odd(rng)
    pool = [g for g in all_genres() if _class(g) == kind]
    weights = np.array([g.weight for g in pool])
    return pool[int(rng.choice(len(pool), p=weights / weights.sum()))]


def choose_tempo(genre: Genre, rng: np.random.Generator) -> float:
    """Beats a minute, triangular about the genre's usual tempo; machines like whole numbers."""
    low, usual, high = genre.tempo
    tempo = float(rng.triangular(low, usual, high))
    if rng.random() > genre.drift:
        tempo = float(round(tempo))
    return min(max(tempo, SLOWEST), FASTEST)


def _class(genre: Genre) -> str:
    if genre.meter == 3:
        return "three"
    return "straight" if genre.feel == "straight" else "triple-feel"


def _odd(rng: np.random.Generator) -> Genre:
    """A genre in four, its bars cut and joined to five (3 + 2) or seven (4 + 3) beats."""
    pool = [g for g in all_genres() if g.name in ODD_GENRES]
    genre = pool[int(rng.integers(len(pool)))]
    meter = int(rng.choice((5, 7), p=(0.55, 0.45)))
    low, usual, high = genre.tempo
    return replace(
        genre,
        name=f"{genre.name} in {meter}",
        meter=meter,
        tempo=(max(low, 90.0), max(usual, 125.0), high),
        half_time=0.0,
        drums=None if genre.drums is None else _odd_drums(genre.drums, meter),
        bass=tuple(reshape(p, meter) for p in genre.bass),
        comps=tuple(_odd_comp(c, meter) for c in genre.comps),
    )


def _odd_drums(drums: Drums, meter: int) -> Drums:
    return replace(
        drums,
        kicks=tuple(reshape(p, meter) for p in drums.kicks),
        snares=tuple(reshape(p, meter) for p in drums.snares),
        hats=tuple(reshape(p, meter) for p in drums.hats),
        open_hats=tuple(reshape(p, meter) for p in drums.open_hats),
        extras=tuple((d, reshape(p, meter)) for d, p in drums.extras),
    )


def _odd_comp(comp: Comp, meter: int) -> Comp:
    return replace(comp, patterns=tuple(reshape(p, meter) for p in comp.patterns))


def reshape(pattern: str, meter: int) -> str:
    """The first bar of a pattern in four, as one of five (3 + 2) or seven (4 + 3) beats."""
    bar = pattern[:16]
    if not bar:
        return bar
    return bar[:12] + bar[8:16] if meter == 5 else bar + bar[:12]
