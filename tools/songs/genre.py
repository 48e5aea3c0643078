"""What a genre is: the choices a song of its kind is made from.

Patterns are strings of steps, four to a beat (three where the feel is "triplet"), of one bar or
several. Strokes: X hard, x normal, o soft, g a ghost that may be missing, ? now and then, . none.
Bass steps: R r the chord's root, 8 its octave, 5 fifth, 3 third, 7 seventh, a a note leading to
the next root, - hold, . rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from songs.score import Feel
from songs.tables import HERE, read_table

Patterns = tuple[str, ...]


@dataclass(frozen=True)
class Drums:
    """Lines to draw from; each song mixes its own from them. `extras` are (drum, pattern)."""

    kits: tuple[str, ...]
    kicks: Patterns
    snares: Patterns
    hats: Patterns
    """Timekeeping, played on the hi-hat, or on the ride in louder sections if `rides`."""
    open_hats: Patterns = ("",)
    extras: tuple[tuple[str, str], ...] = ()
    rides: float = 0.4
    mutation: float = 0.06
    """Chance per weak step that a song's own version adds or drops a kick."""


@dataclass(frozen=True)
class Comp:
    """An accompanying part. `mode`: chord, strum, power, riff, arpeggio, pick, low-high or tone."""

    sounds: tuple[str, ...]
    mode: str
    patterns: Patterns
    length: float = 1.0
    """Share of the time to its next stroke that a note lasts."""
    around: int = 60
    chance: float = 1.0
    """How often a song of the genre has the part."""


@dataclass(frozen=True)
class Genre:
    """`tempo`: lowest, usual and highest, in beats a minute."""

    name: str
    weight: float
    tempo: tuple[float, float, float]
    drums: Drums | None
    bass: Patterns
    bass_sounds: tuple[str, ...]
    comps: tuple[Comp, ...]
    harmony: str
    """Family of progressions, see `harmony`."""
    form: str = "song"
    """"song", "dance" or "piece"."""
    meter: int = 4
    feel: Feel = "straight"
    swing: tuple[float, float] = (0.5, 0.5)
    swing_unit: float = 1.0
    lead_sounds: tuple[str, ...] = ("saw_lead", "square_lead", "piano")
    sings: float = 0.7
    """Chance that a voice carries the melody."""
    human: tuple[float, float] = (3.0, 9.0)
    """Standard deviation of a player's timing in milliseconds, from, to."""
    drift: float = 0.2
    """Chance that the tempo wanders as people's does."""
    push: float = 0.15
    """Chance that a chord comes in early."""
    duck: float = 0.1
    """Chance that the kick pumps the rest."""
    busy: float = 0.5
    """How many notes a melody has, 0..1."""
    pad: float = 0.4
    half_time: float = 0.1
    invention: float = 0.2
    """Chance that a part plays a rhythm drawn by rule instead of the genre's."""
    hypermeasure: int = 4
    """Bars after which fills and crashes come."""


@lru_cache(maxsize=1)
def all_genres() -> tuple[Genre, ...]:
    """Every genre of the folder `genres`, by file name."""
    return tuple(_load(f"genres/{path.name}") for path in sorted((HERE / "genres").glob("*.toml")))


def _load(name: str) -> Genre:
    table = read_table(name)
    drums = Drums(**table.pop("drums")) if "drums" in table else None
    comps = tuple(Comp(**c) for c in table.pop("comps"))
    return Genre(**table, drums=drums, comps=comps)
