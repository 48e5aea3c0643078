"""Sections, their layers and their bars."""

from __future__ import annotations

import numpy as np

from songs.genre import Genre
from songs.score import Bar, SectionPlan

SONG_FORMS = (
    "intro verse chorus verse chorus bridge chorus outro",
    "intro verse pre-chorus chorus verse pre-chorus chorus bridge chorus chorus outro",
    "intro verse verse chorus verse chorus solo chorus outro",
    "verse chorus verse chorus bridge chorus chorus",
    "chorus intro verse pre-chorus chorus verse chorus solo chorus outro",
    "intro verse pre-chorus chorus instrumental verse pre-chorus chorus solo bridge chorus outro",
    "intro verse verse bridge verse solo bridge verse outro",
)
DANCE_FORMS = (
    "intro verse pre-chorus drop bridge pre-chorus drop outro",
    "intro drop bridge pre-chorus drop outro",
    "intro verse pre-chorus drop verse pre-chorus drop bridge drop outro",
    "intro instrumental pre-chorus drop instrumental bridge pre-chorus drop drop outro",
)
PIECE_FORMS = (
    "intro verse verse chorus verse chorus outro",
    "verse chorus verse bridge verse chorus outro",
    "intro verse instrumental chorus verse instrumental chorus outro",
)
LENGTHS = {
    "intro": ((4, 0.45), (8, 0.45), (2, 0.1)),
    "verse": ((8, 0.6), (16, 0.3), (12, 0.1)),
    "pre-chorus": ((4, 0.55), (8, 0.45)),
    "chorus": ((8, 0.65), (16, 0.3), (12, 0.05)),
    "bridge": ((8, 0.7), (4, 0.3)),
    "solo": ((8, 0.8), (12, 0.1), (16, 0.1)),
    "drop": ((8, 0.4), (16, 0.6)),
    "instrumental": ((8, 0.6), (4, 0.4)),
    "outro": ((4, 0.5), (8, 0.5)),
}
"""Bars of a section, and how often."""
ENERGY = {
    "intro": 0.35,
    "verse": 0.5,
    "pre-chorus": 0.62,
    "chorus": 0.9,
    "bridge": 0.4,
    "solo": 0.8,
    "drop": 1.0,
    "instrumental": 0.65,
    "outro": 0.45,
}
WHOLE_SONG_SECONDS = 100.0
"""Songs from this length have a whole form; shorter ones are excerpts."""
QUICK_BAR = 1.3
"""Seconds; a phrase of shorter bars has more of them."""


def plan_sections(
    genre: Genre, seconds: float, tempo: float, rng: np.random.Generator
) -> list[SectionPlan]:
    """Sections that fill `seconds`; the last may be cut short."""
    forms = {"song": SONG_FORMS, "dance": DANCE_FORMS, "piece": PIECE_FORMS}[genre.form]
    names = forms[int(rng.integers(len(forms)))].split()
    bars_wanted = max(2, int(np.ceil(seconds * tempo / 60 / genre.meter)))
    if seconds < WHOLE_SONG_SECONDS and rng.random() < 0.35:
        names = names[int(rng.integers(len(names) - 1)) :] + names
    whole = seconds >= WHOLE_SONG_SECONDS
    by_name = _lengths(names, rng, quick=60 / tempo * genre.meter < QUICK_BAR)
    parts = _fit(names, by_name, bars_wanted) if whole else [(n, by_name[n]) for n in names] * 6
    plans: list[SectionPlan] = []
    kept: dict[str, SectionPlan] = {}
    left = bars_wanted
    for k, (name, length) in enumerate(parts):
        if left <= 0:
            break
        repeat = name in kept
        first = kept.setdefault(name, _plan(name, length, genre, rng))
        plan = _vary(first, rng, repeat=repeat)
        long = left if whole and k == len(parts) - 1 else min(length, left)
        plans.append(plan.with_bars(long))
        left -= length
    return plans


def _lengths(names: list[str], rng: np.random.Generator, *, quick: bool) -> dict[str, int]:
    """Bars of each function; quick bars come in twice the number."""
    factor = 2 if quick and rng.random() < 0.7 else 1
    return {
        n: factor * int(rng.choice([v for v, _ in LENGTHS[n]], p=[p for _, p in LENGTHS[n]]))
        for n in dict.fromkeys(names)
    }


