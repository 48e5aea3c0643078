"""Credentials of nobody, and no bucket but those on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from buckets import SECRET, Bucket, bucket

from clavilux.objects import place


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in tuple(os.environ):
        if name.startswith(("AWS_", "AZURE_", "GOOGLE_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setattr(place, "_known", {})


@pytest.fixture
def careless(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """A bucket that is on its best behaviour until it is told otherwise."""
    with bucket() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        yield server
