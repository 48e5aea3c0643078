"""Sections of a song -> what each does in it: intro, verse, chorus, ...

The names of all sections are chosen together: how well each fits its section by energy, singing,
repetition and position; how usual it is after the name before (Viterbi); and whether the song has
one group of sections for its chorus, and one for verse and pre-chorus each.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from clavilux.analysis.bars import Array
from clavilux.model.song import Function

NAMES: tuple[Function, ...] = (
    "intro", "verse", "pre-chorus", "chorus", "bridge", "instrumental", "outro",
)  # fmt: skip
"""What the Viterbi search tells apart; drops and solos are kinds of chorus and instrumental."""
FIRST = (0.62, 0.16, 0.02, 0.10, 0.01, 0.08, 0.01)
LAST = (0.01, 0.10, 0.01, 0.36, 0.03, 0.08, 0.41)
NEXT = (
    (0.05, 0.62, 0.04, 0.13, 0.02, 0.13, 0.01),
    (0.01, 0.20, 0.22, 0.43, 0.05, 0.07, 0.02),
    (0.01, 0.04, 0.08, 0.82, 0.02, 0.02, 0.01),
    (0.01, 0.30, 0.05, 0.24, 0.14, 0.14, 0.12),
    (0.01, 0.12, 0.07, 0.52, 0.12, 0.11, 0.05),
    (0.01, 0.38, 0.06, 0.22, 0.08, 0.13, 0.12),
    (0.02, 0.04, 0.01, 0.05, 0.01, 0.02, 0.85),
)
"""Probability of the next name in the order of NAMES, and of the first and the last.

Rounded after what 912 annotated songs show: most begin with an intro and end with an outro or a
chorus; the commonest successions are verse-chorus, chorus-verse, pre-chorus-chorus,
verse-pre-chorus, intro-verse, chorus-bridge and bridge-chorus (Nieto et al., "The Harmonix Set",
ISMIR 2019).
"""
ORDER_WEIGHT = 0.9
"""What the succession counts against the fit."""
GROUP_SHARE = 0.75
"""What the mean fit of all sections of a group counts for each: alike sections share a name."""
VALUE_SHARE = 0.3
"""What energy and singing count by value, against the share of the song that has less."""
CHORUS, VERSE, LIFT = 3, 1, 2
ROLES = ((CHORUS, 2.0, 2.5), (VERSE, 2.0, 1.1), (LIFT, 0.8, 0.8))
"""A song has a group that is its chorus and may have one for verse and pre-chorus: the name; what
any other name costs a section of that group; what the name costs any other section."""
MOST_GROUPS = 7
"""Groups, longest first, that may have a role."""
DROP_DB = 5.0
"""A drop brings this much more bass than what comes before."""
SOLO_ENERGY = 0.6
"""An instrumental part this strong, after the first chorus, is a solo."""


@dataclass(frozen=True)
class Part:
    """A section before it has a name."""

    start: float
    end: float
    group: int
    energy: float
    """0..1 of the song's own range."""
    low_db: float
    """Decibels of the lowest two octaves."""
    vocals: float = 0.5
    """0..1 of the song's own range; 0.5 where nothing is known."""

    @property
    def duration(self) -> float:
        return self.end - self.start


def name_functions(parts: list[Part]) -> tuple[list[Function], list[float]]:
    """One function per part, and 0..1 how much better it is than the other names."""
    if len(parts) == 1:
        return ["instrumental"], [0.0]
    fits = _with_roles(_fits(parts), parts)
    scores = _through(fits).max(axis=0)
    chosen = scores.argmax(axis=1)
    margins = np.exp(scores.max(axis=1) - _log_sum(scores))
    names = _name_solos(parts, _name_drops(parts, [NAMES[i] for i in chosen]))
    return names, [float(m) for m in margins]


def _fits(parts: list[Part]) -> Array:
    """(n, names) log likelihood of each name, up to a constant per part."""
    own = np.array([_fit(part, parts) for part in parts])
    groups = np.array([part.group for part in parts])
    lengths = np.array([part.duration for part in parts])
    shared = np.empty_like(own)
    for group in set(groups.tolist()):
        members = groups == group
        shared[members] = np.average(own[members], axis=0, weights=lengths[members])
    # Only where it stands makes a section an intro or an outro.
    mixed = GROUP_SHARE * shared + (1 - GROUP_SHARE) * own
    mixed[:, [0, -1]] = own[:, [0, -1]]
    return np.asarray(mixed)


