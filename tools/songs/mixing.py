"""Notes and strokes into one stereo-less mix: levels, pumping, echoes, room."""

from __future__ import annotations

import numpy as np
from scipy import signal

from songs.score import RATE, Clock, Doubles, Floats, Hit, Note, Part
from songs.synth import render
from songs.timbres import TIMBRES

LONGEST = 8.0
"""Seconds that a note can last."""


def add(out: Floats, sound: Floats, at: int, gain: float) -> None:
    """Adds a sound in place, clipped to the song's ends."""
    a, b = max(at, 0), min(at + len(sound), len(out))
    if b > a:
        out[a:b] += np.float32(gain) * sound[a - at : b - at]


def hit_time(hit: Hit, clock: Clock) -> float:
    return clock.seconds(hit.beat) + hit.late


def play_drums(
    hits: list[Hit],
    kit: dict[str, list[Floats]],
    levels: dict[str, float],
    clock: Clock,
    length: int,
    rng: np.random.Generator,
) -> Floats:
    """(length,) all strokes; soft ones are duller only by level."""
    out = np.zeros(length, np.float32)
    takes = rng.integers(0, 1 << 30, len(hits))
    for h, take in zip(hits, takes, strict=True):
        versions = kit[h.drum]
        add(
            out,
            versions[int(take) % len(versions)],
            round(hit_time(h, clock) * RATE),
            levels.get(h.drum, 0.4) * h.velocity**1.3,
        )
    return out


def play_part(
    part: Part, clock: Clock, length: int, rng: np.random.Generator, *, lfo: float
) -> Floats:
    """(length,) a part in our own synthesis. Each pitch is rendered once, then cut to length."""
    timbre = TIMBRES[part.sound]
    release = max(2, round(3 * timbre.release * RATE))
    fade = np.exp(
        -np.arange(release, dtype=np.float32) / np.float32(timbre.release * RATE)
    ) * np.linspace(1, 0, release, dtype=np.float32)
    longest: dict[int, float] = {}
    spans = [_span(n, clock) for n in part.notes]
    for n, (_, seconds) in zip(part.notes, spans, strict=True):
        longest[n.pitch] = max(longest.get(n.pitch, 0.0), seconds)
    waves = {
        p: render(timbre, 440 * 2 ** ((p - 69) / 12), s + release / RATE, rng, lfo=lfo)
        for p, s in longest.items()
    }
    out = np.zeros(length, np.float32)
    for n, (start, seconds) in zip(part.notes, spans, strict=True):
        wave = waves[n.pitch]
        hold = round(seconds * RATE)
        at = round(start * RATE)
        add(out, wave[:hold], at, n.velocity)
        tail = wave[hold : hold + release]
        add(out, tail * fade[: len(tail)], at + hold, n.velocity)
    return out


def _span(note: Note, clock: Clock) -> tuple[float, float]:
    start = clock.seconds(note.beat) + note.late
    return start, float(
        np.clip(clock.seconds(note.beat + note.length) + note.late - start, 0.03, LONGEST)
    )


def distort(sound: Floats, drive: float) -> Floats:
    """Waveshaping and a loudspeaker's narrow band; keeps the level."""
    level = np.sqrt(np.mean(sound**2)) + 1e-9
    shaped = np.tanh(drive * sound / (4 * level))
    cabinet = signal.butter(2, (90, 5500), btype="bandpass", fs=RATE, output="sos")
    shaped = signal.sosfilt(cabinet, shaped)
    return np.asarray(shaped * (level / (np.sqrt(np.mean(shaped**2)) + 1e-9)), dtype=np.float32)


def pumping(kicks: Doubles, length: int, depth: float, seconds: float) -> Floats:
    """(length,) a gain that dips at each kick and recovers within `seconds`."""
    gain = np.ones(length, np.float32)
    n = round(seconds * RATE)
    dip = (1 - depth * (1 - np.linspace(0, 1, n) ** 1.5)).astype(np.float32)
    for t in kicks:
        a = round(t * RATE)
        b = min(a + n, length)
        if 0 <= a < b:
            gain[a:b] = np.minimum(gain[a:b], dip[: b - a])
    return gain


def gate(clock: Clock, length: int, pattern: str) -> Floats:
    """(length,) a gain that opens on the pattern's sixteenths, as trance pads are cut."""
    gain = np.full(length, 0.1, np.float32)
    for k in range(4 * len(clock.times)):
        if pattern[k % len(pattern)] != ".":
            a, b = (max(0, round(clock.seconds(at) * RATE)) for at in (k / 4, k / 4 + 0.22))
            gain[a:b] = 1.0
    return np.asarray(signal.lfilter([0.01], [1, -0.99], gain), dtype=np.float32)


def reverberate(sound: Floats, decay: float, rng: np.random.Generator) -> Floats:
    """The room's answer alone: noise that falls by 60 dB in `decay` seconds after a short gap."""
    n = round(min(1.5 * decay, 2.5) * RATE)
    t = np.arange(n) / RATE
    answer = rng.standard_normal(n) * np.exp(-6.9 * t / decay) * (t > 0.012)
    answer = signal.lfilter([0.6], [1, -0.4], answer)
    answer /= np.sqrt(np.sum(answer**2)) + 1e-9
    return np.asarray(
        signal.oaconvolve(sound, answer.astype(np.float32))[: len(sound)], dtype=np.float32
    )


def echo(sound: Floats, seconds: float, level: float) -> Floats:
    """Four repeats, each weaker."""
    out = np.zeros_like(sound)
    for k in range(1, 5):
        at = round(k * seconds * RATE)
        if at < len(sound):
            out[at:] += np.float32(level**k) * sound[: len(sound) - at]
    return out


def riser(length: int, start: float, end: float, rng: np.random.Generator) -> Floats:
    """(length,) noise that swells and brightens from `start` to `end` seconds."""
    out = np.zeros(length, np.float32)
    n = round((end - start) * RATE)
    if n < RATE // 4:
        return out
    noise = rng.standard_normal(n).astype(np.float32)
    low = signal.lfilter([0.15], [1, -0.85], noise).astype(np.float32)
    ramp = np.linspace(0, 1, n, dtype=np.float32)
    add(out, (low * (1 - ramp) + 0.4 * noise * ramp) * ramp**2, round(start * RATE), 0.25)
    return out
