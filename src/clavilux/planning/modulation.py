"""Music -> signals: one number per frame. All memory of the past lives here.

Attack and release, the decay of a beat, the distance travelled: everything that depends on what
was before is worked out once over the whole song, so that frames can be drawn in any order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clavilux.model.song import DRUMS, Analysis
from clavilux.model.time import FrameRate
from clavilux.model.timeline import Signal
from clavilux.planning.flash import Accent

Floats = NDArray[np.float64]

BEAT_DECAY = 0.32
"""Of a beat: the time in which a beat's accent falls to 1/e."""


def signals(
    analysis: Analysis, rate: FrameRate, *, accents: tuple[Accent, ...], calm: int = 0
) -> dict[str, Signal]:
    """Every signal by name, 0..1 except `travel`, over all frames of the song.

    `calm` above 0 slows everything that could flicker.
    """
    slow = 1.0 + 2.0 * calm
    frames = max(1, rate.frames_for(analysis.duration))
    times = np.arange(frames) / float(rate)
    energy = _energy(analysis, times)
    beat = _decays(accents, frames, rate, decay=BEAT_DECAY * analysis.beat_period)
    bars = tuple(a for a in accents if a.downbeat)
    flux = follow(
        analysis.envelopes["flux"].at(times), rate, attack=0.02 * slow, release=0.15 * slow
    )
    values = {
        "energy": energy,
        "loudness": follow(
            analysis.envelopes["loudness"].at(times), rate, attack=0.08, release=0.35
        ),
        "bass": _band(analysis, times, rate, "sub", "bass", slow=slow),
        "mid": _band(analysis, times, rate, "low_mid", "mid", slow=slow),
        "high": _band(analysis, times, rate, "high", slow=slow),
        "flux": flux,
        "surge": np.clip((flux - 0.62) / 0.38, 0, 1) ** 1.5,
        "brightness": smooth(analysis.envelopes["centroid"].at(times), rate, seconds=1.0),
        "beat": beat,
        "bar": _decays(bars, frames, rate, decay=analysis.meter * analysis.beat_period * 0.4),
        "vocals": smooth(analysis.envelopes["vocals"].at(times), rate, seconds=0.5),
        "travel": _travel(energy, beat, rate),
    }
    for drum in DRUMS:
        strokes = analysis.envelopes[drum].at(times)
        values[drum] = follow(strokes, rate, attack=0.01 * slow, release=0.12 * slow)
    return {name: Signal(values=value.astype(np.float32)) for name, value in values.items()}


def follow(values: Floats, rate: FrameRate, *, attack: float, release: float) -> Floats:
    """An envelope follower: rises with one time constant (s), falls with another."""
    up, down = (1 - np.exp(-1 / (float(rate) * t)) for t in (attack, release))
    out = np.empty_like(values)
    level = values[0] if len(values) else 0.0
    for i, value in enumerate(values):
        level += (value - level) * (up if value > level else down)
        out[i] = level
    return np.clip(out, 0, 1)


def smooth(values: Floats, rate: FrameRate, *, seconds: float) -> Floats:
    """A Gaussian average, `seconds` wide (one standard deviation each side)."""
    return np.clip(_gaussian(values, seconds * float(rate) / 2), 0, 1)


def _gaussian(values: Floats, sigma: float) -> Floats:
    """Averaged over four standard deviations each way, the ends held.

    In numpy alone: scipy.ndimage would cost every start 0.2 s.
    """
    reach = int(4 * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma, 1e-6)) ** 2)
    held = np.pad(values, reach, mode="edge")
    return np.convolve(held, weights / weights.sum(), mode="valid")


def _band(analysis: Analysis, times: Floats, rate: FrameRate, *names: str, slow: float) -> Floats:
    level = np.max([analysis.envelopes[name].at(times) for name in names], axis=0)
    return follow(level, rate, attack=0.03 * slow, release=0.3 * slow)


def _energy(analysis: Analysis, times: Floats) -> Floats:
    """The section's energy and the loudness of the moment, without steps at the boundaries."""
    step = times[1] - times[0] if len(times) > 1 else 1.0
    per_section = np.array([s.energy for s in analysis.sections])
    ends = np.array([s.end for s in analysis.sections])
    which = np.minimum(np.searchsorted(ends, times, side="right"), len(ends) - 1)
    section = _gaussian(per_section[which], 0.35 / step)
    moment = _gaussian(analysis.envelopes["loudness"].at(times), 0.5 / step)
    return np.asarray(np.clip(0.65 * section + 0.35 * moment, 0, 1))


def _decays(accents: tuple[Accent, ...], frames: int, rate: FrameRate, *, decay: float) -> Floats:
    """An exponential fall after each accent, exactly its weight at the accent's frame."""
    out = np.zeros(frames)
    step = np.exp(-1 / (float(rate) * max(decay, 1e-3)))
    weights = np.zeros(frames)
    for accent in accents:
        frame = rate.frame_at(accent.time)
        if 0 <= frame < frames:
            weights[frame] = max(weights[frame], accent.weight)
    level = 0.0
    for n in range(frames):
        level = max(level * step, weights[n])
        out[n] = level
    return out


def _travel(energy: Floats, beat: Floats, rate: FrameRate) -> Floats:
    """Distance: 0.3 per second in silence, about 1 at middling energy, 2.5 at most."""
    speed = 0.3 + 1.7 * energy**1.3 + 0.5 * beat * energy
    return np.cumsum(speed) / float(rate)
