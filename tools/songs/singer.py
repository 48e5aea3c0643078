"""A voice: glides, vibrato, vowels by formants, consonants before the beat."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from songs.score import RATE, Clock, Doubles, Floats, Note
from songs.synth import SIZE, table_of

VOWELS = {
    "a": (730, 1090, 2440),
    "e": (530, 1840, 2480),
    "i": (270, 2290, 3010),
    "o": (570, 840, 2410),
    "u": (300, 870, 2240),
    "ah": (640, 1190, 2390),
    "er": (490, 1350, 1690),
}
"""First three formants in Hz of an adult's vowels (Peterson and Barney 1952)."""
Turns = NDArray[np.int64]
WIDTHS = (90.0, 130.0, 180.0, 250.0)


@dataclass(frozen=True)
class Singer:
    """A person: `throat` scales the formants (1 male, 1.17 female), `late` is in seconds."""

    throat: float
    tilt: float
    vibrato: float
    glide: float
    attack: float
    consonants: float
    late: float
    breath: float


def choose_singer(rng: np.random.Generator) -> Singer:
    return Singer(
        throat=float(rng.uniform(0.95, 1.22)),
        tilt=float(rng.uniform(0.7, 1.5)),
        vibrato=float(rng.uniform(0, 45)),
        glide=float(rng.uniform(0.015, 0.06)),
        attack=float(rng.uniform(0.012, 0.05)),
        consonants=float(rng.uniform(0.1, 0.6)),
        late=float(rng.uniform(-0.005, 0.03)),
        breath=float(rng.uniform(0.0, 0.06)),
    )


def sing_part(
    notes: list[Note], clock: Clock, length: int, singer: Singer, rng: np.random.Generator
) -> Floats:
    """(length,) the whole line; one phrase after another, in each the pitch glides."""
    out = np.zeros(length, np.float32)
    for phrase in _phrases(notes, clock):
        start = clock.seconds(phrase[0].beat) + singer.late
        sound, lead_in = _phrase(phrase, clock, singer, rng)
        _add(out, sound, round((start - lead_in) * RATE))
    return out


def _add(out: Floats, sound: Floats, at: int) -> None:
    a, b = max(at, 0), min(at + len(sound), len(out))
    if b > a:
        out[a:b] += sound[a - at : b - at]


def _phrases(notes: list[Note], clock: Clock) -> list[list[Note]]:
    """Split where the voice pauses for a quarter of a second."""
    phrases: list[list[Note]] = []
    for n in sorted(notes, key=lambda n: n.beat):
        gap = (
            clock.seconds(n.beat) - clock.seconds(phrases[-1][-1].beat + phrases[-1][-1].length)
            if phrases
            else 1.0
        )
        if gap > 0.25:
            phrases.append([])
        phrases[-1].append(n)
    return phrases


def _phrase(
    notes: list[Note], clock: Clock, singer: Singer, rng: np.random.Generator
) -> tuple[Floats, float]:
    """Samples and how many seconds of them come before the first note."""
    lead_in = 0.12
    begin = clock.seconds(notes[0].beat) - lead_in
    edges = [
        (
            clock.seconds(n.beat) - begin + float(rng.normal(0, 0.008)),
            clock.seconds(n.beat + n.length) - begin,
        )
        for n in notes
    ]
    total = round((edges[-1][1] + 0.1) * RATE)
    pitch = np.full(total, 440 * 2 ** ((notes[0].pitch - 69) / 12))
    for n, (start, _) in zip(notes, edges, strict=True):
        a = max(0, round(start * RATE))
        pitch[a:] = 440 * 2 ** ((n.pitch - 69) / 12)
        if rng.random() < 0.35:
            scoop = pitch[a : a + round(float(rng.uniform(0.03, 0.1)) * RATE)]
            scoop *= 2 ** (-float(rng.uniform(0.5, 2.0)) / 12)
    phase = np.cumsum(_smooth(pitch, singer, notes, edges)) / RATE
    at = (phase * SIZE).astype(np.int64) & (SIZE - 1)
    sound = np.zeros(total, np.float32)
    for k, (n, (start, end)) in enumerate(zip(notes, edges, strict=True)):
        legato = k + 1 < len(notes) and edges[k + 1][0] - end < 0.06
        stop = edges[k + 1][0] if legato else end
        _syllable(sound, at, n, max(start, 0.0), max(stop, start + 0.05), singer, rng)
    if singer.breath:
        sound *= 1 + singer.breath * rng.standard_normal(total).astype(np.float32)
    return sound, lead_in


