"""How the pictures of a video are made alike, where the provider is shown earlier ones.

Everything here decides what a picture refers to, and so the order in which they are bought: what is
referred to comes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from threading import Lock
from typing import Protocol

from clavilux.model.codec import digest
from clavilux.model.errors import ProviderError
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.providers.buying import Bought

ANCHORS = 2
"""How many pictures are tried as the one that all others are to look like."""


Purchase = tuple[Order, Bought, tuple[str, ...]]
"""What was sent, what came, and notes for the user."""


class Buying(Protocol):
    """What likeness needs of a maker: see making.BuyingMaker."""

    @property
    def account(self) -> str: ...

    def order(self, request: ImageRequest, *, references: tuple[str, ...] = ()) -> Order: ...

    def buy(self, request: ImageRequest, *, references: tuple[str, ...] = ()) -> Purchase: ...

    def kept(self, key: str) -> bool: ...

    def note(self, key: str, text: str | None = None) -> str: ...


class Likeness(Protocol):
    """What each picture of a run refers to."""

    def expected(self, request: ImageRequest) -> tuple[str, ...]:
        """The references of a request if all goes well."""
        ...

    def bought(self, request: ImageRequest) -> Purchase:
        """The picture of a request; what it refers to is bought first. Raises ProviderError."""
        ...


class Unrelated:
    """Every picture stands alone: seeds or words must do."""

    def __init__(self, maker: Buying) -> None:
        self._maker = maker

    def expected(self, request: ImageRequest) -> tuple[str, ...]:
        return ()

    def bought(self, request: ImageRequest) -> Purchase:
        return self._maker.buy(request)


class Anchor:
    """The picture that all others of a video are to look like, where a provider has no seeds.

    It is the video's strongest picture, so it costs nothing extra. It stays the anchor of a song
    and style when that section's prompt is changed later: or all others would have to be bought
    anew.
    """

    def __init__(self, maker: Buying, requests: Sequence[ImageRequest]) -> None:
        self._maker = maker
        strongest = sorted(requests, key=lambda r: (not r.hero, -r.energy))
        self._candidates = strongest[:ANCHORS]
        self._key: str | None = None
        self._made: dict[ImageRequest, Purchase] = {}
        self._lock = Lock()

    def expected(self, request: ImageRequest) -> tuple[str, ...]:
        """The references of a request if all goes well."""
        key = self._recorded() or (self._key or self._maker.order(self._candidates[0]).key)
        return () if self._maker.order(request).key == key else (key,)

    def bought(self, request: ImageRequest) -> Purchase:
        """The picture of a request, alike the anchor, which is bought first of all."""
        with self._lock:
            if self._key is None:
                self._key = self._found() or self._begun()
        if request in self._made:
            return self._made[request]
        plain = self._maker.order(request).key
        references = (self._key,) if self._key and self._key != plain else ()
        return self._maker.buy(request, references=references)

    def _found(self) -> str:
        key = self._recorded()
        return key if key and self._maker.kept(key) else ""

    def _begun(self) -> str:
        """Buy one; "" where none can be had, and the pictures go without."""
        for request in self._candidates:
            with suppress(ProviderError):
                self._made[request] = self._maker.buy(request)
                return self._maker.note(self._record(), self._made[request][0].key)
        return ""

    def _recorded(self) -> str:
        return self._maker.note(self._record())

    def _record(self) -> str:
        """Where the anchor's address is kept."""
        first = self._candidates[0]
        order = self._maker.order(first)
        return digest(
            "anchor", order.provider, self._maker.account, first.style,
            round(first.width / first.height, 2),
        )  # fmt: skip
