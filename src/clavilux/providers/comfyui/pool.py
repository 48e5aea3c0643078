"""Several servers as one: the least busy is asked, and one that does not answer is left alone for a
while."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

from clavilux.model.errors import DEAD, ProviderError
from clavilux.providers.comfyui.server import Server

REST_SECONDS = 10.0
"""How long a server that did not answer is not asked for new work."""


class Pool:
    """The servers of a user; called from several threads."""

    def __init__(
        self, servers: Sequence[Server], *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.servers = tuple(servers)
        self._now = now
        self._until: dict[str, float] = {}
        self._lock, self._placing = Lock(), Lock()

    def at(self, url: str) -> Server | None:
        """The server of an address, if it is one of ours."""
        return next((server for server in self.servers if server.url == url), None)

    def lost(self, server: Server) -> None:
        """It did not answer: it leaves the pool for a while."""
        with self._lock:
            self._until[server.url] = self._now() + REST_SECONDS

    def back(self, server: Server) -> None:
        """It answered."""
        with self._lock:
            self._until.pop(server.url, None)

    def living(self) -> tuple[Server, ...]:
        """Those that answered when they were last asked; all of them where none did."""
        with self._lock:
            now = self._now()
            rest = [s for s in self.servers if self._until.get(s.url, 0.0) <= now]
        return tuple(rest) or self.servers

    @contextmanager
    def least_busy(self, *, besides: Server | None = None) -> Iterator[Server]:
        """The server with the shortest queue. One job is placed at a time, so that the next sees
        it in the queue.

        Raises the ProviderError of the last server where none can be asked.
        """
        with self._placing:
            yield self._chosen(besides)

    def _chosen(self, besides: Server | None) -> Server:
        found: list[tuple[int, Server]] = []
        failed: ProviderError | None = None
        for server in self.living():
            if server is besides:
                continue
            try:
                found.append((server.busy(), server))
            except ProviderError as error:
                self.lost(server)
                # A wrong password at one is no reason to give the others up.
                failed = error if failed is None or failed.trouble in DEAD else failed
            else:
                self.back(server)
        if not found:
            raise failed or ProviderError("comfyui: there is no other server", trouble="transient")
        return min(found, key=lambda one: one[0])[1]
