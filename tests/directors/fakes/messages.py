"""Anthropic's messages with output_config, as documented in November 2026."""

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

PRICES = {"claude-sonnet-5-5": (2.0, 10.0), "claude-haiku-5-5": (0.1, 0.5)}

FIELDS = {
    "model", "max_tokens", "messages", "system", "output_config", "temperature", "stop_sequences",
    "stream", "metadata", "thinking", "top_k", "top_p",
}  # fmt: skip


def error(status: int, type: str, message: str, **headers: str) -> Fault:
    body = {"type": "error", "error": {"type": type, "message": message}, "request_id": "req_1"}
    return Fault(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


class FakeMessages(Fake):
    """`url` is the address without /v1."""

    name = "anthropic"
    faults: ClassVar[dict[str, Fault]] = {
        "bad_key": error(401, "authentication_error", "invalid x-api-key"),
        "quota": error(
            400, "invalid_request_error", "Your credit balance is too low to access the API."
        ),
        "rate_limited": error(
            429, "rate_limit_error", "This request would exceed the rate limit.", retry_after="0"
        ),
        "model_gone": error(404, "not_found_error", "model: claude-1"),
        "overloaded": error(529, "overloaded_error", "Overloaded"),
        "server_error": error(500, "api_error", "Internal server error"),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.spoils: deque[Spoil] = deque()
        self.stop = "end_turn"
        self.questions: list[dict[str, Any]] = []

    def respond(self, call: Call) -> Reply:
        if call.headers.get("x-api-key") != self.key or "authorization" in call.headers:
            raise RefusalError(401, self.faults["bad_key"].body)
        if call.headers.get("anthropic-version") != "2023-06-01":
            self._refuse("anthropic-version: header is required")
        if (call.method, call.path) != ("POST", "/v1/messages"):
            raise RefusalError(404, error(404, "not_found_error", "Not found").body)
        try:
            body = call.json()
        except ValueError as problem:
            self._refuse(str(problem))
        self._check(body)
        self.questions.append(body)
        return self._answer(body)

    def _refuse(self, message: str) -> None:
        raise RefusalError(400, error(400, "invalid_request_error", message).body)

    def _check(self, body: dict[str, Any]) -> None:
        for field in set(body) - FIELDS:
            self._refuse(f"{field}: Extra inputs are not permitted")
        if not isinstance(body.get("max_tokens"), int) or not 1 <= body["max_tokens"] <= 64_000:
            self._refuse("max_tokens: out of range")
        roles = [message["role"] for message in body["messages"]]
        if roles != (["user", "assistant"] * 9)[: len(roles)] or roles[-1] != "user":
            self._refuse("messages: roles must alternate, and the last must be the user's")
        if any(not m["content"].strip() for m in body["messages"]):
            self._refuse("messages: text content blocks must be non-empty")
        format = body.get("output_config", {}).get("format", {})
        if format.get("type") != "json_schema":
            self._refuse("output_config.format: required here")
        try:
            check_schema(format["schema"])
        except ValueError as problem:
            self._refuse(f"output_config.format.schema: {problem}")

    def _answer(self, body: dict[str, Any]) -> Reply:
        asked = body["messages"][0]["content"]
        plan: Any = good_answer(asked, body["output_config"]["format"]["schema"])
        if self.spoils:
            plan = self.spoils.popleft()(plan)
        text = as_text(plan)
        went_in = count_tokens(json.dumps([body["system"], body["messages"]])) + 300
        came_out = min(body["max_tokens"], count_tokens(text))
        self.wait()
        rate_in, rate_out = PRICES[body["model"]]
        cost = math.ceil(went_in * rate_in + came_out * rate_out)
        self.sell(body["model"], cost, prompt=title_in(asked))
        half = len(text) // 2
        content = [
            {"type": "thinking", "thinking": "a kite, perhaps", "signature": "x"},
            {"type": "text", "text": text[:half]},
            {"type": "text", "text": text[half:]},
        ]
        usage = {
            "input_tokens": went_in - 100, "cache_read_input_tokens": 100,
            "cache_creation_input_tokens": 0, "output_tokens": came_out,
        }  # fmt: skip
        return Reply.of(
            {
                "id": "msg_1",
                "type": "message",
                "role": "assistant",
                "model": body["model"],
                "content": [] if self.stop == "refusal" else content,
                "stop_reason": self.stop,
                "stop_sequence": None,
                "usage": usage,
            }
        )
