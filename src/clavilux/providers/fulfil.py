"""Image requests -> stored stills. Never fails: what no provider makes is drawn as tier 1."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from clavilux.interfaces import ImageProvider
from clavilux.media.image import encode_png
from clavilux.model.codec import digest
from clavilux.model.errors import ProviderError
from clavilux.model.request import ImageRequest, Still
from clavilux.model.timeline import StillSource
from clavilux.storage import Store


@dataclass(frozen=True)
class Fulfilled:
    """What came of one request."""

    request: ImageRequest
    source: StillSource | None
    """None where every try failed."""
    reused: bool
    notice: str = ""
    """For the user, where something was not as asked."""


def still_key(provider: ImageProvider, request: ImageRequest, *, version: str) -> str:
    """The address of a still: whoever asks for the same again is given the same bytes."""
    return digest("still", provider.name, version, request)


def fulfil(
    requests: Iterable[ImageRequest],
    provider: ImageProvider,
    store: Store,
    *,
    version: str,
    workers: int = 2,
    on_done: Callable[[Fulfilled], None] = lambda _: None,
) -> tuple[Fulfilled, ...]:
    """Make every still that the store does not hold yet; one retry with the simplified prompt."""

    def one(request: ImageRequest) -> Fulfilled:
        done = _fulfil_one(request, provider, store, version)
        on_done(done)
        return done

    with ThreadPoolExecutor(max_workers=workers) as pool:
        return tuple(pool.map(one, requests))


def _fulfil_one(
    request: ImageRequest, provider: ImageProvider, store: Store, version: str
) -> Fulfilled:
    key = still_key(provider, request, version=version)
    if store.has(key, ".png"):
        return Fulfilled(request, _source(store, key), reused=True)
    try:
        still = provider.generate(request)
    except ProviderError as first:
        simpler = request.model_copy(update={"prompt": request.simplified or request.prompt})
        try:
            still = provider.generate(simpler)
        except ProviderError:
            return Fulfilled(request, None, reused=False, notice=failure_notice(request, first))
    _put(store, key, still)
    return Fulfilled(request, _source(store, key), reused=False)


def _put(store: Store, key: str, still: Still) -> None:
    """Depth first: the picture's presence means that both are there."""
    if still.depth is not None:
        store.put(key, ".depth.png", encode_png(still.depth))
    store.put(key, ".png", encode_png(still.rgb))


def _source(store: Store, key: str) -> StillSource:
    return StillSource(picture=key, depth=key if store.has(key, ".depth.png") else "")


def failure_notice(request: ImageRequest, error: ProviderError) -> str:
    """What the user is told when a section falls back."""
    return (
        f"AI image generation failed for {request.section} ({error}). Using procedural visuals as "
        "fallback. You can retry or provide a different prompt."
    )
