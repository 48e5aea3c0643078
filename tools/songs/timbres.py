"""Instruments of our own synthesis, as data, with their nearest General MIDI programs."""

from __future__ import annotations

from dataclasses import dataclass

from songs.tables import read_table


@dataclass(frozen=True)
class Timbre:
    """How a note sounds. Times are time constants in seconds, frequencies in Hz."""

    wave: str
    """Spectrum at its brightest: saw, square, pulse, sine, triangle, organ, string, reed, fm."""
    bright: float = 8000.0
    dull: float = 800.0
    """Above this frequency partials fall off: at the brightest and at the dullest moment."""
    change: tuple[str, float] = ("none", 0.0)
    """How brightness moves: decay, swell, lfo (of the song's tempo) or none; and its time."""
    attack: float = 0.003
    decay: float = 0.0
    """0 holds."""
    release: float = 0.05
    unison: int = 1
    detune: float = 0.0
    """Spread of the unison in cents."""
    noise: float = 0.0
    """Pick, hammer, bow or breath at the onset."""
    vibrato: float = 0.0
    """Depth in cents."""
    ratio: float = 1.0
    index: float = 0.0
    """Frequency modulation: ratio of modulator to carrier, and depth."""
    gain: float = 1.0
    programs: tuple[int, ...] = (0,)


TIMBRES = {name: Timbre(**fields) for name, fields in read_table("timbres.toml").items()}
"""Every instrument by name."""
