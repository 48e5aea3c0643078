"""What Black Forest Labs answers: how far a task is, and why there is no picture.

Source: docs.bfl.ai, "Errors"; help.bfl.ai, "My prompt is getting moderated" (2026-06-12): only
tasks that end as Ready are billed. A task that failed may come with HTTP 503, so the status in the
body is read first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from clavilux.model.errors import ProviderError, Trouble
from clavilux.model.money import micros
from clavilux.providers.web import Reply, advised, provider_words

VARIABLE = "BFL_API_KEY"
"""Of the environment, for the key."""

CREDIT = 0.01
"""Dollars."""

MOST_CREDITS = 1e6
"""A picture that costs more is a mistake."""

MODERATED = frozenset({"Request Moderated", "Content Moderated"})
FAILED = frozenset({"Error", "Failed"})
LOST = "Task not found"

_STATUSES: dict[int, Trouble] = {
    401: "authentication",
    402: "quota",
    404: "model_gone",
    408: "transient",
    429: "rate_limited",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A finished picture that waits to be fetched."""

    sample: object
    """Its address, unchecked."""
    cost: int | None
    usage: str


def polling_address(answer: Any, *, base_url: str) -> str:
    """Where a task that was accepted can be asked for, unchecked; "" for nowhere."""
    answer = answer if isinstance(answer, dict) else {}
    address = answer.get("polling_url")
    if not address and isinstance(answer.get("id"), str):
        address = f"/v1/get_result?{urlencode({'id': answer['id']})}"
    if not isinstance(address, str):
        return ""
    return base_url + address if address.startswith("/") else address


def cost_of(answer: Any) -> float | None:
    """The credits that an answer names; None where it is no amount."""
    cost = answer.get("cost") if isinstance(answer, dict) else None
    return float(cost) if isinstance(cost, int | float) and 0 <= cost < MOST_CREDITS else None


def finished(reply: Reply, *, key: str, told: Any) -> Made | None:
    """What polling says; None while the task goes on. `told`: credits that were announced.

    Raises ProviderError where there will be no picture.
    """
    answer = _plain(reply)
    status = str(answer.get("status") or "")
    if status == "Ready":
        credits = cost_of(answer)
        credits = cost_of({"cost": told}) if credits is None else credits
        cost = None if credits is None else micros(credits * CREDIT)
        usage = "" if credits is None else f"{credits:g} credits"
        result = answer.get("result")
        sample = result.get("sample") if isinstance(result, dict) else None
        return Made(sample=sample, cost=cost, usage=usage)
    if status in MODERATED or status in FAILED or status == LOST:
        raise _no_picture(status, answer, key=key)
    if reply.status in (200, 202):
        return None
    raise refusal_of(reply, key=key, started=True)


def _no_picture(status: str, answer: dict[str, Any], *, key: str) -> ProviderError:
    details = answer.get("details") or answer.get("error") or answer.get("message") or ""
    words = provider_words(f"{status} {_text(details)}", key=key)
    if status in MODERATED:
        return ProviderError(f"bfl: {words}", trouble="moderated")
    if status == LOST:  # expired: it may have been ready
        return ProviderError(f"bfl: {words}", trouble="unusable", billed="maybe")
    return ProviderError(f"bfl: {words}", trouble="unusable")


def refusal_of(reply: Reply, *, key: str, started: bool = False) -> ProviderError:
    """The trouble behind an HTTP status. `started`: a task is under way, which may be billed."""
    detail = _plain(reply).get("detail") or _plain(reply).get("message") or ""
    words = provider_words(_text(detail), key=key)
    trouble = _trouble(reply.status, words.lower())
    if started and trouble == "model_gone":
        trouble = "unusable"
    unsure = started or reply.status == 408 or reply.status >= 500
    return ProviderError(
        advised(f"bfl: HTTP {reply.status} {words}".strip(), trouble, variable=VARIABLE),
        trouble=trouble,
        billed="maybe" if unsure else "no",
        retry_after=reply.retry_after if trouble in ("rate_limited", "transient") else None,
    )


def _trouble(status: int, words: str) -> Trouble:
    if status == 403:  # "Not authenticated", or "does not have access to this endpoint"
        return "verification" if "access" in words else "authentication"
    if status >= 500:
        return "transient"
    return _STATUSES.get(status, "bad_request" if status >= 400 else "unknown")


def _text(detail: Any) -> str:
    """A sentence out of a string, or of the list or table that validation answers with."""
    if isinstance(detail, list):
        return "; ".join(_text(item) for item in detail)
    if isinstance(detail, dict) and "msg" in detail:
        where = detail.get("loc")
        place = ".".join(str(part) for part in where) if isinstance(where, list) else ""
        return f"{place} {detail['msg']}".strip()
    if isinstance(detail, dict):
        return "; ".join(f"{name}: {_text(value)}" for name, value in detail.items())
    return str(detail)


def _plain(reply: Reply) -> dict[str, Any]:
    try:
        plain = reply.json()
    except ProviderError:
        return {}
    return plain if isinstance(plain, dict) else {}
