"""The check for authors of sellers: all of ours pass it, and each rule can be broken."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from clavilux import registry
from clavilux.interfaces import Capabilities, PictureSeller
from clavilux.model.money import Price
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.model.settings import ProviderSettings
from clavilux.providers.shop import names_of_sellers
from clavilux.providers.stability import Stability
from clavilux.testing import check_seller


@pytest.mark.parametrize("name", ["bfl", "fal", "gemini", "openai", "stability"])
def test_ours_keep_the_interface(name: str) -> None:
    check_seller(registry.load("providers", name))


def test_none_of_ours_is_left_out() -> None:
    sellers = {n: registry.get("providers", n).capabilities.paid for n in names_of_sellers()}
    paid = {name for name, takes_money in sellers.items() if takes_money}
    assert paid == {"bfl", "fal", "gemini", "openai", "stability"}
    assert sellers.keys() - paid == {"comfyui", "diffusers"}


def test_a_seller_that_needs_an_address_is_given_one() -> None:
    said = ProviderSettings(base_url="http://localhost:9", model="dall-e-3")
    check_seller(registry.load("providers", "openai"), said)


class Bent(Stability):
    """A seller that keeps every rule, to be bent."""

    def _order(self, request: ImageRequest, **said: Any) -> Order:
        return super().order(request, **said)

    def changed(self, order: Order) -> Order:
        return order

    def order(self, request: ImageRequest, **said: Any) -> Order:
        return self.changed(super().order(request, **said))


class Forgetful(Bent):
    def order(self, request: ImageRequest, **said: Any) -> Order:
        said.pop("simplified", None)
        return super().order(request, **said)


class Moody(Bent):
    moods = 0

    def changed(self, order: Order) -> Order:
        type(self).moods += 1
        return order.model_copy(update={"seed": self.moods})


class Talkative(Bent):
    def changed(self, order: Order) -> Order:
        return order.model_copy(update={"options": {"key": self._account.key}})


class Endless(Bent):
    def changed(self, order: Order) -> Order:
        return order.model_copy(update={"prompt": order.prompt + " more" * 3000})


class Sideways(Bent):
    def changed(self, order: Order) -> Order:
        return order.model_copy(update={"width": order.height, "height": order.width})


class Repetitive(Bent):
    def changed(self, order: Order) -> Order:
        return order.model_copy(update={"seed": 5})


class Seedless(Bent):
    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(seed=False, negative_prompt=True, references=0, prompt_limit=10_000)


class Unfolded(Bent):
    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(seed=True, negative_prompt=False, references=0, prompt_limit=10_000)

    def changed(self, order: Order) -> Order:
        return order.model_copy(update={"negative_prompt": ""})


class Upside(Bent):
    def price(self, order: Order) -> Price:
        return Price(low=3, likely=2, high=4, seconds=9)


class Fractional(Bent):
    def price(self, order: Order) -> Price:
        return Price(low=0.5, likely=0.5, high=0.5, seconds=9)  # type: ignore[arg-type]


class Blurting(Bent):
    def price(self, order: Order) -> Price:
        raise ValueError(f"no price for {self._account.key}")


class Elsewhere(Bent):
    def changed(self, order: Order) -> Order:
        return order.model_copy(update={"model": "another"})


class Mute(Bent):
    def ready(self) -> str:
        return ""


class Boastful(Bent):
    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            seed=True, negative_prompt=True, references=0, prompt_limit=10_000, alike_by=("depth",)
        )


class Undecided(Boastful):
    @property
    def capabilities(self) -> Capabilities:
        return replace(super().capabilities, references=1)

    def order(self, request: ImageRequest, **said: Any) -> Order:
        taken = said.get("references", ())[:1]
        return super().order(request, **said).model_copy(update={"references": taken})


class Bare:
    name = "bare"

    @classmethod
    def configured(cls, said: ProviderSettings) -> Bare:
        return cls()


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (Forgetful, "the simplified order has the same prompt"),
        (Moody, "otherwise"),
        (Talkative, "the order holds the key"),
        (Endless, "more than the limit of 10000"),
        (Sideways, "lying for standing"),
        (Repetitive, "two stills of the same prompt are one order"),
        (Seedless, "a seed that it does not take"),
        (Unfolded, "must fold it into the prompt"),
        (Upside, "not low <= likely <= high"),
        (Fractional, "whole millionths"),
        (Blurting, "an error shows the key"),
        (Elsewhere, "for the model 'another'"),
        (Mute, "`ready` must say what to do"),
        (Boastful, "pictures alike by depth are sent 0 references, not 1"),
        (Undecided, "pictures alike by seeds are sent 1 references, not 0"),
        (Bare, "lacks a member"),
    ],
)
def test_a_broken_rule_is_told(kind: type[PictureSeller], rule: str) -> None:
    with pytest.raises(AssertionError, match=rule) as caught:
        check_seller(kind)
    assert str(caught.value).startswith(f"provider '{kind.name}': ")
