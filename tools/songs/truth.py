"""What is true of a finished song."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from songs.arranging import Score
from songs.form import ENERGY
from songs.genre import Genre
from songs.harmony import TONICS
from songs.mixdown import hit_times
from songs.score import RATE, Bar, Clock, Floats, Part, SectionPlan, TrainingSong

STROKES = {
    "kick": ("kick",),
    "snare": ("snare", "clap", "rim"),
    "hat": ("hat", "open", "ride", "shaker"),
}
"""Which drums count as which."""
Spans = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Written:
    """A song as it was written, before and beside its sound."""

    genre: Genre
    plans: list[SectionPlan]
    bars: list[Bar]
    score: Score
    clock: Clock


def tell(written: Written, samples: Floats, *, start: float, seconds: float) -> TrainingSong:
    """The truth about the part from `start` on, `seconds` long, that `samples` hold."""
    steady = replace(written.clock, swing=0.5)
    places = [(b.start + k, k) for b in written.bars for k in range(b.beats)]
    beats = np.array([steady.seconds(beat) for beat, _ in places], dtype=np.float64) - start
    inside = (beats >= 0) & (beats < seconds)
    sections = _sections(written, steady, start, seconds)
    hits = {n: hit_times(written.score.hits, d, written.clock) - start for n, d in STROKES.items()}
    tonic, mode = written.score.key
    return TrainingSong(
        samples=samples[round(start * RATE) :][: round(seconds * RATE)],
        beats=beats[inside],
        positions=np.array([k for _, k in places], dtype=np.int64)[inside],
        meter=written.genre.meter,
        feel=written.genre.feel,
        genre=written.genre.name,
        sections=sections,
        vocals=_vocals(written.score.singing, written.clock, start, seconds),
        hits={k: v[(v >= 0) & (v < seconds)] for k, v in hits.items()},
        key=(TONICS[tonic], mode),
        climax=_climax(sections),
    )


def _sections(
    written: Written, clock: Clock, start: float, seconds: float
) -> tuple[tuple[float, float, str], ...]:
    out = []
    for s, plan in enumerate(written.plans):
        own = [b for b in written.bars if b.section == s]
        begins = max(clock.seconds(own[0].start) - start, 0.0)
        ends = min(clock.seconds(own[-1].start + own[-1].beats) - start, seconds)
        if begins < ends:
            out.append((begins, ends, plan.function))
    return tuple(out)


def _vocals(part: Part | None, clock: Clock, start: float, seconds: float) -> Spans:
    if part is None:
        return ()
    spans = [(clock.seconds(a) - start, clock.seconds(b) - start) for a, b in part.spans]
    inside = [(max(0.0, a), min(b, seconds)) for a, b in spans]
    return tuple((a, b) for a, b in inside if a < b)


def _climax(sections: tuple[tuple[float, float, str], ...]) -> float:
    """The start of the last section of the highest energy."""
    top = max(ENERGY[name] for _, _, name in sections)
    return next(start for start, _, name in reversed(sections) if ENERGY[name] == top)
