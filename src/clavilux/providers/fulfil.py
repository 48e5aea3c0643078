"""Image requests -> stored stills. Never fails: what no provider makes is drawn as tier 1."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Event

import numpy as np

from clavilux.interfaces import ImageProvider
from clavilux.media.image import STILL_SUFFIX, encode_png, encode_still
from clavilux.model.codec import digest
from clavilux.model.errors import ProviderError
from clavilux.model.request import ImageRequest, Still
from clavilux.model.timeline import StillSource
from clavilux.storage import Store

SMALLEST = 16
"""Pixels along a side: anything smaller is a provider's mistake."""


@dataclass(frozen=True)
class Fulfilled:
    """What came of one request."""

    request: ImageRequest
    source: StillSource | None
    """None where every try failed."""
    reused: bool
    notice: str = ""
    """For the user, where something was not as asked."""


def still_key(provider: ImageProvider, request: ImageRequest) -> str:
    """The address of a still: whoever asks for the same again is given the same bytes."""
    return digest("still", provider.name, provider.version, request)


def fulfil(
    requests: Iterable[ImageRequest],
    provider: ImageProvider,
    store: Store,
    *,
    workers: int = 2,
    on_done: Callable[[Fulfilled], None] = lambda _: None,
    stop: Event | None = None,
) -> tuple[Fulfilled, ...]:
    """Make every still that the store does not hold yet; one retry with the simplified prompt.

    `stop`: nothing more is begun once it is set, and CancelledError is raised.
    """

    def one(request: ImageRequest) -> Fulfilled:
        if stop is not None and stop.is_set():
            raise CancelledError
        done = _fulfil_one(request, provider, store)
        on_done(done)
        return done

    with ThreadPoolExecutor(max_workers=workers) as pool:
        return _told_once(tuple(pool.map(one, requests)))


def expected_source(request: ImageRequest, provider: ImageProvider, store: Store) -> StillSource:
    """Where the still of a request is, or will be if the provider makes it."""
    key = still_key(provider, request)
    if store.has(key, STILL_SUFFIX):
        return _source(store, key)
    return StillSource(picture=key, depth=key if provider.gives_depth else "")


def _told_once(made: tuple[Fulfilled, ...]) -> tuple[Fulfilled, ...]:
    """One notice per section, and the truth where a section still has other pictures to show."""
    shown = {m.request.section for m in made if m.source is not None}
    told: set[str] = set()
    answer = []
    for m in made:
        section, notice = m.request.section, m.notice
        if notice and section in shown:
            notice = f"A picture for {section} could not be made; the section shows its others."
        answer.append(replace(m, notice="" if section in told else notice))
        told |= {section} if notice else set()
    return tuple(answer)


def _fulfil_one(request: ImageRequest, provider: ImageProvider, store: Store) -> Fulfilled:
    key = still_key(provider, request)
    if store.has(key, STILL_SUFFIX):
        return Fulfilled(request, _source(store, key), reused=True)
    try:
        still = _generate(provider, request)
    except ProviderError as first:
        simpler = request.model_copy(update={"prompt": request.simplified or request.prompt})
        try:
            still = _generate(provider, simpler)
        except ProviderError:
            return Fulfilled(request, None, reused=False, notice=failure_notice(request, first))
    _put(store, key, still)
    return Fulfilled(request, _source(store, key), reused=False)


def _generate(provider: ImageProvider, request: ImageRequest) -> Still:
    """A usable still or a ProviderError: a plugin's own mistakes must not stop the render."""
    try:
        still = provider.generate(request)
    except ProviderError:
        raise
    except Exception as error:
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


def failure_notice(request: ImageRequest, error: ProviderError) -> str:
    """What the user is told when a section falls back."""
    return (
        f"AI image generation failed for {request.section}. Using procedural visuals as fallback. "
        f"You can retry or provide a different prompt. ({error})"
    )
