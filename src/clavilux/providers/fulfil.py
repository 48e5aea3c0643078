"""Image requests -> stored stills. Never fails: what no provider makes is drawn as tier 1."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Event

from clavilux.model.errors import ProviderError
from clavilux.model.request import ImageRequest
from clavilux.model.timeline import StillSource
from clavilux.providers.making import Made, Maker


@dataclass(frozen=True)
class Fulfilled:
    """What came of one request."""

    request: ImageRequest
    made: Made | None = None
    """None where every try failed."""
    provider: str = ""
    """Who made it."""
    notice: str = ""
    """For the user, where something was not as asked."""

    @property
    def source(self) -> StillSource | None:
        return self.made.source if self.made else None

    @property
    def reused(self) -> bool:
        """Whether nothing was made or bought for it now."""
        return self.made is not None and self.made.reused


def fulfil(
    requests: Iterable[ImageRequest],
    makers: Sequence[Maker],
    *,
    on_done: Callable[[Fulfilled], None] = lambda _: None,
    stop: Event | None = None,
) -> tuple[Fulfilled, ...]:
    """Have every still made: by the first maker that can, in the order they are given.

    All that the providers allow at once goes on at once. `on_done` is told of each, from several
    threads. `stop`: nothing more is begun once it is set, and CancelledError is raised.
    """

    def one(request: ImageRequest) -> Fulfilled:
        if stop is not None and stop.is_set():
            raise CancelledError
        done = _made_by_one_of(makers, request)
        on_done(done)
        return done

    at_once = max((maker.at_once for maker in makers), default=1)
    with ThreadPoolExecutor(at_once, thread_name_prefix="stills") as pool:
        return _told_once(tuple(pool.map(one, requests)))


def expected_of(makers: Sequence[Maker], request: ImageRequest) -> StillSource:
    """Where a still will be if the first maker that can be asked makes it."""
    found = (maker.expected(request) for maker in makers)
    return next((source for source in found if source is not None), StillSource(picture=""))


def _made_by_one_of(makers: Sequence[Maker], request: ImageRequest) -> Fulfilled:
    failed: list[tuple[str, ProviderError]] = []
    for maker in makers:
        try:
            made = maker.make(request)
        except ProviderError as error:
            failed.append((maker.name, error))
            continue
        notice = _instead(request, maker.name, failed) if failed else _noted(request, made)
        return Fulfilled(request, made, provider=maker.name, notice=notice)
    return Fulfilled(request, notice=failure_notice(request, failed))


def _told_once(made: tuple[Fulfilled, ...]) -> tuple[Fulfilled, ...]:
    """One notice per section and cause, and the truth where a section has other pictures."""
    shown = {m.request.section for m in made if m.source is not None}
    told: set[tuple[str, bool]] = set()
    answer = []
    for m in made:
        section, notice = m.request.section, m.notice
        if notice and m.source is None and section in shown:
            notice = f"A picture for {section} could not be made; the section shows its others."
        kind = (section, m.source is None)
        answer.append(replace(m, notice="" if kind in told else notice))
        told |= {kind} if notice else set()
    return tuple(answer)


def failure_notice(request: ImageRequest, failed: Sequence[tuple[str, ProviderError]]) -> str:
    """What the user is told when a section falls back."""
    return (
        f"AI image generation failed for {request.section}. Using procedural visuals as fallback. "
        f"You can retry or provide a different prompt. ({_reasons(failed)})"
    )


def _instead(request: ImageRequest, maker: str, failed: Sequence[tuple[str, ProviderError]]) -> str:
    return f"The picture for {request.section} is by {maker} instead. ({_reasons(failed)})"


def _reasons(failed: Sequence[tuple[str, ProviderError]]) -> str:
    if len(failed) == 1:
        return str(failed[0][1])
    return "; ".join(f"{name}: {error}" for name, error in failed)


def _noted(request: ImageRequest, made: Made) -> str:
    if not made.notes:
        return ""
    return f"The picture for {request.section} {'; it '.join(made.notes)}."
