"""What pictures refer to: nothing, the anchor, or the picture before."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from clavilux.interfaces import Capabilities
from clavilux.model.errors import ProviderError
from clavilux.model.likeness import AlikeBy
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.providers.alike import kind_of, likeness_of
from clavilux.providers.buying import Bought
from clavilux.providers.likeness import Anchor, Chain, Purchase, Unrelated
from providers.shopping import request

SONG = tuple(request(section=f"part_{n // 2}", index=n % 2, prompt=f"p{n}") for n in range(6))


class Shopper:
    """Buys without a shop, and writes down what."""

    account = "song"

    def __init__(self, *refused: ImageRequest) -> None:
        self.refused, self.asked = refused, list[tuple[str, tuple[str, ...]]]()
        self._busy = threading.Lock()

    def order(self, request: ImageRequest, *, references: tuple[str, ...] = ()) -> Order:
        return Order(provider="x", model="y", prompt=request.prompt, width=64, height=64,
                     references=references)  # fmt: skip

    def buy(self, request: ImageRequest, *, references: tuple[str, ...] = ()) -> Purchase:
        assert self._busy.acquire(blocking=False), "two at once"
        try:
            self.asked.append((request.prompt, references))
            if request in self.refused:
                raise ProviderError("no", trouble="moderated")
            return self.order(request, references=references), Bought(b"", reused=False), ()
        finally:
            self._busy.release()

    def lacking(self, way: AlikeBy) -> str | None:
        return None

    def kept(self, key: str) -> bool:
        return False

    def note(self, key: str, text: str | None = None) -> str:
        return text or ""


def can(**said: object) -> Capabilities:
    usual = {"seed": False, "negative_prompt": True, "references": 1, "prompt_limit": 100}
    return Capabilities(**{**usual, **said})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({}, Anchor), ({"references": 0}, Unrelated), ({"seed": True}, Unrelated),
        ({"seed": True, "likeness": "previous"}, Chain), ({"likeness": "none"}, Unrelated),
        ({"seed": True, "likeness": "anchor"}, Anchor),
    ],
)  # fmt: skip
def test_a_seller_says_how_its_pictures_are_made_alike(
    said: dict[str, object], kind: type[object]
) -> None:
    assert type(likeness_of(can(**said), Shopper(), SONG)) is kind
    assert kind_of(can(**said)) in ("none", "anchor", "previous")


def keys(shopper: Shopper, song: Sequence[ImageRequest]) -> list[str]:
    """The addresses of pictures each of which refers to the one before."""
    found: list[str] = []
    for one in song:
        found.append(shopper.order(one, references=tuple(found[-1:])).key)
    return found


def test_each_picture_refers_to_the_one_before() -> None:
    shopper = Shopper()
    chain = Chain(shopper, SONG)
    wanted = keys(shopper, SONG)
    assert [chain.expected(r) for r in reversed(SONG)] == [
        *((key,) for key in reversed(wanted[:-1])), ()
    ]  # fmt: skip
    assert shopper.asked == []
    assert [chain.bought(r)[0].key for r in SONG] == wanted
    assert [prompt for prompt, _ in shopper.asked] == [r.prompt for r in SONG]


def test_they_are_made_in_order_whoever_asks_first() -> None:
    shopper = Shopper()
    chain = Chain(shopper, SONG)
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(chain.bought, reversed(SONG)))
    assert [order.prompt for order, _, _ in made] == [r.prompt for r in reversed(SONG)]
    assert [prompt for prompt, _ in shopper.asked] == [r.prompt for r in SONG]


def test_a_gap_is_bridged() -> None:
    shopper = Shopper(SONG[0], SONG[3])
    chain = Chain(shopper, SONG)
    for number, one in enumerate(SONG):
        if number in (0, 3):
            for _ in range(2):  # nor asked for twice
                with pytest.raises(ProviderError, match="no"):
                    chain.bought(one)
        else:
            chain.bought(one)
    referred = dict(shopper.asked)
    assert referred["p0"] == referred["p1"] == () and len(shopper.asked) == 6
    assert referred["p4"] == (chain.bought(SONG[2])[0].key,)


def test_one_nobody_told_of_comes_last() -> None:
    shopper = Shopper()
    chain = Chain(shopper, SONG[:2])
    order, _, _ = chain.bought(request(prompt="late"))
    assert order.references == (keys(shopper, SONG[:2])[-1],)
