"""A small HTTP server that sells pictures: what all fakes share.

A fake is a subclass of `Fake` that answers calls. It raises `RefusalError` for what its API
refuses, calls `sell` at the moment it would bill, and `picture` for the bytes. Counting, faults and
slowness are here.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, urlsplit

from .faults import COMMON, NOTHING, Fault
from .pictures import SPOILT, make_picture
from .wire import Call, RefusalError, Reply


@dataclass(frozen=True)
class Sale:
    """One line of the bill."""

    model: str
    micros: int
    """Millionths of a dollar."""
    prompt: str
    id: str = ""


class Fake:
    """A seller on loopback: `with FakeOpenAI() as fake: ... fake.url ...`."""

    name: ClassVar[str]
    faults: ClassVar[dict[str, Fault]] = {}
    """The troubles of this API by name, with the bodies it documents."""
    billable: ClassVar[str] = "POST"
    """Faults come to calls of this method alone, so that polling stays undisturbed."""

    def __init__(
        self,
        *,
        key: str = "test-key-0123456789",
        seconds: float = 0.0,
        sales_file: Path | None = None,
        port: int = 0,
    ) -> None:
        """`seconds`: how long a picture takes. Sales go to `sales_file` as lines of JSON, too."""
        self.key, self.seconds = key, seconds
        self.at_most: int | None = None
        """Billable calls at once, over which it answers 429."""
        self.calls: list[Call] = []
        self.sales: list[Sale] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.RLock()
        self._script: deque[Fault] = deque()
        self._chance = 0.0
        self._random = random.Random(0)
        self._chaos: tuple[Fault, ...] = ()
        self._file, self._port = sales_file, port
        self._fault = threading.local()

    # What a fake of one API fills in.

    def respond(self, call: Call) -> Reply:
        """Answer, or raise RefusalError."""
        raise NotImplementedError

    # What it uses.

    def sell(self, model: str, micros: int, *, prompt: str, id: str = "") -> None:
        """Bill a picture: from here on it is paid for."""
        sale = Sale(model, micros, prompt, id)
        with self._lock:
            self.sales.append(sale)
            if self._file:
                with self._file.open("a") as file:
                    file.write(json.dumps(asdict(sale)) + "\n")

    def wait(self) -> None:
        """Take as long as a picture takes."""
        time.sleep(self.seconds)

    def picture(
        self, prompt: str, width: int, height: int, *, format: str = "png", blurred: bool = False
    ) -> bytes:
        """A real picture made of the prompt's digest, or what the fault at hand makes of it."""
        spoil = self.fault.picture
        if spoil:
            return SPOILT[spoil](prompt, width, height, format)
        return make_picture(prompt, width, height, format, blurred)

    @property
    def fault(self) -> Fault:
        """The fault of the call that this thread is answering."""
        return getattr(self._fault, "value", NOTHING)

    # What a test uses.

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def bill(self) -> int:
        """All that was sold, in millionths of a dollar."""
        with self._lock:
            return sum(sale.micros for sale in self.sales)

    def script(self, *faults: Fault | str | None) -> None:
        """What happens to the next billable calls, one each; None or "" for nothing."""
        with self._lock:
            self._script.extend(self._named(fault) for fault in faults)

    def chaos(self, chance: float, *faults: Fault | str, seed: int = 0) -> None:
        """Each further billable call meets one of the faults with this chance."""
        with self._lock:
            self._chance, self._random = chance, random.Random(seed)
            self._chaos = tuple(self._named(fault) for fault in faults)

    def _named(self, fault: Fault | str | None) -> Fault:
        if isinstance(fault, str) and fault:
            return {**COMMON, **self.faults}[fault]
        return fault or NOTHING  # type: ignore[return-value]

    def _next_fault(self) -> Fault:
        with self._lock:
            if self._script:
                return self._script.popleft()
            if self._chaos and self._random.random() < self._chance:
                return self._random.choice(self._chaos)
            return NOTHING

    # The server.

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", self._port), _handler(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def _counted(self, call: Call) -> Iterator[None]:
        with self._lock:
            self.calls.append(call)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield
        finally:
            with self._lock:
                self._at_once -= 1

    def answer(self, call: Call, *, drop: Callable[[bytes], None]) -> Reply | None:
        """The reply to send, or None where the connection was dropped."""
        fault = self._next_fault() if call.method == self.billable else NOTHING
        with self._counted(call):
            if call.method == self.billable and self._at_once > (self.at_most or self._at_once):
                fault = self._named("rate_limited")
            self._fault.value = fault
            time.sleep(fault.wait)
            if fault.drop == "before":
                drop(b"")
                return None
            if fault.status:
                body = fault.body if isinstance(fault.body, bytes) else None
                plain = json.dumps(fault.body).encode() if body is None else body
                type_ = "application/json" if body is None else "text/html"
                return Reply(fault.status, plain, type_, dict(fault.headers))
            try:
                reply = self.respond(call)
            except RefusalError as refusal:
                return refusal.reply
            time.sleep(fault.stall)
        return self._spoilt(reply, fault, drop=drop)

    def _spoilt(self, reply: Reply, fault: Fault, *, drop: Callable[[bytes], None]) -> Reply | None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {reply.type}\r\n"
        head += f"Content-Length: {len(reply.body)}\r\n\r\n"
        if fault.drop == "after":
            drop(b"")
            return None
        if fault.drop == "half":
            drop(head.encode() + reply.body[: len(reply.body) // 2])
            return None
        if fault.trickle:
            drop(head.encode())
            for place in range(len(reply.body)):
                time.sleep(fault.trickle)
                drop(reply.body[place : place + 1])
            return None
        if fault.wire == "garbage":
            reply.body = random.Random(len(reply.body)).randbytes(5000)
        elif fault.wire == "html":
            reply.body, reply.type = b"<html><body>Welcome to the hotel</body></html>", "text/html"
        elif fault.wire == "wrong_type":
            reply.type = "text/plain"
        return reply


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is part of the game."""


def _handler(fake: Fake) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            call = Call(
                self.command,
                parts.path,
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length),
            )
            reply = fake.answer(call, drop=self._drop)
            if reply is None:
                return
            self.send_response(reply.status)
            for name, value in {"Content-Type": reply.type, **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815

        def _drop(self, first: bytes) -> None:
            """Send these bytes, and hang up."""
            self.wfile.write(first)
            self.wfile.flush()
            self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    return Handler
