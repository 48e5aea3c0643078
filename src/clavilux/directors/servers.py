"""What every language model behind HTTP has: an account, prices by the token, and troubles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from clavilux.interfaces import Answer
from clavilux.model.codec import to_json
from clavilux.model.errors import ProviderError, Trouble
from clavilux.model.money import Price, micros
from clavilux.model.question import Question
from clavilux.providers import prices
from clavilux.providers.account import Account
from clavilux.providers.model_prices import ModelPrices, Tokens
from clavilux.providers.web import Reply, provider_words

LARGEST_ANSWER = 4_000_000
"""Bytes: far more than the most tokens that are asked for."""

UNSEEN = 1000
"""Tokens that a server may add to what is sent: its own template, and words about the schema."""

FREE = Tokens()

Stop = Literal["end", "length", "refusal"]


def is_local(base_url: str) -> bool:
    """Whether an address is on this machine: nobody sends a bill for that."""
    host = (urlsplit(base_url).hostname or "").lower()
    return bool(
        host in ("localhost", "::1", "0.0.0.0")
        or host.endswith(".localhost")
        or re.fullmatch(r"127(\.\d{1,3}){3}", host)
    )


def rates_for(account: Account, model: str) -> Tokens:
    """Dollars per million tokens: as listed or said by the user; nothing on this machine.

    Raises ProviderError where nobody could say when the budget is spent.
    """
    found = _listed(account.provider, model)
    if found is not None and found.tokens is not None:
        return found.tokens
    if is_local(account.base_url):
        return FREE
    raise ProviderError(
        f"no price is known for {account.provider} {model}; set "
        f'[prices.{account.provider}."{model}"] tokens = {{ text_in = USD, text_out = USD }} in '
        "config.toml, per million; 0 where it is free",
        trouble="bad_request",
    )


def _listed(provider: str, model: str) -> ModelPrices | None:
    return prices.used().find(provider, model)


def price_of(account: Account, model: str, sent: Mapping[str, Any], question: Question) -> Price:
    """What an answer costs. `sent`: the body of the call.

    `high` is a bound: a token of text is never less than a byte, and the server stops at
    max_tokens.
    """
    rate, listed = rates_for(account, model), _listed(account.provider, model)
    text = to_json(sent)

    def total(tokens_in: float, tokens_out: float) -> int:
        return micros((tokens_in * rate.text_in + tokens_out * rate.text_out) / 1e6)

    most = question.max_tokens
    return Price(
        low=total(len(text) / 6, most / 8),
        likely=total(len(text) / 4, most / 3),
        high=total(len(text.encode()) + UNSEEN, most),
        seconds=listed.seconds if listed else 60.0,
    )


def is_paid(account: Account, model: str) -> bool:
    """Whether answers cost anything; where no price is known, they may."""
    try:
        rate = rates_for(account, model)
    except ProviderError:
        return True
    return bool(rate.text_in or rate.text_out)


def answer_of(
    account: Account, model: str, *, text: object, stop: Stop, tokens: tuple[object, object]
) -> Answer:
    """An answer with its bill. `tokens`: how many went in and came out, as the server counts."""
    cost, usage = None, ""
    counts = [count for count in tokens if type(count) is int and 0 <= count < 10**9]
    if len(counts) == 2:
        rate = rates_for(account, model)
        cost = micros((counts[0] * rate.text_in + counts[1] * rate.text_out) / 1e6)
        usage = f"tokens: {counts[0]} in, {counts[1]} out"
    said = text.encode("utf-8", "ignore").decode() if isinstance(text, str) else ""
    return Answer(text=said, stop=stop, cost=cost, usage=usage)


def read_reply(reply: Reply, account: Account) -> Any:
    """The JSON of a good answer. Raises ProviderError for any other."""
    if reply.status != 200:
        raise failure(reply, account)
    if len(reply.body) > LARGEST_ANSWER:
        raise unusable(account, f"is over {LARGEST_ANSWER // 10**6} MB")
    return reply.json()


def unusable(account: Account, why: str) -> ProviderError:
    """What came with status 200 is no answer; it is paid all the same."""
    return ProviderError(
        f"the answer of {account.provider} {why}", trouble="unusable", billed="maybe"
    )


# --- Refusals. Sources: the lists of error codes at developers.openai.com and docs.claude.com -----

_CODES: dict[str, Trouble] = {
    "insufficient_quota": "quota",
    "billing_hard_limit_reached": "quota",
    "billing_error": "quota",
    "model_not_found": "model_gone",
    "model_deprecated": "model_gone",
    "not_found_error": "model_gone",
    "invalid_api_key": "authentication",
    "authentication_error": "authentication",
    "content_policy_violation": "moderated",
    "content_filter": "moderated",
    "rate_limit_exceeded": "rate_limited",
    "rate_limit_error": "rate_limited",
    "overloaded_error": "transient",
}
"""Codes and types mean the same whatever status they come with."""

_STATUSES: dict[int, Trouble] = {
    401: "authentication",
    402: "quota",
    403: "authentication",
    404: "model_gone",
    408: "transient",
    409: "transient",
    425: "transient",
    429: "rate_limited",
}

_NOT_BEGUN = (503, 529)
"""Statuses of servers that have too much to do: nothing was written."""


def failure(reply: Reply, account: Account) -> ProviderError:
    """The error that an answer other than 200 stands for; the key never occurs in it."""
    said = _error_of(reply)
    codes = [str(said.get(name) or "") for name in ("code", "type")]
    message = str(said.get("message") or "")
    trouble = _trouble(reply.status, codes, message)
    words = provider_words(message or codes[0], key=account.key)
    told = f"{account.provider} answered {reply.status}{f': {words}' if words else ''}"
    begun = reply.status >= 500 and reply.status not in _NOT_BEGUN
    return ProviderError(
        _advice(trouble, account) or told,
        trouble=trouble,
        billed="maybe" if begun or reply.status == 408 else "no",
        retry_after=reply.retry_after,
    )


def _error_of(reply: Reply) -> dict[str, Any]:
    try:
        said = reply.json()["error"]
    except (ProviderError, KeyError, TypeError):
        return {}
    return said if isinstance(said, dict) else {"message": said}


def _trouble(status: int, codes: list[str], message: str) -> Trouble:
    known = next((_CODES[code] for code in codes if code in _CODES), None)
    if known:
        return known
    if status in (400, 403) and re.search(r"(?i)credit balance|billing|quota", message):
        return "quota"
    if status in _STATUSES:
        return _STATUSES[status]
    return "transient" if status >= 500 else "bad_request"


def _advice(trouble: Trouble, account: Account) -> str:
    name, variable = account.provider, account.variable
    return {
        "authentication": f"{name} refused the key; set {variable} to one that is valid",
        "quota": f"{name}: no credit is left, or a spending limit is reached; see its settings",
    }.get(trouble, "")
