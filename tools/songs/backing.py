"""Bass, chords, arpeggios, strums and pads over given chords."""

from __future__ import annotations

import numpy as np

from songs.drumming import STROKES
from songs.genre import Comp
from songs.harmony import chord_at
from songs.rhythms import draw_riff
from songs.score import Bar, Chord, Note

BASS_LOW = 28
"""Lowest bass note, the E of a bass guitar."""


def play_bass(
    pattern: str, bars: list[Bar], chords: list[Chord], steps: int, rng: np.random.Generator
) -> list[Note]:
    """A bass line; see `genre` for its pattern language. Follows anticipated chords."""
    notes: list[Note] = []
    cells = [(b, k) for b in bars for k in range(b.beats * steps)]
    for b, k in cells:
        char = pattern[(b.number * b.beats * steps + k) % len(pattern)]
        beat = b.start + k / steps
        if char == "-" and notes:
            last = notes[-1]
            notes[-1] = Note(last.beat, beat + 1 / steps - last.beat, last.pitch, last.velocity)
        elif char not in ".-":
            pitch = _bass_pitch(char, chords, beat, rng)
            notes.append(Note(beat, 0.92 / steps, pitch, 1.0 if char == "R" else 0.8))
    return _anticipate(_fill_gaps(notes, steps), chords)


def _bass_pitch(char: str, chords: list[Chord], beat: float, rng: np.random.Generator) -> int:
    chord = chord_at(chords, beat, sounding=True)
    root = BASS_LOW + (chord.root - BASS_LOW) % 12
    third = chord.intervals[1] if len(chord.intervals) > 2 else 7
    seventh = chord.intervals[3] if len(chord.intervals) > 3 else 12
    if char == "a":
        nxt = next((c for c in chords if c.beat > beat), chord)
        target = BASS_LOW + (nxt.root - BASS_LOW) % 12
        return int(target + rng.choice((-1, 1, -2, 2, 7)))
    return root + {"8": 12, "5": 7, "3": third, "7": seventh}.get(char, 0)


def _fill_gaps(notes: list[Note], steps: int) -> list[Note]:
    """Notes ring to the next one if it comes soon."""
    out = []
    for k, n in enumerate(notes):
        gap = (notes[k + 1].beat - n.beat) if k + 1 < len(notes) else n.length
        out.append(Note(n.beat, max(n.length, min(gap * 0.92, 1.9 / steps)), n.pitch, n.velocity))
    return out


def _anticipate(notes: list[Note], chords: list[Chord]) -> list[Note]:
    """A note on the beat of a chord that comes early comes early with it."""
    early = {round(c.beat, 3): c.sounds_at for c in chords if c.sounds_at < c.beat}
    moved = []
    for n in notes:
        at = early.get(round(n.beat, 3))
        if at is not None:
            moved.append(Note(at, n.length + n.beat - at, n.pitch, n.velocity))
        elif not any(a - 1e-6 <= n.beat < b - 1e-3 for b, a in early.items()):
            moved.append(n)
    return moved


def play_comp(
    comp: Comp,
    pattern: str,
    bars: list[Bar],
    chords: list[Chord],
    steps: int,
    rng: np.random.Generator,
) -> list[Note]:
    """An accompanying part: strokes of its pattern sound the chord as its mode says."""
    strokes = _strokes(pattern, bars, chords, steps, rng)
    notes: list[Note] = []
    contour = (
        [int(x) for x in rng.integers(0, 4, 16)]
        if rng.random() < 0.5
        else [0, 1, 2, 3, 2, 1, 2, 3] * 2
    )
    spread = float(rng.uniform(0.005, 0.03)) / 5
    riff = draw_riff(rng)
    moves = rng.random() < 0.4
    for k, (beat, velocity) in enumerate(strokes):
        until = strokes[k + 1][0] if k + 1 < len(strokes) else bars[-1].start + bars[-1].beats
        length = max(0.08, min(until - beat, 8.0) * min(comp.length, 1.0), 0.0)
        if comp.length > 1:
            length = min(until - beat, 8.0) * comp.length
        chord = chord_at(chords, beat, sounding=True)
        place = round((beat - bars[0].start) * steps)
        if comp.mode == "riff":
            home = chord if moves else chords[0]
            notes += _riff(comp, home, beat, length, velocity, riff[place % len(riff)])
            continue
        notes += _sound(
            comp, chord, beat, length, velocity, contour[place % len(contour)], place, spread
        )
    return notes


def _strokes(
    pattern: str, bars: list[Bar], chords: list[Chord], steps: int, rng: np.random.Generator
) -> list[tuple[float, float]]:
    early = {round(c.beat, 3): c.sounds_at for c in chords if c.sounds_at < c.beat}
    strokes = []
    for b in bars:
        for k in range(b.beats * steps):
            stroke = STROKES.get(pattern[(b.number * b.beats * steps + k) % len(pattern)])
            if stroke and rng.random() < stroke[1]:
                beat = b.start + k / steps
                strokes.append((early.get(round(beat, 3), beat), stroke[0]))
    return sorted(dict(strokes).items())


def _sound(
    comp: Comp,
    chord: Chord,
    beat: float,
    length: float,
    velocity: float,
    step: int,
    place: int,
    spread: float,
) -> list[Note]:
    pitches = chord.pitches(around=comp.around)
    if comp.mode == "power":
        root = comp.around - 8 + (chord.root - comp.around + 8) % 12
        return [Note(beat, length, p, velocity) for p in (root, root + 7, root + 12)]
    if comp.mode in ("arpeggio", "tone"):
        tones = (
            [*pitches, pitches[0] + 12]
            if comp.mode == "arpeggio"
            else [pitches[0], pitches[0], pitches[0] + 12, pitches[0] + 3]
        )
        return [Note(beat, length, tones[step % len(tones)], velocity)]
    bass = comp.around - 18 + (chord.root - comp.around + 18) % 12
    if comp.mode == "pick":
        tone = (
            bass if place % 8 == 0 else bass + 7 if place % 8 == 4 else pitches[step % len(pitches)]
        )
        return [Note(beat, length, tone, velocity)]
    if comp.mode == "low-high":
        if place % 4 == 0 and place % 8 == 0:
            return [Note(beat, length * 1.5, p, velocity) for p in (bass, *pitches[-1:])]
        return [Note(beat, length, p, velocity * 0.85) for p in pitches[1:]]
    if comp.mode == "strum":
        strings = [bass, *pitches, pitches[0] + 12]
        down = place % 2 == 0
        order = strings if down else strings[::-1][:4]
        return [
            Note(beat, length, p, velocity * (1 if down else 0.8), late=k * spread)
            for k, p in enumerate(order)
        ]
    return [Note(beat, length, p, velocity) for p in pitches]


def _riff(
    comp: Comp, chord: Chord, beat: float, length: float, velocity: float, step: int
) -> list[Note]:
    """A low note that stays on the song's root while harmonies pass; a fifth on accents."""
    low = comp.around - 10 + (chord.root - comp.around + 10) % 12 + step
    accent = velocity > 0.9 or step in (0, 12)
    return [Note(beat, length, p, velocity) for p in ((low, low + 7) if accent else (low,))]


def play_pad(chords: list[Chord], *, around: int, end: float) -> list[Note]:
    """Each chord held to the next."""
    notes = []
    for k, c in enumerate(chords):
        until = chords[k + 1].sounds_at if k + 1 < len(chords) else end
        notes += [Note(c.sounds_at, until - c.sounds_at, p, 0.7) for p in c.pitches(around=around)]
    return notes
