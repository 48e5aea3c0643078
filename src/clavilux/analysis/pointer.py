"""The bar pointer: the most likely chain of beats, each with its length and its place in the bar.

A semi-Markov Viterbi search after Whiteley, Cemgil and Godsill, "Bayesian modelling of temporal
structure in musical audio" (ISMIR 2006), with whole beats as states as in Krebs, Böck and Widmer,
"An efficient state-space model for joint tempo and meter tracking" (ISMIR 2015).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from clavilux.analysis import evidence
from clavilux.analysis.evidence import PHASES
from clavilux.analysis.spectrum import FPS, Floats

SHORTEST, LONGEST = 24, 104
"""Frames per beat: 215 to 50 beats a minute."""
REACH = 6
"""Frames by which a beat may differ from the one before."""
TEMPO_COST = 60.0
"""Cost of changing the beat's length, times the relative change beyond one frame."""
FREE_STEP_COST = 0.3
"""Cost of a change by one frame, which is mostly rounding."""
JUMP_COST = 40.0
"""Cost of a sudden change of tempo."""
RESET_COST = 40.0
"""Cost of an irregular bar."""
USUAL_TEMPO, TEMPO_OCTAVES = 118.0, 0.45
"""Log-normal prior: beats a minute, and standard deviation (Harmonix set: geometric mean 112)."""
PRIOR_WEIGHT = 2.0
"""Nats per second at one standard deviation, doubled."""
LEVEL_WEIGHT, FREE_OCTAVES = 16.0, 0.3
"""Cost per second and octave of leaving the song's own tempo by more than FREE_OCTAVES."""
WINDOW_SECONDS, OVERLAP_SECONDS = 300.0, 20.0
"""Long songs are tracked window by window, so that memory stays bounded."""


@dataclass(frozen=True)
class Path:
    """A chain of beats."""

    frames: NDArray[np.int64]
    """(n,) the frame of each beat."""
    positions: NDArray[np.int64]
    """(n,) place in the bar, 0 is the downbeat."""
    score: float
    """Log likelihood against music without any metre."""


def track(curves: Floats, *, meter: int, tempo: float | None = None) -> Path:
    """The best chain through (T, 7) evidence, favouring a tempo if one is given."""
    window, overlap = int(WINDOW_SECONDS * FPS), int(OVERLAP_SECONDS * FPS)
    frames: list[NDArray[np.int64]] = []
    positions: list[NDArray[np.int64]] = []
    start, total = 0, 0.0
    prior = _prior(np.arange(SHORTEST, LONGEST + 1), tempo=tempo)
    state = np.full((LONGEST - SHORTEST + 1, meter), -np.inf, dtype=np.float32)
    free = LONGEST * meter
    while True:
        part = evidence.fit(curves[start : start + window], meter=meter)
        is_last = start + window >= len(curves)
        beat, length, position, score = _track_window(part, prior=prior, state=state, free=free)
        keep = len(beat) if is_last else int(np.searchsorted(beat, window - overlap))
        if is_last or keep < 2:
            frames.append(start + beat[:keep])
            positions.append(position[:keep])
            return Path(np.concatenate(frames), np.concatenate(positions), total + score)
        frames.append(start + beat[: keep - 1])
        positions.append(position[: keep - 1])
        total += score * beat[keep - 1] / window
        start += int(beat[keep - 1])
        state = np.full_like(state, -np.inf)
        state[length[keep - 2] - SHORTEST, position[keep - 2]] = 0
        free = 0


def _track_window(
    scores: Floats, *, prior: Floats, state: Floats, free: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], float]:
    """Frames, lengths and positions of the beats of one window, and its score.

    `state` (lengths, meter) is the score of a beat of that length and position ending at frame 0;
    before frame `free` a chain may start anywhere.
    """
    meter = scores.shape[1]
    if len(scores) <= 2 * LONGEST:
        none = np.zeros(0, dtype=np.int64)
        return none, none, none, 0.0
    sums = np.zeros((len(scores) + 1, meter, PHASES), dtype=np.float32)
    np.cumsum(scores, axis=0, out=sums[1:])
    lengths = np.arange(SHORTEST, LONGEST + 1)
    parts = (np.arange(PHASES + 1) - 0.5) / PHASES
    offsets = np.round(lengths[:, None] * parts).astype(np.int64)
    best, back = _forward(
        sums, offsets, prior, _step_costs(lengths), state, free, JUMP_COST, RESET_COST
    )
    tail = best[-LONGEST:]
    at, length, position = np.unravel_index(int(np.argmax(tail)), tail.shape)
    end = len(best) - LONGEST + int(at)
    score = float(tail[at, length, position])
    chain = _backward(back, end, int(length), int(position), meter)
    return chain[:, 0], chain[:, 1], chain[:, 2], score


