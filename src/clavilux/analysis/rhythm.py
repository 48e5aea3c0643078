"""Spectrum -> tempo, metre, beats and bars, how sure they are, and what else they could be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis import confidence, evidence, grid, pointer, tracked
from clavilux.analysis.attacks import Times, attack_offsets
from clavilux.analysis.counting import FRAME_LATENCY, Count, count_bars
from clavilux.analysis.patterns import Pattern, learned, tempo_prior
from clavilux.analysis.pointer import LENGTHS, Path
from clavilux.analysis.readings import all_readings, alternatives_to
from clavilux.analysis.spectrum import FPS, Floats, Spectrum
from clavilux.analysis.tracked import Says, Tracked
from clavilux.analysis.turns import find_turns
from clavilux.model.song import Alternative, Beat, Region

if TYPE_CHECKING:
    from clavilux.interfaces import TrackedBeats

ONE_SONG_SECONDS = 900.0
"""A longer recording is taken for several songs, each counted as it was tracked."""
SILENCE = 3e-4
"""Root mean square below which nothing is heard (-70 dB), and ... """
SILENCE_SHARE = 0.004
"""... this share of the song's loud parts (-48 dB)."""
BREAK_BARS = 2
"""A silence longer than this has no beats."""
COSTS = pointer.Costs()


@dataclass(frozen=True)
class Rhythm:
    """The pulse of a song; no beats and tempo 0 where there is none."""

    tempo: float
    """Median beats per minute."""
    confidence: float
    """0..1: that these are the beats, at this tempo rather than half, twice or between."""
    meter: int
    """Beats per bar."""
    beats: tuple[Beat, ...]
    regions: tuple[Region, ...] = ()
    alternatives: tuple[Alternative, ...] = ()


def no_pulse(duration: float) -> Rhythm:
    """Of a song of so many seconds in which no pulse is heard."""
    whole = Region(start=0.0, end=duration, tempo=0.0, confidence=0.0)
    return Rhythm(tempo=0.0, confidence=0.0, meter=4, beats=(), regions=(whole,))


def find_rhythm(
    spectrum: Spectrum, *, duration: float, heard: TrackedBeats | None = None
) -> Rhythm:
    """Track the beats, set them on the attacks, choose how to count them, and judge all that.

    `heard`: the beats of another tracker, in place of the built-in one's.
    """
    if float(spectrum.rms.max(initial=0.0)) < SILENCE:
        return no_pulse(duration)
    levels = evidence.quantise(evidence.curves(spectrum))
    chain, patterns = _chain(levels, heard)
    if len(chain.times) < 4:
        return no_pulse(duration)
    base, is_steady = _set_on_attacks(chain.times, spectrum)
    count, alternatives = _choose(
        base, levels, patterns, says=chain.says, spectrum=spectrum, duration=duration
    )
    sounds = _is_heard(count.times, spectrum, meter=count.pattern.meter)
    if np.count_nonzero(sounds) < 4:
        return no_pulse(duration)
    sure = confidence.beat_confidence(count, chain, levels)
    pulse = confidence.has_pulse(count.times, sure, sounds, is_steady=is_steady)
    if np.count_nonzero(pulse) < 4:
        return no_pulse(duration)
    times = count.times[pulse]
    return Rhythm(
        tempo=60 / _usual_period(count.times, pulse),
        confidence=float(np.mean(sure[pulse])) * _level_share(alternatives),
        meter=count.pattern.meter,
        beats=_beats(times, count.positions[pulse], sure[pulse], _strength(times, spectrum)),
        regions=confidence.regions(count.times, sure, pulse, duration=duration),
        alternatives=alternatives,
    )


def _chain(
    levels: NDArray[np.uint8], heard: TrackedBeats | None
) -> tuple[Tracked, tuple[Pattern, ...]]:
    """The beats of the built-in tracker, or of another, and the patterns they may be counted by."""
    if heard is not None:
        return tracked.from_beats(heard), learned()
    path, pattern = track(levels, learned())
    return tracked.from_frames(path.frames, latency=FRAME_LATENCY), (pattern,)


