"""What players make of MMA's tracks: rests, fills, pushes, their own timing and loudness."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from songs.score import Note

from arranged.accompaniment import Track
from arranged.plan import Section

KICKS = frozenset({35, 36})
SNARES = frozenset({37, 38, 39, 40})
HATS = frozenset({42, 44, 46, 51, 53, 59, 69, 70, 82})
"""General MIDI drums: kicks; snares, rim shots and claps; hi-hats, rides and shakers."""
TOMS = (50, 48, 47, 45, 43, 41)
CRASH = 49
DIVISIONS: tuple[dict[int, float], ...] = (
    {0: 0, 5: 1 / 2},
    {0: 0, 3: 1 / 3, 7: 2 / 3},
    {0: 0, 2: 1 / 4, 5: 1 / 2, 8: 3 / 4},
    {0: 0, 1: 1 / 8, 2: 1 / 4, 4: 3 / 8, 5: 1 / 2, 6: 5 / 8, 8: 3 / 4, 9: 7 / 8},
    {
        0: 0, 1: 1 / 12, 2: 1 / 4, 3: 1 / 3, 4: 5 / 12, 5: 1 / 2, 6: 7 / 12, 7: 2 / 3, 8: 3 / 4,
        9: 11 / 12,
    },
)  # fmt: skip
"""Grids that drum patterns are written in: tenths of a beat as printed, and what they stand for."""
NEAR = 0.06
"""Beats within which a note is taken to be on a beat: grooves play loosely."""


@dataclass(frozen=True)
class Players:
    """Spread of timing in seconds; how often a section opens with a cymbal."""

    drums_late: float
    others_late: float
    crash: float


def choose_players(rng: np.random.Generator) -> Players:
    tight = rng.random() < 0.5
    return Players(
        drums_late=float(rng.uniform(0, 0.002 if tight else 0.006)),
        others_late=float(rng.uniform(0, 0.004 if tight else 0.012)),
        crash=float(rng.uniform(0, 0.9)),
    )


def rest(track: Track, sections: list[Section]) -> Track:
    """Leaves out the notes of whoever rests in a section, and scales the rest by its energy."""
    kept = []
    for note in track.notes:
        section = section_at(sections, note.beat)
        if not _resting(track, note, section):
            loudness = 0.75 + 0.3 * section.energy
            kept.append(replace(note, velocity=min(note.velocity * loudness, 1.0)))
    return track.with_notes(kept)


def section_at(sections: list[Section], beat: float) -> Section:
    """The section of a moment; a note just before a section belongs to it."""
    found = sections[0]
    for section in sections:
        if section.start <= beat + NEAR:
            found = section
    return found


def _resting(track: Track, note: Note, section: Section) -> bool:
    rests = section.rests
    last = section.end - section.ending_beats
    if section.ending == "stop" and note.beat > last + NEAR:
        return True
    if not track.drums:
        return ("bass" in rests) if is_bass(track) else ("comp" in rests)
    if section.ending in ("fill", "drop-out") and note.beat > last - NEAR:
        return True
    if "drums" in rests:
        return True
    groups = {"kick": KICKS, "snare": SNARES, "hat": HATS}
    return any(name in rests and note.pitch in drums for name, drums in groups.items())


def is_bass(track: Track) -> bool:
    return track.name.lower().startswith(("bass", "walk"))


def push(track: Track, sections: list[Section], kick_too: bool) -> Track:
    """Notes on the beat of a chord that comes early come early with it (drums: only the kick)."""
    early = {
        c.beat: c.beat - c.sounds_at for s in sections for c in s.chords if c.sounds_at < c.beat
    }
    if not early:
        return track
    moved = []
    for note in track.notes:
        ahead = early.get(float(round(note.beat)), 0.0)
        on_beat = abs(note.beat - round(note.beat)) < NEAR
        goes = (kick_too and note.pitch in KICKS) if track.drums else True
        if ahead and on_beat and goes:
            note = replace(note, beat=note.beat - ahead, length=note.length + ahead)
        moved.append(note)
    return track.with_notes(sorted(moved, key=lambda n: n.beat))


def untangle(track: Track, sections: list[Section]) -> Track:
    """Undoes the rounding of a library whose positions have one decimal.

    There a quarter of a beat is written .2 and a third .3. What divides the beat shows in all
    strokes on a drum within a section: the coarsest division that explains them counts.
    """
    groups: dict[tuple[float, int], list[Note]] = {}
    for n in track.notes:
        groups.setdefault((section_at(sections, n.beat).start, n.pitch), []).append(n)
    notes = [n for group in groups.values() for n in _exact(group)]
    return track.with_notes(sorted(notes, key=lambda n: n.beat))


def _exact(notes: list[Note]) -> list[Note]:
    tenths = [round(10 * n.beat) for n in notes]
    grid = next(d for d in DIVISIONS if {t % 10 for t in tenths} <= set(d))
    return [replace(n, beat=t // 10 + grid[t % 10]) for n, t in zip(notes, tenths, strict=True)]


def extra_drums(
    sections: list[Section], steps: int, players: Players, rng: np.random.Generator
) -> Track:
    """Fills that end sections and cymbals that open them."""
    notes: list[Note] = []
    for k, section in enumerate(sections):
        if k and "drums" not in section.rests and rng.random() < players.crash:
            notes.append(Note(section.start, 0.5, CRASH, float(rng.uniform(0.6, 1.0))))
        if section.ending == "fill":
            notes += _fill(section.end, section.ending_beats, steps, rng)
    return Track("fills", 0, True, tuple(notes))


def _fill(end: float, beats: int, steps: int, rng: np.random.Generator) -> list[Note]:
    """Snare and toms that grow louder."""
    style = str(rng.choice(("snare", "toms", "mixed")))
    notes = []
    count = beats * steps
    for k in range(count):
        if k % steps and rng.random() < 0.25:
            continue
        tom = TOMS[min(k * len(TOMS) // count, len(TOMS) - 1)]
        pitch = 38 if style == "snare" or (style == "mixed" and rng.random() < 0.4) else tom
        level = 0.5 + 0.45 * k / count + float(rng.normal(0, 0.05))
        notes.append(Note(end - beats + k / steps, 0.3, pitch, float(np.clip(level, 0.2, 1))))
    if rng.random() < 0.4:
        notes.append(Note(end - beats, 0.3, 36, 0.8))
    return notes


def humanise(track: Track, spread: float, rng: np.random.Generator) -> Track:
    """Every note its own lateness in seconds; notes of one moment share most of it."""
    if not track.notes:
        return track
    moments = np.array([round(n.beat * 12) for n in track.notes])
    _, index = np.unique(moments, return_inverse=True)
    shared = rng.normal(0, spread, int(index.max()) + 1)[index]
    own = rng.normal(0, 0.4 * spread, len(index))
    late = np.clip(shared + own, -0.014, 0.014)
    notes = [replace(n, late=float(x)) for n, x in zip(track.notes, late, strict=True)]
    return track.with_notes(notes)
