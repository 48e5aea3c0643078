"""Hears from one server how its jobs go on, in a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Lock, Thread

from clavilux.providers.comfyui.progress import Progress, heard
from clavilux.providers.comfyui.socket import ListeningSocket, SocketError

FRESH_SECONDS = 5.0
"""News that are younger than this spare a question."""

AGAIN_SECONDS = 5.0
"""Between two tries to connect."""

OnProgress = Callable[[Progress], None]


class Listener:
    """The socket of one server. It may be lost at any time: then `is_at` knows nothing."""

    def __init__(self, url: str, *, headers: Mapping[str, str], tell: OnProgress) -> None:
        """`url`: ws://.../ws?clientId=... ; `tell` is called from the listening thread."""
        self._url, self._headers, self._tell = url, dict(headers), tell
        self._socket: ListeningSocket | None = None
        self._last: dict[str, tuple[float, Progress]] = {}
        self._job = ""
        self._tried = float("-inf")
        self._lock = Lock()

    @property
    def connected(self) -> bool:
        return self._socket is not None

    def connect(self) -> bool:
        """Make sure that somebody listens; False where the server does not let us."""
        with self._lock:
            if self._socket is not None:
                return True
            if time.monotonic() - self._tried < AGAIN_SECONDS:
                return False
            self._tried = time.monotonic()
            try:
                self._socket = ListeningSocket(self._url, headers=self._headers)
            except SocketError:
                return False
            Thread(target=self._listen, args=(self._socket,), daemon=True, name="comfyui").start()
            return True

    def is_at(self, job: str) -> bool:
        """Whether the server said just now that it is at this job."""
        at, last = self._last.get(job, (0.0, None))
        fresh = time.monotonic() - at < FRESH_SECONDS
        return self.connected and fresh and last is not None and not last.ended

    def forget(self, job: str) -> None:
        self._last.pop(job, None)

    def close(self) -> None:
        """Stop listening."""
        with self._lock:
            if self._socket is not None:
                self._socket.close()

    def _listen(self, socket: ListeningSocket) -> None:
        try:
            for frame in socket.frames():
                self._take(heard(frame))
        except SocketError:
            pass
        finally:
            socket.close()
            self._socket = None

    def _take(self, news: Progress | None) -> None:
        if news is None:
            return
        if not news.job:  # a preview belongs to the job that was heard of last
            news = Progress(job=self._job, node=news.node, preview=news.preview)
        self._job = news.job
        self._last[news.job] = (time.monotonic(), news)
        try:
            self._tell(news)
        except Exception:  # a display's mistake must not cost the picture
            return
