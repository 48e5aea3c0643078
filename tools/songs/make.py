"""Seed -> song: the list of steps."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from songs.arranging import arrange
from songs.catalogue import choose_genre, choose_tempo
from songs.clock import make_clock
from songs.form import lay_bars, plan_sections
from songs.mastering import master
from songs.mixdown import Studio, mix_song
from songs.score import RATE, TrainingSong
from songs.truth import Written, tell

__all__ = ["TrainingSong", "make_song"]
SOUNDFONT_SHARE = 0.65
"""Songs that a given soundfont plays."""
CUT_SHARE = 0.12
"""Songs that begin in the middle of things, as a radio edit or a loop does."""


def make_song(seed: int, *, seconds: float = 60.0, soundfont: Path | None = None) -> TrainingSong:
    """A song of its own genre, key, tempo and form, the same for the same arguments.

    `soundfont`: a General MIDI .sf2 file that plays most songs' instruments; without it everything
    is synthesised here.
    """
    rng = np.random.default_rng(seed)
    genre = choose_genre(rng)
    tempo = choose_tempo(genre, rng)
    lead_in = float(rng.uniform(0, 2)) if rng.random() < 0.6 else 0.0
    cut = float(rng.uniform(2, 8)) if rng.random() < CUT_SHARE else 0.0
    total = seconds + cut
    plans = plan_sections(genre, total - lead_in, tempo, rng)
    bars = lay_bars(plans, genre.meter, rng)
    ends = plans[-1].function == "outro"
    clock = make_clock(genre, tempo, bars, rng, start=lead_in, ends=ends)
    score = arrange(genre, plans, bars, rng, earliest=min(0.0, 0.1 - lead_in) * tempo / 60)
    font = soundfont if rng.random() < SOUNDFONT_SHARE else None
    mix = mix_song(genre, plans, bars, score, Studio(clock, round(total * RATE), tempo, font), rng)
    samples = master(mix, float(rng.random()), rng)
    return tell(Written(genre, plans, bars, score, clock), samples, start=cut, seconds=seconds)
