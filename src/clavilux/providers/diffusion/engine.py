"""The one model of a process: loaded at the first picture, kept for all that follow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from clavilux.interfaces import Sold, Step
from clavilux.providers.diffusion.batching import Batcher
from clavilux.providers.diffusion.choices import Choices
from clavilux.providers.diffusion.families import Family
from clavilux.providers.diffusion.generating import Generator, Job
from clavilux.providers.diffusion.loading import load

_WIDEST = 32
"""More than any device makes at once: the generator cuts batches to what the memory holds."""


class Engine:
    """One model and the device it is on; called from several threads."""

    def __init__(self, folder: Path, choices: Choices, family: Family) -> None:
        self._said = (folder, choices, family)
        self._generator: Generator | None = None
        most = choices.batch or (1 if choices.device == "cpu" else _WIDEST)
        self._batches: Batcher[Job, Sold] = Batcher(
            self._make, most=most, kind=lambda job: job.kind
        )

    def picture(self, job: Job) -> Sold:
        """Raises ProviderError, or CancelledError where the job was stopped."""
        return self._batches.get(job)

    def _make(self, jobs: Sequence[Job]) -> Sequence[Sold | Exception]:
        if self._generator is None:
            _, _, family = self._said
            for job in jobs:
                job.on_step(Step(what=f"loading {job.order.model.rpartition('/')[2]}"))
            self._generator = Generator(load(*self._said), family)
        return self._generator.make(jobs)


_lock = Lock()
_kept: tuple[object, Engine] | None = None


def engine_for(folder: Path, weights: str, choices: Choices, family: Family) -> Engine:
    """The engine of a model: the one that is loaded, or a new one in its place. There is memory for
    one. `weights`: what the folder's files are, so that a model that was changed is read anew."""
    global _kept
    key = (folder, weights, choices, family)
    with _lock:
        if _kept is None or _kept[0] != key:
            _kept = None
            _kept = (key, Engine(folder, choices, family))
        return _kept[1]


def forget() -> None:
    """Give the memory back."""
    global _kept
    with _lock:
        _kept = None
