"""What is not music: silence, and applause before, after and between songs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.envelopes import QUIET
from clavilux.analysis.filters import box_mean
from clavilux.analysis.pitches import SLICE
from clavilux.analysis.spectrum import FPS, HOP, LONG_FPS, LONG_HOP, Floats, Spectrum
from clavilux.model.song import Passage

SILENCE_SECONDS = 1.0
"""Shorter pauses are part of the music."""
BELOW_DB = 50.0
"""Silence is this far below the song's 99th percentile."""
APPLAUSE_SECONDS = 3.0
"""Shorter noise is an effect."""
ALONE_SECONDS = 8.0
"""Noise in the middle of the sound must last this long to be applause."""
EDGE_SECONDS = 3.0
"""Applause at an edge begins or ends this near to the start, the end or a silence."""
MOST_TONAL = 1.7
"""Strongest pitch class over the mean: noise has 1.2 to 1.5, notes 2 and more."""
MOST_BASS = 0.1
"""Share of the power below 250 Hz that applause may have."""
MOST_UNEVEN_DB = 4.0
"""Standard deviation of the level within three seconds: many hands make it even."""


def find_silences(spectrum: Spectrum, *, duration: float) -> tuple[Passage, ...]:
    """Stretches of a second and more in which nothing is heard."""
    if spectrum.frames == 0:
        return ()
    floor = max(QUIET, float(np.percentile(spectrum.rms, 99)) * 10 ** (-BELOW_DB / 20))
    silent = box_mean(spectrum.rms, 5) < floor
    spans = _spans(silent, FPS, duration=duration)
    return tuple(
        Passage(kind="silence", start=a, end=b) for a, b in spans if b - a >= SILENCE_SECONDS
    )


def find_applause(
    spectrum: Spectrum, silences: tuple[Passage, ...], *, duration: float
) -> tuple[Passage, ...]:
    """Broadband noise without notes, bass or pulse, at an edge of the music or long."""
    noisy = _noisy(spectrum)
    edges = [0.0, duration, *(t for s in silences for t in (s.start, s.end))]
    found = []
    for start, end in _spans(noisy, LONG_FPS / SLICE, duration=duration):
        near = min(min(abs(start - e), abs(end - e)) for e in edges) < EDGE_SECONDS
        if end - start >= (APPLAUSE_SECONDS if near else ALONE_SECONDS):
            found.append(Passage(kind="applause", start=start, end=end))
    return tuple(found)


def _noisy(spectrum: Spectrum) -> NDArray[np.bool_]:
    """(S,) slices that sound like applause."""
    slices = len(spectrum.pitches)
    if slices == 0:
        return np.zeros(0, dtype=np.bool_)
    pitches = box_mean(spectrum.pitches, 5)
    tonal = pitches.max(axis=1) / np.maximum(pitches.mean(axis=1), 1e-9)
    power = _per_slice(spectrum.bands, slices)
    total = power.sum(axis=1)
    bass = power[:, :2].sum(axis=1) / np.maximum(total, 1e-12)
    level = 10 * np.log10(1e-10 + total)
    uneven = np.sqrt(np.maximum(box_mean(level**2, 4) - box_mean(level, 4) ** 2, 0))
    audible = total > (3 * QUIET) ** 2
    hit = (tonal < MOST_TONAL) & (bass < MOST_BASS) & (uneven < MOST_UNEVEN_DB) & audible
    return np.asarray(box_mean(hit.astype(np.float32), 3) > 0.5)


def _per_slice(curves: Floats, slices: int) -> Floats:
    """(T, k) -> (S, k) means."""
    frames = SLICE * LONG_HOP // HOP
    starts = np.minimum(np.arange(slices) * frames, len(curves) - 1)
    sums = np.add.reduceat(curves, starts, axis=0)
    counts = np.maximum(np.diff(np.append(starts, len(curves))), 1)
    return np.asarray(sums / counts[:, None], dtype=np.float32)


def _spans(mask: NDArray[np.bool_], rate: float, *, duration: float) -> list[tuple[float, float]]:
    """Start and end in seconds of each run of True; a run at the end lasts to the end."""
    change = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
    starts, ends = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
    return [
        (round(float(a / rate), 4), duration if b >= len(mask) else round(float(b / rate), 4))
        for a, b in zip(starts, ends, strict=True)
        if a / rate < duration
    ]
