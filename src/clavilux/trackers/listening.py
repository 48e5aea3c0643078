"""A tracker by its name, and a song heard by the analysis and by that tracker in one go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clavilux import registry
from clavilux.analysis.spectrum import Measurer, Spectrum
from clavilux.interfaces import BeatListener, BeatTracker, TrackedBeats
from clavilux.model.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Callable

BUILT_IN = "pointer"
"""The name of the built-in tracker, analysis/pointer.py, which works on the analysis's features."""


def tracker_named(name: str) -> BeatTracker | None:
    """An installed tracker; None is the built-in one. Raises PluginError where there is none."""
    others = registry.names("trackers")
    if name == BUILT_IN:
        return None
    if name not in others:
        raise PluginError(f"there is no tracker '{name}'; choose {', '.join((BUILT_IN, *others))}")
    tracker: BeatTracker = registry.get("trackers", name)
    return tracker


@dataclass(frozen=True)
class Listening:
    """Passes each block of samples on to both. A media.audio.Listener."""

    measurer: Measurer
    other: BeatListener | None

    @classmethod
    def with_tracker(cls, tracker: BeatTracker | None) -> Callable[[], Listening]:
        """Begins to listen, as often as it is called."""
        return lambda: cls(Measurer(), tracker.begin() if tracker else None)

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Take the next mono samples, shape (n,), at 22050 Hz."""
        self.measurer.feed(samples)
        if self.other is not None:
            self.other.feed(samples)

    def finish(self) -> tuple[Spectrum, TrackedBeats | None]:
        """The features, and the other tracker's beats if there is one."""
        return self.measurer.finish(), self.other.finish() if self.other is not None else None
