"""Voice leading: chords whose notes move as little as they can."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from demo_song.score import Chord


def lead_voices(chords: Sequence[Chord]) -> tuple[tuple[int, ...], ...]:
    """MIDI notes for each chord, in close position, each moving as little as it can."""
    voicings: list[tuple[int, ...]] = []
    for chord in chords:
        before = voicings[-1] if voicings else (57, 60, 64, 67)
        voicings.append(min(_close_positions(chord), key=partial(_motion, before)))
    return tuple(voicings)


def _close_positions(chord: Chord) -> Iterator[tuple[int, ...]]:
    for lowest in range(53, 62):
        if lowest % 12 in chord.tones:
            yield tuple(sorted(lowest + (tone - lowest) % 12 for tone in chord.tones))


def _motion(before: tuple[int, ...], after: tuple[int, ...]) -> int:
    return sum(abs(a - b) for a, b in zip(before, after, strict=True))
