"""Parts of a song -> what each does in it: intro, verse, chorus, ... by position and repetition."""

from __future__ import annotations

from dataclasses import dataclass

from clavilux.model.song import Function

CALM = 0.45
"""Energy below which a section can hardly be a chorus."""
DROP_DB = 5.0
"""A drop brings this much more bass than what comes before."""


@dataclass(frozen=True)
class Part:
    """A section before it has a name."""

    start: float
    end: float
    group: int
    energy: float
    low_db: float
    """Decibels of the lowest two octaves."""

    @property
    def duration(self) -> float:
        return self.end - self.start


def name_functions(parts: list[Part]) -> list[Function]:
    """One function per part. Rules after the statistics of 912 songs of the Harmonix set."""
    if len(parts) == 1:
        return ["instrumental"]
    chorus = _chorus_group(parts)
    verse = _verse_group(parts, chorus)
    lift = _lift_group(parts, chorus, verse)
    names = [_by_group(part, chorus, verse, lift) for part in parts]
    names = [_alone(i, parts, names) if n is None else n for i, n in enumerate(names)]
    done = [n if n is not None else "instrumental" for n in names]
    _name_ends(parts, done, chorus)
    return _name_drops(parts, done)


def _members(parts: list[Part], group: int) -> list[int]:
    return [i for i, part in enumerate(parts) if part.group == group]


def _mean_energy(parts: list[Part], group: int) -> float:
    members = _members(parts, group)
    total = sum(parts[i].duration for i in members)
    return sum(parts[i].energy * parts[i].duration for i in members) / total


def _chorus_group(parts: list[Part]) -> int:
    """The strongest group, repetition and a late return counting for it."""
    length = parts[-1].end

    def appeal(group: int) -> float:
        members = _members(parts, group)
        repeated = min(len(members) - 1, 2) * 0.2
        late = 0.15 * (parts[members[-1]].end / length)
        early = 0.3 if members[0] == 0 else 0.0
        return _mean_energy(parts, group) + repeated + late - early

    return max({p.group for p in parts}, key=lambda g: (appeal(g), -g))


def _verse_group(parts: list[Part], chorus: int) -> int | None:
    """The earliest of the other groups that repeats; else the longest before the first chorus."""
    others = {p.group for p in parts if p.group != chorus}
    repeated = [g for g in others if len(_members(parts, g)) > 1]
    if repeated:
        return max(repeated, key=lambda g: (sum(parts[i].duration for i in _members(parts, g)), -g))
    first = _members(parts, chorus)[0]
    before = list(range(1, first))
    return parts[max(before, key=lambda i: parts[i].duration)].group if before else None


def _lift_group(parts: list[Part], chorus: int, verse: int | None) -> int | None:
    """A repeated group that leads into the chorus: the pre-chorus."""
    for group in sorted({p.group for p in parts} - {chorus, verse}):
        members = _members(parts, group)
        leads = [i + 1 < len(parts) and parts[i + 1].group == chorus for i in members]
        if len(members) > 1 and sum(leads) > len(members) / 2:
            return group
    return None


def _by_group(part: Part, chorus: int, verse: int | None, lift: int | None) -> Function | None:
    if part.group == chorus:
        return "chorus"
    if part.group == verse:
        return "verse"
    return "pre-chorus" if part.group == lift else None


def _alone(i: int, parts: list[Part], names: list[Function | None]) -> Function:
    """A part outside the main groups: a bridge late in the song, a verse or interlude before."""
    after_chorus = "chorus" in names[:i]
    late = parts[i].start > 0.5 * parts[-1].end
    if after_chorus and late and "chorus" in names[i + 1 :]:
        return "bridge"
    if not after_chorus and i > 0:
        return "pre-chorus" if i + 1 < len(parts) and names[i + 1] == "chorus" else "verse"
    return "chorus" if parts[i].energy > 0.85 and after_chorus else "instrumental"


def _name_ends(parts: list[Part], names: list[Function], chorus: int) -> None:
    """First and last are intro and outro unless they clearly are more than that."""
    if names[0] != "chorus" or parts[0].energy < CALM or len(parts) > 3:
        names[0] = "intro"
    last = parts[-1]
    if len(parts) > 2 and (last.group != chorus or last.energy < CALM):
        names[-1] = "outro"


def _name_drops(parts: list[Part], names: list[Function]) -> list[Function]:
    """Choruses that mostly enter with a leap of the bass are drops."""
    entries = [i for i in range(1, len(parts)) if names[i] == "chorus" != names[i - 1]]
    leaps = [parts[i].low_db - parts[i - 1].low_db > DROP_DB for i in entries]
    if not entries or sum(leaps) <= len(entries) / 2:
        return names
    return ["drop" if name == "chorus" else name for name in names]
