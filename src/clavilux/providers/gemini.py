"""Google Gemini image models, by generateContent.

Source: the types of google-genai 3.4.0 and ai.google.dev, November 2026. It takes an aspect ratio
and a size class rather than pixels, and no dependable seed. The bill is in tokens, and in every
answer.
"""

from __future__ import annotations

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
from clavilux.providers.adapting import adapt, nearest_aspect, shape_given_up
from clavilux.providers.attachments import base64_of, mime_type, shrunk
from clavilux.providers.gemini_answers import VARIABLE, picture_of, refusal_of
from clavilux.providers.gemini_models import FACTORS, NO_CLASS, SIDES, classes_of


class Gemini(AccountHolder):
    """Pictures from Google."""

    name: ClassVar[str] = "gemini"

    def __init__(self, said: ProviderSettings | None = None) -> None:
        """Raises InputError where what the user said cannot be asked for."""
        self._account = Account(
            provider=self.name,
            said=said or ProviderSettings(),
            own_url="https://generativelanguage.googleapis.com",
            variable=VARIABLE,
            usual="gemini-nano-banana-2.1",
            version="/v1beta",
        )
        wanted = self._account.said.quality
        if wanted and wanted not in FACTORS:
            raise InputError(f"[providers.gemini] quality: choose from {', '.join(FACTORS)}")
        self._web = self._account.web("x-goog-api-key")

    @property
    def capabilities(self) -> Capabilities:
        return self._account.limited(
            Capabilities(seed=False, negative_prompt=False, references=10, prompt_limit=20_000)
        )

    def order(
        self,
        request: ImageRequest,
        *,
        model: str,
        simplified: bool = False,
        references: tuple[str, ...] = (),
    ) -> Order:
        """The aspect ratio nearest to the request's, in the size class that the user wants."""
        adapted = adapt(request, self.capabilities, simplified=simplified, references=references)
        aspect = nearest_aspect(request.width, request.height, tuple(SIDES))
        wanted, classes = self._account.said.quality or "1K", classes_of(model)
        size = wanted if wanted in classes else classes[-1]
        width, height = (side * FACTORS[size] for side in SIDES[aspect])
        sized = {} if model.startswith(NO_CLASS) else {"image_size": size}
        return Order(
            provider=self.name,
            model=model,
            endpoint=self._account.endpoint,
            prompt=adapted.prompt,
            width=width,
            height=height,
            options={"aspect_ratio": aspect, **sized},
            references=adapted.references,
            given_up=(*adapted.given_up, *shape_given_up(request, width, height)),
        )

    def price(self, order: Order) -> Price:
        """By size class, with room for what the model thinks before it draws."""
        return prices.of(self.name, order.model).price(
            width=order.width,
            height=order.height,
            size=str(order.options.get("image_size", "")),
            prompt=order.prompt,
            references=len(order.references),
        )

    def submit(self, order: Order, references: tuple[bytes, ...] = ()) -> Sold:
        """Buy; Gemini answers with the picture. Raises ProviderError."""
        path = f"/v1beta/models/{quote(order.model, safe='')}:generateContent"
        reply = self._web.post_json(path, _body(order, references))
        if reply.status != 200:
            raise refusal_of(reply, key=self._account.key)
        answer = reply.json()
        return picture_of(answer, prices.used().find(self.name, order.model))

    def collect(self, ticket: Ticket) -> Sold | None:
        """There are no tickets: submit waits."""
        raise ProviderError("gemini gives no tickets", trouble="bad_request")


def _body(order: Order, references: tuple[bytes, ...]) -> dict[str, Any]:
    options = order.options
    image = {"aspectRatio": options["aspect_ratio"]}
    if "image_size" in options:
        image["imageSize"] = options["image_size"]
    parts: list[dict[str, Any]] = [{"text": order.prompt}]
    parts += [{"inlineData": _inline(shrunk(picture))} for picture in references]
    return {
        "contents": [{"role": "user", "parts": parts}],
        "generationConfig": {"responseModalities": ["IMAGE"], "imageConfig": image},
    }


def _inline(picture: bytes) -> dict[str, str]:
    return {"mimeType": mime_type(picture), "data": base64_of(picture)}
