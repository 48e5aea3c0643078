"""Melodies from motifs: phrases that repeat, begin before the bar line and breathe."""

from __future__ import annotations

import numpy as np

from songs.harmony import chord_at
from songs.score import Bar, Chord, Note

Motif = tuple[tuple[float, float, int], ...]
"""Onset in beats from the phrase's bar line, length in beats, step of the scale from the last."""
SHAPES = ("AAAB", "ABAB", "ABAC", "AABB", "ABCB", "AAAA")
"""How phrases repeat; each letter is a motif."""
PICKUPS = (0.0, 0.0, 0.5, 1.0, -0.5, -0.5, -1.0, -1.5, -2.0)
"""Where a phrase begins, in beats from its bar line."""


def compose(
    bars: int, meter: int, busy: float, steps: int, rng: np.random.Generator
) -> list[tuple[float, Motif]]:
    """Phrases over so many bars: bar-line beat (from the section's start) and motif of each."""
    span = 2 if meter < 5 and rng.random() < 0.75 else 1 if meter >= 5 or rng.random() < 0.3 else 4
    shape = SHAPES[int(rng.integers(len(SHAPES)))]
    start = float(rng.choice(PICKUPS))
    motifs = {c: _motif(span * meter, start, busy, steps, rng) for c in sorted(set(shape))}
    phrases = []
    for n in range(0, bars, span):
        if rng.random() < 0.93:
            phrases.append((float(n * meter), motifs[shape[(n // span) % 4]]))
    return phrases


def _motif(beats: int, start: float, busy: float, steps: int, rng: np.random.Generator) -> Motif:
    """Onsets favour beats, then off-beats; anticipations pull notes ahead of beats."""
    grid = 1 / 3 if steps == 3 else 0.5
    fine = busy > 0.6 and steps == 4 and rng.random() < busy - 0.3
    step = 0.25 if fine else grid
    stop = beats + min(start, 0) - float(rng.choice((0.5, 1.0, 1.5, 2.0)))
    density = 0.3 + 0.55 * busy
    push = float(rng.choice((0.0, 0.1, 0.35)))
    onsets = {start}
    for k in range(round((stop - start) / step)):
        at = start + k * step
        on_beat = abs(at - round(at)) < 0.01
        chance = (
            density
            if on_beat
            else density * 0.75
            if abs(at * 2 - round(at * 2)) < 0.01 or steps == 3
            else density * 0.45
        )
        if rng.random() < chance:
            early = on_beat and at > start + step and rng.random() < push
            onsets.add(round(at - step if early else at, 4))
    times = sorted(onsets)
    notes = []
    for k, at in enumerate(times):
        until = times[k + 1] if k + 1 < len(times) else stop + 0.5
        length = max(step * 0.7, min(until - at, 3.0) * float(rng.uniform(0.75, 1.0)))
        notes.append((at, length, int(rng.choice((-2, -1, -1, 0, 0, 1, 1, 2, 3)))))
    return tuple(notes)


def sing(
    phrases: list[tuple[float, Motif]],
    bars: list[Bar],
    chords: list[Chord],
    scale: list[int],
    centre: int,
    rng: np.random.Generator,
    earliest: float = 0.0,
) -> tuple[list[Note], list[tuple[float, float]]]:
    """Notes and the span of each phrase, in beats. Long and strong notes are of the chord."""
    if not bars:
        return [], []
    ladder = [p for p in range(centre - 10, centre + 13) if p % 12 in scale]
    notes: list[Note] = []
    spans = []
    end = bars[-1].start + bars[-1].beats
    for offset, motif in phrases:
        at = len(ladder) // 2
        first = len(notes)
        for onset, length, step in motif:
            beat = bars[0].start + offset + onset
            if beat >= end - 0.2 or beat < earliest:
                continue
            at = int(np.clip(at + step, 0, len(ladder) - 1))
            pitch = ladder[at]
            if length >= 0.9 or abs(beat - round(beat)) < 0.01:
                pitch = _nearest(pitch, chord_at(chords, beat, sounding=True))
            velocity = 0.75 + 0.2 * float(rng.random())
            notes.append(Note(beat, min(length, end - beat), pitch, velocity))
        if len(notes) > first:
            spans.append((notes[first].beat, notes[-1].beat + notes[-1].length))
    return notes, spans


def _nearest(pitch: int, chord: Chord) -> int:
    tones = {(chord.root + i) % 12 for i in chord.intervals}
    return min(
        (p for p in range(pitch - 4, pitch + 5) if p % 12 in tones),
        key=lambda p: (abs(p - pitch), p),
    )
