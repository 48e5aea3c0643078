"""What a revision leads to: which segments are drawn again, which pictures made or bought."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from clavilux import pipeline
from clavilux.footage import OnProgress, silent
from clavilux.interfaces import PictureSeller
from clavilux.model.codec import digest
from clavilux.model.errors import ClaviluxError
from clavilux.model.request import ImageRequest
from clavilux.model.spec import RenderSpec
from clavilux.model.time import FrameSpan
from clavilux.model.timeline import StillSource, Timeline
from clavilux.pipeline import RenderOptions
from clavilux.planning.edit import Stills
from clavilux.providers.estimate import Estimate, estimate
from clavilux.providers.fulfil import expected_of
from clavilux.rendering.segments import segment_key, segments
from clavilux.storage import Store


@dataclass(frozen=True)
class Consequences:
    """What the next render has to do that it would not have had to."""

    sections: tuple[str, ...]
    """Those that are drawn again, at least in part."""
    transitions: tuple[tuple[str, str], ...]
    """From which section into which, of those that are drawn again."""
    segments: int
    """That are drawn again."""
    of: int
    """All of the video's segments."""
    keys: frozenset[str]
    """Addresses of those that are drawn again."""
    pictures: int
    """That are made or bought again."""
    offer: Estimate | None
    """What the pictures cost; None where nobody is paid for them."""


@dataclass(frozen=True)
class _Planned:
    """A spec as the next render would have it."""

    timeline: Timeline
    requests: tuple[ImageRequest, ...]
    stills: Stills
    account: str
    """Whose budget it is: the song's digest."""

    def keys(self, options: RenderOptions) -> dict[str, FrameSpan]:
        spans = segments(self.timeline)
        return {segment_key(self.timeline, span, options.encoder): span for span in spans}


def consequences(
    before: RenderSpec,
    after: RenderSpec,
    song: Path,
    options: RenderOptions,
    store: Store,
    *,
    on_progress: OnProgress = silent,
) -> Consequences:
    """Compares both specs as `pipeline.render` would plan them; nothing is drawn or bought."""
    old, new = (
        _planned(spec, song, options, store, on_progress=on_progress) for spec in (before, after)
    )
    known = old.keys(options)
    drawn = {key: span for key, span in new.keys(options).items() if key not in known}
    sections, transitions = _named(new.timeline, list(drawn.values()))
    had = {source.picture for source in old.stills.values()}
    requests = tuple(r for r in new.requests if new.stills[r.section, r.index].picture not in had)
    return Consequences(
        sections=sections,
        transitions=transitions,
        segments=len(drawn),
        of=len(segments(new.timeline)),
        keys=frozenset(drawn),
        pictures=len(requests),
        offer=_offer(requests, options, account=new.account),
    )


def _planned(
    spec: RenderSpec, song: Path, options: RenderOptions, store: Store, *, on_progress: OnProgress
) -> _Planned:
    spec, analysis = pipeline.direct_spec(spec, song, options, store, on_progress=on_progress)
    pipeline.check(spec, analysis)
    requests = pipeline.stills_wanted(spec, options)
    account = analysis.song.digest
    address = _addresses(requests, options, store, account=account)
    stills = {(r.section, r.index): address(r) for r in requests}
    timeline = pipeline.plan(spec, analysis, options, stills=stills)
    return _Planned(timeline, requests, stills, account)


def _addresses(
    requests: Sequence[ImageRequest], options: RenderOptions, store: Store, *, account: str
) -> Callable[[ImageRequest], StillSource]:
    """Where the makers of a render would put each still; nothing can be bought here."""
    with suppress(ClaviluxError):
        shop = replace(options.shop, budget=0)
        makers = shop.makers(requests, store, account=account, workers=options.workers)
        if makers:
            return lambda request: expected_of(makers, request)
    sellers = _sellers(options)

    def by_order(request: ImageRequest) -> StillSource:
        orders = [seller.order(request, model=seller.models[0]).key for seller in sellers[:1]]
        asked = (request.width, request.height, request.grading, request.palette)
        return StillSource(picture=digest("expected", orders or request, asked))

    return by_order


def _sellers(options: RenderOptions) -> tuple[PictureSeller, ...]:
    with suppress(ClaviluxError):
        return tuple(s for s in options.shop.sellers() if s.capabilities.paid)
    return ()


def _offer(
    requests: tuple[ImageRequest, ...], options: RenderOptions, *, account: str
) -> Estimate | None:
    """By the first seller; what was bought for another version of the spec is not bought again."""
    from clavilux.providers.shop import open_pictures

    sellers, settings = _sellers(options), options.shop.settings
    if not sellers or settings is None:
        return None
    there = settings.picture_folder.exists() or bool(settings.pictures)
    pictures = open_pictures(settings) if there else None
    return estimate(requests, sellers[0], account=account, pictures=pictures)


def _named(
    timeline: Timeline, spans: Sequence[FrameSpan]
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """The sections and transitions that spans of frames show, in the order of the song."""
    sections: dict[str, None] = {}
    transitions: dict[tuple[str, str], None] = {}
    pairs = list(zip(timeline.clips, timeline.clips[1:], timeline.transitions, strict=False))
    for span in sorted(spans, key=lambda s: s.start):
        middle = (span.start + span.end) // 2
        between = [
            (a.section, b.section)
            for a, b, mix in pairs
            if middle in mix.span and a.section != b.section
        ]
        if between:
            transitions[between[0]] = None
        else:
            clip = next(c for c in reversed(timeline.clips) if middle in c.span)
            sections[clip.section] = None
    return tuple(sections), tuple(transitions)
