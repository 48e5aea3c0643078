"""Stills that are bought: what comes is checked, graded and fitted here."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np

from clavilux.fingerprint import of_sources
from clavilux.media.image import STILL_SUFFIX, encode_still
from clavilux.model.codec import digest
from clavilux.model.errors import DEAD, ProviderError
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.model.timeline import StillSource
from clavilux.providers.buying import RAW, Bought, Buyer
from clavilux.providers.consistency import Graded
from clavilux.providers.ledger_rows import AlreadyBoughtError, InDoubtError
from clavilux.providers.likeness import Anchor, Likeness, Purchase, Unrelated
from clavilux.providers.making import Made, simplified_note
from clavilux.storage import Store


class BuyingMaker:
    """A provider that is paid: its pictures are checked, graded and fitted here."""

    def __init__(self, buyer: Buyer, store: Store, requests: Sequence[ImageRequest]) -> None:
        """`requests`: all of the run; one of them becomes the anchor where there are no seeds."""
        self._buyer, self._store = buyer, store
        self._seller = buyer.seller
        can = self._seller.capabilities
        self.name, self.at_once = self._seller.name, can.concurrency
        self._gone: set[str] = set()
        self._likeness = self._likeness_of(requests)

    def expected(self, request: ImageRequest) -> StillSource:
        order = self.order(request, references=self._likeness.expected(request))
        return StillSource(picture=bought_still_key(order, request))

    def make(self, request: ImageRequest) -> Made:
        order, bought, notes = self._likeness.bought(request)
        try:
            return self._still(request, order, bought, notes)
        except ProviderError as unusable:
            order, bought = self._simplified(request, order.references, unusable)
            return self._still(request, order, bought, (simplified_note(unusable),))

    def _likeness_of(self, requests: Sequence[ImageRequest]) -> Likeness:
        """Related seeds where there are seeds; a style anchor where there are none."""
        can = self._seller.capabilities
        return Anchor(self, requests) if can.references and not can.seed else Unrelated(self)

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

    def buy(self, request: ImageRequest, *, references: tuple[str, ...] = ()) -> Purchase:
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
    store.put(key, STILL_SUFFIX, encode_still(graded))
    return colors, came.notes


def _kept_colors(store: Store, key: str, request: ImageRequest) -> Graded | None:
    data = store.get(key, ".colors.npy")
    if data is None:
        return None
    before, after = np.load(io.BytesIO(data), allow_pickle=False)
    return Graded(before, after, request.palette)
