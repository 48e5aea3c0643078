"""Where bought pictures are kept: a folder's path, or an address such as s3://bucket/prefix.

Credentials are no part of it. The clouds' usual variables give them, which obstore reads by itself:
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and so on.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from obstore.store import LocalStore, MemoryStore, from_url

from clavilux.model.errors import InputError, OutputError
from clavilux.objects.durable import make_folder
from clavilux.objects.failures import told

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

OPTIONS = ("endpoint", "region", "virtual_hosted_style_request", "allow_http")
"""What may be said beside the address; everything else comes from the environment."""

CONNECT_SECONDS = 4
ANSWER_SECONDS = 30
"""For one request and its answer: 4 MB in that time is 1 Mbit/s."""
CHECK_SECONDS = 8
"""The same for `check`, which moves a few bytes."""
RETRIES = 2
RETRY_SECONDS = 10
"""After which nothing is tried again."""

_CLOUDS = {"s3": "AWS", "gs": "GOOGLE", "az": "AZURE"}
"""Scheme, and how the names of its variables begin."""


@dataclass(frozen=True)
class Opened:
    """A place, ready to be asked. Nothing was sent yet."""

    name: str
    """For people; holds no credentials."""
    store: ObjectStore
    hasty: ObjectStore
    """The same, but sooner out of patience."""
    folder: Path | None
    """Where it is on this machine; None for what is not."""
    shared: bool
    """Whether a server keeps it, whose manners we do not know."""
    endpoint: str = ""
    """That server's address, where it is not the cloud's own."""


def open_place(where: str | Path, *, options: Mapping[str, str]) -> Opened:
    """Raises InputError for an address that means nothing, OutputError for an unusable folder."""
    text = str(where)
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):", text)
    if isinstance(where, Path) or scheme is None:
        return _open_folder(Path(where))
    url = _read_url(text)
    if url.scheme == "file":
        from urllib.request import url2pathname  # late: it takes longer than all the rest

        return _open_folder(Path(url2pathname(url.path)))
    if url.scheme == "memory":
        memory = MemoryStore()
        return Opened(text, memory, memory, folder=None, shared=False)
    return _open_cloud(url, options=options)


def _read_url(text: str) -> SplitResult:
    """The address in its parts, or InputError, which never repeats a password."""
    known = ", ".join(f"{scheme}://" for scheme in (*_CLOUDS, "file", "memory"))
    try:
        url = urlsplit(text)
        secret = url.username or url.password or url.query or url.fragment
    except ValueError:
        raise InputError(
            "the address for pictures is malformed; write s3://bucket/prefix"
        ) from None
    if secret:
        raise InputError(
            "the address for pictures must be only s3://bucket/prefix; credentials come from the"
            " environment, such as AWS_ACCESS_KEY_ID"
        )
    if url.scheme not in (*_CLOUDS, "file", "memory"):
        raise InputError(
            f"pictures cannot be kept at {url.scheme}:; name a folder, or one of {known}"
        )
    if not text[len(url.scheme) :].startswith("://") or (url.scheme in _CLOUDS and not url.netloc):
        raise InputError(
            f"the address for pictures names no bucket; write {url.scheme}://bucket/prefix"
        )
    parts = url.path.strip("/").split("/")
    if url.scheme in _CLOUDS and url.path.strip("/") and not all(map(_is_plain, parts)):
        raise InputError(
            "in the address for pictures, write the prefix in letters, digits and . _ - between"
            " single /"
        )
    return url


def _is_plain(part: str) -> bool:
    return part not in (".", "..") and re.fullmatch(r"[A-Za-z0-9._-]+", part) is not None


def _open_folder(folder: Path) -> Opened:
    try:
        folder = folder.expanduser()
        make_folder(folder)
        store = LocalStore(folder)
    except RuntimeError:
        raise InputError(f"there is no home to keep {folder} in; write the whole path") from None
    except OSError as error:
        raise OutputError(
            f"cannot keep pictures in {folder}: {error.strerror or error}; choose another folder"
        ) from None
    except Exception as error:
        raise told(error, where=str(folder)) from None
    return Opened(str(folder), store, store, folder=folder.resolve(), shared=False)


def _open_cloud(url: SplitResult, *, options: Mapping[str, str]) -> Opened:
    where = f"{url.scheme}://{url.netloc}/{url.path.strip('/')}".rstrip("/")
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        raise InputError(
            f"there is no option '{unknown[0]}' for pictures; known: {', '.join(OPTIONS)};"
            " credentials come from the environment"
        )
    endpoint = _endpoint(_CLOUDS[url.scheme], options)
    said = options.get("allow_http") or os.environ.get(f"{_CLOUDS[url.scheme]}_ALLOW_HTTP", "")
    plain = said.lower() in ("1", "true", "yes", "on") or _is_here(endpoint)
    config: Any = {name: value for name, value in options.items() if name != "allow_http"}
    if url.scheme == "s3" and endpoint:
        config["endpoint"] = endpoint  # so that what was looked at is what is asked

    def connected(seconds: float) -> ObjectStore:
        client: ClientConfig = {
            "allow_http": plain,
            "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
            "timeout": timedelta(seconds=seconds),
        }
        store: ObjectStore = from_url(
            where, config=config, client_options=client, retry_config=_RETRY
        )
        return store

    try:
        patient, hasty = connected(ANSWER_SECONDS), connected(CHECK_SECONDS)
    except Exception as error:
        raise told(error, where=where) from None
    return Opened(where, patient, hasty, folder=None, shared=True, endpoint=endpoint)


_RETRY: RetryConfig = {
    "max_retries": RETRIES,
    "retry_timeout": timedelta(seconds=RETRY_SECONDS),
    "backoff": {
        "init_backoff": timedelta(milliseconds=200),
        "max_backoff": timedelta(seconds=2),
        "base": 2,
    },
}


def _endpoint(cloud: str, options: Mapping[str, str]) -> str:
    """The server that obstore will ask; "" for the cloud's own.

    obstore reads the environment by itself, and puts ENDPOINT_URL_S3 before everything else. Here
    it is only looked at to tell whether plain http would stay on this machine.
    """
    first, *others = (
        os.environ.get(f"{cloud}_{name}", "")
        for name in ("ENDPOINT_URL_S3", "ENDPOINT_URL", "ENDPOINT")
    )
    return next(filter(None, (first, options.get("endpoint"), *others)), "")


def _is_here(endpoint: str) -> bool:
    """Whether a server is on this machine, where http without TLS can be spoken."""
    try:
        host = urlsplit(endpoint).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
