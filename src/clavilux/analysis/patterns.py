"""Bar patterns: how likely each level of each evidence curve is at each place in a bar.

The numbers are learned from songs that programs make (`tools/patterns`); no recording is in them. A
pattern says, for every curve, every level of it, every beat of the bar and every twelfth of a beat,
how much that level speaks for that place, in nats.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.learned import arrays

PHASES = 12
"""Parts of a beat; part 0 is centred on the beat itself."""
LEVELS = 11
"""Steps in which an evidence curve is measured."""
USUAL_TEMPO, TEMPO_WEIGHT = 122.0, 1.8
"""Beats a minute; nats per second, for one octave. Popular songs have a geometric mean of 112
(Harmonix set), those of rhythm games are quicker; 118 to 135 were tried on 56 real songs."""
RARE_COST = 0.3
"""Nats per second that bars of more than four beats must bring more than others."""


@dataclass(frozen=True)
class Pattern:
    """One way in which bars are filled."""

    name: str
    """Such as "4 straight": beats per bar, and feel."""
    meter: int
    weights: NDArray[np.float32]
    """(curves, LEVELS, meter, PHASES) in nats; 0 says nothing."""

    @property
    def prior(self) -> float:
        """Nats per second that it is worth before anything is heard."""
        return -RARE_COST if self.meter > 4 else 0.0


def tempo_prior(tempo: float) -> float:
    """Nats per second of music that a tempo is worth before anything is heard."""
    return -TEMPO_WEIGHT * float(np.log2(tempo / USUAL_TEMPO)) ** 2


@cache
def learned() -> tuple[Pattern, ...]:
    """The patterns of patterns.npz, the commonest first."""
    data = arrays("patterns.npz")
    return tuple(
        Pattern(
            name=str(name),
            meter=int(data["meters"][i]),
            weights=data[f"weights_{i}"].astype(np.float32) * np.float32(data["scales"][i]),
        )
        for i, name in enumerate(data["names"])
    )
