"""A seller of pictures that counts what is bought from it."""

from __future__ import annotations

from typing import ClassVar

import pytest

from clavilux import registry
from clavilux.interfaces import Capabilities, PictureSeller, Sold, Ticket
from clavilux.model.money import Price
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.model.settings import ProviderSettings
from clavilux.providers.adapting import adapt
from providers.fakes.pictures import make_picture

PENNY = 10_000


class Counter:
    """Sells a picture for a cent."""

    name: ClassVar[str] = "counter"
    sold: ClassVar[list[Order]] = []
    models = ("pictures",)
    capabilities = Capabilities(seed=True, negative_prompt=True, references=0, prompt_limit=4000)

    @classmethod
    def configured(cls, said: ProviderSettings) -> Counter:
        return cls()

    def ready(self) -> str:
        return ""

    def order(
        self,
        request: ImageRequest,
        *,
        model: str,
        simplified: bool = False,
        references: tuple[str, ...] = (),
    ) -> Order:
        made = adapt(request, self.capabilities, simplified=simplified, references=references)
        return Order(
            provider=self.name, model=model, prompt=made.prompt, seed=made.seed,
            negative_prompt=made.negative_prompt, width=request.width, height=request.height,
        )  # fmt: skip

    def price(self, order: Order) -> Price:
        return Price(low=PENNY, likely=PENNY, high=PENNY, seconds=0.01)

    def submit(self, order: Order, references: tuple[bytes, ...] = ()) -> Sold | Ticket:
        type(self).sold.append(order)
        return Sold(data=make_picture(order.key, 640, 360), cost=PENNY)

    def collect(self, ticket: Ticket) -> Sold | None:
        raise AssertionError("it sells at once")


def open_shop(monkeypatch: pytest.MonkeyPatch) -> type[Counter]:
    """The seller is installed, and has sold nothing yet."""
    assert isinstance(Counter(), PictureSeller)
    Counter.sold = []
    usual_get, usual_names = registry.get, registry.names
    monkeypatch.setattr(
        registry,
        "get",
        lambda kind, name: (
            Counter() if (kind, name) == ("providers", "counter") else usual_get(kind, name)
        ),
    )
    monkeypatch.setattr(
        registry,
        "names",
        lambda kind: (*usual_names(kind), "counter") if kind == "providers" else usual_names(kind),
    )
    return Counter