def _choose(
    base: Times,
    levels: NDArray[np.uint8],
    patterns: tuple[Pattern, ...],
    *,
    says: Says | None,
    spectrum: Spectrum,
    duration: float,
) -> tuple[Count, tuple[Alternative, ...]]:
    """The best way to count the beats, and the others."""
    base = grid.complete(base, duration=duration)
    witnesses = (find_turns(spectrum, base), *(() if says is None else (says,)))
    readings = []
    if duration <= ONE_SONG_SECONDS:
        readings = all_readings(base, levels, learned(), span=(0.0, duration), witnesses=witnesses)
    if not readings:
        counts = [count_bars(base, levels, pattern, witnesses) for pattern in patterns]
        return max(counts, key=lambda c: c.score), ()
    return readings[0].count, alternatives_to(readings[0], readings, levels, witnesses)


def track(levels: NDArray[np.uint8], patterns: tuple[Pattern, ...]) -> tuple[Path, Pattern]:
    """The chain of beats, under the pattern of bars, that explains the song best.

    How a long recording starts tells its pattern.
    """
    start = levels[: int(ONE_SONG_SECONDS * FPS)]
    found = [(pointer.track(start, p, prior=_prior(p), costs=COSTS), p) for p in patterns]
    path, best = max(found, key=lambda f: f[0].score)
    if len(levels) > len(start):
        path = pointer.track(levels, best, prior=_prior(best), costs=COSTS)
    return path, best


def _prior(pattern: Pattern) -> Floats:
    """(lengths,) nats that a beat of each length is worth before anything is heard."""
    rates = np.array([tempo_prior(60 * FPS / n) + pattern.prior for n in LENGTHS])
    return np.asarray(rates * LENGTHS / FPS, dtype=np.float32)


def _set_on_attacks(rough: Times, spectrum: Spectrum) -> tuple[Times, bool]:
    """Beats on the attacks near them, and whether one tempo fits them all."""
    offsets, clarity = attack_offsets(spectrum.fine_power, rough)
    measured, weights = rough + offsets, clarity**2
    line = grid.steady(measured, weights)
    if line is None:
        return grid.straighten(measured, weights), False
    period, origin = line
    first, last = (round((t - origin) / period * 2) / 2 for t in (measured[0], measured[-1]))
    numbers = first % 1 + np.arange(np.floor(first), np.ceil(last) + 1)
    return np.asarray(origin + period * numbers), True


def _is_heard(times: Times, spectrum: Spectrum, *, meter: int) -> NDArray[np.bool_]:
    """Which beats are not in silence: at the song's ends, or in a break of BREAK_BARS."""
    loud = float(np.percentile(spectrum.rms, 95))
    audible = spectrum.rms > max(SILENCE, SILENCE_SHARE * loud)
    if not audible.any():
        return np.zeros(len(times), dtype=np.bool_)
    period = float(np.median(np.diff(times)))
    sounds = np.concatenate([[-np.inf], np.flatnonzero(audible) / FPS, [np.inf]])
    after = sounds[np.searchsorted(sounds, times - 0.02)]
    before = sounds[np.searchsorted(sounds, times + 0.02) - 1]
    near = (after - times < 0.25 * period) | (times - before < 0.25 * period)
    return np.asarray(near | (after - before < BREAK_BARS * meter * period))


def _level_share(alternatives: tuple[Alternative, ...]) -> float:
    """0..1: how likely the chosen beat is among those half, twice or between it."""
    rivals = ("half tempo", "double tempo", "off-beat")
    return 1 / (1 + sum(a.likelihood for a in alternatives if a.name in rivals))


def _usual_period(times: Times, keep: NDArray[np.bool_]) -> float:
    """Median seconds from a beat that is kept to the next one of the grid."""
    return float(np.median(np.diff(times, append=2 * times[-1] - times[-2])[keep]))


def _strength(times: Times, spectrum: Spectrum) -> NDArray[np.float64]:
    """(n,) 0..1 of the song's 99th percentile of onset strength."""
    onsets = spectrum.flux.mean(axis=1)
    top = max(float(np.percentile(onsets, 99)), evidence.FLOOR)
    return np.clip(confidence.peak_near(onsets, times) / top, 0.0, 1.0)


def _beats(
    times: Times,
    positions: NDArray[np.int64],
    sure: NDArray[np.float64],
    strength: NDArray[np.float64],
) -> tuple[Beat, ...]:
    bars = np.cumsum(positions == 0) - 1
    # three hours have 20 000 beats, each with a set of its field names: they may share one
    names = set(Beat.model_fields)
    return tuple(
        Beat.model_construct(
            names,
            time=round(float(time), 5),
            bar=int(bar),
            position=int(position),
            confidence=round(float(likely), 3),
            strength=round(float(strong), 3),
        )
        for time, bar, position, likely, strong in zip(
            times, bars, positions, sure, strength, strict=True
        )
    )
