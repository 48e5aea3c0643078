"""A bucket on this machine that can be as careless, rude or slow as real ones are."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

SECRET = "wJalrXUtnFEMIbPxRfiCYexamplekey"


def key_of(text: object) -> str:
    return hashlib.sha256(str(text).encode()).hexdigest()


KEY = key_of("picture")

CODES = {
    301: "PermanentRedirect",
    400: "InvalidArgument",
    403: "AccessDenied",
    404: "NoSuchKey",
    409: "ConditionalRequestConflict",
    412: "PreconditionFailed",
    500: "InternalError",
    501: "NotImplemented",
    503: "SlowDown",
}


class Bucket(ThreadingHTTPServer):
    """Speaks just enough of S3 to be put to and got from, and notes what it was asked."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.kept: dict[str, bytes] = {}
        self.asked: list[tuple[str, str]] = []
        self.conditions: str = "honoured"
        """Or "ignored", or "refused": what becomes of If-None-Match."""
        self.answers: list[int] = []
        """Statuses of the next answers, in place of the right ones; nothing is done then."""
        self.always = 0
        """Status of every answer; 0 for the right ones."""
        self.words = ""
        """What the server says in its error bodies."""
        self.silent = threading.Event()
        """While set, requests are taken and not answered."""
        self.lost = 0
        """How many puts are done whose answers are lost."""
        self.lock = threading.Lock()

    def handle_error(self, *_: object) -> None:
        """Who was not answered has gone."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Bucket
    quiet: ClassVar[bool] = True

    def log_message(self, *_: object) -> None: ...

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self._otherwise():
            return
        bucket = self.server
        conditional = self.headers.get("If-None-Match") == "*"
        if conditional and bucket.conditions == "refused":
            self._answer(501)
            return
        with bucket.lock:
            if conditional and bucket.conditions == "honoured" and self.path in bucket.kept:
                self._answer(412)
                return
            bucket.kept[self.path] = data
            lost = bucket.lost > 0
            bucket.lost -= lost
        if lost:
            self.close_connection = True
        else:
            self._answer(200)

    def do_GET(self) -> None:
        if self._otherwise():
            return
        found = self.server.kept.get(self.path)
        self._answer(404) if found is None else self._answer(200, found)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _otherwise(self) -> bool:
        bucket = self.server
        bucket.asked.append((self.command, self.path))
        while bucket.silent.is_set():
            time.sleep(0.01)
        status = bucket.answers.pop(0) if bucket.answers else bucket.always
        if status:
            self._answer(status)
        return bool(status)

    def _answer(self, status: int, body: bytes = b"") -> None:
        if status >= 300:
            code = CODES.get(status, "Strange")
            said = f"<Error><Code>{code}</Code><Message>{self.server.words}</Message></Error>"
            body = said.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def bucket() -> Iterator[Bucket]:
    server = Bucket()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.silent.clear()
        server.shutdown()
        server.server_close()
        thread.join()