def _prior(lengths: NDArray[np.int64], *, tempo: float | None) -> Floats:
    """(lengths,) log prior of one beat of each length; per second, so that no tempo gains by it."""
    tempi = 60 * FPS / lengths
    per_second = -0.5 * PRIOR_WEIGHT * (np.log2(tempi / USUAL_TEMPO) / TEMPO_OCTAVES) ** 2
    if tempo is not None:
        away = np.maximum(np.abs(np.log2(tempi / tempo)) - FREE_OCTAVES, 0)
        per_second -= LEVEL_WEIGHT * np.minimum(away, 0.5)
    return np.asarray(per_second * lengths / FPS, dtype=np.float32)


def _step_costs(lengths: NDArray[np.int64]) -> Floats:
    """(lengths, 2 * REACH + 1): the cost of a beat of this length after one longer by -REACH.."""
    steps = np.abs(np.arange(-REACH, REACH + 1))
    relative = np.maximum(steps - 1, 0)[None, :] / lengths[:, None]
    return np.asarray(TEMPO_COST * relative + FREE_STEP_COST * (steps > 0), dtype=np.float32)


@njit(cache=True, fastmath={"nsz", "arcp", "contract", "reassoc"})
def _forward(
    sums: Floats,
    offsets: NDArray[np.int64],
    prior: Floats,
    step_costs: Floats,
    state: Floats,
    free: int,
    jump_cost: float,
    reset_cost: float,
) -> tuple[Floats, NDArray[np.int16]]:
    """best[t, d, p]: score of a beat of length d at position p that ends at frame t; and whence."""
    frames, meter = sums.shape[0], sums.shape[1]
    count, parts = offsets.shape[0], offsets.shape[1] - 1
    reach = step_costs.shape[1] // 2
    nothing = np.float32(-1e30)
    best = np.full((frames, count, meter), nothing, dtype=np.float32)
    back = np.full((frames, count, meter), -1, dtype=np.int16)
    peak = np.full((frames, meter), nothing, dtype=np.float32)
    peak_at = np.zeros((frames, meter), dtype=np.int16)
    for d in range(count):
        for p in range(meter):
            best[0, d, p] = max(state[d, p], nothing)
            if best[0, d, p] > peak[0, p]:
                peak[0, p] = best[0, d, p]
                peak_at[0, p] = d
    for t in range(1, frames):
        for d in range(count):
            start = t - (offsets[d, parts] - offsets[d, 0])
            if start < 0:
                break
            any_peak, any_from = nothing, 0
            for p in range(meter):
                if peak[start, p] > any_peak:
                    any_peak = peak[start, p]
                    any_from = peak_at[start, p] * meter + p
            for p in range(meter):
                before = p - 1 if p > 0 else meter - 1
                value = peak[start, before] - jump_cost
                origin = peak_at[start, before] * meter + before
                if any_peak - reset_cost > value:
                    value, origin = any_peak - reset_cost, any_from
                for e in range(max(0, d - reach), min(count, d + reach + 1)):
                    candidate = best[start, e, before] - step_costs[d, e - d + reach]
                    if candidate > value:
                        value, origin = candidate, e * meter + before
                if start < free and value < 0:
                    value, origin = np.float32(0), -1
                if value <= nothing / 2:
                    continue
                gain = prior[d]
                for k in range(parts):
                    low = min(max(start + offsets[d, k], 0), frames - 1)
                    high = min(max(start + offsets[d, k + 1], 0), frames - 1)
                    gain += sums[high, p, k] - sums[low, p, k]
                best[t, d, p] = value + gain
                back[t, d, p] = origin
                if best[t, d, p] > peak[t, p]:
                    peak[t, p] = best[t, d, p]
                    peak_at[t, p] = d
    return best, back


def _backward(
    back: NDArray[np.int16], end: int, length: int, position: int, meter: int
) -> NDArray[np.int64]:
    """(n, 3): start frame, length and position of every beat of the chain that ends at `end`."""
    chain = []
    while end > 0:
        origin = int(back[end, length, position])
        beat_length = length + SHORTEST
        end -= beat_length
        chain.append((end, beat_length, position))
        if origin < 0:
            break
        length, position = divmod(origin, meter)
    return np.array(chain[::-1], dtype=np.int64).reshape(-1, 3)
