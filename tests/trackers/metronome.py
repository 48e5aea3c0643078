"""A tracker as somebody's package would have it: it counts the samples and beats twice a second."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from clavilux.interfaces import TrackedBeats
from clavilux.model.errors import InputError

RATE = 22050
heard: list[int] = []
"""How many samples each song had that was listened to."""
offset = 0.1
missing = False


class Metronome:
    name: ClassVar[str] = "metronome"

    @property
    def version(self) -> str:
        if missing:
            raise InputError("the metronome is not wound up; turn its key")
        return f"1 {offset}"

    def begin(self) -> Listener:
        return Listener()


class Listener:
    def __init__(self) -> None:
        self._samples = 0

    def feed(self, samples: np.ndarray) -> None:
        assert samples.ndim == 1 and samples.dtype == np.float32
        self._samples += len(samples)

    def finish(self) -> TrackedBeats:
        heard.append(self._samples)
        times = np.arange(offset, self._samples / RATE, 0.5)
        return TrackedBeats(
            times=times,
            is_downbeat=np.arange(len(times)) % 4 == 0,
            confidence=np.full(len(times), 0.9),
        )
