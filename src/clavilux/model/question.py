"""What a language model is asked: messages, and the schema that its answer must keep."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from clavilux.model.base import Value


class Message(Value):
    """One turn of a conversation with a model."""

    role: Literal["system", "user", "assistant"]
    text: str


class Question(Value):
    """Everything that is sent, apart from the key and the model's name."""

    purpose: str
    """What it is about, for the ledger and for servers that want a name: letters and _ alone."""
    messages: tuple[Message, ...] = Field(min_length=1)
    """One of the system first, then those of user and assistant in turn."""
    answer: dict[str, Any]
    """JSON Schema of the answer, in the strict subset: see directors/strict.py."""
    max_tokens: int = Field(ge=1)
    """The answer is cut off there, thinking included; so it bounds what it can cost."""
