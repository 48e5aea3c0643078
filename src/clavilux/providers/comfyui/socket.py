"""A websocket that only listens (RFC 6455), over wsproto, which knows the protocol and does no I/O.

It is kept this small because it must never hold anything up: the thread that reads it is a daemon,
and whatever goes wrong ends it, after which jobs are asked for over HTTP alone.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.utilities import ProtocolError

LARGEST = 16 * 1024 * 1024
"""Bytes of one message: more than any preview needs."""

CONNECT_SECONDS = 5.0

SILENCE_SECONDS = 30.0
"""Without a word for so long, the server is sent a ping; for twice as long, it is gone."""

PIECE = 65536


class SocketError(Exception):
    """The socket is gone, or was never there."""


class ListeningSocket:
    """A connection to ws:// or wss://; `frames` gives what the server says until it is closed."""

    def __init__(self, url: str, *, headers: Mapping[str, str]) -> None:
        """Connects. Raises SocketError."""
        parts = urlsplit(url)
        secure = parts.scheme == "wss"
        host, port = parts.hostname or "", parts.port or (443 if secure else 80)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        self._protocol = WSConnection(ConnectionType.CLIENT)
        try:
            raw = socket.create_connection((host, port), timeout=CONNECT_SECONDS)
            self._socket: socket.socket = (
                ssl.create_default_context().wrap_socket(raw, server_hostname=host)
                if secure
                else raw
            )
        except OSError as error:
            raise SocketError(str(error)) from None
        extra = [(name.encode(), value.encode()) for name, value in headers.items()]
        try:
            self._send(Request(host=parts.netloc, target=target, extra_headers=extra))
            self._accepted()
            self._socket.settimeout(SILENCE_SECONDS)
        except (OSError, ProtocolError, SocketError) as error:
            self.close()
            raise SocketError(str(error)) from None

    def frames(self) -> Iterator[str | bytes]:
        """Whole messages, as they come. Raises SocketError at the end."""
        text, data, silent = "", bytearray(), False
        while True:
            for event in self._protocol.events():
                if isinstance(event, TextMessage):
                    text += event.data
                    if event.message_finished:
                        yield text
                        text = ""
                elif isinstance(event, BytesMessage):
                    data += event.data
                    if event.message_finished:
                        yield bytes(data)
                        data = bytearray()
                elif isinstance(event, Ping):
                    self._send(event.response())
                elif isinstance(event, CloseConnection):
                    raise SocketError("the server closed the socket")
                if len(text) + len(data) > LARGEST:
                    raise SocketError("the message never ends")
            try:
                self._receive()
                silent = False
            except TimeoutError:
                if silent:
                    raise SocketError("the server is silent") from None
                self._send(Ping())
                silent = True

    def close(self) -> None:
        """From any thread; whoever reads sees the end."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accepted(self) -> None:
        while True:
            for event in self._protocol.events():
                if isinstance(event, AcceptConnection):
                    return
                if isinstance(event, RejectConnection):
                    raise SocketError(f"HTTP {event.status_code}")
            self._receive()

    def _receive(self) -> None:
        try:
            data = self._socket.recv(PIECE)
        except TimeoutError:
            raise
        except OSError as error:
            raise SocketError(str(error)) from None
        if not data:
            raise SocketError("the server hung up")
        try:
            self._protocol.receive_data(data)
        except ProtocolError as error:
            raise SocketError(str(error)) from None

    def _send(self, event: Request | Ping | object) -> None:
        try:
            self._socket.sendall(self._protocol.send(event))  # type: ignore[arg-type]
        except (OSError, ProtocolError) as error:
            raise SocketError(str(error)) from None
