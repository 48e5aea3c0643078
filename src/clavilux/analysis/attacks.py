"""Where sounds begin, to the millisecond: the power of the samples over steps of 16.

The samples themselves are not kept. Two curves stand for them, the power of the signal and of its
difference (in which a high sound beside a loud bass shows), each on a logarithmic scale of one
byte per step: 10 MB an hour.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.growing import Growing

Floats = NDArray[np.float32]
Codes = NDArray[np.uint8]
Times = NDArray[np.float64]

RATE = 22050
"""Samples per second of every input."""
FINE_HOP = 16
"""Samples per step: 0.7 ms."""
QUIETEST_DB, CODES_PER_DB = -105.0, 2
"""Code c stands for QUIETEST_DB + c / CODES_PER_DB decibels of full scale; code 0 for silence."""
REACH_SECONDS = 0.04
"""Attacks are looked for this far from a time."""
BEFORE_STEPS, AFTER_STEPS = 17, 8
"""An attack is where the power of the next 6 ms most exceeds that of the last 12 ms."""
NEARNESS = 1.5
"""What an attack at the limit of the reach loses against one in the middle, in nepers."""
AT_ONCE = 2048
"""Times handled at once, so that memory stays small."""


class PowerMeter:
    """Samples, block by block -> fine power. The blocks' sizes make no difference."""

    def __init__(self) -> None:
        self._rest = np.zeros(0, dtype=np.float32)
        self._last = np.float32(0)
        self._codes = Growing()
        self._codes.append(np.zeros((0, 2), dtype=np.uint8))

    def feed(self, samples: Floats) -> None:
        """Take the next samples, shape (n,), finite, full scale 1."""
        samples = np.concatenate([self._rest, samples])
        whole = len(samples) // FINE_HOP * FINE_HOP
        self._measure(samples[:whole])
        self._rest = samples[whole:]

    def finish(self) -> Codes:
        """(F, 2): codes of the power of the signal and of its difference, step by step."""
        if len(self._rest):
            self._measure(np.pad(self._rest, (0, FINE_HOP - len(self._rest))))
        return self._codes.finish()

    def _measure(self, samples: Floats) -> None:
        if len(samples) == 0:
            return
        slope = np.diff(samples, prepend=self._last)
        self._last = samples[-1]
        powers = [
            np.einsum("ij,ij->i", steps, steps) / FINE_HOP
            for steps in (s.reshape(-1, FINE_HOP) for s in (samples, slope))
        ]
        decibels = 10 * np.log10(np.maximum(np.stack(powers, axis=1), np.float32(1e-12)))
        codes = np.rint(CODES_PER_DB * (decibels - QUIETEST_DB))
        self._codes.append(np.clip(codes, 0, 255).astype(np.uint8))


def attack_offsets(fine_power: Codes, times: Times) -> tuple[Times, Times]:
    """Seconds from each time to the attack nearest to it, and that attack's clarity, 0..1.

    `fine_power`: (F, 2) as PowerMeter gives it.
    """
    offsets, clarity = np.zeros(len(times)), np.zeros(len(times))
    for first in range(0, len(times), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        offsets[part], clarity[part] = _nearest_attacks(fine_power, times[part])
    return offsets, clarity


def _nearest_attacks(fine_power: Codes, times: Times) -> tuple[Times, Times]:
    step = FINE_HOP / RATE
    reach = int(REACH_SECONDS / step)
    middle = np.round(times / step).astype(np.int64)
    power = _power_around(fine_power, middle - reach - BEFORE_STEPS, count=2 * reach + 1)
    sums = np.zeros((len(times), power.shape[1] + 1, 2), dtype=np.float32)
    np.cumsum(power, axis=1, out=sums[:, 1:])
    begin, here, end = sums[:, : 2 * reach + 1], sums[:, BEFORE_STEPS:], sums[:, -2 * reach - 1 :]
    here = here[:, : 2 * reach + 1]
    floor = 0.03 * sums[:, -1:] / power.shape[1] + 1e-9
    last, following = (here - begin) / BEFORE_STEPS, (end - here) / AFTER_STEPS
    rise = np.log((following + floor) / (last + floor)).sum(axis=2)
    # the attack is somewhere inside its step: half of it is the fairest guess
    away = (middle[:, None] + np.arange(-reach, reach + 1) + 0.5) * step - times[:, None]
    rise -= NEARNESS * (away / REACH_SECONDS) ** 2
    best = rise.argmax(axis=1)[:, None]
    offsets = np.take_along_axis(away, best, axis=1)[:, 0]
    strength = np.take_along_axis(rise, best, axis=1)[:, 0]
    return offsets, np.clip((strength - 0.7) / 4.0, 0.0, 1.0)


def _power_around(fine_power: Codes, first: NDArray[np.int64], *, count: int) -> Floats:
    """(n, count + BEFORE_STEPS + AFTER_STEPS - 1, 2) from each first step; silence outside."""
    index = first[:, None] + np.arange(count + BEFORE_STEPS + AFTER_STEPS - 1)
    inside = (index >= 0) & (index < len(fine_power))
    if len(fine_power) == 0:
        return np.zeros((*index.shape, 2), dtype=np.float32)
    codes = fine_power[np.clip(index, 0, len(fine_power) - 1)]
    return np.asarray(_POWERS[np.where(inside[..., None], codes, 0)], dtype=np.float32)


_POWERS = (10 ** ((QUIETEST_DB + np.arange(256) / CODES_PER_DB) / 10)).astype(np.float32)
_POWERS[0] = 0.0