def _fit(names: list[str], by_name: dict[str, int], bars: int) -> list[tuple[str, int]]:
    """A whole form of about `bars` bars: sections are halved, or the middle is played again."""
    lengths = dict(by_name)
    while sum(lengths[n] for n in names) > bars and max(lengths.values()) > 4:
        top = max(lengths.values())
        lengths = {n: v // 2 if v == top else v for n, v in lengths.items()}
    parts = [(n, lengths[n]) for n in names]
    middle, end = parts[1:-1], parts[-1:]
    again = 0
    while sum(length for _, length in parts) < bars - 6:
        parts = [*parts[:-1], middle[again % len(middle)], *end]
        again += 1
    return parts


def _plan(name: str, bars: int, genre: Genre, rng: np.random.Generator) -> SectionPlan:
    energy = float(np.clip(ENERGY[name] + rng.normal(0, 0.08), 0.1, 1.0))
    half = (
        genre.half_time > 0
        and name in ("chorus", "bridge", "verse", "drop")
        and rng.random() < genre.half_time
    )
    return SectionPlan(
        name,
        bars,
        energy,
        _layers(name, energy, genre, rng),
        half,
        _ending(name, genre, rng),
    )


def _ending(name: str, genre: Genre, rng: np.random.Generator) -> str:
    if name == "pre-chorus" and genre.form == "dance":
        return str(rng.choice(("roll", "roll", "stop", "drop-out", "fill")))
    return str(rng.choice(("fill", "stop", "drop-out", "nothing"), p=(0.62, 0.08, 0.1, 0.2)))


def _vary(plan: SectionPlan, rng: np.random.Generator, *, repeat: bool) -> SectionPlan:
    """A repeated section comes back a little fuller or thinner."""
    if not repeat or rng.random() < 0.5:
        return plan
    layers = set(plan.layers)
    layers ^= {str(rng.choice(("pad", "comp2", "extra", "backing", "arp")))}
    energy = min(1.0, plan.energy + float(rng.uniform(0, 0.1)))
    return SectionPlan(
        plan.function, plan.bars, energy, frozenset(layers), plan.half_time, plan.ends_with
    )


def _layers(name: str, energy: float, genre: Genre, rng: np.random.Generator) -> frozenset[str]:
    """Which players play: kick, snare, hat, extra, bass, comp0.., pad, lead, vocals, backing."""
    comps = [f"comp{k}" for k in range(len(genre.comps))]
    drums = {"kick", "snare", "hat", "extra"}
    if name == "intro" and rng.random() < 0.75:
        return frozenset(_sparse(comps, rng))
    if name == "bridge" and rng.random() < 0.6:
        return frozenset(_sparse(comps, rng) | ({"vocals"} if genre.sings > 0.3 else {"lead"}))
    if name == "outro" and rng.random() < 0.5:
        return frozenset(_sparse(comps, rng))
    if name == "pre-chorus" and genre.form == "dance":
        return frozenset(
            {
                "pad",
                "riser",
                *comps[:1],
                *(("kick",) if rng.random() < 0.5 else ()),
                *(("vocals",) if rng.random() < genre.sings else ()),
            }
        )
    layers = drums | {"bass"} | {c for c in comps if rng.random() < 0.35 + 0.6 * energy}
    layers |= {comps[int(rng.integers(len(comps)))]}
    if rng.random() < genre.pad:
        layers |= {"pad"}
    if energy < 0.6:
        layers -= {d for d in ("extra", "snare", "kick") if rng.random() < 0.12}
    if name in ("verse", "chorus", "pre-chorus", "bridge"):
        layers |= {"vocals" if rng.random() < genre.sings else "lead"}
        layers |= {"backing"} if name == "chorus" and rng.random() < 0.5 else set()
    elif name == "drop":
        layers |= (
            {"lead"} if rng.random() < 0.75 else {"vocals"} if rng.random() < genre.sings else set()
        )
    elif name == "solo" or rng.random() < 0.5:
        layers |= {"lead"}
    return frozenset(layers)


def _sparse(comps: list[str], rng: np.random.Generator) -> set[str]:
    """A few layers: pads alone, a guitar alone, only hats, drums without bass..."""
    one = comps[int(rng.integers(len(comps)))]
    options = (
        {"pad"},
        {one},
        {one, "pad"},
        {"hat", one},
        {"kick", "hat"},
        {"kick", "snare", "hat", "extra"},
        {one, "lead"},
        {"hat", "pad", "bass"},
        {one, "bass"},
        {"kick", one},
        {"pad", "vocals"},
        set(comps),
    )
    return set(options[int(rng.integers(len(options)))])


def lay_bars(plans: list[SectionPlan], meter: int, rng: np.random.Generator) -> list[Bar]:
    """Bars of all sections; in one song in thirty-three, one bar is two beats long."""
    odd_section = int(rng.integers(len(plans))) if meter == 4 and rng.random() < 0.03 else -1
    bars = []
    beat = 0.0
    for s, plan in enumerate(plans):
        for n in range(plan.bars):
            beats = 2 if s == odd_section and n == plan.bars - 1 else meter
            bars.append(Bar(beat, beats, s, n))
            beat += beats
    return bars
