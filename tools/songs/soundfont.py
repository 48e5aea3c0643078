"""A General MIDI soundfont plays parts and drums, exact to the sample.

Needs the `tinysoundfont` package. Instruments with a slow attack sound later than their note, as
they do in life: in FluidR3 half of the level is reached after 1 to 20 ms by drums, pianos, guitars
and basses, 20 to 70 ms by winds and brass, 90 ms by strings and 350 ms by pads.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from songs.drumming import LAYERS
from songs.mixing import LONGEST, hit_time
from songs.score import RATE, Clock, Floats, Hit, Note

DRUM_BANK = 128
KEYS = {
    "kick": (36, 35),
    "snare": (38, 40),
    "clap": (39,),
    "rim": (37,),
    "hat": (42, 44),
    "open": (46,),
    "ride": (51, 59),
    "crash": (49, 57),
    "tom_hi": (50, 48),
    "tom_mid": (47, 45),
    "tom_lo": (43, 41),
    "shaker": (82, 70),
    "tamb": (54,),
    "conga_hi": (63, 62),
    "conga_lo": (64,),
    "cowbell": (56,),
    "clave": (75,),
}
"""General MIDI percussion keys of each drum."""
KIT_PROGRAMS = {
    "acoustic": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
    "tight": (0, 2, 4, 6, 9, 16, 17),
    "metal": (16, 17, 18, 19),
    "brush": (40, 41, 42, 32),
    "lofi": (25, 8, 0, 32),
    "808": (25,),
    "909": (24, 25),
    "electro": (24, 25),
    "hard": (24, 16),
    "break": (0, 8, 16, 3),
    "trap": (25, 24),
    "chip": (25, 24),
    "orchestral": (48,),
}
"""Programs of the drum bank that stand for each style of kit."""
_Event = tuple[int, int, int, int]


@lru_cache(maxsize=2)
def _open(path: Path) -> tuple[Any, int]:
    """The synthesiser and the soundfont's id in it: seconds to load, so once in a process."""
    import tinysoundfont

    synth = tinysoundfont.Synth(samplerate=RATE, gain=-6)
    return synth, synth.sfload(str(path))


def play_notes(path: Path, program: int, notes: list[Note], clock: Clock, length: int) -> Floats:
    """(length,) the notes on one General MIDI program."""
    events: list[_Event] = []
    for n in notes:
        start = clock.seconds(n.beat) + n.late
        seconds = float(np.clip(clock.seconds(n.beat + n.length) + n.late - start, 0.03, LONGEST))
        key = int(np.clip(n.pitch, 0, 127))
        events.append((round(start * RATE), 1, key, _velocity(n.velocity)))
        events.append((round((start + seconds) * RATE), 0, key, 0))
    return _perform(path, 0, program, events, length)


def play_drums(
    path: Path, style: str, hits: list[Hit], clock: Clock, length: int, rng: np.random.Generator
) -> Floats:
    """(length,) all strokes on a kit of the style; closed hats cut open ones short."""
    options = KIT_PROGRAMS[style]
    keys = {d: int(rng.choice(k)) for d, k in KEYS.items()}
    events: list[_Event] = []
    for h in hits:
        at = round(hit_time(h, clock) * RATE)
        if LAYERS.get(h.drum) == "hat":
            events.append((at, 0, keys["open"], 0))
        events.append((at, 1, keys[h.drum], _velocity(h.velocity)))
    return _perform(path, DRUM_BANK, int(rng.choice(options)), events, length)


def _velocity(level: float) -> int:
    return int(np.clip(round(127 * level), 1, 127))


def _perform(path: Path, bank: int, program: int, events: list[_Event], length: int) -> Floats:
    """Events (sample, on, key, velocity) in order; between two of them the synthesiser runs."""
    synth, font = _open(path)
    synth.sounds_off()
    synth.generate(RATE // 10)
    synth.program_select(0, font, bank, program, bank == DRUM_BANK)
    pieces: list[Floats] = []
    now = 0
    for at, on, key, velocity in sorted(events):
        at = min(max(at, 0), length)
        if at > now:
            pieces.append(_run(synth, at - now))
            now = at
        if on:
            synth.noteon(0, key, velocity)
        else:
            synth.noteoff(0, key)
    if now < length:
        pieces.append(_run(synth, length - now))
    return np.concatenate(pieces) if pieces else np.zeros(length, np.float32)


def _run(synth: Any, samples: int) -> Floats:
    stereo = np.frombuffer(synth.generate(samples), dtype=np.float32)
    return np.asarray(stereo.reshape(-1, 2).mean(axis=1), dtype=np.float32)
