"""Rhythms drawn by rule, where a genre's own patterns would repeat themselves."""

from __future__ import annotations

import numpy as np


def euclid(strokes: int, steps: int) -> str:
    """`strokes` spread over `steps` as evenly as they go (Toussaint 2005): (3, 8) is x..x..x."""
    return "".join("x" if (k * strokes) % steps < strokes else "." for k in range(steps))


def draw_pattern(meter: int, steps: int, rng: np.random.Generator) -> str:
    """One or two bars of a syncopated line: even spreads, dotted chains or weighted chance."""
    bar = meter * steps
    kind = rng.random()
    if kind < 0.35:
        cell = euclid(int(rng.integers(3, 8)), bar)
        turn = int(rng.integers(bar)) if rng.random() < 0.3 else 0
        line = cell[turn:] + cell[:turn]
    elif kind < 0.6:
        gap = int(rng.choice((3, 3, 6, 5))) if steps == 4 else 2
        line = "".join("x" if k % gap == 0 else "." for k in range(bar * int(rng.choice((1, 2)))))
    else:
        weights = [
            0.75 if k % steps == 0 else 0.5 if 2 * k % steps == 0 or steps == 3 else 0.25
            for k in range(bar)
        ]
        line = "".join("x" if rng.random() < w else "." for w in weights)
    if "x" not in line:
        return "X" + "." * (bar - 1)
    return "X" + line[1:] if rng.random() < 0.7 else line


def draw_riff(rng: np.random.Generator) -> tuple[int, ...]:
    """Sixteen semitone steps above a root for a low riff: mostly the root, blue and flat notes."""
    tones = rng.choice((0, 0, 0, 0, 3, 5, 7, 10, 12, 1, 6, 8), 16)
    return tuple(int(t) for t in tones)
