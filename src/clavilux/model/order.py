"""What is bought from a provider that sells pictures."""

from __future__ import annotations

from pydantic import Field

from clavilux.model.base import Value
from clavilux.model.codec import digest


class Order(Value):
    """One picture to be bought: everything that is sent, after adapting to what the provider can.

    Keys are no part of it. It may be shown, logged and kept.
    """

    provider: str
    model: str
    endpoint: str = ""
    """Base address where it is not the provider's own, such as a compatible server. It is kept for
    the record: the same model's picture is the same wherever it was made."""
    prompt: str
    """The exact text that is sent."""
    negative_prompt: str = ""
    """Sent as such; "" where the provider takes none (it is folded into the prompt then)."""
    width: int = Field(ge=16)
    height: int = Field(ge=16)
    """What is asked for; providers that take an aspect ratio give about this."""
    seed: int | None = None
    options: dict[str, str | int | float | bool] = Field(default_factory=dict)
    """Whatever else is sent: quality, aspect ratio, output format."""
    references: tuple[str, ...] = ()
    """Addresses of the pictures it is to look like, in the order they are sent."""
    given_up: tuple[str, ...] = ()
    """What was asked for and the provider cannot do, each a few words for the user."""

    @property
    def key(self) -> str:
        """The address of the picture: whoever orders the same again is given the same bytes."""
        return digest("picture", self.model_copy(update={"endpoint": "", "given_up": ()}))
