"""Stability AI's Stable Image Ultra and Core.

It takes an aspect ratio rather than pixels, a seed and a negative prompt. The answer is one form
sent, one picture back; a picture that its filter disliked comes blurred, as a success.

Source: the reference of v2beta at platform.stability.ai, November 2026.
"""

from __future__ import annotations

from typing import ClassVar

from clavilux.interfaces import Capabilities, Sold
from clavilux.model.errors import InputError, ProviderError, Trouble
from clavilux.model.money import Price
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.model.settings import ProviderSettings
from clavilux.providers import prices
from clavilux.providers.account import Account, AccountHolder
from clavilux.providers.adapting import adapt, nearest_aspect, seed_within, shape_given_up
from clavilux.providers.web import Reply, picture_bytes, provider_words

SIDES = {
    "16:9": (1344, 768),
    "1:1": (1024, 1024),
    "21:9": (1536, 640),
    "2:3": (832, 1216),
    "3:2": (1216, 832),
    "4:5": (896, 1088),
    "5:4": (1088, 896),
    "9:16": (768, 1344),
    "9:21": (640, 1536),
}
"""About the width and height of each aspect ratio: one megapixel."""

MODELS = ("ultra", "core")

LAST_SEED = 4_294_967_294
"""The first is 1: 0 stands for any."""

# An image of Ultra is no style to follow but a picture to paint over: every still would have the
# composition of the first. Related seeds hold the pictures together instead.
CAN = Capabilities(seed=True, negative_prompt=True, references=0, prompt_limit=10_000)

_STATUSES: dict[int, Trouble] = {
    401: "authentication",
    402: "quota",
    403: "authentication",
    404: "model_gone",
    408: "transient",
    429: "rate_limited",
}

_ADVICE: dict[Trouble, str] = {
    "authentication": "Stability refused the key; set STABILITY_API_KEY to one that is valid",
    "quota": "Stability: no credits are left; buy some at platform.stability.ai",
}


class Stability(AccountHolder):
    """Sells pictures for credits."""

    name: ClassVar[str] = "stability"

    def __init__(self, said: ProviderSettings | None = None) -> None:
        """Raises InputError where what the user said cannot be asked for."""
        said = said or ProviderSettings()
        self._account = Account(
            provider=self.name,
            said=said,
            own_url="https://api.stability.ai",
            variable="STABILITY_API_KEY",
            usual=MODELS[0],
        )
        self._web = self._account.web("authorization", "Bearer ", accept="application/json")
        if said.model not in ("", *MODELS):
            raise InputError(f"[providers.stability] model: choose from {', '.join(MODELS)}")
        for word in ("quality", "size"):
            if getattr(said, word):
                raise InputError(f"[providers.stability] {word}: it has none; leave it out")

    @property
    def capabilities(self) -> Capabilities:
        return self._account.limited(CAN)

    def order(
        self,
        request: ImageRequest,
        *,
        model: str,
        simplified: bool = False,
        references: tuple[str, ...] = (),
    ) -> Order:
        """The aspect ratio nearest to the request's."""
        fit = adapt(request, CAN, simplified=simplified, references=references)
        aspect = nearest_aspect(request.width, request.height, tuple(SIDES))
        width, height = SIDES[aspect]
        return Order(
            provider=self.name,
            model=model,
            endpoint=self._account.endpoint,
            prompt=fit.prompt,
            negative_prompt=fit.negative_prompt,
            width=width,
            height=height,
            seed=seed_within(fit.seed or 1, low=1, high=LAST_SEED),
            options={"aspect_ratio": aspect, "output_format": "png"},
            references=fit.references,
            given_up=(*fit.given_up, *shape_given_up(request, width, height)),
        )

    def price(self, order: Order) -> Price:
        """So many credits a picture."""
        return prices.of(self.name, order.model).price(width=order.width, height=order.height)

    def submit(self, order: Order, references: tuple[bytes, ...] = ()) -> Sold:
        """Buy; the answer is the picture. Raises ProviderError."""
        fields = {
            "prompt": order.prompt,
            "seed": str(order.seed),
            **{name: str(value) for name, value in order.options.items()},
        }
        if order.negative_prompt:
            fields["negative_prompt"] = order.negative_prompt
        reply = self._web.post_form(f"/v2beta/stable-image/generate/{order.model}", fields, [])
        if reply.status != 200:
            raise _failure(reply, key=self._account.key)
        return _sold(reply)

    def collect(self, ticket: object) -> Sold | None:
        """There are no tickets: submit waits."""
        raise ProviderError("stability gives no tickets", trouble="bad_request")


def _sold(reply: Reply) -> Sold:
    """The picture of a success; it costs what the list says, for the answer says nothing."""
    if reply.headers.get("content-type", "").startswith("image/"):  # some servers cannot do JSON
        finish, data = reply.headers.get("finish-reason", "SUCCESS"), reply.body
        _check_finish(finish)
        return Sold(data=data)
    answer = reply.json()
    if not isinstance(answer, dict):
        answer = {}
    _check_finish(answer.get("finish_reason", "SUCCESS"))
    try:
        return Sold(data=picture_bytes(answer.get("image")))
    except ProviderError:
        raise _no_picture("Stability's answer holds no picture", "unusable") from None


def _check_finish(reason: object) -> None:
    if reason == "CONTENT_FILTERED":
        raise _no_picture("Stability blurred the picture: its filter disliked it", "filtered")
    if reason != "SUCCESS":
        raise _no_picture("Stability says that the picture did not succeed", "unusable")


def _no_picture(message: str, trouble: Trouble) -> ProviderError:
    return ProviderError(message, trouble=trouble, billed="yes")


def _failure(reply: Reply, *, key: str) -> ProviderError:
    """The error that an answer other than 200 stands for; `key` never occurs in it."""
    name, words = _said(reply)
    trouble = _STATUSES.get(reply.status, "transient" if reply.status >= 500 else "bad_request")
    if name == "content_moderation":
        trouble = "moderated"
    told = provider_words(words or name, key=key)
    return ProviderError(
        _ADVICE.get(trouble, f"Stability answered {reply.status}{f': {told}' if told else ''}"),
        trouble=trouble,
        billed="maybe" if trouble == "transient" else "no",
        retry_after=reply.retry_after,
    )


def _said(reply: Reply) -> tuple[str, str]:
    """The name of an error, and what is said about it."""
    try:
        body = reply.json()
    except ProviderError:
        body = None
    if not isinstance(body, dict):
        return "", ""
    errors = body.get("errors")
    lines = errors if isinstance(errors, list) else [errors or ""]
    return str(body.get("name") or ""), "; ".join(str(line) for line in lines)
