"""Melodies over MMA's chords: one lead that carries the song, sometimes another one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from songs import harmony, melody
from songs.score import Chord, Feel, Note

from arranged.orchestra import SUNG, choose_lead
from arranged.plan import Section

SINGING = ("verse", "pre-chorus", "chorus", "bridge")
"""Functions whose melody the first lead has; the second has the others."""
CENTRES = (55, 60, 64, 67, 72, 76)


@dataclass(frozen=True)
class Lead:
    """A melody: notes in beats, its phrases, and who plays it. `sings` is our synthetic voice."""

    program: int
    sings: bool
    notes: tuple[Note, ...]
    spans: tuple[tuple[float, float], ...]

    @property
    def is_voice(self) -> bool:
        return self.sings or self.program in SUNG


def write_leads(
    sections: list[Section], key: tuple[int, str], feel: Feel, band: str, rng: np.random.Generator
) -> list[Lead]:
    """No, one or two leads; every function keeps its own phrases when it comes back."""
    leads = []
    if rng.random() < 0.85:
        sings = rng.random() < 0.35
        leads.append(_lead(sections, SINGING, key, feel, choose_lead(band, rng), sings, rng))
    if rng.random() < 0.6:
        own = ("solo", "instrumental", "intro", "outro")
        leads.append(_lead(sections, own, key, feel, choose_lead(band, rng), False, rng))
    return [lead for lead in leads if lead.notes]


def _lead(
    sections: list[Section], functions: tuple[str, ...], key: tuple[int, str], feel: Feel,
    program: int, sings: bool, rng: np.random.Generator,
) -> Lead:  # fmt: skip
    steps = 3 if feel == "triplet" else 4
    scale = harmony.scale(*key)
    centre = int(rng.choice(CENTRES[:4] if sings else CENTRES))
    busy = float(rng.uniform(0.25, 0.85))
    phrases: dict[str, list[tuple[float, melody.Motif]]] = {}
    every: list[Chord] = [c for s in sections for c in s.chords]
    notes: list[Note] = []
    spans: list[tuple[float, float]] = []
    for section in sections:
        if section.function not in functions or rng.random() < 0.12:
            continue
        name = section.function
        if name not in phrases:
            meter = section.bars[0].beats
            phrases[name] = melody.compose(len(section.bars), meter, busy, steps, rng)
        sung, said = melody.sing(phrases[name], list(section.bars), every, scale, centre, rng)
        notes += sung
        spans += said
    return Lead(program, sings, _in_turn(notes), tuple(spans))


def _in_turn(notes: list[Note]) -> tuple[Note, ...]:
    """One note at a time: each ends where the next begins."""
    ordered = sorted(notes, key=lambda n: n.beat)
    nexts = [n.beat for n in ordered[1:]] + [float("inf")] * bool(ordered)
    return tuple(
        replace(n, length=max(0.05, min(n.length, until - n.beat)))
        for n, until in zip(ordered, nexts, strict=True)
        if until > n.beat + 0.01
    )
