"""What each picture of a video refers to, where the provider is shown earlier ones.

Everything here decides what a picture refers to, and so the order in which they are bought: what is
referred to comes first.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from threading import Lock
from typing import Literal, Protocol

from clavilux.model.codec import digest
from clavilux.model.errors import ProviderError
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.providers.buying import Bought

ANCHORS = 2
"""How many pictures are tried as the one that all others are to look like."""


Purchase = tuple[Order, Bought, tuple[str, ...]]
"""What was sent, what came, and notes for the user."""

Kind = Literal["none", "anchor", "previous"]
"""What each picture refers to: nothing, the video's strongest picture, or the one before it."""


class Buying(Protocol):
    """What likeness needs of a maker: see bought.BuyingMaker."""

    @property
    def account(self) -> str: ...

    def order(self, request: ImageRequest, *, references: tuple[str, ...] = ()) -> Order: ...

    def buy(self, request: ImageRequest, *, references: tuple[str, ...] = ()) -> Purchase: ...

    def kept(self, key: str) -> bool: ...

    def note(self, key: str, text: str | None = None) -> str: ...


class Likeness(Protocol):
    """What each picture of a run refers to."""

    @property
    def kind(self) -> Kind: ...

    def planned(self, request: ImageRequest) -> Order:
        """What is sent for a request if all goes well. Buys nothing, asks nobody."""
        ...

    def bought(self, request: ImageRequest) -> Purchase:
        """The picture of a request; what it refers to is bought first. Raises ProviderError."""
        ...


class _Asking(ABC):
    """What all of them have in common: a maker."""

    def __init__(self, maker: Buying) -> None:
        self._maker = maker

    def planned(self, request: ImageRequest) -> Order:
        """What is sent for a request if all goes well."""
        return self._maker.order(request, references=self.expected(request))

    @abstractmethod
    def expected(self, request: ImageRequest) -> tuple[str, ...]:
        """The references of a request if all goes well."""


class Unrelated(_Asking):
    """Every picture stands alone: seeds or words must do."""

    kind: Kind = "none"

    def expected(self, request: ImageRequest) -> tuple[str, ...]:
        return ()

    def bought(self, request: ImageRequest) -> Purchase:
        return self._maker.buy(request)


class Anchor(_Asking):
    """The picture that all others of a video are to look like, where a provider has no seeds.

    It is the video's strongest picture, so it costs nothing extra. It stays the anchor of a song
    and style when that section's prompt is changed later: or all others would have to be bought
    anew.
    """

    kind: Kind = "anchor"

    def __init__(
        self, maker: Buying, requests: Sequence[ImageRequest], *, of_one_model: bool = False
    ) -> None:
        """`of_one_model`: another model, or the same set otherwise, begins with an anchor of its
        own; for pictures that cost nothing, where the old one would only hold back what is new."""
        super().__init__(maker)
        self._of_one_model = of_one_model
        strongest = sorted(requests, key=lambda r: (not r.hero, -r.energy))
        self._candidates = strongest[:ANCHORS]
        self._anchor: tuple[str, str] | None = None
        """Addresses of the picture and of what its section asked for: simpler words or another
        model may have made it. Empty where there is none."""
        self._made: dict[ImageRequest, Purchase] = {}
        self._lock = Lock()

    def expected(self, request: ImageRequest) -> tuple[str, ...]:
        """The references of a request if all goes well."""
        first = self._maker.order(self._candidates[0]).key
        return self._references(request, self._recorded() or (first, first))

    def bought(self, request: ImageRequest) -> Purchase:
        """The picture of a request, alike the anchor, which is bought first of all."""
        with self._lock:
            if self._anchor is None:
                self._anchor = self._found() or self._begun()
        if request in self._made:
            return self._made[request]
        return self._maker.buy(request, references=self._references(request, self._anchor))

    def _references(self, request: ImageRequest, anchor: tuple[str, str]) -> tuple[str, ...]:
        """Every other picture refers to the anchor; its own section's goes without."""
        alone = not anchor[0] or self._maker.order(request).key in anchor
        return () if alone else anchor[:1]

    def _found(self) -> tuple[str, str] | None:
        anchor = self._recorded()
        return anchor if anchor and self._maker.kept(anchor[0]) else None

    def _begun(self) -> tuple[str, str]:
        """Buy one, unless none can be had, and the pictures go without."""
        for request in self._candidates:
            with suppress(ProviderError):
                wanted = self._maker.order(request).key
                self._made[request] = self._maker.buy(request)
                key = self._made[request][0].key
                return _addresses(self._maker.note(self._record(), f"{key} {wanted}")) or ("", "")
        return "", ""

    def _recorded(self) -> tuple[str, str] | None:
        return _addresses(self._maker.note(self._record()))

    def _record(self) -> str:
        """Where the anchor's address is kept."""
        first = self._candidates[0]
        order = self._maker.order(first)
        made_by = (order.model, order.options) if self._of_one_model else ()
        return digest(
            "anchor", order.provider, self._maker.account, first.style,
            round(first.width / first.height, 2), *made_by,
        )  # fmt: skip


def _addresses(words: str) -> tuple[str, str] | None:
    key, _, wanted = words.partition(" ")
    return (key, wanted or key) if key else None


class Chain(_Asking):
    """Each picture refers to the one before it, so they are made in the order of the song.

    Where that one cannot be had, its successor refers to the last that could: a gap does not end
    the likeness. References that are planned are those of a run in which all goes well.
    """

    kind: Kind = "previous"

    def __init__(self, maker: Buying, requests: Sequence[ImageRequest]) -> None:
        super().__init__(maker)
        self._requests = list(dict.fromkeys(requests))
        self._made: list[Purchase | ProviderError] = []
        self._planned: list[str] = []
        self._making, self._planning = Lock(), Lock()

    def expected(self, request: ImageRequest) -> tuple[str, ...]:
        """The references of a request if all goes well."""
        place = self._place(request)
        with self._planning:
            while len(self._planned) < place:
                at = len(self._planned)
                order = self._maker.order(
                    self._requests[at], references=tuple(self._planned[at - 1 : at])
                )
                self._planned.append(order.key)
        return tuple(self._planned[place - 1 : place]) if place else ()

    def bought(self, request: ImageRequest) -> Purchase:
        """The picture of a request, and all that come before it. Raises ProviderError."""
        place = self._place(request)
        with self._making:
            while len(self._made) <= place:
                self._made.append(self._tried(self._requests[len(self._made)]))
        made = self._made[place]
        if isinstance(made, ProviderError):
            raise made
        return made

    def _place(self, request: ImageRequest) -> int:
        """In the order of the song; a request that nobody told of comes last."""
        if request not in self._requests:
            self._requests.append(request)
        return self._requests.index(request)

    def _tried(self, request: ImageRequest) -> Purchase | ProviderError:
        try:
            return self._maker.buy(request, references=self._last())
        except ProviderError as error:
            return error

    def _last(self) -> tuple[str, ...]:
        """The address of the last picture that there is."""
        keys = [made[0].key for made in self._made if not isinstance(made, ProviderError)]
        return tuple(keys[-1:])
