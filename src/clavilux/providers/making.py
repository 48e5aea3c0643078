"""What makes a still: a provider on this machine, or one that is paid. Both answer alike."""

from __future__ import annotations

from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Protocol

import numpy as np

from clavilux.interfaces import ImageProvider
from clavilux.media.image import STILL_SUFFIX, encode_png, encode_still
from clavilux.model.codec import digest
from clavilux.model.errors import ProviderError
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest, Still
from clavilux.model.timeline import StillSource
from clavilux.providers.consistency import Graded
from clavilux.storage import Store

SMALLEST = 16
"""Pixels along a side: anything smaller is a provider's mistake."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A still in the store, and how it came there."""

    source: StillSource
    reused: bool
    order: Order | None = None
    """What was bought; None for a still of this machine."""
    colors: Graded | None = None
    notes: tuple[str, ...] = ()
    """For the user, to be read after "the picture "."""


class Maker(Protocol):
    """Makes stills of one provider in one run, from several threads."""

    @property
    def name(self) -> str: ...

    @property
    def at_once(self) -> int:
        """How many requests it can be at."""
        ...

    def expected(self, request: ImageRequest) -> StillSource | None:
        """Where the still of a request is, or will be if all goes well; None if never."""
        ...

    def make(self, request: ImageRequest) -> Made:
        """The still that the store holds, or a new one. Raises ProviderError."""
        ...

    def paid(self, request: ImageRequest) -> int:
        """Millionths of a dollar that this run paid for a request, failures included."""
        ...


class NotReady:
    """A provider that cannot be asked, because the user has yet to do something."""

    at_once = 1

    def __init__(self, name: str, trouble: str) -> None:
        self.name, self.trouble = name, trouble

    def expected(self, request: ImageRequest) -> None:
        return None

    def make(self, request: ImageRequest) -> Made:
        raise ProviderError(self.trouble, trouble="authentication")

    def paid(self, request: ImageRequest) -> int:
        return 0


# --- On this machine -------------------------------------------------------------------------


def still_key(provider: ImageProvider, request: ImageRequest) -> str:
    """The address of a still: whoever asks for the same again is given the same bytes."""
    return digest("still", provider.name, provider.version, request)


class LocalMaker:
    """A provider that costs nothing but time, such as the painter."""

    def __init__(self, provider: ImageProvider, store: Store, *, workers: int) -> None:
        self._provider, self._store = provider, store
        self._slots = BoundedSemaphore(workers)
        self.name, self.at_once = provider.name, workers

    def expected(self, request: ImageRequest) -> StillSource:
        key = still_key(self._provider, request)
        if self._store.has(key, STILL_SUFFIX):
            return _source(self._store, key)
        return StillSource(picture=key, depth=key if self._provider.gives_depth else "")

    def make(self, request: ImageRequest) -> Made:
        key = still_key(self._provider, request)
        if self._store.has(key, STILL_SUFFIX):
            return Made(source=_source(self._store, key), reused=True)
        with self._slots:
            still, notes = self._generated(request)
            _put(self._store, key, still)
        return Made(source=_source(self._store, key), reused=False, notes=notes)

    def paid(self, request: ImageRequest) -> int:
        return 0

    def _generated(self, request: ImageRequest) -> tuple[Still, tuple[str, ...]]:
        """Once more with the simplified prompt, where the first fails."""
        try:
            return _generate(self._provider, request), ()
        except ProviderError as first:
            simpler = request.model_copy(update={"prompt": request.simplified or request.prompt})
            try:
                return _generate(self._provider, simpler), (simplified_note(first),)
            except ProviderError:
                raise first from None


def simplified_note(error: ProviderError) -> str:
    return f"was made with a simpler prompt ({error})"


def _generate(provider: ImageProvider, request: ImageRequest) -> Still:
    """A usable still or a ProviderError: a plugin's own mistakes must not stop the render."""
    try:
        still = provider.generate(request)
    except ProviderError:
        raise
    except (Exception, SystemExit) as error:
        raise ProviderError(f"{type(error).__name__}: {error}") from error
    if not isinstance(still, Still):
        raise ProviderError("what it gave is not a still")
    _check_pixels("picture", still.rgb, channels=(3,))
    if still.depth is not None:
        _check_pixels("depth map", still.depth, channels=())
    return still


def _check_pixels(what: str, pixels: object, *, channels: tuple[int, ...]) -> None:
    shape = pixels.shape if isinstance(pixels, np.ndarray) and pixels.dtype == np.uint8 else ()
    if len(shape) < 2 or min(shape[:2]) < SMALLEST or shape[2:] != channels:
        raise ProviderError(f"the {what} is not an 8-bit picture of a usable size")


def _put(store: Store, key: str, still: Still) -> None:
    """Depth first: the picture's presence means that both are there."""
    if still.depth is not None:
        store.put(key, ".depth.png", encode_png(still.depth))
    store.put(key, STILL_SUFFIX, encode_still(still.rgb))


def _source(store: Store, key: str) -> StillSource:
    return StillSource(picture=key, depth=key if store.has(key, ".depth.png") else "")
