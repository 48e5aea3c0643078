"""Spectrum -> the times of note onsets."""

from __future__ import annotations

import numpy as np

from clavilux.analysis.attacks import attack_offsets
from clavilux.analysis.envelopes import FLUX_FLOOR, onset_curve
from clavilux.analysis.filters import box_max, box_mean
from clavilux.analysis.spectrum import FPS, Spectrum

GAP_SECONDS = 0.05
"""Onsets closer than this are one."""
AROUND_SECONDS = 0.8
"""An onset must stand out of this much music around it."""
STAND_OUT = 0.12
"""... by this share of the song's 99th percentile."""


def find_onsets(spectrum: Spectrum, *, duration: float) -> tuple[float, ...]:
    """Onset times in seconds, ascending, each on its attack.

    Peak picking after Böck, Krebs and Schedl, "Evaluating the online capabilities of onset
    detection methods" (ISMIR 2012).
    """
    curve = onset_curve(spectrum)
    top = float(np.percentile(curve, 99))
    if max(top, float(curve.max()) / 4) < FLUX_FLOOR:
        return ()
    width = round(GAP_SECONDS * FPS)
    highest = box_max(curve, 2 * width + 1)
    size = round(AROUND_SECONDS * FPS)
    # mirrored at the ends, so that what begins at the very start does not surround itself
    around = box_mean(np.pad(curve, size, mode="symmetric"), size)[size:-size]
    level = around + STAND_OUT * max(top, FLUX_FLOOR)
    frames = np.flatnonzero((curve == highest) & (curve > level))
    rough = frames / FPS
    offsets, clarity = attack_offsets(spectrum.fine_power, rough)
    times = np.sort(np.where(clarity > 0, rough + offsets, rough))
    times = times[(times >= 0) & (times < duration)]
    apart = np.diff(times, prepend=-np.inf) > GAP_SECONDS / 2
    return tuple(round(float(t), 4) for t in times[apart])
