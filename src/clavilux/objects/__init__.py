"""What was bought, kept through obstore: in a folder, or in a bucket that machines share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from clavilux.objects.address import open_place
from clavilux.objects.mirror import Mirror
from clavilux.objects.place import LARGEST, NOTE, SUFFIXES, Place

__all__ = ["LARGEST", "NOTE", "SUFFIXES", "Objects", "open_objects"]


class Objects(Protocol):
    """Bought pictures by the address of their order, as they came. See `Place` for each."""

    name: str
    """Where they are, for people."""

    def get(self, key: str, suffix: str) -> bytes | None: ...

    def has(self, key: str, suffix: str) -> bool: ...

    def put(self, key: str, suffix: str, data: bytes, *, note: bytes | None = None) -> bool: ...

    def check(self) -> None: ...


def open_objects(
    where: str | Path,
    *,
    options: Mapping[str, str] | None = None,
    near: Path | None = None,
    notice: Callable[[str], None] = lambda _: None,
) -> Objects:
    """Pictures in a folder, or at s3://bucket/prefix, gs://, az:// or memory://.

    `options`: endpoint, region, virtual_hosted_style_request, allow_http. `near`: a folder that
    keeps them as well where `where` is a bucket, so that an outage loses nothing. `notice` is told,
    in a line, what stops nothing. Raises InputError for an address that cannot be used and
    OutputError for a folder that cannot; the network is first asked by `check`.
    """
    opened = open_place(where, options=options or {})
    place = Place(opened, notice=notice)
    if near is None or not opened.shared:
        return place
    folder = open_place(near, options={})
    return Mirror(place, Place(folder, notice=notice), folder.folder or near, notice=notice)
