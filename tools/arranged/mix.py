"""Tracks into sound: programs, levels, room, pumping."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from songs import mixing
from songs.score import Clock, Doubles, Floats, Note
from songs.singer import choose_singer, sing_part

from arranged.accompaniment import Track
from arranged.leads import Lead
from arranged.orchestra import choose_kit, choose_program
from arranged.playing import KICKS
from arranged.sampler import Sampler, Sound, Voice, to_sounds

DISTORTED = (29, 30, 81, 84, 87)
"""Programs that are driven further."""
RING = 1.5
"""Seconds that a drum may ring: MMA ends its notes at once."""
LEVEL = 0.1
"""Root mean square that stems are brought to before the mix balances them."""


@dataclass(frozen=True)
class Stems:
    """(n,) mono each."""

    drums: Floats
    backing: Floats
    leads: Floats


def render(
    tracks: list[Track], leads: list[Lead], clocks: tuple[Clock, Clock], length: int, band: str,
    sampler: Sampler, rng: np.random.Generator,
) -> Floats:  # fmt: skip
    """The mix before mastering. `clocks`: for tracks, and for leads (which may swing)."""
    stems = _stems(tracks, leads, clocks, length, band, sampler, rng)
    decay, level = float(rng.uniform(0.4, 2.2)), float(rng.uniform(0, 0.5))
    drums = float(10 ** rng.normal(0.0, 0.15)) * level_off(stems.drums)
    backing = level_off(stems.backing)
    lead = float(10 ** rng.normal(-0.1, 0.15)) * level_off(stems.leads)
    music = backing + lead
    wet = mixing.reverberate(music + np.float32(rng.uniform(0, 0.4)) * drums, decay, rng)
    music = music + np.float32(level) * wet
    if rng.random() < (0.6 if band == "electronic" else 0.08):
        kicks = moments(tracks, KICKS, clocks[0])
        depth, seconds = float(rng.uniform(0.2, 0.85)), float(rng.uniform(0.12, 0.35))
        music = music * mixing.pumping(kicks, length, depth, seconds)
    return np.asarray(music + drums, dtype=np.float32)


def moments(tracks: list[Track], drums: frozenset[int], clock: Clock) -> Doubles:
    """Seconds of all strokes on some drums, in order, doubled strokes once."""
    times = [
        clock.seconds(n.beat) + n.late
        for t in tracks
        if t.drums
        for n in t.notes
        if n.pitch in drums
    ]
    ordered = np.array(sorted(times), dtype=np.float64)
    return ordered[np.diff(ordered, prepend=-1.0) > 0.02] if len(ordered) else ordered


def level_off(sound: Floats) -> Floats:
    """Root mean square where it plays brought to LEVEL."""
    loud = sound[np.abs(sound) > 1e-4]
    level = float(np.sqrt(np.mean(loud**2))) if len(loud) else 1.0
    return np.asarray(sound * (LEVEL / level), dtype=np.float32)


def _stems(
    tracks: list[Track], leads: list[Lead], clocks: tuple[Clock, Clock], length: int, band: str,
    sampler: Sampler, rng: np.random.Generator,
) -> Stems:  # fmt: skip
    tuning = float(rng.normal(0, 0.15)) if rng.random() < 0.5 else 0.0
    kit = choose_kit(band, rng)
    drums = [Voice(kit, True, _strokes(t.notes, clocks[0]), 0.9) for t in tracks if t.drums]
    clean: list[Voice] = []
    driven: list[Voice] = []
    for track in (t for t in tracks if not t.drums):
        program = choose_program(track, band, rng)
        volume = float(np.clip(0.6 * 10 ** rng.normal(0, 0.12), 0.1, 1))
        voice = Voice(program, False, _tones(track.notes, clocks[0]), volume, tuning)
        (driven if program in DISTORTED and rng.random() < 0.4 else clean).append(voice)
    backing = sampler.play(clean, length)
    if driven:
        backing = backing + mixing.distort(sampler.play(driven, length), float(rng.uniform(3, 12)))
    played = [
        Voice(x.program, False, _tones(x.notes, clocks[1]), 0.8, tuning)
        for x in leads
        if not x.sings
    ]
    lead = sampler.play(played, length) if played else np.zeros(length, np.float32)
    lead = level_off(lead)
    for x in (x for x in leads if x.sings):
        lead = lead + level_off(
            sing_part(list(x.notes), clocks[1], length, choose_singer(rng), rng)
        )
    return Stems(sampler.play(drums, length), backing, lead)


def _tones(notes: tuple[Note, ...], clock: Clock) -> tuple[Sound, ...]:
    starts = np.array([clock.seconds(n.beat) + n.late for n in notes])
    ends = np.array([clock.seconds(n.beat + n.length) + n.late for n in notes])
    return to_sounds(starts, ends, [n.pitch for n in notes], np.array([n.velocity for n in notes]))


def _strokes(notes: tuple[Note, ...], clock: Clock) -> tuple[Sound, ...]:
    starts = np.array([clock.seconds(n.beat) + n.late for n in notes])
    ends = starts + RING
    following: dict[int, float] = {}
    for k in np.argsort(starts)[::-1]:
        ends[k] = min(ends[k], following.get(notes[k].pitch, np.inf) - 0.003)
        following[notes[k].pitch] = starts[k]
    return to_sounds(
        starts,
        np.maximum(ends, starts + 0.003),
        [n.pitch for n in notes],
        np.array([n.velocity for n in notes]),
    )
