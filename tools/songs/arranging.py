"""A genre and a plan become parts: who plays which notes, section by section."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from songs import harmony, melody
from songs.backing import play_bass, play_comp, play_pad
from songs.drumming import Groove, choose_groove, follow_pushes, humanize, play_section, vary_groove
from songs.genre import Comp, Genre
from songs.rhythms import draw_pattern
from songs.score import Bar, Chord, Hit, Note, Part, SectionPlan

DYNAMICS = (0.65, 1.1)
"""How hard people play at energy 0 and at energy 1, as a factor."""
PADS = ("pad", "strings", "pad", "organ", "voice")


@dataclass
class Score:
    """All that is played."""

    parts: list[Part]
    hits: list[Hit]
    singing: Part | None
    backing: Part | None
    key: tuple[int, str]
    chords: list[Chord]


@dataclass(frozen=True)
class _Material:
    """What sections of one function share each time they come."""

    symbols: list[str]
    rate: float
    bass: str
    comps: tuple[str, ...]
    groove: Groove | None
    phrases: list[tuple[float, melody.Motif]]


def arrange(
    genre: Genre,
    plans: list[SectionPlan],
    bars: list[Bar],
    rng: np.random.Generator,
    *,
    earliest: float = 0.0,
) -> Score:
    """Writes the song. Sections of one function share chords, grooves and tunes.

    `earliest` is the first beat at which something may sound: below 0 where a tune may begin
    before the first downbeat.
    """
    band = _Band(genre, rng, earliest)
    for s, plan in enumerate(plans):
        own = [b for b in bars if b.section == s]
        if own:
            band.play(plan, own, opens=s > 0)
    return band.finish()


class _Band:
    """The players of a song, their parts so far and what they know by heart."""

    def __init__(self, genre: Genre, rng: np.random.Generator, earliest: float) -> None:
        self.genre, self.rng, self.earliest = genre, rng, earliest
        self.steps = 3 if genre.feel == "triplet" else 4
        self.key = harmony.choose_key(genre.harmony, rng)
        self.scale = harmony.scale(*self.key)
        self.main = harmony.choose_progression(genre.harmony, self.key[1], rng)
        self.push = genre.push * float(rng.choice((0.0, 1.0, 2.0)))
        drums = genre.drums
        self.base = choose_groove(drums, genre.feel, genre.meter, rng) if drums else None
        self.follows = rng.random() < 0.5
        self.octave = 12 if rng.random() < 0.3 else 0
        self.registers = (int(rng.integers(52, 70)), int(rng.integers(62, 80)))
        self.known: dict[str, _Material] = {}
        self.hits: list[Hit] = []
        self.chords: list[Chord] = []
        self.comps = [_comp_part(k, c, rng) for k, c in enumerate(genre.comps)]
        chances = [c.chance for c in genre.comps]
        self.used = {p.name for p, c in zip(self.comps, chances, strict=True) if rng.random() < c}
        self.bass = _part("bass", genre.bass_sounds, (0.7, 1.2), rng, reverb=0.02)
        self.pad = _part("pad", PADS, (0.25, 0.6), rng, reverb=0.5)
        self.lead = _part("lead", genre.lead_sounds, (0.5, 1.0), rng, reverb=0.3, delay=0.4)
        self.voice = _part("vocals", ("voice",), (0.8, 1.5), rng, reverb=0.3, delay=0.2)
        self.choir = _part("backing", ("voice",), (0.25, 0.5), rng, reverb=0.5)

    def play(self, plan: SectionPlan, bars: list[Bar], *, opens: bool) -> None:
        """Everybody whose layer the section has."""
        stuff = self._recall(plan)
        chords = harmony.lay_out(
            bars, stuff.symbols, self.key[0], self.rng, rate=stuff.rate, push=self.push
        )
        self.chords += chords
        self._drum(plan, bars, chords, stuff, opens=opens)
        marks = [(p, len(p.notes)) for p in (*self._players(), self.voice, self.choir)]
        self._accompany(plan, bars, chords, stuff)
        self._tunes(plan, bars, chords, stuff)
        force = DYNAMICS[0] + (DYNAMICS[1] - DYNAMICS[0]) * plan.energy
        for part, mark in marks:
            part.notes[mark:] = [
                replace(n, velocity=min(1.0, n.velocity * force)) for n in part.notes[mark:]
            ]
        if plan.ends_with == "stop" and self.rng.random() < 0.6:
            end = bars[-1].start + bars[-1].beats
            for part, mark in marks:
                part.notes[mark:] = _silence(part.notes[mark:], end - 1.0, end)

    def _players(self) -> list[Part]:
        return [self.bass, *self.comps, self.pad, self.lead]

    def _recall(self, plan: SectionPlan) -> _Material:
        if plan.function not in self.known:
            self.known[plan.function] = _material(
                plan, self.genre, self.key[1], self.base, self.main, self.steps, self.rng
            )
        return self.known[plan.function]

    def _drum(
        self,
        plan: SectionPlan,
        bars: list[Bar],
        chords: list[Chord],
        stuff: _Material,
        *,
        opens: bool,
    ) -> None:
        if stuff.groove is None:
            return
        half = plan.half_time and self.genre.meter == 4
        groove = stuff.groove.stretched(4) if half else stuff.groove
        force = DYNAMICS[0] + (DYNAMICS[1] - DYNAMICS[0]) * plan.energy
        strokes = play_section(groove, plan, bars, self.genre, self.rng, opens=opens)
        strokes = [replace(h, velocity=min(1.0, h.velocity * force)) for h in strokes]
        self.hits += follow_pushes(strokes, chords, self.rng) if self.follows else strokes

    def _accompany(
        self, plan: SectionPlan, bars: list[Bar], chords: list[Chord], stuff: _Material
    ) -> None:
        if "bass" in plan.layers:
            line = play_bass(stuff.bass, bars, chords, self.steps, self.rng)
            self.bass.notes += [replace(n, pitch=n.pitch + self.octave) for n in line]
        alone = not self.used & plan.layers
        for part, comp, pattern in zip(self.comps, self.genre.comps, stuff.comps, strict=True):
            if part.name in plan.layers and (part.name in self.used or alone):
                part.notes += play_comp(comp, pattern, bars, chords, self.steps, self.rng)
        if "pad" in plan.layers:
            end = bars[-1].start + bars[-1].beats
            self.pad.notes += play_pad(chords, around=int(self.rng.choice((55, 60, 64))), end=end)

    def _tunes(
        self, plan: SectionPlan, bars: list[Bar], chords: list[Chord], stuff: _Material
    ) -> None:
        for layer, part, centre in (
            ("lead", self.lead, self.registers[1]),
            ("vocals", self.voice, self.registers[0]),
        ):
            if layer in plan.layers:
                notes, spans = melody.sing(
                    stuff.phrases, bars, chords, self.scale, centre, self.rng, self.earliest
                )
                part.notes += notes
                part.spans += spans
                if layer == "vocals" and "backing" in plan.layers:
                    self.choir.notes += _thirds_below(notes, self.scale)

    def finish(self) -> Score:
        """The score with people's timing."""
        spread = float(self.rng.uniform(*self.genre.human)) / 1000
        parts = [p for p in self._players() if p.notes]
        for p in parts:
            p.notes = _loosen(p.notes, spread * float(self.rng.uniform(0.7, 1.5)), self.rng)
        hits = humanize(self.hits, spread, self.rng)
        voice = self.voice if self.voice.notes else None
        choir = self.choir if self.choir.notes else None
        return Score(parts, hits, voice, choir, self.key, self.chords)


