"""What makes a still: a provider on this machine, or one that is paid. Both answer alike."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock
from typing import Protocol

import numpy as np

from clavilux.fingerprint import of_sources
from clavilux.interfaces import ImageProvider
from clavilux.media.image import STILL_SUFFIX, encode_png, encode_still
from clavilux.model.codec import digest
from clavilux.model.errors import DEAD, ProviderError
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest, Still
from clavilux.model.timeline import StillSource
from clavilux.providers.buying import RAW, Bought, Buyer
from clavilux.providers.consistency import Graded
from clavilux.providers.ledger_rows import AlreadyBoughtError, InDoubtError
from clavilux.storage import Store

SMALLEST = 16
"""Pixels along a side: anything smaller is a provider's mistake."""

ANCHORS = 2
"""How many pictures are tried as the one that all others are to look like."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A still in the store, and how it came there."""

    source: StillSource
    reused: bool
    order: Order | None = None
    """What was bought; None for a still of this machine."""
    cost: int = 0
    """Millionths of a dollar, paid now."""
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


class NotReady:
    """A provider that cannot be asked, because the user has yet to do something."""

    at_once = 1

    def __init__(self, name: str, trouble: str) -> None:
        self.name, self.trouble = name, trouble

    def expected(self, request: ImageRequest) -> None:
        return None

    def make(self, request: ImageRequest) -> Made:
        raise ProviderError(self.trouble, trouble="authentication")


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


# --- Bought ----------------------------------------------------------------------------------


class BuyingMaker:
    """A provider that is paid: its pictures are checked, graded and fitted here."""

    def __init__(self, buyer: Buyer, store: Store, requests: Sequence[ImageRequest]) -> None:
        """`requests`: all of the run; one of them becomes the anchor where there are no seeds."""
        self._buyer, self._store = buyer, store
        self._seller = buyer.seller
        can = self._seller.capabilities
        self.name, self.at_once = self._seller.name, can.concurrency
        self._gone: set[str] = set()
        self._anchor = Anchor(self, requests) if can.references and not can.seed else None

    def expected(self, request: ImageRequest) -> StillSource:
        references = self._anchor.expected(request) if self._anchor else ()
        order = self.order(request, references=references)
        return StillSource(picture=bought_still_key(order, request))

    def make(self, request: ImageRequest) -> Made:
        order, bought, notes = self._anchor.bought(request) if self._anchor else self.buy(request)
        try:
            return self._still(request, order, bought, notes)
        except ProviderError as unusable:
            order, bought = self._simplified(request, order.references, unusable)
            return self._still(request, order, bought, (simplified_note(unusable),))

    def order(self, request: ImageRequest, *, references: tuple[str, ...] = ()) -> Order:
        """What is sent for a request, to the first model that is not known to be gone."""
        return self._seller.order(request, model=self._models()[0], references=references)

    def kept(self, key: str) -> bool:
        """Whether the picture of an order is there."""
        return self._buyer.pictures.has(key, RAW)

    def note(self, key: str, text: str | None = None) -> str:
        """Read a few words kept beside the pictures, or keep them; the first stay."""
        if text is not None:
            self._buyer.pictures.put(key, RAW, text.encode())
        return (self._buyer.pictures.get(key, RAW) or b"").decode("ascii", "replace")

    @property
    def account(self) -> str:
        return self._buyer.purse.account

    def buy(
        self, request: ImageRequest, *, references: tuple[str, ...] = ()
    ) -> tuple[Order, Bought, tuple[str, ...]]:
        """The picture of a request as it came: from the first model that there is, and once more
        with the simplified prompt."""
        notes: tuple[str, ...] = ()
        while True:
            order = self.order(request, references=references)
            try:
                return order, self._buyer.buy(order, section=request.section), notes
            except ProviderError as error:
                if error.trouble == "model_gone" and len(self._models()) > 1:
                    self._gone.add(order.model)
                    notes = (f"is by another model, because {order.model} is gone",)
                    continue
                if not _is_about_the_prompt(error):
                    raise
                order, bought = self._simplified(request, references, error)
                return order, bought, (*notes, simplified_note(error))

    def _models(self) -> tuple[str, ...]:
        models = self._seller.models
        return tuple(model for model in models if model not in self._gone) or models[-1:]

    def _simplified(
        self, request: ImageRequest, references: tuple[str, ...], first: ProviderError
    ) -> tuple[Order, Bought]:
        order = self._seller.order(
            request, model=self._models()[0], simplified=True, references=references
        )
        if order.key == self.order(request, references=references).key:
            raise first
        try:
            return order, self._buyer.buy(order, section=request.section, attempts=1)
        except ProviderError:
            raise first from None

    def _still(
        self, request: ImageRequest, order: Order, bought: Bought, notes: tuple[str, ...]
    ) -> Made:
        """Raises ProviderError (unusable) where what came is no picture that can be shown."""
        key = bought_still_key(order, request)
        if bought.note:
            notes = (*notes, bought.note)
        colors = _kept_colors(self._store, key, request)
        if colors is None or not self._store.has(key, STILL_SUFFIX):
            colors, said = _developed(self._store, key, request, bought.data)
            notes = (*notes, *said)
        return Made(
            source=StillSource(picture=key), reused=bought.reused, order=order, cost=bought.cost,
            colors=colors, notes=notes,
        )  # fmt: skip


