"""What Gemini answers: a picture with its bill, a refusal in a good answer, or an error.

Source: the types of google-genai 3.4.0, google.rpc.Status with its details (cloud.google.com/apis/
design/errors), and error bodies that users of Google's own tools reported in 2025 and 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

from clavilux.interfaces import Sold
from clavilux.model.errors import ProviderError, Trouble
from clavilux.providers.model_prices import ModelPrices
from clavilux.providers.web import Reply, advised, picture_bytes, provider_words

VARIABLE = "GEMINI_API_KEY"
"""Of the environment, for the key."""

REFUSED = frozenset(
    {
        "SAFETY",
        "RECITATION",
        "LANGUAGE",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
        "NO_IMAGE",
        "ESCALATION",
        "MODEL_ARMOR",
    }
)
"""Reasons to finish that another prompt may change."""

Billed = Literal["no", "maybe", "yes"]

FREE_WORDS = "not be charged"
"""What it says of a refusal that is not billed."""


def picture_of(answer: Any, rates: ModelPrices | None) -> Sold:
    """The picture in a good answer. `rates`: what its tokens cost, where that is known.

    Raises ProviderError where it is none: a refusal comes with HTTP 200.
    """
    answer = answer if isinstance(answer, dict) else {}
    cost, usage = _bill(answer.get("usageMetadata"), rates)
    feedback, candidate = _dict(answer.get("promptFeedback")), _first(answer.get("candidates"))
    blocked, finish = str(feedback.get("blockReason", "")), str(candidate.get("finishReason", ""))
    message = feedback.get("blockReasonMessage") or candidate.get("finishMessage")
    encoded = _picture(candidate)
    if blocked or finish in REFUSED or not encoded:
        raise _refusal(blocked or finish, message, blocked=bool(blocked), cost=cost)
    return Sold(data=picture_bytes(encoded), cost=cost, usage=usage)


def _refusal(reason: str, message: object, *, blocked: bool, cost: int | None) -> ProviderError:
    words = provider_words(f"{reason} {message or ''}".strip() or "no picture in the answer")
    trouble: Trouble = "moderated" if blocked or reason in REFUSED else "unusable"
    if reason == "PUP_LIMITED_DISABLED":  # the account, for what it asked for before
        trouble = "authentication"
    if FREE_WORDS in str(message):
        cost = 0
    billed: Billed = "maybe" if cost is None else "yes" if cost else "no"
    return ProviderError(f"gemini: {words}", trouble=trouble, billed=billed, cost=cost)


def _picture(candidate: dict[str, Any]) -> object:
    """The last picture that is no draft of its thinking, in base64."""
    found = None
    parts = _dict(candidate.get("content")).get("parts")
    for part in parts if isinstance(parts, list) else ():
        inline = _dict(_dict(part).get("inlineData"))
        if inline.get("data") and not part.get("thought"):
            found = inline["data"]
    return found


def _bill(usage: Any, rates: ModelPrices | None) -> tuple[int | None, str]:
    """Millionths of a dollar, and the account in words."""
    if not isinstance(usage, dict):
        return None, ""
    prompt, out = _count(usage, "promptTokenCount"), _count(usage, "candidatesTokenCount")
    thoughts = _count(usage, "thoughtsTokenCount")
    image_in = _of_images(usage.get("promptTokensDetails"), among=prompt, usually=0)
    image_out = _of_images(usage.get("candidatesTokensDetails"), among=out, usually=out)
    cost = (
        None
        if rates is None
        else rates.of_tokens(
            text_in=prompt - image_in,
            image_in=image_in,
            text_out=out - image_out + thoughts,
            image_out=image_out,
        )
    )
    return cost, f"{prompt} tokens in, {image_out} of picture and {out - image_out + thoughts} out"


def _of_images(details: Any, *, among: int, usually: int) -> int:
    if not isinstance(details, list):
        return usually
    images = (d for d in _dicts(details) if d.get("modality") == "IMAGE")
    return min(among, sum(_count(d, "tokenCount") for d in images))


def _count(table: dict[str, Any], name: str) -> int:
    value = table.get(name, 0)
    return max(0, value) if isinstance(value, int) else 0


def refusal_of(reply: Reply, *, key: str) -> ProviderError:
    """The trouble behind an answer that is not HTTP 200."""
    error = _error(reply)
    message = str(error.get("message", ""))
    details = _dicts(error.get("details"))
    reasons = {str(d.get("reason")) for d in details}
    wait = _retry_delay(details)
    wait = reply.retry_after if wait is None else wait
    trouble = _trouble(reply.status, message.lower(), reasons=reasons, details=details, wait=wait)
    # Google bills nothing for answers of 400 and 500; a gateway may have lost a good one.
    words = provider_words(message or error.get("status"), key=key)
    return ProviderError(
        advised(f"gemini: HTTP {reply.status} {words}", trouble, variable=VARIABLE),
        trouble=trouble,
        billed="maybe" if reply.status in (408, 499, 502, 504) else "no",
        retry_after=wait if trouble in ("rate_limited", "transient") else None,
    )


def _trouble(
    status: int,
    message: str,
    *,
    reasons: set[str],
    details: list[dict[str, Any]],
    wait: float | None,
) -> Trouble:
    if status == 429:
        return _too_many(message, details, wait)
    if status == 401 or any(r.startswith("API_KEY_") for r in reasons) or "api key" in message:
        return "authentication"
    if status in (402, 403) or (status == 400 and "billing" in message):
        if "billing" in message or status == 402:
            return "quota"
        return "verification" if "verif" in message else "authentication"
    if status == 404:
        return "model_gone"
    if status in (408, 499) or status >= 500:
        return "transient"
    return "bad_request" if 400 <= status < 500 else "unknown"


def _too_many(message: str, details: list[dict[str, Any]], wait: float | None) -> Trouble:
    """RESOURCE_EXHAUSTED means too fast, or no more today, or no money left."""
    limits = " ".join(str(v.get("quotaId", "")) + " " for v in _violations(details))
    none_left = re.search(r"limit: 0\b|credits? (is|are) depleted|spend(ing)? cap", message)
    if "PerDay" in limits or none_left:
        return "quota"
    if wait is None and not limits.strip() and re.search(r"current quota|billing", message):
        return "quota"
    return "rate_limited"


def _violations(details: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for detail in details:
        yield from _dicts(detail.get("violations"))


def _retry_delay(details: list[dict[str, Any]]) -> float | None:
    """Seconds of google.rpc.RetryInfo, such as "34.07s"."""
    for detail in details:
        match = re.fullmatch(r"(\d+(?:\.\d+)?)s", str(detail.get("retryDelay", "")))
        if match:
            return float(match[1])
    return None


def _error(reply: Reply) -> dict[str, Any]:
    """The error of a body, which some of its servers put into a list."""
    try:
        plain = reply.json()
    except ProviderError:
        return {}
    return _dict(_dict(_first(plain) if isinstance(plain, list) else plain).get("error"))


def _dicts(items: Any) -> list[dict[str, Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _first(items: Any) -> dict[str, Any]:
    return _dict(items[0]) if isinstance(items, list) and items else {}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
