"""fal.ai, which hosts the models of many, behind one queue.

A call is answered with addresses to ask for the status and the result; the picture lies at
another, which holds for days. What a picture costs is not told: the price list decides.

Source: docs.fal.ai, asynchronous inference, and the sources of fal-client 1.0.3, November 2026.
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
from clavilux.providers.adapting import adapt, nearest_aspect, seed_within, shape_given_up
from clavilux.providers.addresses import download, own_address
from clavilux.providers.attachments import data_uri, shrunk
from clavilux.providers.bfl_models import USUAL_MOST, pixels_for
from clavilux.providers.fal_answers import VARIABLE, is_completed, picture_of, refusal_of
from clavilux.providers.fal_models import LARGEST_SEED, USUAL, known_model
from clavilux.providers.gemini_models import FACTORS, SIDES
from clavilux.providers.web import Reply

HOSTS = ("fal.run", "falrun.com", "fal.ai")
"""Whoever answers below these may be shown the key."""


class Fal(AccountHolder):
    """Pictures from models that fal hosts."""

    name: ClassVar[str] = "fal"

    def __init__(self, said: ProviderSettings | None = None) -> None:
        """Raises InputError where what the user said cannot be asked for."""
        self._account = Account(
            provider=self.name,
            said=said or ProviderSettings(),
            own_url="https://queue.fal.run",
            variable=VARIABLE,
            usual=USUAL,
        )
        wanted = self._account.said.quality
        if wanted and wanted not in FACTORS:
            raise InputError(f"[providers.fal] quality: choose from {', '.join(FACTORS)}")
        try:
            known_model(self.models[0])
        except ProviderError as error:
            raise InputError(str(error)) from None
        self._web = self._account.web("authorization", "Key ")

    @property
    def capabilities(self) -> Capabilities:
        return self._can(self.models[0])

    def _can(self, model: str) -> Capabilities:
        known = known_model(model)
        return self._account.limited(
            Capabilities(
                seed=known.seed,
                negative_prompt=known.negative_prompt,
                references=known.references,
                prompt_limit=known.prompt_limit,
                concurrency=4,  # of new accounts 2 are drawn at once; the others wait in its queue
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
        seed = adapted.seed
        return Order(
            provider=self.name,
            model=model,
            endpoint=self._account.endpoint,
            prompt=adapted.prompt,
            negative_prompt=adapted.negative_prompt,
            width=width,
            height=height,
            seed=None if seed is None else seed_within(seed, low=0, high=LARGEST_SEED),
            options={**known_model(model).always, **options},
            references=adapted.references,
            given_up=(*adapted.given_up, *shape_given_up(request, width, height)),
        )

    def _size(self, request: ImageRequest, model: str) -> tuple[int, int, dict[str, str]]:
        """Width, height and what else is sent about them."""
        said = self._account.said
        if known_model(model).by_pixels:
            if said.size:
                return *pixels_for(*map(int, said.size.split("x"))), {}
            return *pixels_for(request.width, request.height, most=USUAL_MOST), {}
        aspect, size = nearest_aspect(request.width, request.height, tuple(SIDES)), said.quality
        width, height = (side * FACTORS[size or "1K"] for side in SIDES[aspect])
        return width, height, {"aspect_ratio": aspect, "resolution": size or "1K"}

    def price(self, order: Order) -> Price:
        """By megapixels or by size class, as the model's page says."""
        return prices.of(self.name, order.model).price(
            width=order.width,
            height=order.height,
            size=str(order.options.get("resolution", "")),
            prompt=order.prompt,
            references=len(order.references),
        )

    def submit(self, order: Order, references: tuple[bytes, ...] = ()) -> Ticket:
        """Put it into the queue. Raises ProviderError."""
        known = known_model(order.model)
        path = f"/{quote(order.model + (known.edit if references else ''))}"
        reply = self._web.post_json(path, _body(order, references))
        if reply.status not in (200, 201, 202):
            raise refusal_of(reply, key=self._account.key, stage="submit")
        answer = reply.json()
        answer = answer if isinstance(answer, dict) else {}
        held = {name: self._own(answer.get(name)) for name in ("status_url", "response_url")}
        return Ticket(id=json.dumps(held))

    def collect(self, ticket: Ticket) -> Sold | None:
        """Ask once. Raises ProviderError: a transient one says nothing about the job."""
        try:
            held = json.loads(ticket.id)
            status_url, response_url = held["status_url"], held["response_url"]
        except (ValueError, KeyError, TypeError):
            raise ProviderError(
                "fal: the ticket cannot be read", trouble="unusable", billed="maybe"
            ) from None
        status = self._ask(status_url)
        if status.status not in (200, 202):
            raise refusal_of(status, key=self._account.key, stage="status")
        if not is_completed(status):
            return None
        result = self._ask(response_url)
        if result.status == 202:
            return None
        if result.status != 200:
            raise refusal_of(result, key=self._account.key, stage="result")
        address, usage = picture_of(result)
        data = download(self._web, address, base_url=self._account.base_url)
        return Sold(data=data, usage=usage)

    def _ask(self, address: object) -> Reply:
        """With the key, where it may go."""
        address = self._own(address)
        try:
            return self._web.get_url(address, with_key=True)
        except ProviderError as error:
            raise ProviderError(str(error), trouble=error.trouble, billed="maybe") from None

    def _own(self, address: object) -> str:
        base = self._account.base_url
        return own_address(address, provider=self.name, base_url=base, hosts=HOSTS)


def _body(order: Order, references: tuple[bytes, ...]) -> dict[str, Any]:
    body: dict[str, Any] = {"prompt": order.prompt, **order.options}
    if known_model(order.model).by_pixels:
        body["image_size"] = {"width": order.width, "height": order.height}
    if order.seed is not None:
        body["seed"] = order.seed
    if order.negative_prompt:
        body["negative_prompt"] = order.negative_prompt
    if references:
        body["image_urls"] = [data_uri(shrunk(picture)) for picture in references]
    return body
