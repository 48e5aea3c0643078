"""Whether a director can be asked: its key, its price, its server where that is on this machine."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clavilux import registry
from clavilux.directors.choosing import open_director
from clavilux.directors.servers import is_local
from clavilux.interfaces import LanguageModel
from clavilux.model.errors import ClaviluxError, ProviderError
from clavilux.model.question import Message, Question

if TYPE_CHECKING:
    from clavilux.settings import Settings

TRY_SECONDS = 0.5

_ANY = Question(
    purpose="any", messages=(Message(role="user", text="?"),), answer={}, max_tokens=1
)  # fmt: skip


def names_of_directors(settings: Settings) -> tuple[str, ...]:
    """The installed language models, then the user's own servers."""
    return tuple(dict.fromkeys((*registry.names("directors"), *settings.directors)))


def readiness(name: str, settings: Settings) -> tuple[str, str]:
    """What would be asked, in a line, and what stands against it; "" for nothing.

    Connects to a server on this machine, and to nothing else.
    """
    try:
        model = open_director(name, settings)
        address = settings.director(name).base_url
    except ClaviluxError as error:
        return "", str(error)
    where = f" at {address}" if address else ", your key is set"
    money = "" if model.paid else "; free"
    trouble = model.ready() or _without_price(model) or _unreached(address)
    return f"{model.models[0]}{where}{money}", trouble


def _without_price(model: LanguageModel) -> str:
    try:
        model.price(_ANY, model=model.models[0])
    except ProviderError as error:
        return str(error)
    return ""


def _unreached(address: str) -> str:
    """Why a server on this machine does not answer; "" for one that does, or is elsewhere."""
    if not is_local(address):
        return ""
    parts = urlsplit(address)
    host, usual = parts.hostname or "", 443 if parts.scheme == "https" else 80
    near = "localhost" if host.endswith(".localhost") else host  # no name server is to be asked
    try:
        socket.create_connection((near, parts.port or usual), timeout=TRY_SECONDS).close()
    except (OSError, ValueError):  # a port may be none
        return f"nothing answers at {address}; start the server there"
    return ""
