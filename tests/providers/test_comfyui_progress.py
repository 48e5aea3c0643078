"""What the socket says becomes progress; nothing it says is too strange."""

from __future__ import annotations

import json
import socket
import struct
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as some

from clavilux.providers.comfyui.progress import Progress, heard
from clavilux.providers.comfyui.socket import ListeningSocket, SocketError
from providers.shopping import strange_json


def said(kind: str, **data: Any) -> Progress | None:
    return heard(json.dumps({"type": kind, "data": data}))


def test_events_become_progress() -> None:
    about = {"prompt_id": "j"}
    assert said("progress", **about, node="5", value=3, max=12) == Progress(
        job="j", node="5", done=0.25
    )
    assert said("executing", **about, node="5") == Progress(job="j", node="5")
    nodes = {
        "1": {"value": 1, "max": 1, "state": "finished"},
        "5": {"value": 6, "max": 12, "state": "running"},
    }
    assert said("progress_state", **about, nodes=nodes) == Progress(job="j", node="5", done=0.5)
    for kind in ("execution_success", "execution_error", "execution_interrupted"):
        assert said(kind, **about) == Progress(job="j", ended=True, done=1.0)
    assert said("executing", **about, node=None) == Progress(job="j", ended=True, done=1.0)
    assert said("status", status={"exec_info": {"queue_remaining": 1}}) is None


def test_previews_are_pictures() -> None:
    assert heard(struct.pack(">II", 1, 1) + b"\xff\xd8picture") == Progress(
        job="", preview=b"\xff\xd8picture"
    )
    facts = json.dumps({"node_id": "5", "prompt_id": "j", "image_type": "image/jpeg"}).encode()
    frame = struct.pack(">II", 4, len(facts)) + facts + b"\xff\xd8picture"
    assert heard(frame) == Progress(job="j", node="5", preview=b"\xff\xd8picture")
    assert heard(struct.pack(">I", 3) + b"text") is None


@trials(max_examples=300, deadline=None)
@given(frame=some.binary(max_size=40) | strange_json("type", "data", "prompt_id", "nodes", "node"))
def test_no_frame_is_too_strange(frame: object) -> None:
    news = heard(frame if isinstance(frame, bytes) else json.dumps(frame))
    assert news is None or 0 <= news.done <= 1


@trials(max_examples=200, deadline=None)
@given(
    kind=some.sampled_from(("progress", "progress_state", "executing", "executed")),
    data=strange_json("nodes", "value", "max", "node", "state", "running"),
)
def test_no_event_is_too_strange(kind: str, data: object) -> None:
    table = data if isinstance(data, dict) else {"value": data, "max": data, "nodes": data}
    news = said(kind, **{**table, "prompt_id": "j"})
    assert news is not None and 0 <= news.done <= 1


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: wrong\r\n\r\n",
    ],
)  # fmt: skip
def test_whoever_is_no_websocket_is_left(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        with pytest.raises(SocketError):
            ListeningSocket(f"ws://127.0.0.1:{server.getsockname()[1]}/ws", headers={})


def test_nobody_there_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(SocketError):
        ListeningSocket(f"ws://127.0.0.1:{port}/ws", headers={})
