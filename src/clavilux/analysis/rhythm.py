"""Spectrum and samples -> tempo, metre, beats and bars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis import evidence, grid, pointer
from clavilux.analysis.evidence import PHASES
from clavilux.analysis.grid import Times
from clavilux.analysis.spectrum import FPS, Floats, Spectrum
from clavilux.model.song import Beat

FRAME_LATENCY = 1 / FPS
"""Seconds by which flux frames lag behind the attacks they show (measured on click tracks)."""
WALTZ_LEAD = 1.04
"""Ratio by which the score of 3/4 must beat 4/4's: 887 of 912 Harmonix songs are in 4."""
ONE_SONG_SECONDS = 900.0
"""A longer recording is taken for several songs."""
EMPTY = 0.15
"""Beats with less than this share of their neighbours' onsets are none."""
RESET_COST = 40.0
"""Cost of an irregular bar on a steady grid."""
LEAST_CLARITY = 0.24
"""Below this mean confidence a song has no pulse worth cutting to."""
REGULAR_BEATS = 48
"""Beats over which the evenness of the pulse is judged."""
SILENCE = 3e-4
"""Root mean square below which nothing is heard (-70 dB), and ... """
SILENCE_SHARE = 0.004
"""... this share of the song's loud parts (-48 dB)."""
BREAK_BARS = 2
"""A silence longer than this has no beats."""


@dataclass(frozen=True)
class Rhythm:
    """The pulse of a song; no beats and tempo 0 where there is none."""

    tempo: float
    confidence: float
    meter: int
    beats: tuple[Beat, ...]


NO_PULSE = Rhythm(tempo=0.0, confidence=0.0, meter=4, beats=())


def find_rhythm(spectrum: Spectrum, samples: Floats, *, duration: float) -> Rhythm:
    """Track the beats, set them on the attacks, number the bars, and judge how sure that is."""
    if float(spectrum.rms.max()) < SILENCE:
        return NO_PULSE
    curves = evidence.curves(spectrum)
    meter, path = _track(curves)
    if len(path.frames) < 4:
        return NO_PULSE
    times, positions = _refine(path, curves, samples, meter=meter, duration=duration)
    heard = _is_heard(times, spectrum, meter=meter)
    times, positions = times[heard], positions[heard]
    if len(times) < 4:
        return NO_PULSE
    confidence = _confidence(times, curves) * _regularity(times, path)
    overall = float(np.mean(confidence))
    if overall < LEAST_CLARITY:
        return NO_PULSE
    tempo = 60 / float(np.median(np.diff(times)))
    beats = _beats(times, positions, confidence, _strength(times, spectrum))
    return Rhythm(tempo=tempo, confidence=overall, meter=meter, beats=beats)


def _track(curves: Floats) -> tuple[int, pointer.Path]:
    """The metre that explains the song best, and its beats at the song's own tempo level.

    A recording of many songs has no tempo of its own, and its start tells its metre.
    """
    start = curves[: int(ONE_SONG_SECONDS * FPS)]
    paths = {meter: pointer.track(start, meter=meter) for meter in (4, 3)}
    meter = 3 if paths[3].score > WALTZ_LEAD * paths[4].score else 4
    if len(paths[meter].frames) < 4:
        return meter, paths[meter]
    if len(curves) > len(start):
        return meter, pointer.track(curves, meter=meter)
    tempo = _own_tempo(paths[meter], curves)
    return meter, pointer.track(curves, meter=meter, tempo=tempo)


def _own_tempo(path: pointer.Path, curves: Floats) -> float:
    """The tempo that holds for half of the time; halved if every second beat is empty."""
    lengths = np.sort(np.diff(path.frames))
    middle = np.searchsorted(np.cumsum(lengths), lengths.sum() / 2)
    usual = float(lengths[middle])
    onsets = _peak_near(curves[:, :5].max(axis=1), path.frames / FPS - FRAME_LATENCY)
    odd, even = float(onsets[1::2].mean()), float(onsets[::2].mean())
    empty = min(odd, even) < EMPTY * max(odd, even)
    return 60 * FPS / (2 * usual if empty and 2 * usual <= pointer.LONGEST else usual)


def _refine(
    path: pointer.Path, curves: Floats, samples: Floats, *, meter: int, duration: float
) -> tuple[Times, NDArray[np.int64]]:
    """Times and positions of all beats of the song, on the attacks."""
    rough = path.frames / FPS - FRAME_LATENCY
    offsets, clarity = grid.attack_offsets(samples, rough)
    measured, weights = rough + offsets, clarity**2
    line = grid.steady(measured, weights)
    if line is None:
        times = grid.straighten(measured, weights)
        return grid.complete(times, path.positions, meter=meter, duration=duration)
    choices = []
    for shift in (0.0, 0.5):
        times = _steady_times(line[0], line[1] + shift * line[0], duration=duration)
        positions, score = _count_bars(times, curves, meter=meter)
        choices.append((score, shift, times, positions))
    _, _, times, positions = max(choices, key=lambda c: c[0])
    return times, positions


def _steady_times(period: float, origin: float, *, duration: float) -> Times:
    first = np.ceil((-0.02 - origin) / period)
    last = np.ceil((duration - origin) / period)
    return np.asarray(np.maximum(origin + period * np.arange(first, last), 0.0))


