"""Where a user's ComfyUI servers are, and what to warn him of."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from clavilux.model.errors import InputError
from clavilux.providers.web import base_address

USUAL = "http://127.0.0.1:8188"

VARIABLE = "CLAVILUX_COMFYUI_HEADER"

HEADER_HINT = f"{VARIABLE} must be one header, such as 'Authorization: Bearer ...'"


def addresses(said: str) -> tuple[str, ...]:
    """The servers of `base_url`, with commas between. Raises InputError where one is none."""
    parts = [part.strip() for part in said.split(",")]
    found = [base_address(part, USUAL, provider="comfyui") for part in parts if part]
    return tuple(dict.fromkeys(found)) or (USUAL,)


def header(said: str) -> dict[str, str]:
    """ "Authorization: Bearer ..." as a header; "Bearer ..." and a token alone mean that, too;
    nothing for "".

    Raises InputError, in which the header does not occur.
    """
    if not said.strip():
        return {}
    if ":" not in said:
        scheme = "" if " " in said.strip() else "Bearer "
        said = f"Authorization: {scheme}{said.strip()}"
    name, colon, value = (part.strip() for part in said.partition(":"))
    token = name.replace("-", "").replace("_", "")
    sound = token.isalnum() and name.isascii() and value.isascii() and value.isprintable()
    if not colon or not value or not sound:
        raise InputError(HEADER_HINT)
    return {name: value}


def warnings(urls: Sequence[str], *, with_header: bool) -> tuple[str, ...]:
    """What is dangerous about addresses: plain http leaves this machine readable to all."""
    open_ones = [url for url in urls if url.startswith("http:") and not is_loopback(url)]
    if not open_ones:
        return ()
    what = "prompts and pictures, and the header with your password," if with_header else (
        "prompts and pictures"
    )  # fmt: skip
    return (
        f"WARNING: {', '.join(open_ones)} is another machine, reached without encryption: {what} "
        "can be read on the way, and a ComfyUI that answers the network runs anybody's graphs; "
        "use an ssh tunnel (ssh -L 8188:127.0.0.1:8188 HOST) or https",
    )


def is_loopback(url: str) -> bool:
    """Whether an address stays on this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
