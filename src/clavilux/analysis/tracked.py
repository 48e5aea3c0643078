"""What a tracker heard: beats before they are set on attacks, and what it says of bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.attacks import Times
from clavilux.analysis.regrid import GAP, local_intervals
from clavilux.analysis.spectrum import FPS, Floats
from clavilux.model.errors import PluginError

if TYPE_CHECKING:
    from clavilux.interfaces import TrackedBeats

CROWDED = 0.6
"""Of two beats nearer than this part of the usual interval, the tracker meant one."""
NEAR = 0.25
"""A beat this part of an interval away from a tracked one is the same beat."""
DISAGREEMENT = 1.0
"""Nats lost for each beat, and each downbeat, that a count and the tracker do not share. At 120 BPM
a bar line two beats off then loses a nat per second, and half or double tempo one or two."""

BUILT_IN_SLACK = 1.5 / FPS
"""The built-in tracker's chain bends by one frame only where the music does."""
RASTER_SLACK = 2.5
"""Steps of another's raster: a picked peak may be a step off, which shows twice."""


@dataclass(frozen=True)
class Says:
    """What another tracker says, against which a count of the song is held."""

    times: Times
    """(n,) seconds."""
    downbeats: NDArray[np.bool_]
    """(n,) which are downbeats; none if it does not tell."""

    def gains(self, times: Times, meter: int) -> Floats:
        """(len(times), meter): what these beats lose at each position, 0 or below."""
        periods = np.diff(times, append=2 * times[-1] - times[-2])
        own = np.round(np.interp(self.times, times, np.arange(len(times)))).astype(np.int64)
        is_near = np.abs(times[own] - self.times) < NEAR * periods[own]
        hits = np.bincount(own[is_near], minlength=len(times))
        strays = np.bincount(own[~is_near], minlength=len(times))
        lost = np.zeros((len(times), meter))
        inside = (times > self.times[0] - periods / 2) & (times < self.times[-1] + periods / 2)
        lost[inside] = (np.abs(hits - 1) + strays)[inside, None]
        if self.downbeats.any():
            down = np.bincount(own[is_near & self.downbeats], minlength=len(times)) > 0
            lost[down, 1:] += 1
            lost[(hits > 0) & ~down, 0] += 1
        return np.asarray(-DISAGREEMENT * lost, dtype=np.float32)


@dataclass(frozen=True)
class Tracked:
    """A chain of beats, as a tracker left it."""

    times: Times
    """(n,) seconds, ascending, without gaps."""
    sure: Times
    """(n,) 0..1: how sure the tracker itself is; 0 where a beat was filled in."""
    slack: float
    """Seconds by which even beats, so tracked, may seem longer or shorter than the one before."""
    says: Says | None = None
    """None where nothing need be held against it: the tracker used the same evidence."""


def from_frames(frames: NDArray[np.int64], *, latency: float) -> Tracked:
    """The built-in tracker's chain; its frames lag behind the sound by `latency` seconds."""
    return Tracked(frames / FPS - latency, np.ones(len(frames)), BUILT_IN_SLACK)


def from_beats(heard: TrackedBeats) -> Tracked:
    """Another tracker's beats: doubles dropped, missed ones filled in evenly.

    Raises PluginError where they break the rules of interfaces.TrackedBeats.
    """
    times, sure, down = _checked(heard)
    slack = max(BUILT_IN_SLACK, RASTER_SLACK * heard.step)
    if len(times) < 4:
        return Tracked(times, sure, slack)
    keep = _apart(times, sure)
    times, sure, down = times[keep], sure[keep], down[keep]
    if len(times) < 4:
        return Tracked(times, sure, slack)
    usual = np.maximum(local_intervals(times), 1e-3)
    counts = np.maximum(np.floor(np.diff(times) / usual + (2 - GAP)), 1)
    places = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    full = np.interp(np.arange(places[-1] + 1), places, times)
    full_sure, full_down = np.zeros(len(full)), np.zeros(len(full), dtype=np.bool_)
    full_sure[places], full_down[places] = sure, down
    return Tracked(full, full_sure, slack, Says(full, full_down))


def _apart(times: Times, sure: Times) -> list[int]:
    """Indices of the beats that stay: of crowded ones the surest."""
    usual = local_intervals(times)
    keep = [0]
    for i in range(1, len(times)):
        if times[i] - times[keep[-1]] >= CROWDED * usual[i - 1]:
            keep.append(i)
        elif sure[i] > sure[keep[-1]]:
            keep[-1] = i
    return keep


def _checked(heard: TrackedBeats) -> tuple[Times, Times, NDArray[np.bool_]]:
    times = np.asarray(heard.times, dtype=np.float64)
    sure = np.asarray(heard.confidence, dtype=np.float64)
    down = np.asarray(heard.is_downbeat, dtype=np.bool_)
    if times.ndim != 1 or not times.shape == sure.shape == down.shape:
        shapes = ", ".join(str(a.shape) for a in (times, down, sure))
        raise PluginError(
            f"the tracker's times, downbeats and confidence differ in shape: {shapes}"
        )
    if not (np.isfinite(times).all() and (np.diff(times) > 0).all()):
        raise PluginError("the tracker's beats are not in ascending order")
    if not ((sure >= 0) & (sure <= 1)).all() or not 0 <= heard.step < 1:
        raise PluginError("the tracker's confidence is not within 0..1, or its step not in seconds")
    return times, sure, down