def _count_bars(times: Times, curves: Floats, *, meter: int) -> tuple[NDArray[np.int64], float]:
    """The likeliest position of each beat of a known grid, and the likelihood (Viterbi)."""
    gains = _beat_scores(times, curves, meter=meter)
    count = len(gains)
    best = gains[0].copy()
    back = np.zeros((count, meter), dtype=np.int64)
    for i in range(1, count):
        follow = np.roll(best, 1)
        anywhere = int(np.argmax(best))
        reset = best[anywhere] - RESET_COST > follow
        back[i] = np.where(reset, anywhere, (np.arange(meter) - 1) % meter)
        best = np.where(reset, best[anywhere] - RESET_COST, follow) + gains[i]
    positions = np.zeros(count, dtype=np.int64)
    positions[-1] = int(np.argmax(best))
    for i in range(count - 1, 0, -1):
        positions[i - 1] = back[i, positions[i]]
    return positions, float(best.max())


def _beat_scores(times: Times, curves: Floats, *, meter: int) -> NDArray[np.float64]:
    """(n, meter): what the frames of each beat say for each position."""
    periods = np.diff(times, append=2 * times[-1] - times[-2])
    parts = (np.arange(PHASES + 1) - 0.5) / PHASES
    edges = (times + FRAME_LATENCY)[:, None] + periods[:, None] * parts
    index = np.clip(np.round(edges * FPS).astype(np.int64), 0, len(curves))
    weights = evidence.template(meter, pulse_weight=evidence.COUNTING_PULSE_WEIGHT)
    sums = np.zeros((len(curves) + 1, len(evidence.CURVES)))
    np.cumsum(curves - curves.mean(axis=0), axis=0, dtype=np.float64, out=sums[1:])
    gains = np.zeros((len(times), meter))
    for k in range(PHASES):
        gains += (sums[index[:, k + 1]] - sums[index[:, k]]) @ weights[:, :, k]
    return gains


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


def _confidence(times: Times, curves: Floats) -> NDArray[np.float64]:
    """(n,) 0..1: how far onsets at the beats around each beat exceed those between them."""
    onsets = curves[:, :5].max(axis=1)
    on = _peak_near(onsets, times)
    usual = _peak_spread(onsets, times)
    width = 8
    kernel = np.ones(2 * width + 1)
    mean_on, mean_usual = (
        np.convolve(v, kernel, mode="same") / np.convolve(np.ones(len(v)), kernel, mode="same")
        if len(v) >= len(kernel)
        else np.full(len(v), v.mean())
        for v in (on, usual)
    )
    return np.clip((mean_on - mean_usual) / np.maximum(mean_on, 0.1) * 1.5, 0.0, 1.0)


def _regularity(times: Times, path: pointer.Path) -> NDArray[np.float64]:
    """(n,) 0..1: few of the tracked beats around may differ from the last by over one frame.

    Players and machines stay below 4 %; what a tracker makes of rubato or rain is above 10 %.
    """
    uneven = np.abs(np.diff(path.frames, 2)) > 1
    width = min(REGULAR_BEATS, len(uneven))
    share = np.convolve(uneven, np.ones(width) / width, mode="same")
    at = np.searchsorted(path.frames[1:-1] / FPS, times)
    return np.clip(1.3 - 10 * share[np.clip(at, 0, len(share) - 1)], 0.0, 1.0)


def _peak_near(curve: Floats, times: Times) -> NDArray[np.float64]:
    """The greatest value within a frame of each time."""
    frames = np.round((times + FRAME_LATENCY) * FPS).astype(np.int64)
    near = [np.clip(frames + step, 0, len(curve) - 1) for step in (-1, 0, 1)]
    return np.asarray(np.max([curve[i] for i in near], axis=0), dtype=np.float64)


def _peak_spread(curve: Floats, times: Times) -> NDArray[np.float64]:
    """The mean of _peak_near over the places between each beat and the next, but for the half."""
    period = np.diff(times, append=2 * times[-1] - times[-2])
    between = [
        _peak_near(curve, times + part * period) for part in (1 / 6, 0.3, 0.38, 0.62, 0.7, 5 / 6)
    ]
    return np.asarray(np.mean(between, axis=0))


def _strength(times: Times, spectrum: Spectrum) -> NDArray[np.float64]:
    """(n,) 0..1 of the song's 99th percentile of onset strength."""
    onsets = spectrum.flux.mean(axis=1)
    top = max(float(np.percentile(onsets, 99)), evidence.FLOOR)
    return np.clip(_peak_near(onsets, times) / top, 0.0, 1.0)


def _beats(
    times: Times,
    positions: NDArray[np.int64],
    confidence: NDArray[np.float64],
    strength: NDArray[np.float64],
) -> tuple[Beat, ...]:
    bars = np.cumsum(positions == 0) - 1
    return tuple(
        Beat(
            time=round(float(time), 5),
            bar=int(bar),
            position=int(position),
            confidence=round(float(sure), 3),
            strength=round(float(strong), 3),
        )
        for time, bar, position, sure, strong in zip(
            times, bars, positions, confidence, strength, strict=True
        )
    )
