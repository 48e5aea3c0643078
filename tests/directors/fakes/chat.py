"""chat/completions with response_format json_schema, as OpenAI has it and local servers do."""

from __future__ import annotations

import json
import math
from collections import deque
from typing import Any, ClassVar

from directors.fakes.writing import (
    Spoil,
    as_text,
    check_schema,
    count_tokens,
    good_answer,
    title_in,
)
from providers.fakes.faults import Fault
from providers.fakes.server import Fake
from providers.fakes.wire import Call, RefusalError, Reply

PRICES = {"gpt-6.1-terra": (1.0, 5.0), "gpt-6-luna": (0.1, 0.5)}
"""Dollars per million tokens, in and out: what this fake bills."""

FIELDS = {
    "model", "messages", "response_format", "max_tokens", "max_completion_tokens", "seed",
    "temperature", "top_p", "stop", "stream", "reasoning_effort", "user",
}  # fmt: skip


def error(status: int, message: str, *, code: str | None, type: str, **headers: str) -> Fault:
    body = {"error": {"message": message, "type": type, "param": None, "code": code}}
    return Fault(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


class FakeChat(Fake):
    """`url` is the address without /v1."""

    name = "openai"
    faults: ClassVar[dict[str, Fault]] = {
        "bad_key": error(
            401, "Incorrect API key provided: sk-wrong***key.", code="invalid_api_key",
            type="invalid_request_error",
        ),
        "quota": error(
            429, "You exceeded your current quota, please check your plan and billing details.",
            code="insufficient_quota", type="insufficient_quota",
        ),
        "rate_limited": error(
            429, "Rate limit reached for requests", code="rate_limit_exceeded", type="requests",
            retry_after="0",
        ),
        "model_gone": error(
            404, "The model does not exist or you do not have access to it.",
            code="model_not_found", type="invalid_request_error",
        ),
        "too_long": error(
            400, "This model's maximum context length is 4096 tokens.",
            code="context_length_exceeded", type="invalid_request_error",
        ),
    }  # fmt: skip

    compatible = True
    """Whether it is somebody else's server, which knows max_tokens alone and any model."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.spoils: deque[Spoil] = deque()
        """What becomes of the next answers, one each; then they are good."""
        self.finish = "stop"
        self.refusal: str | None = None
        self.usage = True
        self.questions: list[dict[str, Any]] = []

    def respond(self, call: Call) -> Reply:
        said = call.headers.get("authorization", "")
        if self.key and said != f"Bearer {self.key}":
            raise RefusalError(401, self.faults["bad_key"].body)
        if (call.method, call.path) != ("POST", "/v1/chat/completions"):
            self._refuse(404, f"Invalid URL ({call.method} {call.path})")
        try:
            body = call.json()
        except ValueError as problem:
            self._refuse(400, f"Could not parse the body: {problem}")
        self._check(body)
        self.questions.append(body)
        return self._answer(body)

    def _refuse(self, status: int, message: str) -> None:
        raise RefusalError(
            status, error(status, message, code=None, type="invalid_request_error").body
        )

    def _check(self, body: dict[str, Any]) -> None:
        for field in set(body) - FIELDS:
            self._refuse(400, f"Unrecognized request argument supplied: {field}")
        bound = "max_tokens" if self.compatible else "max_completion_tokens"
        if not isinstance(body.get(bound), int) or not 1 <= body[bound] <= 128_000:
            self._refuse(400, f"'{bound}' is missing or out of range")
        other = {"max_tokens", "max_completion_tokens"} - {bound}
        if other & set(body):
            self._refuse(400, f"Unsupported parameter: {other}")
        roles = [message["role"] for message in body["messages"]]
        turns = ["system", *["user", "assistant"] * 9]
        if roles != turns[: len(roles)] or roles[-1] != "user":
            self._refuse(400, f"Invalid order of messages: {roles}")
        if any(set(m) != {"role", "content"} or not m["content"] for m in body["messages"]):
            self._refuse(400, "Invalid message")
        said = body.get("response_format", {})
        format = said.get("json_schema", {})
        if said.get("type") != "json_schema" or format.get("strict") is not True:
            self._refuse(400, "Invalid response_format")
        if not format.get("name", "").isidentifier():
            self._refuse(400, "Invalid name of a schema")
        try:
            check_schema(format["schema"])
        except ValueError as problem:
            self._refuse(400, f"Invalid schema for response_format: {problem}")

    def _answer(self, body: dict[str, Any]) -> Reply:
        asked = body["messages"][1]["content"]
        plan: Any = good_answer(asked, body["response_format"]["json_schema"]["schema"])
        if self.spoils:
            plan = self.spoils.popleft()(plan)
        text = as_text(plan)
        went_in = count_tokens(json.dumps(body["messages"])) + 90
        most = body.get("max_tokens") or body["max_completion_tokens"]
        came_out = min(most, count_tokens(text))
        self.wait()
        rate_in, rate_out = PRICES.get(body["model"], (0.0, 0.0))
        cost = math.ceil(went_in * rate_in + came_out * rate_out)
        self.sell(body["model"], cost, prompt=title_in(asked))
        message = {"role": "assistant", "content": text, "refusal": None}
        if self.refusal:
            message = {"role": "assistant", "content": None, "refusal": self.refusal}
        usage = {
            "prompt_tokens": went_in, "completion_tokens": came_out,
            "total_tokens": went_in + came_out,
        }  # fmt: skip
        choice = {"index": 0, "message": message, "finish_reason": self.finish, "logprobs": None}
        answer = {
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1795600000,
            "model": body["model"], "choices": [choice], **({"usage": usage} if self.usage else {}),
        }  # fmt: skip
        return Reply.of(answer)
