"""OpenAI's refusals, classed.

Source: the guide to error codes at developers.openai.com and bodies seen in public issues, 2026.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from clavilux.model.errors import ProviderError, Trouble
from clavilux.providers.web import Reply, provider_words

_CODES: dict[str, Trouble] = {
    "moderation_blocked": "moderated",
    "content_policy_violation": "moderated",
    "billing_hard_limit_reached": "quota",
    "insufficient_quota": "quota",
    "model_not_found": "model_gone",
    "model_deprecated": "model_gone",
    "invalid_api_key": "authentication",
    "rate_limit_exceeded": "rate_limited",
}
"""Codes mean the same whatever status they come with."""

_STATUSES: dict[int, Trouble] = {
    401: "authentication",
    402: "quota",
    403: "authentication",
    408: "transient",
    409: "transient",
    429: "rate_limited",
}

_ADVICE: dict[Trouble, str] = {
    "authentication": "OpenAI refused the key; set OPENAI_API_KEY to one that is valid",
    "quota": "OpenAI: no credit is left, or a spending limit is reached; see its billing settings",
    "verification": "OpenAI: the organization must be verified to use this model; see its settings",
}


def failure(reply: Reply, *, key: str) -> ProviderError:
    """The error that an answer other than 200 stands for; `key` never occurs in it."""
    said = _error_of(reply)
    message, code = str(said.get("message") or ""), str(said.get("code") or "")
    trouble = _trouble(reply.status, code, message)
    words = provider_words(message or code, key=key)
    told = f"OpenAI answered {reply.status}{f': {words}' if words else ''}"
    return ProviderError(
        _ADVICE.get(trouble, told),
        trouble=trouble,
        billed=_billed(reply.status, trouble, said),
        retry_after=reply.retry_after if reply.retry_after is not None else _pause(message),
    )


def _error_of(reply: Reply) -> dict[str, Any]:
    try:
        said = reply.json()["error"]
    except (ProviderError, KeyError, TypeError):
        return {}
    return said if isinstance(said, dict) else {"message": said}


def _trouble(status: int, code: str, message: str) -> Trouble:
    if code in _CODES:
        return _CODES[code]
    if status == 403 and "verified" in message:
        return "verification"
    if status in (400, 403, 404, 410) and re.search(
        r"model\b.*(does not exist|not found|deprecated|shut down|retired|no access)", message, re.I
    ):
        return "model_gone"
    if status in _STATUSES:
        return _STATUSES[status]
    return "transient" if status >= 500 else "bad_request"


def _pause(message: str) -> float | None:
    """Seconds to wait, as limits put it without a header: "Please try again in 12s"."""
    found = re.search(r"try again in ([\d.]{1,9}) ?(ms|s|m)\b", message)
    if not found or found[1].count(".") > 1 or not found[1].strip("."):
        return None
    return float(found[1]) * {"ms": 0.001, "s": 1, "m": 60}[found[2]]


def _billed(status: int, trouble: Trouble, said: dict[str, Any]) -> Literal["no", "maybe"]:
    """In doubt where the picture may have been made: the server broke, or looked at it first."""
    seen = trouble == "moderated" and "output" in str(said.get("moderation_stage", ""))
    return "maybe" if seen or status >= 500 or status == 408 else "no"
