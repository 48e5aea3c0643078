"""The ways to count one pulse: at half or double tempo, on the off-beats, in another metre."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.attacks import Times
from clavilux.analysis.counting import Count, Witness, beat_gains, count_bars
from clavilux.analysis.patterns import Pattern, tempo_prior
from clavilux.analysis.pointer import LONGEST, SHORTEST
from clavilux.analysis.spectrum import FPS
from clavilux.model.correction import Correction
from clavilux.model.song import Alternative

Name = Literal["half tempo", "double tempo", "off-beat", "shifted bar", "other meter"]

SCALES = (
    (1.0, (0.0, 0.5)),
    (2.0, (0.0,)),
    (0.5, (0.0, 0.5)),
    (0.75, (0.0, 0.25, 0.5, 0.75)),
    (4 / 3, (0.0, 1 / 3, 2 / 3)),
    (1.5, (0.0, 0.5)),
    (2 / 3, (0.0, 1 / 3, 2 / 3)),
)
"""Tempo scales, and by which parts of the new beat the grid may be moved. Besides half and double,
those at which a tracker hears three beats for two or four."""
EARLY_SECONDS = 0.02
"""A beat may be this long before the first sound."""
SURE_SECONDS = 2.5
"""Neighbouring bars say the same again and again: a song's evidence counts as that of so many
seconds (chosen so that on real songs the chosen reading was wrong about as often as this says)."""


@dataclass(frozen=True)
class Reading:
    """One way to count the song."""

    scale: float
    """Tempo against the base grid."""
    shift: float
    """By how many of its own beats it is later than the base grid."""
    count: Count
    rate: float
    """Nats per second: how well it explains the song, tempo and metre being likely or not."""

    @property
    def tempo(self) -> float:
        return 60 / float(np.median(np.diff(self.count.times)))

    @property
    def meter(self) -> int:
        return self.count.pattern.meter


def all_readings(
    base: Times,
    levels: NDArray[np.uint8],
    known: tuple[Pattern, ...],
    *,
    span: tuple[float, float],
    witnesses: tuple[Witness, ...] = (),
) -> list[Reading]:
    """Every reading of a grid of beats, the likeliest first. `span`: seconds that sound."""
    found = []
    for scale, shifts in SCALES:
        for shift in shifts:
            times = scaled(base, scale=scale, shift=shift)
            times = times[(times >= max(span[0] - EARLY_SECONDS, 0.0)) & (times < span[1])]
            if len(times) < 4 or not SHORTEST <= np.median(np.diff(times)) * FPS <= LONGEST:
                continue
            found += [_read(scale, shift, times, levels, p, witnesses) for p in known]
    return sorted(found, key=lambda r: -r.rate)


def _read(
    scale: float,
    shift: float,
    times: Times,
    levels: NDArray[np.uint8],
    pattern: Pattern,
    witnesses: tuple[Witness, ...],
) -> Reading:
    count = count_bars(times, levels, pattern, witnesses)
    tempo = 60 / float(np.median(np.diff(times)))
    seconds = float(times[-1] - times[0])
    rate = count.score / seconds + tempo_prior(tempo) + pattern.prior
    return Reading(scale, shift, count, rate)


def scaled(base: Times, *, scale: float, shift: float) -> Times:
    """The grid at another tempo: numbers between beats are interpolated, beyond them carried on."""
    first_number, last_number = -np.ceil(scale), np.ceil((len(base) + 1) * scale)
    numbers = (np.arange(first_number, last_number) + shift) / scale
    inside = np.interp(numbers, np.arange(len(base)), base)
    first, last = base[1] - base[0], base[-1] - base[-2]
    before = base[0] + numbers * first
    after = base[-1] + (numbers - (len(base) - 1)) * last
    known = np.where(numbers > len(base) - 1, after, inside)
    return np.asarray(np.where(numbers < 0, before, known))


def alternatives_to(
    chosen: Reading,
    readings: list[Reading],
    levels: NDArray[np.uint8],
    witnesses: tuple[Witness, ...] = (),
) -> tuple[Alternative, ...]:
    """The best other reading of each kind, the likeliest first."""
    found = [_shifted_bar(chosen, levels, witnesses)] if chosen.meter > 1 else []
    seen: set[str] = set()
    for other in readings:
        name = _relation(chosen, other)
        if name is not None and name not in seen:
            seen.add(name)
            found.append(_alternative(name, chosen, other))
    return tuple(sorted(found, key=lambda a: -a.likelihood))


def _relation(chosen: Reading, other: Reading) -> Name | None:
    ratio = other.scale / chosen.scale
    if ratio != 1:
        names: dict[float, Name] = {2.0: "double tempo", 0.5: "half tempo"}
        return names.get(ratio)
    if other.shift != chosen.shift:
        return "off-beat"
    return "other meter" if other.meter != chosen.meter else None


def _alternative(name: Name, chosen: Reading, other: Reading) -> Alternative:
    change: dict[str, Any] = {}
    if name in ("double tempo", "half tempo"):
        change["tempo_scale"] = other.scale / chosen.scale
    elif name == "off-beat":
        change["beat_offset"] = round(30_000 / chosen.tempo, 1)
    else:
        down = int(np.argmax(chosen.count.positions == 0))
        shift = -int(other.count.positions[down]) % other.meter
        change = {"meter": other.meter, "downbeat_shift": shift}
    return Alternative(
        name=name,
        tempo=round(other.tempo, 3),
        meter=other.meter,
        likelihood=_likelihood(other.rate - chosen.rate),
        correction=Correction(**change),
    )


def _shifted_bar(
    chosen: Reading, levels: NDArray[np.uint8], witnesses: tuple[Witness, ...]
) -> Alternative:
    count, meter = chosen.count, chosen.meter
    gains = beat_gains(count.times, levels, count.pattern, witnesses)
    index = np.arange(len(gains))
    totals = [float(gains[index, (count.positions - r) % meter].sum()) for r in range(meter)]
    best = 1 + int(np.argmax(totals[1:]))
    seconds = float(count.times[-1] - count.times[0])
    return Alternative(
        name="shifted bar",
        tempo=round(chosen.tempo, 3),
        meter=meter,
        likelihood=_likelihood((totals[best] - totals[0]) / seconds),
        correction=Correction(downbeat_shift=best),
    )


def _likelihood(rate: float) -> float:
    """0..1 beside the chosen reading, of nats per second more than it has."""
    return round(float(np.exp(min(0.0, rate * SURE_SECONDS))), 3)
