"""A score becomes sound: who plays with which instrument, and how it is mixed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from songs import mixing, soundfont
from songs.arranging import Score
from songs.genre import Genre
from songs.kits import KITS, LEVELS, blend, make_kit
from songs.mastering import compress
from songs.rhythms import draw_pattern
from songs.score import Bar, Clock, Doubles, Floats, Hit, Part, SectionPlan
from songs.singer import choose_singer, sing_part
from songs.timbres import TIMBRES

DISTORTED = ("dist_guitar", "crunch_guitar", "lead_guitar", "acid_bass")
PART_LEVEL = 0.16
"""Root mean square of a part of gain 1 while it plays; a kick's peak is about 0.6."""


@dataclass(frozen=True)
class Studio:
    """What all parts of a song share."""

    clock: Clock
    length: int
    tempo: float
    font: Path | None
    """The soundfont that plays, if this song uses it."""


def mix_song(
    genre: Genre,
    plans: list[SectionPlan],
    bars: list[Bar],
    score: Score,
    studio: Studio,
    rng: np.random.Generator,
) -> Floats:
    """(length,) the mix before mastering."""
    drums = _drums(genre, score, studio, rng)
    music, wet = _music(score, studio, rng)
    level = float(rng.uniform(0, 0.6))
    music += np.float32(level) * mixing.reverberate(
        wet + np.float32(rng.uniform(0, 0.35)) * drums, float(rng.uniform(0.3, 2.2)), rng
    )
    if rng.random() < genre.duck:
        kicks = hit_times(score.hits, ("kick",), studio.clock)
        recovery = min(0.9 * 60 / studio.tempo, float(rng.uniform(0.12, 0.4)))
        music *= mixing.pumping(kicks, studio.length, float(rng.uniform(0.3, 0.9)), recovery)
    music += _sweeps(plans, bars, studio, rng)
    drums = _glue(drums, rng)
    balance = float(10 ** rng.normal(0.2, 0.2))
    return np.asarray(music + np.float32(0.6 * balance) * drums, dtype=np.float32)


def _sweeps(
    plans: list[SectionPlan], bars: list[Bar], studio: Studio, rng: np.random.Generator
) -> Floats:
    """Noise that rises through build-ups, and for a beat or more into other sections."""
    out = np.zeros(studio.length, np.float32)
    often = float(rng.choice((0.0, 0.2, 0.7)))
    for s, plan in enumerate(plans):
        own = [b for b in bars if b.section == s]
        if not own:
            continue
        end = own[-1].start + own[-1].beats
        if "riser" in plan.layers:
            out += mixing.riser(
                studio.length, studio.clock.seconds(own[0].start), studio.clock.seconds(end), rng
            )
        elif rng.random() < often:
            beats = float(rng.choice((1, 2, 4)))
            out += mixing.riser(
                studio.length, studio.clock.seconds(end - beats), studio.clock.seconds(end), rng
            )
    return out


def _glue(drums: Floats, rng: np.random.Generator) -> Floats:
    """Bus compression and saturation, which blunt strokes and lift what rings."""
    if rng.random() < 0.5:
        drums = compress(
            drums, ratio=float(rng.uniform(2, 6)), threshold=float(rng.uniform(-30, -12))
        )
    if rng.random() < 0.4:
        drive = float(rng.uniform(1, 6))
        drums = np.asarray(np.tanh(drive * drums) / np.tanh(drive), dtype=np.float32)
    return drums


def hit_times(hits: list[Hit], drums: tuple[str, ...], clock: Clock) -> Doubles:
    """When these drums are struck, in seconds, ascending."""
    return np.array(
        sorted(mixing.hit_time(h, clock) for h in hits if h.drum in drums), dtype=np.float64
    )


def _drums(genre: Genre, score: Score, studio: Studio, rng: np.random.Generator) -> Floats:
    if genre.drums is None or not score.hits:
        return np.zeros(studio.length, np.float32)
    style = str(rng.choice(genre.drums.kits))
    if studio.font and rng.random() < 0.7:
        sound = soundfont.play_drums(
            studio.font, style, score.hits, studio.clock, studio.length, rng
        )
        return sound * np.float32(0.9 / (np.percentile(np.abs(sound), 99.9) + 1e-6))
    kit = make_kit(style, rng)
    if rng.random() < 0.3:
        kit = blend(kit, make_kit(str(rng.choice(list(KITS))), rng), rng)
    levels = {k: v * float(10 ** rng.normal(0, 0.1)) for k, v in LEVELS.items()}
    return mixing.play_drums(score.hits, kit, levels, studio.clock, studio.length, rng)


def _music(score: Score, studio: Studio, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """All pitched parts with their echoes, and what they send to the room."""
    dry, wet, echoes = (np.zeros(studio.length, np.float32) for _ in range(3))
    lfo = studio.tempo / 60 * float(rng.choice((0.5, 1.0, 1.5, 2.0)))
    tracks = [(p, _part(p, studio, lfo, rng)) for p in score.parts]
    tracks += [
        (p, sing_part(p.notes, studio.clock, studio.length, choose_singer(rng), rng))
        for p in (score.singing, score.backing)
        if p
    ]
    gated = rng.random() < 0.12
    for part, sound in tracks:
        if gated and part.name == "pad":
            sound = sound * mixing.gate(studio.clock, studio.length, draw_pattern(4, 4, rng))
        sound = np.float32(part.gain * PART_LEVEL / (_level(sound) + 1e-6)) * sound
        dry += sound
        wet += np.float32(part.reverb) * sound
        echoes += np.float32(part.delay) * sound
    beats = float(rng.choice((0.5, 0.75, 1.0)))
    if np.any(echoes):
        dry += mixing.echo(echoes, beats * 60 / studio.tempo, float(rng.uniform(0.1, 0.5)))
    return dry, wet


def _part(part: Part, studio: Studio, lfo: float, rng: np.random.Generator) -> Floats:
    timbre = TIMBRES[part.sound]
    if studio.font and rng.random() < 0.8:
        return soundfont.play_notes(
            studio.font, int(rng.choice(timbre.programs)), part.notes, studio.clock, studio.length
        )
    sound = mixing.play_part(part, studio.clock, studio.length, rng, lfo=lfo)
    return mixing.distort(sound, float(rng.uniform(5, 35))) if part.sound in DISTORTED else sound


def _level(sound: Floats) -> float:
    """Root mean square of the part where it plays."""
    loud = sound[np.abs(sound) > 1e-4]
    return float(np.sqrt(np.mean(loud**2))) if len(loud) else 0.0
