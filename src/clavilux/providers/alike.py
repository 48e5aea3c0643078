"""How the pictures of a video are made alike: as the provider is used to, or as the style wants it.

Hosted providers make all videos alike in one way. On one's own machine the style chooses, and where
the machine lacks what that takes (a ControlNet, mostly) the next best way is taken for all of it:
a video is never left without pictures because they cannot be alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Protocol

from clavilux.interfaces import Capabilities
from clavilux.model.codec import digest
from clavilux.model.errors import ProviderError
from clavilux.model.likeness import AlikeBy
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.providers.likeness import (
    Anchor,
    Buying,
    Chain,
    Kind,
    Likeness,
    Purchase,
    Unrelated,
)

REFERS_TO: Mapping[AlikeBy, Kind] = {
    "seeds": "none", "edges": "previous", "depth": "previous", "picture": "anchor"
}  # fmt: skip
"""Lines and space are to go on from picture to picture. Colours are not: taken from the one before
they would drift, and an edit would change all that come after it."""

WORDS: Mapping[AlikeBy, str] = {
    "seeds": "their seeds alone",
    "edges": "the edges of the one before",
    "depth": "the depth of the one before",
    "picture": "the video's strongest one",
}


class Maker(Buying, Protocol):
    """What this needs of a maker beside: see bought.BuyingMaker."""

    def lacking(self, way: AlikeBy) -> str | None: ...


def kind_of(can: Capabilities) -> Kind:
    """What the pictures of a provider refer to that makes all videos alike in one way."""
    if can.likeness:
        return can.likeness
    return "anchor" if can.references and not can.seed else "none"


def ways_for(can: Capabilities, wanted: AlikeBy) -> tuple[AlikeBy, ...]:
    """The ways that a provider has for a style, the best first: the wanted one, the picture itself,
    seeds alone."""
    wished: tuple[AlikeBy, ...] = ("seeds",) if wanted == "seeds" else (wanted, "picture", "seeds")
    return tuple(way for way in dict.fromkeys(wished) if way in (*can.alike_by, "seeds"))


def likeness_of(can: Capabilities, maker: Maker, requests: Sequence[ImageRequest]) -> Likeness:
    """How the pictures of a run are made alike. `requests`: all of them, in order of the song."""
    if can.alike_by and requests:
        return Ladder(maker, requests, ways_for(can, requests[0].likeness))
    kind = kind_of(can)
    if kind == "anchor" and requests:
        return Anchor(maker, requests)
    return Chain(maker, requests) if kind == "previous" else Unrelated(maker)


class Ladder:
    """The ways from the wanted one down; a run takes one of them for all of its pictures.

    It is chosen once, before the first picture: the best for which the machine has all it takes;
    where it cannot be asked, the one in which most of the pictures are here already.
    """

    def __init__(
        self, maker: Maker, requests: Sequence[ImageRequest], ways: Sequence[AlikeBy]
    ) -> None:
        self._maker, self._requests = maker, tuple(dict.fromkeys(requests))
        self._ways = tuple(ways)
        self._steps = [_step(_In(maker, way), self._requests, REFERS_TO[way]) for way in ways]
        self._at: int | None = None
        """The step that was chosen."""
        self._likely: int | None = None
        self._reasons: list[str] = []
        """Why not a better one; told with the first picture that comes."""
        self._choosing, self._telling = Lock(), Lock()

    @property
    def kind(self) -> Kind:
        return self._steps[self._standing()].kind

    def planned(self, request: ImageRequest) -> Order:
        """What is sent for a request if all goes well."""
        return self._steps[self._standing()].planned(request)

    def bought(self, request: ImageRequest) -> Purchase:
        """The picture of a request; what it refers to is bought first. Raises ProviderError."""
        while True:
            at = self._chosen()
            try:
                order, bought, notes = self._steps[at].bought(request)
            except ProviderError as error:
                if error.trouble != "model_gone" or not self._down(at, str(error)):
                    raise
            else:
                return order, bought, (*notes, *self._told())

    def _chosen(self) -> int:
        with self._choosing:
            if self._at is None:
                self._at = self._found()
            return self._at

    def _found(self) -> int:
        for at, way in enumerate(self._ways[:-1]):
            if self._kept(at) == len(self._requests):
                return at
            try:
                lacking = self._maker.lacking(way)
            except ProviderError:
                return self._fullest()
            if lacking is None:  # only trying tells, and that was perhaps done
                return self._standing()
            if not lacking:
                return at
            self._missed(lacking)
        return len(self._ways) - 1

    def _down(self, at: int, reason: str) -> bool:
        """Take the next step for all that follow; False where there is none."""
        with self._choosing:
            if self._at != at:  # another thread was quicker
                return True
            if at + 1 == len(self._ways):
                return False
            self._missed(reason)
            self._at = at + 1
            return True

    def _missed(self, reason: str) -> None:
        self._reasons.append(reason)
        self._maker.note(self._record, "missed")

    @property
    def _record(self) -> str:
        """Where it is written down that a run had to do with less than this: the next one plans
        with that."""
        wanted = self._requests[0].model_copy(update={"likeness": self._ways[0]})
        order = self._maker.order(wanted, references=("",))
        made_by = (order.provider, order.model, order.options)
        return digest("alike", self._maker.account, self._ways, made_by)

    def _standing(self) -> int:
        """The chosen step; before one is, the one that will be if all goes as before."""
        if self._at is not None:
            return self._at
        if self._likely is None:
            self._likely = self._fullest() if self._maker.note(self._record) else 0
        return self._likely

    def _fullest(self) -> int:
        """The step with most pictures; the best of those that have as many."""
        kept = [self._kept(at) for at in range(len(self._ways))]
        return kept.index(max(kept))

    def _kept(self, at: int) -> int:
        """How many pictures of a step are here."""
        step = self._steps[at]
        return sum(self._maker.kept(step.planned(request).key) for request in self._requests)

    def _told(self) -> tuple[str, ...]:
        """Why the pictures are not as the style wants them; once."""
        with self._telling:
            reasons, self._reasons = dict.fromkeys(self._reasons), []
        if not reasons:
            return ()
        now, wanted = WORDS[self._ways[self._standing()]], WORDS[self._ways[0]]
        return (f"and all others are alike by {now}, not by {wanted} ({'; '.join(reasons)})",)


def _step(maker: Buying, requests: Sequence[ImageRequest], kind: Kind) -> Likeness:
    if kind == "anchor":
        return Anchor(maker, requests, of_one_model=True)
    return Chain(maker, requests) if kind == "previous" else Unrelated(maker)


class _In:
    """A maker that is asked for pictures alike in one way."""

    def __init__(self, maker: Maker, way: AlikeBy) -> None:
        self._maker, self._way = maker, way

    @property
    def account(self) -> str:
        return self._maker.account

    def order(self, request: ImageRequest, *, references: tuple[str, ...] = ()) -> Order:
        return self._maker.order(self._asked(request), references=references)

    def buy(self, request: ImageRequest, *, references: tuple[str, ...] = ()) -> Purchase:
        return self._maker.buy(self._asked(request), references=references)

    def kept(self, key: str) -> bool:
        return self._maker.kept(key)

    def note(self, key: str, text: str | None = None) -> str:
        return self._maker.note(key, text)

    def _asked(self, request: ImageRequest) -> ImageRequest:
        return request.model_copy(update={"likeness": self._way})
