"""What grooves MMA's library has: which file, what meter, what for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

LEFT_OUT = (
    "metronome",
    "none",
    "count",
    "intro",
    "ending",
    "highfive",
    "fasttwist",
    "ska",
    "68ballad",
)
"""Files that only click, rest or end; quintuplets; and three whose strokes are beside the beat."""
DRUMS_ONLY = "zoom"
"""The library of drum patterns; a file mixes patterns in halves and in thirds of the beat."""
PLACE = re.compile(r"\b\d\.(\d)\b")
STATEMENT = re.compile(r"^\s*(time|timesig|seqsize|groove|defgroove)\s+(\S+)(?:\s+(\d+))?", re.I)


@dataclass(frozen=True)
class Groove:
    """One groove: `name` as an MMA file refers to it, `quarters` in MMA's bar of it."""

    name: str
    quarters: float
    compound: bool
    """Whether its time signature is counted in dotted notes, as 6/8 is."""
    bars: int
    """Length of its pattern."""
    thirds: bool = False
    """Drum patterns: whether strokes fall on thirds of the beat rather than on halves."""

    @property
    def role(self) -> str:
        """ "intro", "fill", "end" or "main", from its name."""
        word = self.name.rsplit(":", 1)[1].lower()
        roles = (("intro", "intro"), ("end", "end"), ("fill", "fill"), ("break", "fill"))
        return next((role for key, role in roles if key in word), "main")


@dataclass(frozen=True)
class GrooveFile:
    """The grooves of a file that share its commonest meter."""

    path: str
    """Relative to the library, without suffix: "stdlib/swing"."""
    grooves: tuple[Groove, ...]

    def of_role(self, role: str) -> list[Groove]:
        return [g for g in self.grooves if g.role == role]

    @property
    def drums_only(self) -> bool:
        return self.path.startswith(f"{DRUMS_ONLY}/")

    @property
    def beats(self) -> int:
        """Beats of the tactus in one of MMA's bars."""
        first = self.grooves[0]
        return 2 if first.compound and first.quarters != 4 else round(first.quarters)

    @property
    def pairs(self) -> bool:
        """Whether two of MMA's bars make one bar of four beats."""
        return self.beats == 2

    @property
    def quarters_per_beat(self) -> float:
        return self.grooves[0].quarters / self.beats

    @property
    def meter(self) -> int:
        return 4 if self.pairs else self.beats


@lru_cache(maxsize=4)
def scan_library(library: Path) -> tuple[GrooveFile, ...]:
    """All groove files below `library` (the `lib` folder of MMA) that have main grooves."""
    files = []
    for path in sorted(library.rglob("*.mma")):
        if any(path.stem.lower().startswith(word) for word in LEFT_OUT):
            continue
        reference = path.relative_to(library).as_posix().removesuffix(".mma")
        found = _read(path.read_text(encoding="utf-8", errors="replace"), reference)
        groups = [[g for g in found if g.thirds == thirds] for thirds in (False, True)]
        files += [GrooveFile(reference, alike) for g in groups if (alike := _alike(g))]
    return tuple(files)


def _alike(grooves: list[Groove]) -> tuple[Groove, ...]:
    """Those of the commonest meter; none if there is no main groove among them."""
    meters = [(g.quarters, g.compound) for g in grooves]
    kept = tuple(g for g in grooves if (g.quarters, g.compound) == max(meters, key=meters.count))
    return kept if any(g.role == "main" for g in kept) else ()


def _read(text: str, reference: str) -> list[Groove]:
    """Follows the statements that set a groove's meter, as MMA would."""
    quarters, signature, size = 4.0, "", 1
    known: dict[str, Groove] = {}
    places: list[str] = []
    for line in text.splitlines():
        match = STATEMENT.match(line)
        if not match:
            places += PLACE.findall(line)
            continue
        word, value, denominator = match[1].lower(), match[2], match[3]
        if word in ("time", "timesig", "seqsize") and not value[0].isdigit():
            continue
        if word == "time":
            quarters = float(value.split("/")[0])
            signature = value if "/" in value else ""
        elif word == "timesig":
            signature = f"{value}/{denominator}" if denominator else value
        elif word == "seqsize":
            size = int(value)
        elif word == "groove" and value.lower() in known:
            last = known[value.lower()]
            quarters, size = last.quarters, last.bars
            signature = "6/8" if last.compound else ""
        elif word == "defgroove":
            compound = signature == "6/8" or quarters == 6
            thirds = reference.startswith(DRUMS_ONLY) and not compound and _in_thirds(places)
            name = f"{reference}:{value}"
            known[value.lower()] = Groove(name, quarters, compound, size, thirds)
            places = []
    return list(known.values())


def _in_thirds(places: list[str]) -> bool:
    """Whether more strokes are on thirds (.3, .7) or in light swing (.6) than on quarters."""
    thirds = sum(p in "367" for p in places)
    return thirds > sum(p in "258" for p in places)
