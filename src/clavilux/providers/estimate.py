"""What a render's pictures will cost and how long they will take, before anything is spent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING, TypeVar

from clavilux.interfaces import Capabilities, PictureSeller
from clavilux.model.errors import ClaviluxError, ProviderError
from clavilux.model.likeness import AlikeBy
from clavilux.model.money import Price
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.providers.alike import likeness_of
from clavilux.providers.buying import RAW
from clavilux.providers.likeness import Kind, Purchase

if TYPE_CHECKING:
    from clavilux.objects import Objects

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """One provider's offer for a render. Money in millionths of a dollar."""

    provider: str
    model: str
    """The one that makes most of the pictures."""
    images: int
    """That the render shows."""
    to_buy: int
    """Of these, those that were not bought before."""
    each: int
    """Likely price of one."""
    low: int
    likely: int
    high: int
    """Of all that are to be bought; high: if every picture costs the most it can."""
    minutes: float
    """Likely, with as many calls at once as the provider allows."""
    trouble: str = ""
    """What must be done before it can be asked, such as setting a key."""
    machine: int = 0
    """What one's own machine costs meanwhile, by what the user says it costs by the hour."""
    measured: bool = False
    """Whether the minutes follow from pictures that were made here."""
    seconds: float = 0.0
    """What one takes, as the provider guesses: the mean of all."""
    in_turn: bool = False
    """Each picture refers to the one before, and waits for it."""


def estimate(
    requests: Sequence[ImageRequest],
    seller: PictureSeller,
    *,
    account: str = "",
    pictures: Objects | None = None,
) -> Estimate:
    """What a provider would take for these. `account` and `pictures`: as a purchase has them; what
    is there already is not bought again. Asks the pictures' place, and nobody else."""
    window = _Window(seller, account, pictures)
    can, trouble = seller.capabilities, seller.ready()
    likeness = likeness_of(can, window, requests)
    prices: list[Price] = []
    each: list[Price] = []
    models = Counter[str]()
    known: set[str] = set()
    for request in requests:
        try:
            order = likeness.planned(request)
            price = seller.price(order)
            each.append(price)
            models[order.model] += 1
            if order.key not in known and not window.kept(order.key):
                prices.append(price)
            known.add(order.key)
        except ProviderError as error:
            trouble = trouble or str(error)
    total = sum(price.likely for price in prices)
    return Estimate(
        provider=seller.name,
        model=models.most_common(1)[0][0] if models else seller.models[0],
        images=len(requests),
        to_buy=len(prices),
        each=round(mean([price.likely for price in each])) if each else 0,
        low=sum(price.low for price in prices),
        likely=total,
        high=sum(price.high for price in prices),
        minutes=_minutes(prices, can, likeness.kind),
        trouble=trouble,
        seconds=mean([price.seconds for price in each]) if each else 0.0,
        in_turn=likeness.kind == "previous",
    )


class _Window:
    """A buyer that only looks: see likeness.Buying."""

    def __init__(self, seller: PictureSeller, account: str, pictures: Objects | None) -> None:
        self.account, self._seller, self._pictures = account, seller, pictures

    def order(self, request: ImageRequest, *, references: tuple[str, ...] = ()) -> Order:
        return self._seller.order(request, model=self._seller.models[0], references=references)

    def buy(self, request: ImageRequest, *, references: tuple[str, ...] = ()) -> Purchase:
        raise ProviderError("an estimate buys nothing")

    def lacking(self, way: AlikeBy) -> str | None:
        raise ProviderError("an estimate asks nobody")

    def kept(self, key: str) -> bool:
        return self._seen(lambda pictures: pictures.has(key, RAW), nothing=False)

    def note(self, key: str, text: str | None = None) -> str:
        found = self._seen(lambda pictures: pictures.get(key, RAW), nothing=None)
        return (found or b"").decode("ascii", "replace")

    def _seen(self, look: Callable[[Objects], T], *, nothing: T) -> T:
        """A bucket that cannot be asked is asked once; then all pictures count as new."""
        if self._pictures is None:
            return nothing
        try:
            return look(self._pictures)
        except ClaviluxError:
            self._pictures = None
            return nothing


def _minutes(prices: Sequence[Price], can: Capabilities, kind: Kind) -> float:
    """The anchor comes before all others, a chain one after the other; else as many at once, and
    as fast, as is allowed."""
    if not prices:
        return 0.0
    usual = sum(price.seconds for price in prices) / len(prices)
    first = usual if kind == "anchor" else 0.0
    rest = len(prices) - (kind == "anchor")
    rounds = -(-rest // (1 if kind == "previous" else can.concurrency)) * usual
    paced = 60.0 * len(prices) / can.per_minute if can.per_minute else 0.0
    return (first + max(rounds, paced)) / 60.0
