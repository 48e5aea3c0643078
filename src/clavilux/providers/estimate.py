"""What a render's pictures will cost and how long they will take, before anything is spent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clavilux.interfaces import PictureSeller
from clavilux.model.errors import ProviderError
from clavilux.model.money import Price
from clavilux.model.request import ImageRequest


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """One provider's offer for a render. Money in millionths of a dollar."""

    provider: str
    model: str
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


def estimate(
    requests: Sequence[ImageRequest],
    seller: PictureSeller,
    *,
    has: Callable[[str], bool] = lambda _: False,
) -> Estimate:
    """`has` tells whether the picture of an order's key was bought before. Pure otherwise."""
    can, model = seller.capabilities, seller.models[0]
    anchored = bool(can.references) and not can.seed
    prices: list[Price] = []
    trouble = seller.ready()
    for number, request in enumerate(requests):
        order = seller.order(request, model=model)
        if anchored and number > 0:
            order = order.model_copy(update={"references": ("anchor",)})
        try:
            if not has(seller.order(request, model=model).key):
                prices.append(seller.price(order))
        except ProviderError as error:
            trouble = trouble or str(error)
    total = sum(price.likely for price in prices)
    return Estimate(
        provider=seller.name,
        model=model,
        images=len(requests),
        to_buy=len(prices),
        each=round(total / len(prices)) if prices else 0,
        low=sum(price.low for price in prices),
        likely=total,
        high=sum(price.high for price in prices),
        minutes=_minutes(prices, seller, anchored=anchored),
        trouble=trouble,
    )


def _minutes(prices: Sequence[Price], seller: PictureSeller, *, anchored: bool) -> float:
    """The anchor comes before all others; then as many at once, and as fast, as is allowed."""
    if not prices:
        return 0.0
    can = seller.capabilities
    usual = sum(price.seconds for price in prices) / len(prices)
    first = usual if anchored else 0.0
    rest = len(prices) - anchored
    rounds = -(-rest // can.concurrency) * usual
    paced = 60.0 * len(prices) / can.per_minute if can.per_minute else 0.0
    return (first + max(rounds, paced)) / 60.0
