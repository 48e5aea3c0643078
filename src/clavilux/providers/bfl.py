"""Black Forest Labs: FLUX.2 and FLUX 3, asynchronous.

A call is answered with a task and an address to poll; the finished picture lies at a signed
address that dies after ten minutes, and is fetched at once. What a task costs is told in credits,
a cent each; only finished pictures are billed.

Source: docs.bfl.ai, help.bfl.ai and black-forest-labs/skills (bfl-api), November 2026.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar
from urllib.parse import quote

from clavilux.interfaces import Capabilities, Sold, Ticket
from clavilux.model.errors import InputError, ProviderError
from clavilux.model.money import Price
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.model.settings import ProviderSettings
from clavilux.providers import prices
from clavilux.providers.account import Account, AccountHolder
from clavilux.providers.adapting import Adapted, adapt, seed_within, shape_given_up
from clavilux.providers.addresses import download, own_address
from clavilux.providers.attachments import base64_of, shrunk
from clavilux.providers.bfl_answers import VARIABLE, cost_of, finished, polling_address, refusal_of
from clavilux.providers.bfl_models import (
    CLASSES,
    LARGEST_SEED,
    USUAL,
    USUAL_MOST,
    class_for,
    family_of,
    pixels_for,
)

HOSTS = ("bfl.ai", "bfl.ml")
"""Whoever answers below these may be shown the key."""

SAFETY = 2
"""Their usual tolerance: 0 is strict, 5 lax (4 for FLUX 3)."""


class BFL(AccountHolder):
    """Pictures from Black Forest Labs."""

    name: ClassVar[str] = "bfl"

    def __init__(self, said: ProviderSettings | None = None) -> None:
        """Raises InputError where what the user said cannot be asked for."""
        self._account = Account(
            provider=self.name,
            said=said or ProviderSettings(),
            own_url="https://api.bfl.ai",
            variable=VARIABLE,
            usual=USUAL,
            version="/v1",
        )
        wanted = self._account.said.quality
        if wanted and wanted not in CLASSES:
            raise InputError(f"[providers.bfl] quality: choose from {', '.join(CLASSES)}")
        try:
            family_of(self.models[0])
        except ProviderError as error:
            raise InputError(str(error)) from None
        self._web = self._account.web("x-key")

    @property
    def capabilities(self) -> Capabilities:
        return self._can(self.models[0])

    def _can(self, model: str) -> Capabilities:
        family = family_of(model)
        return self._account.limited(
            Capabilities(
                seed=family.seed,
                negative_prompt=False,
                references=family.references,
                prompt_limit=32_000,
                concurrency=8,  # of the 24 tasks an account may have
            )
        )

    def order(
        self,
        request: ImageRequest,
        *,
        model: str,
        simplified: bool = False,
        references: tuple[str, ...] = (),
    ) -> Order:
        """Raises ProviderError for a model whose fields are not known."""
        adapted = adapt(request, self._can(model), simplified=simplified, references=references)
        width, height, options = self._size(request, model)
        return Order(
            provider=self.name,
            model=model,
            endpoint=self._account.endpoint,
            prompt=adapted.prompt,
            width=width,
            height=height,
            seed=_seed(adapted),
            options={"safety_tolerance": SAFETY, **options},
            references=adapted.references,
            given_up=(*adapted.given_up, *shape_given_up(request, width, height)),
        )

    def _size(
        self, request: ImageRequest, model: str
    ) -> tuple[int, int, dict[str, str | int | float | bool]]:
        """Width, height and what else is sent about them."""
        said = self._account.said
        if not family_of(model).by_pixels:
            size = said.quality or "1k"
            aspect, width, height = class_for(request.width, request.height, size)
            # Grounding: it would search the web for the prompt.
            return width, height, {"aspect_ratio": aspect, "resolution": size, "grounding": False}
        if said.size:
            width, height = pixels_for(*map(int, said.size.split("x")))
        else:
            width, height = pixels_for(request.width, request.height, most=USUAL_MOST)
        return width, height, {"output_format": "png"}

    def price(self, order: Order) -> Price:
        """By megapixels, in and out, or by size class."""
        return prices.of(self.name, order.model).price(
            width=order.width,
            height=order.height,
            size=str(order.options.get("resolution", "")),
            prompt=order.prompt,
            references=len(order.references),
        )

    def submit(self, order: Order, references: tuple[bytes, ...] = ()) -> Ticket:
        """Start a task. Raises ProviderError."""
        path = f"/v1/{quote(order.model, safe='')}"
        reply = self._web.post_json(path, _body(order, references))
        if reply.status not in (200, 201, 202):
            raise refusal_of(reply, key=self._account.key)
        answer = reply.json()
        address = self._own(polling_address(answer, base_url=self._account.base_url))
        return Ticket(id=json.dumps({"poll": address, "cost": cost_of(answer)}))

    def collect(self, ticket: Ticket) -> Sold | None:
        """Ask once. Raises ProviderError: a transient one says nothing about the task."""
        try:
            held = json.loads(ticket.id)
            address, told = held["poll"], held.get("cost")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ProviderError(
                "bfl: the ticket cannot be read", trouble="unusable", billed="maybe"
            ) from None
        address = self._own(address)
        try:
            reply = self._web.get_url(address, with_key=True)
        except ProviderError as error:
            raise ProviderError(str(error), trouble=error.trouble, billed="maybe") from None
        made = finished(reply, key=self._account.key, told=told)
        if made is None:
            return None
        data = download(self._web, made.sample, base_url=self._account.base_url, cost=made.cost)
        return Sold(data=data, cost=made.cost, usage=made.usage)

    def _own(self, address: object) -> str:
        base = self._account.base_url
        return own_address(address, provider=self.name, base_url=base, hosts=HOSTS)


def _seed(adapted: Adapted) -> int | None:
    return None if adapted.seed is None else seed_within(adapted.seed, low=0, high=LARGEST_SEED)


def _body(order: Order, references: tuple[bytes, ...]) -> dict[str, Any]:
    pictures = [base64_of(shrunk(picture)) for picture in references]
    body: dict[str, Any] = {"prompt": order.prompt, **order.options}
    if not family_of(order.model).by_pixels:
        return {**body, "images": pictures} if pictures else body
    body |= {"width": order.width, "height": order.height}
    if order.seed is not None:
        body["seed"] = order.seed
    for number, picture in enumerate(pictures, 1):
        body["input_image" if number == 1 else f"input_image_{number}"] = picture
    return body
