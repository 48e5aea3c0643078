"""Wishes, one by one, and what is said where one cannot be made sense of."""

from __future__ import annotations

from dataclasses import dataclass

from clavilux.revision.words.vocabulary import EXAMPLES, Kind

GLOBAL_FIELDS = ("title", "global_style", "quality")
GLOBAL: frozenset[Kind] = frozenset({"tempo", "beats", "bars", "meter"})
"""Asks about the whole song, which need no sections."""

ASKS: frozenset[Kind] = frozenset(
    {
        "effect", "look", "color", "style", "scene", "energy", "tier", "transition", "retry",
        "stills", "tempo", "beats", "bars", "meter", "field", "hero", "thing",
    }
)  # fmt: skip
"""What a wish can be about."""


class NotUnderstoodError(Exception):
    """What could not be made sense of, in a sentence."""


class CannotBeDoneError(NotUnderstoodError):
    """What was understood, and why it cannot be done."""


@dataclass(frozen=True)
class Ask:
    """One wish."""

    kind: Kind
    value: object
    words: str
    amount: float = 1.0
    """How strongly; 1 the usual."""
    more: int = 0
    """1 more, -1 less, 0 neither said."""
    off: bool = False
    factor: float | None = None
    """Half or double, where that was said."""
    number: float | None = None
    """A plain number that came with it."""
    colors: tuple[str, ...] = ()
    sections: frozenset[int] | None = None
    """None: not said."""

    @property
    def is_global(self) -> bool:
        return self.kind in GLOBAL or (self.kind == "field" and self.value in GLOBAL_FIELDS)


def examples() -> str:
    """What can be said, for whoever was not understood; few, as it is one line."""
    return "for example: " + "; ".join(EXAMPLES[:4])
