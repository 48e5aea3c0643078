"""HTTP to providers: timeouts everywhere, one call at a time, and troubles with a class.

Nothing is repeated here, and no redirect is followed with a key in the headers. What went wrong
before the request was sent is not billed; what went wrong after it may be.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import httpx2

from clavilux.model.errors import InputError, ProviderError, Trouble

LARGEST = 64 * 1024 * 1024
"""Bytes of an answer: more than any picture needs."""

CONNECT_SECONDS = 10.0

SAID = 200
"""Characters of a provider's own words that are kept."""

Part = tuple[str, tuple[str, bytes, str]]
"""A file in a form: field, (file name, bytes, content type)."""


@dataclass(frozen=True)
class Reply:
    """An answer, whatever its status."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    def json(self) -> Any:
        """The body as JSON; ProviderError where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise ProviderError(
                f"the answer (HTTP {self.status}) is not JSON", trouble="transient", billed="maybe"
            ) from None

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server asks to wait, said as seconds or as a date (RFC 9110, 10.2.3);
        None where it says nothing that can be read."""
        said = self.headers.get("retry-after", "")
        try:
            seconds = float(said)
        except ValueError:
            seconds = _seconds_until(said)
        return max(0.0, seconds) if math.isfinite(seconds) else None


class UnreachableError(ProviderError):
    """Nobody answers at an address."""


class Web:
    """Calls to one provider."""

    def __init__(self, base_url: str, *, headers: Mapping[str, str], timeout: float) -> None:
        """`headers` go with every call to `base_url`; `timeout` is seconds for one answer."""
        self._base, self._headers = base_url.rstrip("/"), dict(headers)
        self._seconds = timeout
        self._timeout = httpx2.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS))

    def post_json(self, path: str, body: Mapping[str, Any]) -> Reply:
        return self._call("POST", self._base + path, json=body, headers=self._headers)

    def post_form(self, path: str, fields: Mapping[str, str], files: list[Part]) -> Reply:
        """multipart/form-data, with or without files."""
        parts: list[tuple[str, Any]] = [(name, (None, text)) for name, text in fields.items()]
        return self._call("POST", self._base + path, files=parts + files, headers=self._headers)

    def get(self, path: str) -> Reply:
        return self._call("GET", self._base + path, headers=self._headers)

    def get_url(self, url: str, *, with_key: bool = False) -> Reply:
        """An address that the provider gave; the key goes along only where that is asked for."""
        return self._call("GET", url, headers=self._headers if with_key else {})

    def _call(self, method: str, url: str, **content: Any) -> Reply:
        try:
            with _client().stream(method, url, timeout=self._timeout, **content) as response:
                return Reply(response.status_code, response.headers, self._body(response))
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            place = httpx2.URL(url).netloc.decode("ascii", "replace")
            raise UnreachableError(
                f"cannot reach {place}: {_said(error)}", trouble="transient"
            ) from None
        except (httpx2.UnsupportedProtocol, httpx2.InvalidURL) as error:
            raise ProviderError(f"the address cannot be used: {_said(error)}") from None
        except httpx2.HTTPError as error:
            raise ProviderError(
                f"no answer from {httpx2.URL(url).host}: {_said(error)}",
                trouble="transient",
                billed="no" if method == "GET" else "maybe",
            ) from None

    def _body(self, response: httpx2.Response) -> bytes:
        """All of an answer, unless it never ends: the client's timeout is for each piece alone."""
        body, until = bytearray(), time.monotonic() + self._seconds
        for piece in response.iter_bytes():
            body += piece
            if len(body) > LARGEST:
                raise ProviderError(
                    f"the answer is over {LARGEST // 2**20} MiB", trouble="unusable", billed="maybe"
                )
            if time.monotonic() > until:
                raise httpx2.ReadTimeout("the answer takes too long", request=response.request)
        return bytes(body)


def _seconds_until(moment: str) -> float:
    """Seconds from now to an HTTP date; nan where it is none."""
    try:
        return parsedate_to_datetime(moment).timestamp() - time.time()
    except (TypeError, ValueError, OverflowError):
        return math.nan


def base_address(said: str, usual: str, *, provider: str, table: str = "providers") -> str:
    """The base address to call: `usual`, or the user's. Raises InputError where that is none.

    It is shown and kept, so it must not carry a password or a key.
    """
    if not said:
        return usual
    try:
        url = httpx2.URL(said)
    except httpx2.InvalidURL:
        url = httpx2.URL("")
    if url.scheme not in ("http", "https") or not url.host or url.userinfo or url.query:
        raise InputError(
            f"[{table}.{provider}] base_url must be an address such as http://localhost:8080/v1, "
            "without user name, password or query"
        )
    return said.rstrip("/")


def provider_words(text: object, *, key: str = "") -> str:
    """What a provider said, as one short line in which its user's key does not occur.

    Some answer a wrong key with the key, or with its first and last letters around stars.
    """
    line = " ".join(str(text or "").split())
    if key:
        line = line.replace(key, "***")
    line = re.sub(r"\b(?:sk|pk)[-_][\w*.-]{6,}|\S*\*{3,}\S*", "***", line)
    return line if len(line) <= SAID else line[: SAID - 3] + "..."


def advised(said: str, trouble: Trouble, *, variable: str) -> str:
    """What a provider said, and what to do where it does not know the key in `variable`."""
    return f"{said}; set {variable} to a key that is valid" if trouble == "authentication" else said


def picture_bytes(encoded: object) -> bytes:
    """A picture that came as base64; ProviderError "unusable" where it is none."""
    try:
        data = base64.b64decode(encoded, validate=True) if isinstance(encoded, str) else b""
    except (binascii.Error, ValueError):
        data = b""
    if not data:
        raise ProviderError("no picture in the answer", trouble="unusable", billed="maybe")
    return data


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__


@cache
def _client() -> httpx2.Client:
    """One pool of connections for all; it is safe to use from several threads.

    A proxy that the environment names is used, but not to this machine, which it cannot reach.
    """
    hosts = ("127.0.0.1", "localhost", "[::1]")
    return httpx2.Client(
        follow_redirects=False,
        limits=httpx2.Limits(max_connections=64),
        mounts={f"all://{host}": None for host in hosts},
    )
