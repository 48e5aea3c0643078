"""Image requests -> stored stills. Never fails: what no provider makes is drawn as tier 1."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Event, Lock

from clavilux.model.errors import OutputError, ProviderError
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
    cost: int = 0
    """Millionths of a dollar paid for it now, whoever was paid, and whether or not it came."""
    reason: str = ""
    """Why it could not be made."""
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
    on_notice: Callable[[str], None] = lambda _: None,
    stop: Event | None = None,
) -> tuple[Fulfilled, ...]:
    """Have every still made: by the first maker that can, in the order they are given.

    All that the providers allow at once goes on at once. `on_done` is told of each, `on_notice` of
    what a section has to do without as soon as all of it is done; both from several threads.
    `stop`: nothing more is begun once it is set, and CancelledError is raised.
    """
    requests, stop = tuple(requests), stop or Event()
    sections = _Sections(requests, on_notice)

    def one(request: ImageRequest) -> Fulfilled:
        if stop.is_set():
            raise CancelledError
        done = _made_by_one_of(makers, request, stop)
        on_done(done)
        sections.add(done)
        return done

    at_once = max((maker.at_once for maker in makers), default=1)
    with ThreadPoolExecutor(at_once, thread_name_prefix="stills") as pool:
        return sections.told(tuple(pool.map(one, requests)))


def expected_of(makers: Sequence[Maker], request: ImageRequest) -> StillSource:
    """Where a still will be if the first maker that can be asked makes it."""
    for maker in makers:
        try:
            source = maker.expected(request)
        except (Exception, SystemExit):  # `make` will say so, where it stops nobody
            continue
        if source is not None:
            return source
    return StillSource(picture="")


def _made_by_one_of(makers: Sequence[Maker], request: ImageRequest, stop: Event) -> Fulfilled:
    failed: list[str] = []
    for maker in makers:
        try:
            made = maker.make(request)
        except BaseException as error:  # this is a thread of our own: nobody else's is caught
            if stop.is_set() or _is_ours(error):
                raise
            failed.append(_said(maker, error, alone=len(makers) == 1))
            continue
        notice = _notice(request, maker, made, failed)
        cost = sum(maker.paid(request) for maker in makers)
        return Fulfilled(request, made, provider=maker.name, cost=cost, notice=notice)
    cost = sum(maker.paid(request) for maker in makers)
    return Fulfilled(request, cost=cost, reason="; ".join(failed) or "no provider")


def _is_ours(error: BaseException) -> bool:
    """Whether nothing can be drawn either, such as for a full disk: no provider's fault."""
    return isinstance(error, OutputError)


def _said(maker: Maker, error: BaseException, *, alone: bool) -> str:
    words = " ".join(str(error).split())
    if not isinstance(error, ProviderError):
        words = f"{type(error).__name__}: {words}".rstrip(": ")
    return words if alone else f"{maker.name}: {words}"


class _Sections:
    """What is told of the stills of each section, once all of them are done: only then is it known
    whether it shows others in place of one that was lost."""

    def __init__(self, requests: Sequence[ImageRequest], tell: Callable[[str], None]) -> None:
        self._left = Counter(request.section for request in requests)
        self._done: dict[str, list[Fulfilled]] = defaultdict(list)
        self._tell, self._lock = tell, Lock()

    def add(self, done: Fulfilled) -> None:
        section = done.request.section
        with self._lock:
            self._done[section].append(done)
            self._left[section] -= 1
            if self._left[section]:
                return
        for told in _told_once(sorted(self._done[section], key=lambda one: one.request.index)):
            if told.notice:
                self._tell(told.notice)

    def told(self, made: Sequence[Fulfilled]) -> tuple[Fulfilled, ...]:
        """All of them, with what was told of each."""
        by_section: dict[str, list[Fulfilled]] = defaultdict(list)
        for one in made:
            by_section[one.request.section].append(one)
        told = {name: iter(_told_once(some)) for name, some in by_section.items()}
        return tuple(next(told[one.request.section]) for one in made)


def _told_once(section: Sequence[Fulfilled]) -> list[Fulfilled]:
    """One notice for all that a section lost, and every other notice once."""
    lost = [one for one in section if one.made is None]
    known, answer = {""}, []
    for one in section:
        notice = one.notice
        if one.made is None:
            notice = _lost_notice(lost, of=len(section)) if one is lost[0] else ""
        answer.append(replace(one, notice="" if notice in known else notice))
        known.add(notice)
    return answer


def _lost_notice(lost: Sequence[Fulfilled], *, of: int) -> str:
    """What the user is told of a section that falls back, or does with fewer pictures."""
    section = lost[0].request.section
    reasons = "; ".join(dict.fromkeys(one.reason for one in lost))
    if len(lost) < of:
        count = "A picture" if len(lost) == 1 else f"{len(lost)} pictures"
        return f"{count} for {section} could not be made; the section shows its others. ({reasons})"
    return (
        f"AI image generation failed for {section}. Using procedural visuals as fallback. "
        f"You can retry or provide a different prompt. ({reasons})"
    )


def _notice(request: ImageRequest, maker: Maker, made: Made, failed: Sequence[str]) -> str:
    """What was not as asked of a still that was made."""
    said = list(made.notes)
    if failed:
        said.insert(0, f"is by {maker.name} instead ({'; '.join(failed)})")
    return f"The picture for {request.section} {'; it '.join(said)}." if said else ""
