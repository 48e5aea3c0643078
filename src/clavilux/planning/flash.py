"""The flash budget: which beats may be seen, so that no second holds more than three flashes.

Sources: WCAG 2.2, success criterion 2.3.1 "Three Flashes or Below Threshold"; Recommendation
ITU-R BT.1702. A flash is a pair of opposing changes; every accent of ours (a pulse, a hard cut) is
at most one. Keeping them more than a third of a second apart therefore keeps within the limit,
whatever picture they fall on. The finished file is measured as well (see media/receipt.py).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace

from clavilux.model.song import Analysis, Beat

SHORTEST_GAP = 0.36
"""Seconds between two visible accents: no more than three begin in any one second."""

CALMER = 0.5
"""What is left of an accent's weight each time a finished video flashed too much."""


@dataclass(frozen=True)
class Accent:
    """A moment that the picture marks."""

    time: float
    weight: float
    """0..1."""
    rank: int = 1
    """0 a downbeat, 1 the middle of the bar, 2 any other beat: the lower wins."""

    @property
    def downbeat(self) -> bool:
        return self.rank == 0


def accents(
    analysis: Analysis,
    *,
    cuts: tuple[float, ...] = (),
    allow_flashing: bool = False,
    calm: int = 0,
) -> tuple[Accent, ...]:
    """The accents of a song in order of time; thinned to the metrically strong ones if need be."""
    wanted = _from_beats(analysis) or _from_onsets(analysis)
    if allow_flashing:
        return tuple(wanted)
    softer = [replace(a, weight=a.weight * CALMER**calm) for a in wanted]
    return thin(softer, cuts=cuts, gap=SHORTEST_GAP * (1 + calm))


def thin(
    wanted: list[Accent], *, cuts: tuple[float, ...] = (), gap: float = SHORTEST_GAP
) -> tuple[Accent, ...]:
    """Keep the strongest accents such that none is nearer than `gap` seconds to another or a cut.

    Downbeats come first, then the middles of bars, then the rest, so that a fast song keeps an even
    pulse. A cut on an accent is that accent.
    """
    kept: list[Accent] = []
    times: list[float] = []  # of what is kept, ascending: an hour has ten thousand beats
    edges = sorted(cuts)
    for accent in sorted(wanted, key=lambda a: (a.rank, -a.weight, a.time)):
        time = accent.time
        near = edges[bisect_left(edges, time - gap) : bisect_right(edges, time + gap)]
        at = bisect_left(times, time)
        neighbours = times[max(at - 1, 0) : at + 1]
        near_cut = any(0.02 < abs(cut - time) < gap for cut in near)
        if not near_cut and all(abs(other - time) >= gap for other in neighbours):
            kept.append(accent)
            times.insert(at, time)
    return tuple(sorted(kept, key=lambda a: a.time))


def _from_beats(analysis: Analysis) -> list[Accent]:
    return [
        Accent(
            time=beat.time,
            weight=METRICAL_WEIGHTS[_rank(beat, analysis.meter)]
            * (0.35 + 0.65 * _presence(analysis, beat)),
            rank=_rank(beat, analysis.meter),
        )
        for beat in analysis.beats
    ]


METRICAL_WEIGHTS = (1.0, 0.88, 0.74)


def _rank(beat: Beat, meter: int) -> int:
    if beat.is_downbeat:
        return 0
    return 1 if meter % 2 == 0 and beat.position == meter // 2 else 2


def _presence(analysis: Analysis, beat: Beat) -> float:
    """How much there is to mark: sound, and a beat one can believe in."""
    loudness = float(analysis.envelopes["loudness"].at(beat.time + 0.05))
    return min(1.0, 0.25 + 0.75 * loudness) * (0.5 + 0.5 * beat.confidence)


def _from_onsets(analysis: Analysis) -> list[Accent]:
    """Without a pulse the strong onsets are marked, softly."""
    strength = analysis.envelopes["onset_strength"]
    found = [Accent(time=t, weight=0.7 * float(strength.at(t))) for t in analysis.onsets]
    return [a for a in found if a.weight > 0.25]
