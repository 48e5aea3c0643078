"""Spectrum -> which drums are struck when: kick, snare and hat.

Every moment at which a band rises is described by how each of eight bands rises and rings, and a
small learned model says which drums sound in it; where the moment is in its bar counts too, as
drummers repeat themselves. Snares include claps and rim shots; hats include rides and shakers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis import strokes
from clavilux.analysis.attacks import attack_offsets
from clavilux.analysis.filters import box_max
from clavilux.analysis.learned import perceptron
from clavilux.analysis.spectrum import FPS, Floats, Spectrum
from clavilux.model.song import DRUMS, Beat

FAINTEST = 0.02
"""A band whose strongest rises stay below this (log10 units) has none worth looking at."""
STAND_OUT = 0.12
"""Share of a band's usual strong rise from which a moment is looked at."""
NEAR = 5
"""Frames within which two rises are one."""
LATE = 1
"""Frames by which the codes of a rise are later than its attack."""
LEVEL_FRAMES = (-6, -3, -1, 4, 7, 11)
"""Frames from an attack at which levels are compared with the attack's own."""
QUIET_DB = -70.0
"""A moment below this level is silence."""
AT_ONCE = 8192
"""Moments described at once, so that memory stays small."""
GAP_SECONDS = 0.05
"""Hits of one drum closer than this are one."""
DECAY_SECONDS = {"kick": 0.16, "snare": 0.14, "hat": 0.07}
"""Time in which a hit's envelope falls to 1/e."""


@dataclass(frozen=True)
class Drum:
    """The hits of one class."""

    times: tuple[float, ...]
    """Seconds, ascending, each on its attack."""
    strengths: tuple[float, ...]
    """0..1: how hard, relative to the song's hard hits, and how sure."""


def find_drums(
    spectrum: Spectrum, beats: tuple[Beat, ...], *, meter: int, duration: float
) -> dict[str, Drum]:
    """The hits of every class in DRUMS."""
    frames = candidates(spectrum.strokes)
    if len(frames) == 0:
        return {name: Drum((), ()) for name in DRUMS}
    parts = np.split(frames, range(AT_ONCE, len(frames), AT_ONCE))
    sure = np.concatenate([_likelihoods(spectrum.strokes, p, beats, meter=meter) for p in parts])
    struck = sure.max(axis=1) > 0.5
    force = _forces(spectrum.strokes, frames)[struck]
    rough, sure = frames[struck] / FPS, sure[struck]
    offsets, clarity = attack_offsets(spectrum.fine_power, rough)
    times = np.where(clarity > 0, rough + offsets, rough)
    return {
        name: _pick(times, sure[:, k], force[:, k], duration=duration)
        for k, name in enumerate(DRUMS)
    }


def _likelihoods(
    codes: NDArray[np.uint8], frames: NDArray[np.intp], beats: tuple[Beat, ...], *, meter: int
) -> NDArray[np.float64]:
    """(n, classes) 0..1: how likely each drum of DRUMS sounds at each moment."""
    places = places_in_bar(
        frames / FPS,
        np.array([b.time for b in beats]),
        np.array([b.position for b in beats]),
        meter=meter,
    )
    return perceptron(np.concatenate([describe(codes, frames), places], axis=1), "drums")


