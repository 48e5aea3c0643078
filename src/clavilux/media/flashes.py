"""Counting flashes in what a video shows, after WCAG 2.x (2.3.1) and ITU-R BT.1702.

A general flash is a pair of opposing changes of relative luminance by 10 % of the maximum or more,
where the darker state is below 0.80. A red flash is a pair of opposing changes to or from a
saturated red. Only what happens over a quarter of the picture counts; more than three flashes in
any one second fail.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from clavilux.model.color import srgb_to_linear
from clavilux.model.report import FlashReport
from clavilux.model.time import FrameRate
from clavilux.rendering.blocks import Reel, as_signal

Floats = NDArray[np.float64]

LUMINANCE_STEP = 0.10
DARK_LIMIT = 0.80
RED_STEP = 20.0 / 320.0
QUARTER = 0.25
LIMIT = 3
SAME_MOMENT = 2
"""Frames within which blocks that change count as changing together."""


def count_flashes(reel: Reel, *, rate: FrameRate, limited: bool) -> FlashReport:
    """The worst second of a video. `limited`: whether the plan was kept within the limit."""
    light, red = _Changes(LUMINANCE_STEP, dark=DARK_LIMIT), _Changes(RED_STEP, dark=np.inf)
    for blocks in reel:
        linear = srgb_to_linear(np.clip(_rgb(as_signal(blocks).astype(np.float64)), 0, 1))
        light.follow(linear @ np.array([0.2126, 0.7152, 0.0722]))
        red.follow(_saturated_red(linear))
    general, where = _worst(light.transitions(), rate)
    reds, red_where = _worst(red.transitions(), rate)
    worst = where if general >= reds else red_where
    return FlashReport(
        limited=limited,
        general_flashes=general,
        red_flashes=reds,
        passed=max(general, reds) <= LIMIT,
        worst_second=None if worst is None else round(worst / float(rate), 3),
    )


def _rgb(yuv: Floats) -> Floats:
    """(frames, 3, rows, columns) BT.709 to (frames, rows, columns, 3)."""
    y, u, v = yuv[:, 0], yuv[:, 1], yuv[:, 2]
    red, blue = y + 1.5748 * v, y + 1.8556 * u
    return np.stack([red, (y - 0.2126 * red - 0.0722 * blue) / 0.7152, blue], axis=-1)


def _saturated_red(linear: Floats) -> Floats:
    """(R - G - B) where R / (R + G + B) is at least 0.8, else 0 (WCAG 2.2, "red flash")."""
    total = np.maximum(linear.sum(axis=-1), 1e-9)
    red = linear[..., 0]
    value = np.maximum(red - linear[..., 1] - linear[..., 2], 0)
    return np.where(red / total >= 0.8, value, 0.0)


class _Changes:
    """Which share of the blocks rises, and which falls, by a step: frame after frame.

    Each block remembers its last extreme; a change by a step from there is a transition, and the
    extreme moves on.
    """

    def __init__(self, step: float, *, dark: float) -> None:
        self._step, self._dark = step, dark
        self._extreme: Floats | None = None  # the lowest while falling, the highest while rising
        self._rising = np.zeros(0, bool)
        self._shares: list[tuple[float, float]] = []

    def follow(self, values: Floats) -> None:
        """Take the next frames, (frames, rows, columns)."""
        for now in values.reshape(len(values), -1):
            if self._extreme is None:
                self._extreme, self._rising = now.copy(), np.zeros(len(now), bool)
                self._shares.append((0.0, 0.0))
            else:
                self._shares.append(self._turn(now, self._extreme))

    def _turn(self, now: Floats, extreme: Floats) -> tuple[float, float]:
        up = ~self._rising & (now - extreme >= self._step) & (extreme < self._dark)
        down = self._rising & (extreme - now >= self._step) & (now < self._dark)
        self._rising = (self._rising | up) & ~down
        further = np.where(self._rising, np.maximum(extreme, now), np.minimum(extreme, now))
        self._extreme = np.where(up | down, now, further)
        return float(up.mean()), float(down.mean())

    def transitions(self) -> NDArray[np.int8]:
        """Per frame +1 or -1 where a quarter of the blocks rises or falls within SAME_MOMENT."""
        out = np.zeros(len(self._shares), np.int8)
        for sign, share in zip((1, -1), np.array(self._shares).reshape(-1, 2).T, strict=True):
            window = np.convolve(share, np.ones(SAME_MOMENT + 1), mode="full")[: len(share)]
            n = 0
            while n < len(share):
                if window[n] >= QUARTER:
                    out[n] = sign
                    n += SAME_MOMENT + 1
                else:
                    n += 1
        return out


def _worst(transitions: NDArray[np.int8], rate: FrameRate) -> tuple[float, int | None]:
    """Most flashes (pairs of opposing transitions) in one second, and where that second starts."""
    second = max(1, round(float(rate)))
    places = np.flatnonzero(transitions)
    ends = np.searchsorted(places, places + second)
    best, where = 0.0, None
    for i, (start, end) in enumerate(zip(places, ends, strict=True)):
        signs = transitions[places[i:end]].tolist()
        alternating = 1 + sum(a != b for a, b in pairwise(signs))
        if alternating / 2 > best:
            best, where = alternating / 2, int(start)
    return best, where
