"""What fal answers: the status of a job, its picture, or why there is none.

Source: docs.fal.ai, "Model errors", "Request error types" and the FAQ on billing: errors of 500
and above are never billed, others may be if a machine had begun; public issues for locked accounts.
"""

from __future__ import annotations

from typing import Any, Literal

from clavilux.model.errors import ProviderError, Trouble
from clavilux.providers.web import Reply, advised, provider_words

VARIABLE = "FAL_KEY"
"""Of the environment, for the key."""

Stage = Literal["submit", "status", "result"]
"""submit: nothing is queued yet. status: the job goes on, whatever the answer. result: it ended."""

MODERATED = "content_policy_violation"
NO_PICTURE = "no_media_generated"
AT_FAULT = frozenset({"downstream_service_error", "downstream_service_unavailable"})
"""The model's own host failed, though it comes as HTTP 400."""

_STATUSES: dict[int, Trouble] = {
    401: "authentication",
    402: "quota",
    404: "model_gone",
    408: "transient",
    409: "transient",
    429: "rate_limited",
}


def is_completed(reply: Reply) -> bool:
    """Whether there is a result to ask for, good or bad."""
    return _plain(reply).get("status") not in ("IN_QUEUE", "IN_PROGRESS", None)


def picture_of(reply: Reply) -> tuple[object, str]:
    """The address of the picture in a result, unchecked; the bill in words.

    Raises ProviderError where there is none, or where fal blanked it for what it shows.
    """
    result = _plain(reply)
    flags = result.get("has_nsfw_concepts")
    if isinstance(flags, list) and flags[:1] == [True]:
        raise ProviderError("fal: the picture was filtered", trouble="filtered", billed="yes")
    images = result.get("images")
    first = images[0] if isinstance(images, list) and images else result.get("image")
    address = first.get("url") if isinstance(first, dict) else None
    if not address:
        raise ProviderError("fal: no picture in the result", trouble="unusable", billed="maybe")
    units = reply.headers.get("x-fal-billable-units", "")
    return address, f"{provider_words(units)} billable units" if units else ""


def refusal_of(reply: Reply, *, key: str, stage: Stage) -> ProviderError:
    """The trouble behind an HTTP status."""
    plain = _plain(reply)
    detail = plain.get("detail") or plain.get("error") or ""
    types = _types(detail) | {str(plain.get("error_type") or "")}
    words = provider_words(_text(detail), key=key)
    trouble = _trouble(reply.status, words, types)
    if stage != "submit" and trouble == "model_gone":
        trouble = "unusable"
    if stage == "result" and trouble in ("transient", "rate_limited") and _is_last(reply, types):
        trouble = "unusable"  # asking for the same result again would change nothing
    return ProviderError(
        advised(f"fal: HTTP {reply.status} {words}".strip(), trouble, variable=VARIABLE),
        trouble=trouble,
        billed=_billed(reply, stage),
        retry_after=reply.retry_after if trouble in ("rate_limited", "transient") else None,
    )


def _trouble(status: int, words: str, types: set[str]) -> Trouble:
    if MODERATED in types:
        return "moderated"
    if NO_PICTURE in types:
        return "unusable"
    if status == 403:
        is_money = any(word in words.lower() for word in ("balance", "top_up", "credit"))
        return "quota" if is_money else "authentication"
    if status >= 500 or types & AT_FAULT:
        return "transient"
    return _STATUSES.get(status, "bad_request" if status >= 400 else "unknown")


def _billed(reply: Reply, stage: Stage) -> Literal["no", "maybe"]:
    if stage == "submit":
        return "maybe" if reply.status >= 500 or reply.status == 408 else "no"
    if stage == "status":
        return "maybe"
    return "no" if reply.status >= 500 else "maybe"


def _is_last(reply: Reply, types: set[str]) -> bool:
    """Whether a bad answer is the job's own end, and not a gateway's on the way to it."""
    return bool(types - {""}) or bool(reply.headers.get("x-fal-error-type"))


def _types(detail: Any) -> set[str]:
    items = detail if isinstance(detail, list) else [detail]
    return {str(item.get("type")) for item in items if isinstance(item, dict)}


def _text(detail: Any) -> str:
    """A sentence out of a string, or of the list of what is wrong with the input."""
    if isinstance(detail, list):
        return "; ".join(_text(item) for item in detail)
    if isinstance(detail, dict):
        where = detail.get("loc")
        place = ".".join(str(part) for part in where) if isinstance(where, list) else ""
        return f"{place} {detail.get('msg', '')}".strip()
    return str(detail)


def _plain(reply: Reply) -> dict[str, Any]:
    try:
        plain = reply.json()
    except ProviderError:
        return {}
    return plain if isinstance(plain, dict) else {}
