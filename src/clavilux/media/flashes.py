"""Counting flashes in a measured video, after WCAG 2.x (2.3.1) and ITU-R BT.1702.

A general flash is a pair of opposing changes of relative luminance by 10 % of the maximum or more,
where the darker state is below 0.80. A red flash is a pair of opposing changes to or from a
saturated red. Only what happens over a quarter of the picture counts; more than three flashes in
any one second fail.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from clavilux.media.receipt import Measured
from clavilux.model.color import srgb_to_linear
from clavilux.model.report import FlashReport
from clavilux.model.time import FrameRate

Floats = NDArray[np.float64]

LUMINANCE_STEP = 0.10
DARK_LIMIT = 0.80
RED_STEP = 20.0 / 320.0
QUARTER = 0.25
LIMIT = 3
SAME_MOMENT = 2
"""Frames within which blocks that change count as changing together."""


def count_flashes(measured: Measured, *, rate: FrameRate, limited: bool) -> FlashReport:
    """The worst second of a video."""
    rgb = _rgb(measured.yuv.astype(np.float64))
    linear = srgb_to_linear(np.clip(rgb, 0, 1))
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722])
    red = _saturated_red(linear)
    general, where = _worst(_transitions(luminance, LUMINANCE_STEP, dark=DARK_LIMIT), rate)
    reds, red_where = _worst(_transitions(red, RED_STEP, dark=np.inf), rate)
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


def _transitions(values: Floats, step: float, *, dark: float) -> NDArray[np.int8]:
    """Per frame +1 or -1 where a quarter of the blocks completes a rise or a fall by a step.

    `values` is (frames, rows, columns). Each block remembers its last extreme; a change by a step
    from there is a transition, and the extreme moves on.
    """
    frames = len(values)
    flat = values.reshape(frames, -1)
    marks = np.zeros((frames, flat.shape[1]), np.int8)
    extreme = flat[0].copy()  # the lowest point while falling, the highest while rising
    rising = np.zeros(flat.shape[1], bool)
    for n in range(1, frames):
        now = flat[n]
        turned_up = ~rising & (now - extreme >= step) & (extreme < dark)
        turned_down = rising & (extreme - now >= step) & (now < dark)
        marks[n] = turned_up.astype(np.int8) - turned_down.astype(np.int8)
        rising = (rising | turned_up) & ~turned_down
        further = np.where(rising, np.maximum(extreme, now), np.minimum(extreme, now))
        extreme = np.where(turned_up | turned_down, now, further)
    return _together(marks)


def _together(marks: NDArray[np.int8]) -> NDArray[np.int8]:
    """Frames at which enough blocks change the same way within SAME_MOMENT frames."""
    out = np.zeros(len(marks), np.int8)
    for sign in (1, -1):
        share = (marks == sign).mean(axis=1)
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
    best, where = 0.0, None
    for i, start in enumerate(places):
        signs = [int(transitions[p]) for p in places[i:] if p < start + second]
        alternating = 1 + sum(a != b for a, b in pairwise(signs))
        if alternating / 2 > best:
            best, where = alternating / 2, int(start)
    return best, where
