"""What pictures cost: data with a date and a source, which a user can override.

`providers/prices/NAME.toml` holds the list of one provider. All numbers are US dollars, and each
is for one picture unless it says otherwise:

    [models."flux-2-pro"]                # the exact model id
    checked = 2026-11-22                 # required: when somebody last looked the price up
    source = "docs.bfl.ai, pricing"      # required: where
    note = "..."                         # what a reader should know, such as what is assumed
    like = "other-model"                 # the rest is as that model's, but for what is said here
    aliases = ["flux-2-pro-2026-01-01"]  # other ids at the same price
    seconds = 20                         # usual wall time from call to picture; required
    seconds_by_quality.high = 60         # where that depends on the quality
    margin = 1.1                         # the bill is at most the list price times this; usually 1
    shutdown = 2026-12-01                # the day the model ends or ended, where one is announced
    successor = "flux-3-image"           # what to take then

    # one way of pricing the picture itself:
    image = 0.04                         # flat
    image_sizes."1K" = 0.0336            # by the provider's own word for a size
    image_table.medium."1024x1024" = 0.053   # by quality and pixels; "any" fits any quality
    megapixel.first = 0.03               # by area, begun megapixels count whole
    megapixel.extra = 0.015
    credits = 8                          # with credit = 0.01, the dollars that one costs

    # on top of it:
    request = 0.002                      # a fixed part
    reference = 0.008                    # for each picture that is sent along
    reference_high = 0.012               # at most, where that varies
    tokens.text_in = 5.00                # dollars per million: text_in, image_in, text_out,
    tokens.image_out = 30.00             # image_out and text_in_cached, image_in_cached

A model that writes and makes no pictures has `tokens` alone, with text_in and text_out: it can
direct (directors/).

Of the tokens only `text_in` goes into a price beforehand (the prompt); all of them turn a bill
that is given in tokens into money: `of("openai", model).of_tokens(image_out=1056)`.

A user overrides any of it in config.toml, where `checked` and `source` may be left out:

    [prices.openai."gpt-image-2.5-flare"]
    image = 0.02                         # a way that the list does not use replaces its ways
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from clavilux.model.errors import ProviderError
from clavilux.providers.model_prices import ModelPrices
from clavilux.providers.price_lists import read_lists

STALE_DAYS = 180
"""Prices that were looked up longer ago earn a notice."""

ENDING_DAYS = 120
"""How long before a model's end its user is told."""


@dataclass(frozen=True)
class Prices:
    """The price lists of all providers, with what the user overrides."""

    models: Mapping[tuple[str, str], ModelPrices]
    """By provider and model id."""

    @classmethod
    def read(cls, overrides: Mapping[str, Any] | None = None) -> Prices:
        """The lists of the package under a user's [prices.PROVIDER."MODEL"] tables.

        Raises InputError naming the field of an override that cannot be used.
        """
        return cls(read_lists(overrides or {}))

    def find(self, provider: str, model: str) -> ModelPrices | None:
        """The prices of a model; None where nobody gave any."""
        return self.models.get((provider, model))

    def of(self, provider: str, model: str) -> ModelPrices:
        """The prices of a model. Raises ProviderError where there are none: then it is not bought,
        because nobody could say when the budget is spent."""
        found = self.find(provider, model)
        if found is None:
            raise ProviderError(
                f'no price is known for {provider} {model}; set [prices.{provider}."{model}"] '
                "image = USD in config.toml",
                trouble="bad_request",
            )
        return found

    def successors(self, provider: str, model: str) -> tuple[str, ...]:
        """What to take after a model, in order; nothing for one that has no successor."""
        chain: list[str] = []
        found = self.find(provider, model)
        while found and found.successor and found.successor not in (model, *chain):
            chain.append(found.successor)
            found = self.find(provider, found.successor)
        return tuple(chain)

    def gone(self, provider: str, model: str, *, today: date) -> str:
        """Why a model cannot be asked for any more, and what to take; "" while it can."""
        found = self.find(provider, model)
        if found is None or found.shutdown is None or found.shutdown > today:
            return ""
        return f"{provider} shut {model} down on {found.shutdown}; {self._instead(found, today)}"

    def warnings(self, provider: str, model: str, *, today: date) -> tuple[str, ...]:
        """What a user of a model should know: its end is near or past, its price is old."""
        found = self.find(provider, model)
        if found is None:
            return ()
        said = [self.gone(provider, model, today=today), self._ending(found, today)]
        return tuple(line for line in (*said, _stale(found, today)) if line)

    def _ending(self, found: ModelPrices, today: date) -> str:
        if found.shutdown is None or not 0 < (found.shutdown - today).days <= ENDING_DAYS:
            return ""
        return (
            f"{found.provider} shuts {found.model} down on {found.shutdown}; "
            f"{self._instead(found, today)}"
        )

    def _instead(self, found: ModelPrices, today: date) -> str:
        """Advice: the first successor that lives."""
        for name in self.successors(found.provider, found.model):
            if not self.gone(found.provider, name, today=today):
                return f'set [providers.{found.provider}] model = "{name}" in config.toml'
        return "choose another model or provider"


def _stale(found: ModelPrices, today: date) -> str:
    if found.checked is None or (today - found.checked).days <= STALE_DAYS:
        return ""
    return (
        f"the price of {found.provider} {found.model} was last checked on {found.checked}; look "
        f'it up and set [prices.{found.provider}."{found.model}"] in config.toml if it has changed'
    )


def use(prices: Prices) -> None:
    """Let `of` answer from these: once, when a command starts."""
    global _used
    _used = prices


def used() -> Prices:
    """The prices of this process: what `use` was given, or else the package's lists."""
    global _used
    _used = _used or Prices.read()
    return _used


def of(provider: str, model: str) -> ModelPrices:
    """The prices of a model in this process; see Prices.of."""
    return used().of(provider, model)


_used: Prices | None = None
