"""A user's account at a provider: key and address, with the provider's own filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Self

from clavilux.interfaces import Capabilities
from clavilux.model.errors import InputError
from clavilux.model.settings import ProviderSettings
from clavilux.providers import prices
from clavilux.providers.web import Web, base_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where to call, and as whom. The key is never shown."""

    provider: str
    said: ProviderSettings
    own_url: str
    """The provider's own address."""
    variable: str
    """Environment variable that usually holds the key."""
    usual: str
    """Model id where the user names none."""
    version: str = ""
    """Start of every path, such as /v1, which some put behind base_url too."""
    table: str = "providers"
    """Of config.toml, where the user says all this."""
    key: str = field(init=False, repr=False)
    """Without spaces around it; "" for none."""
    base_url: str = field(init=False)
    """What paths are put behind."""

    def __post_init__(self) -> None:
        """Raises InputError where the user's base_url is none, or the wanted model has ended."""
        key = self.said.key.get_secret_value().strip() if self.said.key else ""
        base = base_address(
            self.said.base_url, self.own_url, provider=self.provider, table=self.table
        )
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "base_url", base.removesuffix(self.version))
        if self.said.model and (gone := self._gone(self.said.model)):
            raise InputError(gone)

    @property
    def endpoint(self) -> str:
        """The address for an order: "" where it is the provider's own."""
        return "" if self.base_url == self.own_url else self.base_url

    @property
    def models(self) -> tuple[str, ...]:
        """The wanted model, or the usual one, and its successors; without those that ended."""
        first = self.said.model or self.usual
        chain = (first, *prices.used().successors(self.provider, first))
        return tuple(model for model in chain if not self._gone(model)) or (first,)

    def _gone(self, model: str) -> str:
        """Why a model cannot be had; a compatible server decides for itself what it has."""
        if self.endpoint:
            return ""
        return prices.used().gone(self.provider, model, today=date.today())

    def trouble(self) -> str:
        """What the user must do before anything is asked; "" for nothing."""
        if not self.key and not self.endpoint:
            return f"set {self.variable} to your key for {self.provider}"
        if not self.key.isascii() or not self.key.isprintable() or " " in self.key:
            return f"{self.variable} holds characters that no key has; copy the key anew"
        return ""

    def web(
        self,
        header: str,
        prefix: str = "",
        *,
        accept: str = "*/*",
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> Web:
        """A client that sends the key in this header, and `more` headers."""
        keys = {header: prefix + self.key} if self.key and not self.trouble() else {}
        headers = {"accept": accept, **more, **keys}
        return Web(self.base_url, headers=headers, timeout=self.said.timeout)

    def limited(self, can: Capabilities) -> Capabilities:
        """Capabilities with the limits that the user set for himself."""
        return replace(
            can,
            concurrency=self.said.concurrency or can.concurrency,
            per_minute=self.said.per_minute or can.per_minute,
        )


class AccountHolder:
    """What sellers with an account have in common: made from what the user says, ready or not."""

    _account: Account

    def __init__(self, said: ProviderSettings | None = None) -> None:
        raise NotImplementedError("a seller opens its own account")

    @classmethod
    def configured(cls, said: ProviderSettings) -> Self:
        """With the user's key, model and address. Raises InputError."""
        return cls(said)

    @property
    def models(self) -> tuple[str, ...]:
        """The wanted model and its successors."""
        return self._account.models

    def ready(self) -> str:
        """ "" if it can be asked, or what the user must do first."""
        return self._account.trouble()
