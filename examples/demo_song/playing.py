"""The players of bass, chords, arpeggio and melodies: they read the score and lay notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from demo_song.arrangement import Arrangement, Bar
from demo_song.harmony import lead_voices
from demo_song.instruments import bass, ensemble, keys, lead, pluck, voice
from demo_song.mixing import Mixer
from demo_song.score import (
    ANSWER,
    BAR,
    BEAT,
    BRIDGE_TUNE,
    CHORDS,
    HOOK,
    LAST_CHORD,
    STEP,
    TAIL,
    VERSE_TUNE,
    Melody,
)
from demo_song.synthesis import Random, clock, envelope, highpass, lowpass, swept_lowpass, treble


def play_bass(song: Arrangement, mixer: Mixer, hands: Random) -> None:
    """Eighths with octave jumps in the chorus, syncopation in the verse, one note in the bridge."""
    for bar in (b for b in song.bars if b.has("bass")):
        if bar.part.function == "bridge":
            line = [(0, 15.5, 0)]
        elif bar.has("floor"):
            line = [(s, 1.9, 12 if s in (6, 14) else 0) for s in range(0, 16, 2)]
        else:
            line = [(0, 5.5, 0), (6, 1.8, 0), (8, 2.8, 0), (11, 2.8, 0), (14, 1.8, 7)]
        for step, length, jump in line:
            note = bass(bar.chord.bass + jump, seconds=length * STEP, bite=bar.part.level**2)
            force = (0.6 + 0.4 * bar.part.level) * hands.uniform(0.92, 1.0)
            mixer.lay("bass", note, bar.start + step * STEP, gain=force)
    last = bass(CHORDS[LAST_CHORD].bass, seconds=TAIL, bite=0.2) * np.exp(-clock(TAIL) / 0.6)
    mixer.lay("bass", last, song.finale)


def play_chords(song: Arrangement, mixer: Mixer, hands: Random) -> None:
    """Pads in the quiet parts, a wall of saws in the choruses."""
    chords = [*(bar.chord for bar in song.bars), CHORDS[LAST_CHORD]]
    voicings = lead_voices(chords)
    for bar, notes in zip(song.bars, voicings, strict=False):
        if bar.has("wall"):
            _play_wall(bar, notes, mixer, hands)
        else:
            _play_pad(bar, notes, mixer, hands)
    last = sum(ensemble(n, hands, seconds=TAIL, voices=6, spread=12.0) for n in voicings[-1])
    shape = envelope(TAIL, attack=0.006, decay=0.7, hold=0.0, release=0.5)
    mixer.lay("pad", swept_lowpass(last, 400.0 + 5000.0 * shape) * shape, song.finale, gain=1.3)


def _play_pad(bar: Bar, notes: Sequence[int], mixer: Mixer, hands: Random) -> None:
    level, seconds = bar.part.level, BAR + 0.25
    shape = envelope(seconds, attack=0.06, decay=1.0, hold=0.85, release=0.3)
    chord = sum(ensemble(n, hands, seconds=seconds, voices=4, spread=9.0) for n in notes)
    mixer.lay("pad", lowpass(chord, 600.0 + 5000.0 * level**2) * shape, bar.start, gain=level)


def _play_wall(bar: Bar, notes: Sequence[int], mixer: Mixer, hands: Random) -> None:
    seconds = BAR + 0.02
    shape = envelope(seconds, attack=0.006, decay=0.5, hold=0.8, release=0.04)
    tones = [*notes, notes[-1] + 12] if bar.has("octave") else list(notes)
    chord = sum(ensemble(n, hands, seconds=seconds, voices=5, spread=16.0) for n in tones)
    bright = treble(highpass(lowpass(chord, 11000.0), 170.0), 1500.0, gain=2.2)
    mixer.lay("wall", bright * shape, bar.start, gain=bar.part.level)


def play_arpeggio(song: Arrangement, mixer: Mixer, hands: Random) -> None:
    """Sixteenths over the chord, swelling from bar to bar outside the chorus."""
    pattern = hands.permutation(8)
    for bar in (b for b in song.bars if b.has("arp")):
        ladder = [60 + (tone - 60) % 12 + up for up in (0, 12) for tone in sorted(bar.chord.tones)]
        opening = (bar.index + 1) / len(bar.part.chords)
        swells = bar.part.function in ("intro", "verse", "bridge")
        presence = 0.5 + 0.4 * opening if swells else 1.0
        for step in range(16):
            note = ladder[pattern[step % 8]] if step % 4 else ladder[step // 4]
            force = (1.0 if step % 4 == 0 else 0.65) * hands.uniform(0.8, 1.0)
            sound = pluck(note, seconds=0.3, position=0.6 * (-1) ** step)
            time = bar.start + step * STEP
            mixer.lay("arp", sound, time, gain=force * presence * bar.part.level)


def play_melodies(song: Arrangement, mixer: Mixer, hands: Random) -> None:
    for bar in song.bars:
        if bar.has("lead"):
            for time, seconds, note in _sing(HOOK, bar):
                mixer.lay("lead", lead(note, seconds=seconds), time, gain=hands.uniform(0.9, 1.0))
                if bar.has("octave"):
                    mixer.lay("lead", lead(note + 12, seconds=seconds), time, gain=0.3)
        if bar.has("answer") and bar.index >= 4:
            for time, seconds, note in _sing(ANSWER, bar):
                mixer.lay("answer", lead(note, seconds=seconds), time, gain=0.8)
        if bar.has("voice"):
            _play_voice(bar, mixer, hands)
        if bar.has("keys"):
            _play_keys(bar, mixer, hands)


def _sing(melody: Melody, bar: Bar) -> Iterator[tuple[float, float, int]]:
    """(time, seconds, note) of a four-bar melody in this bar."""
    for number, beat, length, note in melody:
        if number == bar.index % 4:
            yield bar.start + beat * BEAT, length * BEAT, note


def _play_voice(bar: Bar, mixer: Mixer, hands: Random) -> None:
    in_bridge = bar.part.function == "bridge"
    vowel = (420.0, 900.0, 2500.0) if in_bridge else (700.0, 1150.0, 2600.0)
    for time, seconds, note in _sing(BRIDGE_TUNE if in_bridge else VERSE_TUNE, bar):
        sound = voice(note, seconds=seconds + 0.08, vowel=vowel)
        mixer.lay("voice", sound, time + 0.006, gain=hands.uniform(0.85, 1.0))


def _play_keys(bar: Bar, mixer: Mixer, hands: Random) -> None:
    tones = sorted(60 + (tone - 60) % 12 for tone in bar.chord.tones)
    for i, (step, length) in enumerate(((0, 8), (3, 5), (6, 6), (10, 6))):
        for note in tones if i == 0 else (tones[-i], tones[-i] + 12):
            force = hands.uniform(0.6, 0.8) * (1.0 if i == 0 else 0.8)
            sound = keys(note, seconds=length * STEP + 0.4, velocity=force)
            mixer.lay("keys", sound, bar.start + step * STEP, gain=force)
