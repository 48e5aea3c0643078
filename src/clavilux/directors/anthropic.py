"""Anthropic's messages, with an answer that keeps a JSON Schema (output_config.format).

Source: the API reference at docs.claude.com, November 2026.
"""

from __future__ import annotations

from typing import Any

from clavilux.directors.servers import Stop, answer_of, is_paid, price_of, read_reply, unusable
from clavilux.interfaces import Answer
from clavilux.model.money import Price
from clavilux.model.question import Question
from clavilux.model.settings import ProviderSettings
from clavilux.providers.account import Account
from clavilux.providers.web import Web

OWN = "https://api.anthropic.com"
VERSION = "2023-06-01"
USUAL = "claude-sonnet-5-5"

_STOPS: dict[object, Stop] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
}


class Anthropic:
    """A Claude model."""

    def __init__(self, said: ProviderSettings | None = None, *, name: str = "anthropic") -> None:
        """Raises InputError where what the user said cannot be used."""
        self.name = name
        self._account = Account(
            provider=name,
            said=said or ProviderSettings(),
            own_url=OWN,
            variable="ANTHROPIC_API_KEY",
            usual=USUAL,
            version="/v1",
            table="directors",
        )

    @classmethod
    def configured(cls, name: str, said: ProviderSettings) -> Anthropic:
        """With the user's key, model and address."""
        return cls(said, name=name)

    @property
    def models(self) -> tuple[str, ...]:
        return self._account.models

    @property
    def paid(self) -> bool:
        return is_paid(self._account, self.models[0])

    @property
    def endpoint(self) -> str:
        return self._account.endpoint

    def ready(self) -> str:
        """ "" if it can be asked, or what the user must do first."""
        return self._account.trouble()

    def price(self, question: Question, *, model: str) -> Price:
        return price_of(self._account, model, _body(question, model), question)

    def complete(self, question: Question, *, model: str) -> Answer:
        reply = self._web().post_json("/v1/messages", _body(question, model))
        answer = read_reply(reply, self._account)
        try:
            blocks = [block for block in answer["content"] if block["type"] == "text"]
            text = "".join(block["text"] for block in blocks)
            stop, usage = answer.get("stop_reason"), answer.get("usage")
        except (AttributeError, KeyError, TypeError):
            raise unusable(self._account, "holds no text") from None
        known = _STOPS.get(stop, "end") if isinstance(stop, str) else "end"
        return answer_of(self._account, model, text=text, stop=known, tokens=_tokens(usage))

    def _web(self) -> Web:
        return self._account.web(
            "x-api-key", accept="application/json", more={"anthropic-version": VERSION}
        )


def _body(question: Question, model: str) -> dict[str, Any]:
    turns = [m for m in question.messages if m.role != "system"]
    return {
        "model": model,
        "max_tokens": question.max_tokens,
        "system": "\n\n".join(m.text for m in question.messages if m.role == "system"),
        "messages": [{"role": m.role, "content": m.text} for m in turns],
        "output_config": {"format": {"type": "json_schema", "schema": question.answer}},
    }


def _tokens(usage: object) -> tuple[object, object]:
    """What went in, cached or not, counts at the full price: a bill is never put too low."""
    if not isinstance(usage, dict):
        return None, None
    names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    counts = [usage.get(name) or 0 for name in names]
    whole = all(type(count) is int for count in counts)
    return (sum(counts) if whole else None), usage.get("output_tokens")
