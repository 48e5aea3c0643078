"""Stills that are bought: what comes is checked, graded and fitted here."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from clavilux.fingerprint import of_sources
from clavilux.interfaces import Examinable
from clavilux.media.image import STILL_SUFFIX, encode_still
from clavilux.model.codec import digest
from clavilux.model.errors import ClaviluxError, ProviderError
from clavilux.model.likeness import AlikeBy
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.model.timeline import StillSource
from clavilux.providers.alike import likeness_of
from clavilux.providers.buying import ATTEMPTS, RAW, Buyer
from clavilux.providers.consistency import Graded
from clavilux.providers.ledger_rows import AlreadyBoughtError, InDoubtError
from clavilux.providers.likeness import Purchase
from clavilux.providers.making import Made, simplified_note
from clavilux.providers.receipts import REFUSALS
from clavilux.storage import Store

COLORS = ".colors.npy"
"""Suffix of a still's colours before and after grading."""


class BuyingMaker:
    """A provider whose pictures are checked, graded and fitted here, be they paid or not."""

    def __init__(self, buyer: Buyer, store: Store, requests: Sequence[ImageRequest]) -> None:
        """`requests`: all of the run; one of them becomes the anchor where there are no seeds."""
        self._buyer, self._store = buyer, store
        self._seller = buyer.seller
        can = self._seller.capabilities
        self.name, self.at_once = self._seller.name, can.concurrency
        self._gone: set[str] = set()
        self._likeness = likeness_of(can, self, requests)

    def expected(self, request: ImageRequest) -> StillSource:
        order = self._likeness.planned(request)
        return StillSource(picture=bought_still_key(order, request))

    def make(self, request: ImageRequest) -> Made:
        order, bought, notes = self._likeness.bought(request)
        key = bought_still_key(order, request)
        return Made(
            source=StillSource(picture=key), reused=bought.reused, order=order,
            colors=_kept_colors(self._store, key, request), notes=notes,
        )  # fmt: skip

    def paid(self, request: ImageRequest) -> int:
        return self._buyer.paid(request)

    def order(self, request: ImageRequest, *, references: tuple[str, ...] = ()) -> Order:
        """What is sent for a request, to the first model that is not known to be gone."""
        return self._seller.order(request, model=self._models()[0], references=references)

    def kept(self, key: str) -> bool:
        """Whether the picture of an order is there; not where that cannot be told."""
        with suppress(ClaviluxError):
            return self._buyer.pictures.has(key, RAW)
        return False

    def note(self, key: str, text: str | None = None) -> str:
        """Read a few words kept beside the pictures, or keep them; the first stay. Words that
        cannot be kept are good for this run."""
        with suppress(ClaviluxError):
            if text is not None:
                self._buyer.pictures.put(key, RAW, text.encode())
            return (self._buyer.pictures.get(key, RAW) or b"").decode("ascii", "replace")
        return text or ""

    def lacking(self, way: AlikeBy) -> str | None:
        """What the seller's machine lacks to make pictures alike in one way: "" for nothing, None
        where only trying tells. Raises ProviderError where it cannot be asked."""
        return self._seller.lacks(way) if isinstance(self._seller, Examinable) else None

    @property
    def account(self) -> str:
        return self._buyer.purse.account

    def buy(self, request: ImageRequest, *, references: tuple[str, ...] = ()) -> Purchase:
        """A picture that can be shown, developed and in the store: from the first model that there
        is, and once more with the simplified prompt. Raises ProviderError."""
        notes: tuple[str, ...] = ()
        while True:
            asked = self._models()[0]
            order = self._seller.order(request, model=asked, references=references)
            try:
                return self._developed(request, order, notes)
            except ProviderError as error:
                if error.trouble == "model_gone" and asked != self._models()[-1]:
                    self._gone.add(asked)
                    notes = (f"is by another model, because {asked} is gone",)
                elif _may_pass(error) and not self._buyer.pace.is_down:
                    return self._simplified(request, order, error, notes)
                else:
                    raise

    def _models(self) -> tuple[str, ...]:
        models = self._seller.models
        return tuple(model for model in models if model not in self._gone) or models[-1:]

    def _simplified(
        self, request: ImageRequest, plain: Order, first: ProviderError, notes: tuple[str, ...]
    ) -> Purchase:
        order = self._seller.order(
            request, model=plain.model, simplified=True, references=plain.references
        )
        if order.key == plain.key:
            raise first
        try:
            return self._developed(request, order, (*notes, simplified_note(first)), attempts=1)
        except ProviderError as second:
            again = "the same" if str(second) == str(first) else second
            words = f"{first}; and with a simpler prompt: {again}"
            raise ProviderError(words, trouble=second.trouble) from None

    def _developed(
        self,
        request: ImageRequest,
        order: Order,
        notes: tuple[str, ...],
        *,
        attempts: int = ATTEMPTS,
    ) -> Purchase:
        """Buy, and make a still of what came. Raises ProviderError, also where it is unusable."""
        bought, pace = self._buyer.buy(order, request, attempts=attempts), self._buyer.pace
        key = bought_still_key(order, request)
        try:
            notes = (*notes, *bought.notes, *_develop(self._store, key, request, bought.data))
        except ProviderError as error:
            if not bought.reused:
                pace.failed(error)
            raise
        if not bought.reused:
            pace.went_well()
        return order, bought, notes


def _may_pass(error: ProviderError) -> bool:
    """Whether other words may help; not where something may have been paid for nothing known."""
    if isinstance(error, (AlreadyBoughtError, InDoubtError)):
        return False
    return error.trouble in REFUSALS or (error.trouble == "unknown" and error.billed == "no")


def bought_still_key(order: Order, request: ImageRequest) -> str:
    """The address of a still made from a bought picture."""
    made_by = of_sources(
        "providers/arrival.py", "providers/decoding.py", "providers/grade.py", "providers/lut.py",
        "model/color.py",
    )  # fmt: skip
    shape = (request.width, request.height, request.grading, request.palette)
    return digest("bought still", made_by, order.key, shape)


def _develop(store: Store, key: str, request: ImageRequest, data: bytes) -> tuple[str, ...]:
    """Check, fit and grade what came, and put it into the store, if that was not done before.

    Returns notes for the user. Raises ProviderError (unusable) for what cannot be shown.
    """
    if store.has(key, COLORS) and store.has(key, STILL_SUFFIX):
        return ()
    from clavilux.providers.arrival import arrived
    from clavilux.providers.consistency import colors_of
    from clavilux.providers.grade import grade

    palette = request.palette
    came = arrived(data, width=request.width, height=request.height, ground=palette[0])
    graded = grade(came.rgb, palette, strength=request.grading)
    file = io.BytesIO()
    np.save(file, np.stack([colors_of(came.rgb), colors_of(graded)]), allow_pickle=False)
    store.put(key, COLORS, file.getvalue())
    store.put(key, STILL_SUFFIX, encode_still(graded))
    return came.notes


def _kept_colors(store: Store, key: str, request: ImageRequest) -> Graded | None:
    data = store.get(key, COLORS)
    if data is None:
        return None
    before, after = np.load(io.BytesIO(data), allow_pickle=False)
    return Graded(before, after, request.palette)