def _part(
    name: str,
    sounds: tuple[str, ...],
    gain: tuple[float, float],
    rng: np.random.Generator,
    *,
    reverb: float,
    delay: float = 0.0,
) -> Part:
    level = float(rng.uniform(*gain))
    return Part(name, [], str(rng.choice(sounds)), gain=level, reverb=reverb, delay=delay)


def _comp_part(k: int, comp: Comp, rng: np.random.Generator) -> Part:
    delay = 0.5 if comp.mode == "arpeggio" and rng.random() < 0.4 else 0.0
    reverb = float(rng.uniform(0, 0.5))
    return _part(f"comp{k}", comp.sounds, (0.5, 1.0), rng, reverb=reverb, delay=delay)


def _silence(notes: list[Note], start: float, end: float) -> list[Note]:
    """Nothing begins or goes on from `start` to `end`."""
    kept = [n for n in notes if not start - 1e-6 <= n.beat < end]
    return [
        replace(n, length=max(0.1, min(n.length, start - n.beat))) if n.beat < start else n
        for n in kept
    ]


def _material(
    plan: SectionPlan,
    genre: Genre,
    mode: str,
    base: Groove | None,
    main: list[str],
    steps: int,
    rng: np.random.Generator,
) -> _Material:
    same = plan.function in ("intro", "outro", "instrumental", "solo") or rng.random() < 0.35
    symbols = main if same else harmony.choose_progression(genre.harmony, mode, rng)
    rate = float(rng.choice((0.5, 1.0, 2.0), p=(0.12, 0.72, 0.16)))
    loud = plan.function in ("chorus", "drop", "solo")
    groove = (
        vary_groove(base, genre.drums, rng)
        if base and genre.drums and (loud or rng.random() < 0.25)
        else base
    )
    return _Material(
        symbols=symbols,
        rate=rate,
        bass=str(rng.choice(genre.bass)),
        comps=tuple(_pattern(c.patterns, genre, steps, rng) for c in genre.comps),
        groove=groove,
        phrases=melody.compose(
            max(plan.bars, 2),
            genre.meter,
            min(1.0, genre.busy * float(rng.uniform(0.6, 1.2)) + 0.25 * ("vocals" in plan.layers)),
            steps,
            rng,
        ),
    )


def _pattern(own: tuple[str, ...], genre: Genre, steps: int, rng: np.random.Generator) -> str:
    if genre.feel == "straight" and rng.random() < genre.invention:
        return draw_pattern(genre.meter, steps, rng)
    return str(rng.choice(own))


def _thirds_below(notes: list[Note], scale: list[int]) -> list[Note]:
    out = []
    for n in notes:
        ladder = [p for p in range(n.pitch - 12, n.pitch) if p % 12 in scale]
        out.append(Note(n.beat, n.length, ladder[-2], n.velocity))
    return out


def _loosen(notes: list[Note], spread: float, rng: np.random.Generator) -> list[Note]:
    """Notes of one moment move together: a player is late with a whole chord."""
    lag = float(rng.normal(0, 0.4)) * spread
    moves: dict[float, float] = {}
    out = []
    for n in notes:
        move = moves.setdefault(
            round(n.beat, 3), float(np.clip(lag + rng.normal(0, spread), -0.03, 0.03))
        )
        out.append(
            Note(
                n.beat, n.length, n.pitch, n.velocity * float(rng.uniform(0.85, 1.0)), n.late + move
            )
        )
    return out
