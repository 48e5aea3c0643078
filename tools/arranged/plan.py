"""A song before it is played: sections, their grooves, their chords, who rests."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from songs.score import Bar, Chord

from arranged.grooves import Groove, GrooveFile

FORMS = (
    "intro verse chorus verse chorus bridge chorus outro",
    "intro verse pre-chorus chorus verse chorus outro",
    "verse chorus verse chorus solo chorus outro",
    "intro verse verse bridge verse solo outro",
    "chorus verse chorus bridge verse chorus",
    "intro instrumental verse chorus instrumental bridge chorus outro",
)
ENERGY = {
    "intro": 0.4, "verse": 0.55, "pre-chorus": 0.65, "chorus": 0.9, "bridge": 0.4, "solo": 0.8,
    "instrumental": 0.65, "outro": 0.5,
}  # fmt: skip
ENDINGS = ("fill", "groove", "drop-out", "stop", "nothing")
"""What a section's last bar does: our own drum fill, the file's fill groove, no drums, silence."""


@dataclass(frozen=True)
class Section:
    """A section: its bars, the grooves of its MMA bars, what rests, how loud it is."""

    function: str
    bars: tuple[Bar, ...]
    grooves: tuple[Groove, ...]
    drum_grooves: tuple[Groove, ...]
    chords: tuple[Chord, ...] = ()
    rests: frozenset[str] = frozenset()
    """ "drums", "bass", "kick", "snare", "hat", "comp": who does not play."""
    ending: str = "nothing"
    ending_beats: int = 2
    energy: float = 0.5

    @property
    def start(self) -> float:
        return self.bars[0].start

    @property
    def end(self) -> float:
        return self.bars[-1].start + self.bars[-1].beats


@dataclass
class Casting:
    """Which groove each function of section gets, so that a verse comes back as it was."""

    file: GrooveFile
    rng: np.random.Generator
    chosen: dict[str, Groove] = field(default_factory=dict)
    rests: dict[str, frozenset[str]] = field(default_factory=dict)

    def groove(self, function: str) -> Groove:
        if function not in self.chosen:
            main = self.file.of_role("main")
            used = set(self.chosen.values())
            fresh = [g for g in main if g not in used] or main
            pool = fresh if self.rng.random() < 0.7 else main
            self.chosen[function] = pool[int(self.rng.integers(len(pool)))]
        return self.chosen[function]

    def resting(self, function: str) -> frozenset[str]:
        if function not in self.rests:
            self.rests[function] = _resting(function, self.rng)
        return self.rests[function]


def plan_sections(
    file: GrooveFile, drums: GrooveFile | None, bars_wanted: int, rng: np.random.Generator
) -> list[Section]:
    """Sections of about `bars_wanted` bars; `drums` names another file for the drums."""
    names = FORMS[int(rng.integers(len(FORMS)))].split()
    if rng.random() < 0.35:
        names = names[int(rng.integers(len(names) - 1)) :] + names
    casting = Casting(file, rng)
    drum_casting = Casting(drums or file, rng)
    lengths = {n: _length(n, rng) for n in sorted(set(names))}
    sections: list[Section] = []
    start, done = 0, 0
    for name in names * 6:
        length = min(lengths[name], bars_wanted - done)
        if length <= 0:
            break
        last = done + length >= bars_wanted
        sections.append(
            _section(name, len(sections), start, length, casting, drum_casting, last=last)
        )
        start += length * file.meter
        done += length
    return sections


def _length(name: str, rng: np.random.Generator) -> int:
    if name in ("intro", "outro", "pre-chorus"):
        return int(rng.choice((2, 4, 8), p=(0.2, 0.6, 0.2)))
    return int(rng.choice((4, 8, 12), p=(0.3, 0.6, 0.1)))


def _section(
    name: str, index: int, start: int, length: int, casting: Casting, drums: Casting, *, last: bool
) -> Section:
    file, rng = casting.file, casting.rng
    bars = tuple(Bar(float(start + n * file.meter), file.meter, index, n) for n in range(length))
    per_bar = 2 if file.pairs else 1
    count = length * per_bar
    grooves = [casting.groove(name)] * count
    drum_grooves = [drums.groove(name)] * count
    intros, ends, fills = (file.of_role(r) for r in ("intro", "end", "fill"))
    if name == "intro" and index == 0 and intros and rng.random() < 0.5:
        intro = intros[int(rng.integers(len(intros)))]
        grooves[: intro.bars] = [intro] * min(intro.bars, count)
    ending = str(rng.choice(ENDINGS, p=(0.3, 0.35, 0.06, 0.05, 0.24)))
    if ending == "groove" and fills:
        grooves[-1] = fills[int(rng.integers(len(fills)))]
    if last and ends and rng.random() < 0.6:
        end = ends[int(rng.integers(len(ends)))]
        grooves[-min(end.bars, count) :] = [end] * min(end.bars, count)
        ending = "nothing"
    if drums.file is file:
        drum_grooves = grooves
    energy = float(np.clip(ENERGY[name] + rng.normal(0, 0.08), 0.1, 1.0))
    rests = casting.resting(name)
    return Section(
        name, bars, tuple(grooves), tuple(drum_grooves), rests=rests, ending=ending,
        ending_beats=int(rng.choice((1, 2))), energy=energy,
    )  # fmt: skip


def _resting(function: str, rng: np.random.Generator) -> frozenset[str]:
    """Sparse intros and bridges; elsewhere now and then one player."""
    if (function == "intro" and rng.random() < 0.55) or (
        function == "bridge" and rng.random() < 0.5
    ):
        options = (
            {"drums"}, {"drums", "bass"}, {"drums", "bass"}, {"kick", "snare"}, {"kick", "bass"},
            {"comp"}, {"comp", "bass"}, {"snare", "hat"}, {"drums", "comp"},
        )  # fmt: skip
        return frozenset(options[int(rng.integers(len(options)))])
    chance = 0.12 if ENERGY[function] < 0.7 else 0.03
    return frozenset(
        p for p in ("kick", "snare", "hat", "bass", "drums") if rng.random() < chance / 2
    )