def _fit(part: Part, parts: list[Part]) -> list[float]:
    """How far energy, singing, repetition and position speak for each name, in NAMES' order."""
    length = parts[-1].end
    middle = 0.5 * (part.start + part.end) / length
    energy = _standing(part.energy, [(p.energy, p.duration) for p in parts])
    sung = _standing(part.vocals, [(p.vocals, p.duration) for p in parts])
    returns = min(_returns(part, parts), 2)
    last_heard = max(p.end for p in parts if p.group == part.group) / length
    early = part is parts[0] or (part is parts[1] and part.end < 0.15 * length)
    return [
        (0.4 if early else -6.0) - 2.0 * energy - 1.5 * sung - 0.02 * part.duration,
        -1.0 * energy + 0.55 * sung + 0.3 * returns + 0.6 * (0.5 - middle),
        0.2 * energy + 0.7 * sung + 0.1 * returns - 0.05 * max(part.duration - 12, 0),
        1.5 * energy + 1.7 * sung + 0.6 * returns + 1.5 * (min(last_heard, 0.9) - 0.75),
        -0.5 * energy - 0.8 * returns + (0.4 if middle > 0.5 else -1.1),
        0.2 * energy - 3.0 * sung - 0.4 * returns,
        (0.6 if part is parts[-1] else -4.0) - 2.0 * energy - 1.1 * sung - 0.02 * part.duration,
    ]


def _standing(value: float, others: list[tuple[float, float]]) -> float:
    """-0.5..0.5: by value, and by the share of the song's time that is below it.

    Values alone would all be near the top in a song with one near-silent section.
    """
    total = sum(duration for _, duration in others)
    below = sum(duration * ((v < value) + 0.5 * (v == value)) for v, duration in others)
    return VALUE_SHARE * value + (1 - VALUE_SHARE) * below / total - 0.5


def _returns(part: Part, parts: list[Part]) -> int:
    """How often the group comes back after something else."""
    inside = [other.group == part.group for other in parts]
    return sum(now and not before for before, now in pairwise([False, *inside])) - 1


def _with_roles(fits: Array, parts: list[Part]) -> Array:
    """(roles, n, names): the fits under every choice of the groups that have a role."""
    groups = np.array([part.group for part in parts])
    lengths = np.bincount(groups, weights=[part.duration for part in parts])
    longest = np.argsort(-lengths, kind="stable")[:MOST_GROUPS].tolist()
    choices = np.array(
        [
            (chorus, verse, lift)
            for chorus in longest
            for verse in [-1, *longest]
            for lift in [-1, *longest]
            if chorus not in (verse, lift) and (verse != lift or verse < 0)
        ]
    )
    scores = np.repeat(fits[None], len(choices), axis=0)
    for column, (name, missed, taken) in enumerate(ROLES):
        inside = choices[:, column, None] == groups[None, :]
        scores -= missed * inside[:, :, None]
        scores[:, :, name] += np.where(inside, missed, -taken)
    return scores


def _through(scores: Array) -> Array:
    """(roles, n, names) -> the same: the best score of a whole sequence that has the name there."""
    follow = ORDER_WEIGHT * np.log(NEXT)
    scores = scores.copy()
    scores[:, 0] += ORDER_WEIGHT * np.log(FIRST)
    scores[:, -1] += ORDER_WEIGHT * np.log(LAST)
    count = scores.shape[1]
    ahead, behind = scores.copy(), np.zeros_like(scores)
    for i in range(1, count):
        ahead[:, i] += (ahead[:, i - 1, :, None] + follow).max(axis=1)
    for i in range(count - 2, -1, -1):
        after = behind[:, i + 1] + scores[:, i + 1]
        behind[:, i] = (follow + after[:, None, :]).max(axis=2)
    return np.asarray(ahead + behind)


def _log_sum(values: Array) -> Array:
    """(n, k) -> (n,): the logarithm of the sum of exponentials."""
    top = values.max(axis=1)
    return np.asarray(top + np.log(np.exp(values - top[:, None]).sum(axis=1)))


def _name_drops(parts: list[Part], names: list[Function]) -> list[Function]:
    """Choruses that mostly enter with a leap of the bass are drops."""
    entries = [i for i in range(1, len(parts)) if names[i] == "chorus" != names[i - 1]]
    leaps = [parts[i].low_db - parts[i - 1].low_db > DROP_DB for i in entries]
    if not entries or sum(leaps) <= len(entries) / 2:
        return names
    return ["drop" if name == "chorus" else name for name in names]


def _name_solos(parts: list[Part], names: list[Function]) -> list[Function]:
    """Strong instrumental parts after the first chorus are solos."""
    named: list[Function] = []
    for part, name in zip(parts, names, strict=True):
        strong = part.energy > SOLO_ENERGY and ("chorus" in named or "drop" in named)
        named.append("solo" if name == "instrumental" and strong else name)
    return named