def _smooth(
    pitch: Doubles, singer: Singer, notes: list[Note], edges: list[tuple[float, float]]
) -> Doubles:
    """Glides between notes by a moving average; vibrato on what is held."""
    width = max(1, round(singer.glide * RATE))
    padded = np.concatenate([np.full(width, pitch[0]), pitch, np.full(width, pitch[-1])])
    sums = np.cumsum(padded)
    smooth = (sums[2 * width :] - sums[: -2 * width]) / (2 * width)
    t = np.arange(len(smooth)) / RATE
    depth = np.zeros(len(smooth))
    for _, (start, end) in zip(notes, edges, strict=True):
        a, b = round((start + 0.22) * RATE), round(end * RATE)
        if b > a >= 0:
            depth[a:b] = np.minimum(np.arange(b - a) / (0.2 * RATE), 1)[: len(depth[a:b])]
    return np.asarray(
        smooth * 2 ** (singer.vibrato / 1200 * depth * np.sin(2 * np.pi * 5.4 * t)),
        dtype=np.float64,
    )


def _syllable(
    sound: Floats,
    at: Turns,
    note: Note,
    start: float,
    stop: float,
    singer: Singer,
    rng: np.random.Generator,
) -> None:
    """Adds one sung syllable between `start` and `stop` seconds, and perhaps a consonant before it.

    Its vowel moves towards another, as in "eye", and its level swells and dies as breath does.
    """
    a, b = round(start * RATE), min(round((stop + 0.02) * RATE), len(sound))
    if b - a < 64:
        return
    names = [str(v) for v in rng.choice(list(VOWELS), 2)]
    first, second = (
        _vowel_table(v, note.pitch, round(singer.throat, 2), round(singer.tilt, 1)) for v in names
    )
    t = np.arange(b - a, dtype=np.float32) / np.float32(RATE)
    moving = np.clip(t / t[-1] * np.float32(rng.uniform(0, 1.6)) - 0.2, 0, 1)
    turns = at[a:b]
    voiced = first[turns] + moving * (second[turns] - first[turns])
    rise = np.minimum(t / np.float32(singer.attack * rng.uniform(0.5, 1.5)), 1)
    fall = np.minimum((t[-1] - t) / np.float32(rng.uniform(0.02, 0.08)), 1)
    accent = 1 + np.float32(rng.uniform(0, 0.6)) * np.exp(-t / np.float32(0.07))
    sound[a:b] += np.float32(note.velocity) * voiced * rise * fall * accent
    if rng.random() < 0.3 + singer.consonants:
        _consonant(sound, a, singer, rng)


def _consonant(sound: Floats, at: int, singer: Singer, rng: np.random.Generator) -> None:
    """A hiss or a stop just before sample `at`, in the gap that it makes in the voice."""
    length = round(float(rng.uniform(0.025, 0.09)) * RATE)
    first = max(0, at - length)
    if at - first < 32:
        return
    sound[first:at] *= np.linspace(1, 0.1, at - first, dtype=np.float32) ** 0.5
    burst = rng.standard_normal(at - first + 1).astype(np.float32)
    burst = np.diff(burst) if rng.random() < 0.6 else burst[1:]
    sound[first:at] += (
        np.float32(0.25 * singer.consonants * rng.uniform(0.3, 1))
        * burst
        * np.hanning(at - first).astype(np.float32)
    )


@lru_cache(maxsize=4096)
def _vowel_table(vowel: str, pitch: int, throat: float, tilt: float) -> Floats:
    """One cycle of a vowel at a pitch: a tilted source through resonances."""
    frequency = 440 * 2 ** ((pitch - 69) / 12)
    h = np.arange(1, max(2, int(0.45 * RATE / frequency)) + 1, dtype=np.float64)
    f = h * frequency
    gain = np.full(len(h), 0.04)
    for k, (centre, width) in enumerate(zip((*VOWELS[vowel], 3400), WIDTHS, strict=True)):
        gain += (1.0, 0.6, 0.35, 0.25)[k] / (1 + ((f - centre * throat) / (width * throat)) ** 2)
    return table_of(gain / h ** (tilt - 0.5), phases=(h * h * 0.37) % (2 * np.pi))