def _is_about_the_prompt(error: ProviderError) -> bool:
    """Whether other words may help; not where nobody is to be asked, or nothing is to be paid."""
    about_money = isinstance(error, (AlreadyBoughtError, InDoubtError))
    return not about_money and error.trouble not in DEAD | {"budget", "model_gone"}


class Anchor:
    """The picture that all others of a video are to look like, where a provider has no seeds.

    It is the video's strongest picture, so it costs nothing extra. It stays the anchor of a song
    and style when that section's prompt is changed later: or all others would have to be bought
    anew.
    """

    def __init__(self, maker: BuyingMaker, requests: Sequence[ImageRequest]) -> None:
        self._maker = maker
        strongest = sorted(requests, key=lambda r: (not r.hero, -r.energy))
        self._candidates = strongest[:ANCHORS]
        self._key: str | None = None
        self._made: dict[ImageRequest, tuple[Order, Bought, tuple[str, ...]]] = {}
        self._lock = Lock()

    def expected(self, request: ImageRequest) -> tuple[str, ...]:
        """The references of a request if all goes well."""
        key = self._recorded() or (self._key or self._maker.order(self._candidates[0]).key)
        return () if self._maker.order(request).key == key else (key,)

    def bought(self, request: ImageRequest) -> tuple[Order, Bought, tuple[str, ...]]:
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


def bought_still_key(order: Order, request: ImageRequest) -> str:
    """The address of a still made from a bought picture."""
    made_by = of_sources(
        "providers/arrival.py", "providers/decoding.py", "providers/grade.py", "providers/lut.py",
        "model/color.py",
    )  # fmt: skip
    shape = (request.width, request.height, request.grading, request.palette)
    return digest("bought still", made_by, order.key, shape)


def _developed(
    store: Store, key: str, request: ImageRequest, data: bytes
) -> tuple[Graded, tuple[str, ...]]:
    """Check, fit and grade what came, and put it into the store."""
    from clavilux.providers.arrival import arrived
    from clavilux.providers.consistency import colors_of
    from clavilux.providers.grade import grade

    palette = request.palette
    came = arrived(data, width=request.width, height=request.height, ground=palette[0])
    graded = grade(came.rgb, palette, strength=request.grading)
    colors = Graded(colors_of(came.rgb), colors_of(graded), palette)
    file = io.BytesIO()
    np.save(file, np.stack([colors.before, colors.after]), allow_pickle=False)
    store.put(key, ".colors.npy", file.getvalue())
    _put(store, key, Still(rgb=graded))
    return colors, came.notes


def _kept_colors(store: Store, key: str, request: ImageRequest) -> Graded | None:
    data = store.get(key, ".colors.npy")
    if data is None:
        return None
    before, after = np.load(io.BytesIO(data), allow_pickle=False)
    return Graded(before, after, request.palette)
