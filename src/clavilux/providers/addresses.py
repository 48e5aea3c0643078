"""Addresses that a provider gives: which may be asked, and which with the key.

A provider's answer decides where we go next. That must not lead to another service on the user's
network (server-side request forgery), nor the key to another host. No redirect is followed.
"""

from __future__ import annotations

import ipaddress
import re

import httpx2

from clavilux.model.errors import ProviderError
from clavilux.providers.web import Web

GONE = frozenset({401, 403, 404, 410})
"""What servers of signed addresses answer when the time is over."""


def may_carry_key(address: str, *, base_url: str, hosts: tuple[str, ...] = ()) -> bool:
    """Whether the key may go to an address: to the origin of `base_url`, or by https to `hosts`
    and what is below them."""
    url, base = _parsed(address), _parsed(base_url)
    if url is None or base is None:
        return False
    if _origin(url) == _origin(base):
        return True
    named = any(url.host == host or url.host.endswith(f".{host}") for host in hosts)
    return url.scheme == "https" and url.port is None and named


def own_address(address: object, *, provider: str, base_url: str, hosts: tuple[str, ...]) -> str:
    """An address that the key may go to, or ProviderError: the job behind it may be billed."""
    if isinstance(address, str) and may_carry_key(address, base_url=base_url, hosts=hosts):
        return address
    raise ProviderError(
        f"{provider} names {host_of(address)} as the place to ask, which is not its own",
        trouble="unusable",
        billed="maybe",
    )


def may_be_fetched(address: str, *, base_url: str) -> bool:
    """Whether a picture may be fetched from an address, without the key.

    By https from any public host; by http only from this machine, if `base_url` is here too.
    """
    url, base = _parsed(address), _parsed(base_url)
    if url is None or base is None:
        return False
    at_home = base.scheme == "http" and _is_loopback(base.host)
    if at_home and _is_loopback(url.host):
        return True
    return url.scheme == "https" and _is_public(url.host)


def host_of(address: object) -> str:
    """For a message: where an address leads, without the path and what is signed in it."""
    url = _parsed(address if isinstance(address, str) else "")
    return f"{url.scheme}://{url.host}" if url else "nowhere that can be reached"


def download(web: Web, address: object, *, base_url: str, cost: int | None = None) -> bytes:
    """The bytes of a picture that was made and is billed, `cost` in millionths of a dollar.

    Raises ProviderError: transient where it is worth asking for the same address again.
    """
    if not isinstance(address, str) or not may_be_fetched(address, base_url=base_url):
        raise ProviderError(
            f"the picture is said to be at {host_of(address)}, which is not fetched",
            trouble="unusable",
            billed="yes",
            cost=cost,
        )
    try:
        reply = web.get_url(address)
    except ProviderError as error:
        raise ProviderError(
            f"the picture cannot be fetched: {error}",
            trouble=error.trouble,
            billed="yes",
            cost=cost,
        ) from None
    if reply.status == 200 and reply.body:
        return reply.body
    again = reply.status in (408, 429) or reply.status >= 500
    why = "is there no more" if reply.status in GONE else f"did not come (HTTP {reply.status})"
    raise ProviderError(
        f"the picture that was made {why}",
        trouble="transient" if again else "unusable",
        billed="yes",
        cost=cost,
        retry_after=reply.retry_after if again else None,
    )


def _parsed(address: str) -> httpx2.URL | None:
    """As the client will read it; None where it is no plain http or https address."""
    try:
        url = httpx2.URL(address)
    except (httpx2.InvalidURL, TypeError):
        return None
    return url if url.scheme in ("http", "https") and url.host and not url.userinfo else None


def _origin(url: httpx2.URL) -> tuple[str, str, int]:
    host = "loopback" if _is_loopback(url.host) else url.host
    return url.scheme, host, url.port or (443 if url.scheme == "https" else 80)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:  # a name; what ends in a number is an address in another spelling
        is_name = re.fullmatch(r"([a-z0-9_-]+\.)+[a-z][a-z0-9-]*", host)
        return bool(is_name) and not host.endswith((".localhost", ".local", ".internal"))
