"""The prices of one model, and what a picture or a bill comes to by them.

The fields are explained at the top of providers/prices.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import Field, model_validator

from clavilux.model.base import Value
from clavilux.model.errors import ProviderError
from clavilux.model.money import Price, micros

WAYS = ("image", "image_sizes", "image_table", "megapixel", "credits")
"""How a picture itself is priced: one of these."""

Usd = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]
Size = Annotated[str, Field(pattern=r"^\d{2,5}x\d{2,5}$")]


class Megapixel(Value):
    """Dollars by area."""

    first: Usd
    extra: Usd


class Tokens(Value):
    """Dollars per million tokens."""

    text_in: Usd = 0
    text_in_cached: Usd | None = None
    image_in: Usd = 0
    image_in_cached: Usd | None = None
    text_out: Usd = 0
    image_out: Usd = 0


class ModelPrices(Value):
    """The prices of one model, in dollars; the fields are explained at the top of this file."""

    provider: str
    model: str
    checked: Annotated[date, Field(strict=True)] | None = None
    """None where a user gave the price himself."""
    source: str = "config.toml"
    note: str = ""
    seconds: Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)] = 30.0
    seconds_by_quality: dict[str, Usd] = Field(default_factory=dict)
    margin: Annotated[float, Field(ge=1, le=10, strict=True)] = 1.0
    shutdown: Annotated[date, Field(strict=True)] | None = None
    successor: str = ""
    image: Usd | None = None
    image_sizes: dict[str, Usd] = Field(default_factory=dict)
    image_table: dict[str, Annotated[dict[Size, Usd], Field(min_length=1)]] = Field(
        default_factory=dict
    )
    megapixel: Megapixel | None = None
    credits: Usd | None = None
    credit: Usd | None = None
    request: Usd = 0
    reference: Usd = 0
    reference_high: Usd | None = None
    tokens: Tokens | None = None

    @model_validator(mode="after")
    def _one_way(self) -> ModelPrices:
        ways = [way for way in WAYS if getattr(self, way) not in (None, {})]
        of_words = self.tokens is not None and not ways
        if len(ways) != 1 and not of_words:
            raise ValueError(f"price the picture by one of {', '.join(WAYS)}; found {len(ways)}")
        if (self.credits is None) != (self.credit is None):
            raise ValueError("'credits' and 'credit' belong together")
        return self

    def price(
        self,
        *,
        width: int,
        height: int,
        quality: str = "",
        size: str = "",
        prompt: str = "",
        references: int = 0,
    ) -> Price:
        """What a picture of this many pixels costs.

        `size`: the provider's own word for it, where prices go by that. `quality`: the provider's
        word; "" and "auto" stand for whichever it may choose. Raises ProviderError where a quality
        or size has no price.
        """
        low, likely, high = self._picture(width, height, quality=quality, size=size)
        per_token = (self.tokens.text_in if self.tokens else 0) / 1e6
        usual, most = self.reference, max(self.reference, self.reference_high or 0)
        # A token is about four letters, and never less than a byte.
        likely += self.request + references * usual + per_token * len(prompt) / 4
        low += self.request + references * usual + per_token * len(prompt) / 6
        high += self.request + references * most + per_token * len(prompt.encode())
        return Price(
            low=micros(low),
            likely=micros(likely),
            high=micros(high * self.margin),
            seconds=self.seconds_by_quality.get(quality, self.seconds),
        )

    def of_tokens(
        self,
        *,
        text_in: int = 0,
        image_in: int = 0,
        text_out: int = 0,
        image_out: int = 0,
        text_in_cached: int = 0,
        image_in_cached: int = 0,
    ) -> int | None:
        """What a bill in tokens comes to, in millionths of a dollar; None without token prices.

        `text_in` and `image_in` are all that went in, of which the cached ones cost less.
        """
        if self.tokens is None:
            return None
        rate = self.tokens
        cached_text = rate.text_in if rate.text_in_cached is None else rate.text_in_cached
        cached_image = rate.image_in if rate.image_in_cached is None else rate.image_in_cached
        return math.ceil(  # dollars per million are millionths per token
            round(
                (text_in - text_in_cached) * rate.text_in
                + text_in_cached * cached_text
                + (image_in - image_in_cached) * rate.image_in
                + image_in_cached * cached_image
                + text_out * rate.text_out
                + image_out * rate.image_out,
                3,
            )
        )

    def _picture(
        self, width: int, height: int, *, quality: str, size: str
    ) -> tuple[float, float, float]:
        """Dollars for the picture alone: low, likely, high."""
        if self.image is not None:
            return self.image, self.image, self.image
        if self.image_sizes:
            return self._of_size(size)
        if self.megapixel is not None:
            # Binary or decimal megapixels: lists do not say which, so the bound takes the smaller.
            likely, most = (
                self.megapixel.first + self.megapixel.extra * (math.ceil(width * height / one) - 1)
                for one in (2**20, 10**6)
            )
            return likely, likely, most
        if self.credits is not None and self.credit is not None:
            flat = self.credits * self.credit
            return flat, flat, flat
        if not self.image_table:
            raise self._no_price("pictures", "tokens of text")
        return self._of_table(width, height, quality)

    def _of_size(self, size: str) -> tuple[float, float, float]:
        price = self.image_sizes.get(size)
        if price is None:
            known = ", ".join(self.image_sizes)
            raise self._no_price(f"size '{size}'", known)
        return price, price, price

    def _of_table(self, width: int, height: int, quality: str) -> tuple[float, float, float]:
        if quality in self.image_table or "any" in self.image_table:
            table = self.image_table.get(quality) or self.image_table["any"]
            return _in_table(table, width, height)
        if quality not in ("", "auto"):
            raise self._no_price(f"quality '{quality}'", ", ".join(self.image_table))
        found = sorted(_in_table(table, width, height) for table in self.image_table.values())
        return found[0][0], found[len(found) // 2][1], max(high for _, _, high in found)

    def _no_price(self, what: str, known: str) -> ProviderError:
        return ProviderError(
            f"there is no price for {self.provider} {self.model} with {what}; known: {known}",
            trouble="bad_request",
        )


def _in_table(table: Mapping[str, float], width: int, height: int) -> tuple[float, float, float]:
    """Low, likely and high of a size among listed ones; lying or standing makes no difference.

    A size that is not listed likely costs as the one nearest in shape and area, and at most as the
    dearest up to the next larger: per-image lists are not monotonic in area.
    """
    listed = {_upright(*map(int, size.split("x"))): price for size, price in table.items()}
    asked = _upright(width, height)
    if asked in listed:
        return listed[asked], listed[asked], listed[asked]
    area = asked[0] * asked[1]
    nearest = min(listed, key=lambda size: _unlike(size, asked))
    reach = min((w * h for w, h in listed if w * h >= area), default=math.inf)
    most = max(price for (w, h), price in listed.items() if w * h <= reach or (w, h) == nearest)
    beyond = max(1.0, area / max(w * h for w, h in listed))
    return listed[nearest], listed[nearest] * beyond, most * beyond


def _upright(width: int, height: int) -> tuple[int, int]:
    return min(width, height), max(width, height)


def _unlike(a: tuple[int, int], b: tuple[int, int]) -> float:
    """How far two sizes are from each other, in logarithms of area and aspect."""
    return abs(math.log(a[0] * a[1] / (b[0] * b[1]))) + abs(math.log(a[0] * b[1] / (a[1] * b[0])))