def candidates(codes: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Frames at which the lows, the middle or the highs rise most of all around."""
    if len(codes) == 0:
        return np.zeros(0, dtype=np.intp)
    total = np.zeros(len(codes), dtype=np.float32)
    peaks = np.zeros(len(codes), dtype=np.bool_)
    for low, high in ((0, 3), (3, 6), (6, 8)):
        group = codes[:, low:high].mean(axis=1, dtype=np.float32) * np.float32(strokes.RISE_STEP)
        group = np.append(group[LATE:], np.repeat(group[-1:], LATE))
        top = np.float32(max(np.percentile(group, 99), FAINTEST))
        peaks |= (group >= box_max(group, NEAR)) & (group > STAND_OUT * top)
        total += group / top
    total[~peaks] = 0
    frames = np.flatnonzero((total > 0) & (total >= box_max(total, NEAR)))
    loudest = box_max(strokes.loudest_db(codes), NEAR)[frames]
    return np.asarray(frames[loudest > QUIET_DB])


def describe(codes: NDArray[np.uint8], frames: NDArray[np.intp]) -> Floats:
    """(n, 72) features of moments: rises, relative and absolute, level, attack and ringing."""

    def level(offset: int) -> Floats:
        return strokes.levels_db(_at(codes, frames + offset))

    usual = np.maximum(strokes.rises(strokes.percentile(codes, 99)), FAINTEST)
    loud = strokes.levels_db(strokes.percentile(codes, 95))
    rise = np.max([strokes.rises(_at(codes, frames + LATE + k)) for k in (-1, 0, 1)], axis=0)
    peak = np.maximum(level(1), level(2))
    parts = [rise / usual, np.log(rise + 0.02) + 4, np.clip((peak - loud + 30) / 30, -0.5, 1.2)]
    parts += [np.clip(peak - level(k), -15, 30) / 10 for k in LEVEL_FRAMES]
    return np.asarray(np.concatenate(parts, axis=1), dtype=np.float32)


def _at(codes: NDArray[np.uint8], frames: NDArray[np.intp]) -> NDArray[np.uint8]:
    """The codes of frames; beyond the ends, of the first or last."""
    return codes[np.clip(frames, 0, len(codes) - 1)]


def places_in_bar(
    times: NDArray[np.float64],
    beats: NDArray[np.float64],
    positions: NDArray[np.int64],
    *,
    meter: int,
) -> Floats:
    """(n, 10) cosines and sines of whole, half and quarter beats, of the bar and half of it.

    All 0 where no beats are known.
    """
    if len(beats) < 4:
        return np.zeros((len(times), 10), dtype=np.float32)
    before = np.clip(np.searchsorted(beats, times, side="right") - 1, 0, len(beats) - 2)
    beat = (times - beats[before]) / np.maximum(beats[before + 1] - beats[before], 1e-3)
    bar = (positions[before] + beat) / meter
    turns = np.stack([beat, 2 * beat, 4 * beat, bar, 2 * bar], axis=1) * 2 * np.pi
    known = ((beat > -1) & (beat < 2))[:, None]
    places = np.stack([np.cos(turns), np.sin(turns)], axis=2).reshape(len(times), 10)
    return np.asarray(places * known, dtype=np.float32)


def _forces(codes: NDArray[np.uint8], frames: NDArray[np.intp]) -> Floats:
    """(n, 3) 0..1: the rise of each drum's own bands, 1 for the song's hard hits."""
    rises = strokes.rises(_at(codes, frames + LATE))
    own = np.stack([rises[:, 0:3].max(axis=1), rises[:, 3:7].mean(axis=1), rises[:, 7]], axis=1)
    hard = np.maximum(np.percentile(own, 95, axis=0), FAINTEST)
    return np.asarray(np.clip(own / hard, 0, 1), dtype=np.float32)


def _pick(
    times: NDArray[np.float64], sure: NDArray[np.float64], force: Floats, *, duration: float
) -> Drum:
    """Moments that are more likely than not this drum, the surest of those too near together."""
    likely = np.flatnonzero((sure > 0.5) & (times >= 0) & (times < duration))
    chosen: list[int] = []
    for i in likely[np.argsort(times[likely], kind="stable")]:
        if chosen and times[i] - times[chosen[-1]] < GAP_SECONDS:
            if sure[i] > sure[chosen[-1]]:
                chosen[-1] = int(i)
        else:
            chosen.append(int(i))
    strength = np.sqrt(sure[chosen] * force[chosen])
    return Drum(
        tuple(round(float(t), 4) for t in times[chosen]),
        tuple(round(float(s), 3) for s in strength),
    )


def hit_curve(drum: Drum, *, name: str, frames: int) -> Floats:
    """(frames,) at FPS: each hit's strength at its attack, then an exponential fall."""
    curve = np.zeros(frames, dtype=np.float32)
    at = np.clip(np.round(np.array(drum.times) * FPS).astype(np.intp), 0, max(frames - 1, 0))
    fall = np.exp(-np.arange(int(6 * DECAY_SECONDS[name] * FPS)) / (DECAY_SECONDS[name] * FPS))
    for start, strength in zip(at, drum.strengths, strict=True):
        part = curve[start : start + len(fall)]
        np.maximum(part, strength * fall[: len(part)], out=part, casting="same_kind")
    return curve
