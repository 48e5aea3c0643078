"""OpenAI's chat/completions, and the servers that speak it: Ollama, llama.cpp, vLLM, LM Studio.

All of them keep an answer to a JSON Schema that comes as `response_format`; that is the common
ground, and all that is asked for.

Source: the API reference at developers.openai.com and the servers' own documents, November 2026.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from clavilux.directors.servers import Stop, answer_of, is_paid, price_of, read_reply, unusable
from clavilux.interfaces import Answer
from clavilux.model.money import Price
from clavilux.model.question import Question
from clavilux.model.settings import ProviderSettings
from clavilux.providers.account import Account

OWN = "https://api.openai.com/v1"
USUAL = "gpt-6.1-terra"

_STOPS: dict[object, Stop] = {"length": "length", "content_filter": "refusal"}


class OpenAI:
    """A model behind chat/completions."""

    def __init__(self, said: ProviderSettings | None = None, *, name: str = "openai") -> None:
        """`name`: "openai", or what the user calls a server of his own.

        Raises InputError where what the user said cannot be used.
        """
        said = said or ProviderSettings()
        self.name = name
        self._account = Account(
            provider=name,
            said=said.model_copy(update={"base_url": _versioned(said.base_url)}),
            own_url=OWN if name == "openai" else "",
            variable="OPENAI_API_KEY" if name == "openai" else _variable(name),
            usual=USUAL if name == "openai" and not said.base_url else "",
            table="directors",
        )

    @classmethod
    def configured(cls, name: str, said: ProviderSettings) -> OpenAI:
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
        if not self._account.base_url:
            return f"set [directors.{self.name}] base_url, such as http://localhost:11434/v1"
        if not self.models[0]:
            return f"set [directors.{self.name}] model to one that {self._account.base_url} has"
        return self._account.trouble()

    def price(self, question: Question, *, model: str) -> Price:
        return price_of(self._account, model, self._body(question, model), question)

    def complete(self, question: Question, *, model: str) -> Answer:
        web = self._account.web("authorization", "Bearer ", accept="application/json")
        reply = web.post_json("/chat/completions", self._body(question, model))
        answer = read_reply(reply, self._account)
        try:
            choice = answer["choices"][0]
            message, finish = choice["message"], choice.get("finish_reason")
            refused = bool(message.get("refusal"))
            text = message.get("content")
        except (AttributeError, KeyError, IndexError, TypeError):
            raise unusable(self._account, "holds no message") from None
        stop = "refusal" if refused else _STOPS.get(_hashable(finish), "end")
        return answer_of(self._account, model, text=text, stop=stop, tokens=_tokens(answer))

    def _body(self, question: Question, model: str) -> dict[str, Any]:
        schema = {"name": question.purpose, "strict": True, "schema": question.answer}
        # OpenAI's own models refuse the old name, and not every server knows the new one.
        bound = "max_completion_tokens" if _is_own(self._account.base_url) else "max_tokens"
        return {
            "model": model,
            "messages": [{"role": m.role, "content": m.text} for m in question.messages],
            "response_format": {"type": "json_schema", "json_schema": schema},
            bound: question.max_tokens,
        }


def _versioned(base_url: str) -> str:
    """An address with /v1 where it has no path, as people write them."""
    bare = base_url and not urlsplit(base_url).path.strip("/")
    return f"{base_url.rstrip('/')}/v1" if bare else base_url


def _variable(name: str) -> str:
    return f"{name.upper().replace('-', '_')}_API_KEY"


def _is_own(base: str) -> bool:
    host = urlsplit(base).hostname or ""
    return host == "api.openai.com" or host.endswith(".api.openai.com")


def _hashable(value: object) -> object:
    return value if isinstance(value, str) else None


def _tokens(answer: Any) -> tuple[object, object]:
    usage = answer.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    return usage.get("prompt_tokens"), usage.get("completion_tokens")
