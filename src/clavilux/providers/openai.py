"""OpenAI's image models, and servers that speak as OpenAI does.

Text alone goes to images/generations, text with pictures to look like to images/edits. There are
no seeds and no negative prompts. What a picture cost is told in tokens, after the fact.

Source: the API reference and the guide to errors at developers.openai.com, November 2026.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from urllib.parse import quote, urlsplit

from clavilux.interfaces import Capabilities, Sold
from clavilux.model.errors import InputError, ProviderError
from clavilux.model.money import Price
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.model.settings import ProviderSettings
from clavilux.providers import prices
from clavilux.providers.account import Account, AccountHolder
from clavilux.providers.adapting import adapt, shape_given_up
from clavilux.providers.attachments import mime_type, shrunk
from clavilux.providers.openai_errors import failure
from clavilux.providers.openai_models import (
    USUAL,
    Family,
    family_of,
    quality_for,
    size_for,
    size_trouble,
)
from clavilux.providers.web import Part, Reply, picture_bytes

OWN = "https://api.openai.com/v1"

LOWEST_TIER = 5.0
"""Pictures a minute for those who have paid least; accounts with more say so in per_minute."""


class OpenAI(AccountHolder):
    """Sells pictures for tokens."""

    name: ClassVar[str] = "openai"

    def __init__(self, said: ProviderSettings | None = None, *, today: date | None = None) -> None:
        """Raises InputError where what the user said cannot be asked for."""
        said = said or ProviderSettings()
        self._account = Account(
            provider=self.name,
            said=said.model_copy(update={"base_url": _versioned(said.base_url)}),
            own_url=OWN,
            variable="OPENAI_API_KEY",
            usual=USUAL,
        )
        self._said, self._today = said, today or date.today()
        self._compatible = not _is_own(self._account.base_url)
        self._web = self._account.web("authorization", "Bearer ")
        self._wanted = said.model or self._usual()
        self._check()

    def _usual(self) -> str:
        """The usual model, or the first of its successors that lives."""
        chain = (USUAL, *prices.used().successors(self.name, USUAL))
        return next((model for model in chain if not self._gone(model)), USUAL)

    def _check(self) -> None:
        said, family = self._said, self._family(self._wanted)
        if gone := self._gone(self._wanted):
            raise InputError(gone)
        if said.quality and family.qualities and said.quality not in family.qualities:
            raise InputError(
                f"[providers.openai] quality: {self._wanted} has no '{said.quality}'; "
                f"choose from {', '.join(family.qualities)}"
            )
        if said.size and (trouble := size_trouble(*_sides(said.size), family)):
            raise InputError(
                f"[providers.openai] size: not {said.size} for {self._wanted}: {trouble}"
            )

    def _gone(self, model: str) -> str:
        """Why OpenAI cannot be asked for a model; a compatible server decides for itself."""
        if self._compatible:
            return ""
        return prices.used().gone(self.name, model, today=self._today)

    def _family(self, model: str) -> Family:
        return family_of(model, compatible=self._compatible)

    @property
    def capabilities(self) -> Capabilities:
        return self._can(self._wanted)

    def _can(self, model: str) -> Capabilities:
        family = self._family(model)
        return self._account.limited(
            Capabilities(
                seed=False,
                negative_prompt=False,
                references=family.references,
                prompt_limit=family.prompt_limit,
                per_minute=None if self._compatible else LOWEST_TIER,
            )
        )

    @property
    def models(self) -> tuple[str, ...]:
        """The wanted model, its successors, and the usual ones after it."""
        known = prices.used()
        after = (
            model for first in (self._wanted, USUAL) for model in known.successors(self.name, first)
        )
        names = dict.fromkeys((self._wanted, *after, USUAL))
        return tuple(model for model in names if not self._gone(model))

    def order(
        self,
        request: ImageRequest,
        *,
        model: str,
        simplified: bool = False,
        references: tuple[str, ...] = (),
    ) -> Order:
        family = self._family(model)
        fit = adapt(request, self._can(model), simplified=simplified, references=references)
        width, height = self._size(request, family)
        quality = quality_for(self._said.quality or family.quality, family)
        lost = [f"quality {self._said.quality}"] if self._said.quality not in ("", quality) else []
        return Order(
            provider=self.name,
            model=model,
            endpoint=self._account.endpoint,
            prompt=fit.prompt,
            width=width,
            height=height,
            options={**({"quality": quality} if quality else {}), **family.always},
            references=fit.references,
            given_up=(*fit.given_up, *shape_given_up(request, width, height), *lost),
        )

    def _size(self, request: ImageRequest, family: Family) -> tuple[int, int]:
        if self._said.size and not size_trouble(*_sides(self._said.size), family):
            return _sides(self._said.size)
        return size_for(request, family)

    def price(self, order: Order) -> Price:
        """By the list for the picture, the prompt's letters and the references.

        `high` bounds the bill by a margin over the list, which rounds and has not every size.
        """
        return prices.of(self.name, order.model).price(
            width=order.width,
            height=order.height,
            quality=str(order.options.get("quality", "")),
            prompt=order.prompt,
            references=len(order.references),
        )

    def submit(self, order: Order, references: tuple[bytes, ...] = ()) -> Sold:
        if gone := self._gone(order.model):
            raise ProviderError(gone, trouble="model_gone")
        size = f"{order.width}x{order.height}"
        fields = {"model": order.model, "prompt": order.prompt, "size": size, **order.options}
        if references:
            texts = {name: str(value) for name, value in fields.items()}
            reply = self._web.post_form("/images/edits", texts, _parts(references))
        else:
            reply = self._web.post_json("/images/generations", fields)
        if reply.status != 200:
            raise failure(reply, key=self._account.key)
        return self._sold(order.model, reply)

    def collect(self, ticket: object) -> Sold | None:
        """Never needed: `submit` waits for the picture."""
        raise ProviderError("OpenAI gives no tickets", trouble="bad_request")

    def _sold(self, model: str, reply: Reply) -> Sold:
        answer = reply.json()
        usage = answer.get("usage") if isinstance(answer, dict) else None
        cost, said = self._cost(model, usage)
        try:
            data = picture_bytes(answer["data"][0]["b64_json"])
        except (KeyError, IndexError, TypeError, ProviderError):
            raise ProviderError(
                "OpenAI's answer holds no picture", trouble="unusable", billed="yes", cost=cost
            ) from None
        return Sold(data=data, cost=cost, usage=said)

    def _cost(self, model: str, usage: object) -> tuple[int | None, str]:
        """A bill in tokens as money; cached tokens count as others, so it is never too low."""
        counted = _tokens(usage)
        listed = prices.used().find(self.name, model)
        if counted is None or listed is None:
            return None, ""
        said = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counted.items())
        return listed.of_tokens(**counted), f"tokens: {said}"

    def warnings(self) -> tuple[str, ...]:
        """What OpenAI itself says of the wanted model's end, where our list does not know it yet.

        One call, not billed. Its failures say nothing: OpenAI has left out models that it sold.
        """
        try:
            reply = self._web.get(f"/models/{quote(self._wanted, safe='')}")
            ends = date.fromisoformat(reply.json()["shutdown_date"])
        except (ProviderError, KeyError, TypeError, ValueError):
            return ()
        listed = prices.used().find(self.name, self._wanted)
        if listed is not None and listed.shutdown == ends:
            return ()
        after = prices.used().successors(self.name, self._wanted)
        advice = f'; set [providers.openai] model = "{after[0]}" in config.toml' if after else ""
        return (f"openai shuts {self._wanted} down on {ends}{advice}",)


def _versioned(base_url: str) -> str:
    """An address with /v1 where it has no path, as people write them."""
    bare = base_url and not urlsplit(base_url).path.strip("/")
    return f"{base_url.rstrip('/')}/v1" if bare else base_url


def _is_own(base: str) -> bool:
    host = urlsplit(base).hostname or ""
    return host == "api.openai.com" or host.endswith(".api.openai.com")


def _sides(size: str) -> tuple[int, int]:
    width, height = size.split("x")
    return int(width), int(height)


def _tokens(usage: object) -> dict[str, int] | None:
    """The tokens of a bill by kind; None where there is no bill that can be read."""
    if not isinstance(usage, dict):
        return None
    details = usage.get("input_tokens_details")
    details = details if isinstance(details, dict) else {}
    output, image = usage.get("output_tokens"), details.get("image_tokens", 0)
    text = details.get("text_tokens", usage.get("input_tokens"))
    counts = {"text_in": text, "image_in": image, "image_out": output}
    if not all(type(count) is int and 0 <= count < 10**9 for count in counts.values()):
        return None
    return counts


def _parts(references: tuple[bytes, ...]) -> list[Part]:
    """Pictures as the files of a form, small enough for what a reference is priced at."""
    parts: list[Part] = []
    for number, data in enumerate(map(shrunk, references), 1):
        kind = mime_type(data)
        parts.append(("image[]", (f"reference_{number}.{kind.removeprefix('image/')}", data, kind)))
    return parts
