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

from clavilux.interfaces import Step
from clavilux.providers.comfyui.jobs import Job
from clavilux.providers.comfyui.progress import Progress, heard, worked
from clavilux.providers.comfyui.socket import ListeningSocket, SocketError
from clavilux.providers.comfyui.steps import JobSteps
from providers.shopping import strange_json


def said(kind: str, **data: Any) -> Progress | None:
    return heard(json.dumps({"type": kind, "data": data}))


def test_events_become_progress() -> None:
    about = {"prompt_id": "j"}
    assert said("progress", **about, node="5", value=3, max=12) == Progress(
        job="j", node="5", step=3, steps=12
    )
    assert said("executing", **about, node="5") == Progress(job="j", node="5")
    nodes = {
        "1": {"value": 1, "max": 1, "state": "finished"},
        "5": {"value": 6, "max": 12, "state": "running"},
    }
    assert said("progress_state", **about, nodes=nodes) == Progress(
        job="j", node="5", step=6, steps=12, finished=("1",)
    )
    assert said("execution_cached", **about, nodes=["1", 2]) == Progress(
        job="j", finished=("1", "2")
    )
    for kind in ("execution_success", "execution_error", "execution_interrupted"):
        assert said(kind, **about) == Progress(job="j", ended=True)
    assert said("executing", **about, node=None) == Progress(job="j", ended=True)
    assert said("status", status={"exec_info": {"queue_remaining": 1}}) is None


def job_steps(**inputs: Any) -> JobSteps:
    """Of a graph of four nodes, of which the third samples."""
    nodes = {
        "1": {"class_type": "CheckpointLoaderSimple", "inputs": {}},
        "2": {"class_type": "CLIPTextEncode", "inputs": {}, "_meta": {"title": "Prompt"}},
        "3": {"class_type": "KSampler", "inputs": {"steps": 12, **inputs}},
        "4": {"class_type": "SaveImage", "inputs": {}},
    }
    return JobSteps(Job(server="", key="k", number=0, output="4", nodes=nodes))


def test_a_job_moves_on_with_its_nodes_and_steps() -> None:
    steps, about = job_steps(), {"job": "j"}
    assert steps.step(Progress(**about, finished=("1",))) is None
    heard = [
        steps.step(Progress(**about, node="2")),
        *(steps.step(Progress(**about, node="3", step=n, steps=12)) for n in (0, 6, 12)),
        steps.step(Progress(**about, node="4")),
    ]
    assert heard == [
        Step(what="Prompt", share=1 / 16),
        Step(what="KSampler", done=0, total=12, share=2 / 16),
        Step(what="KSampler", done=6, total=12, share=8 / 16),
        Step(what="KSampler", done=12, total=12, share=14 / 16),
        Step(what="SaveImage", share=15 / 16),
    ]
    assert steps.step(Progress(**about, node="3", preview=b"picture")) is None
    assert steps.step(Progress(**about, ended=True)) == Step(what="fetching", share=1.0)


def test_steps_that_nobody_asked_for_do_not_lead_past_the_end() -> None:
    steps = job_steps(steps=["7", 0])
    shares = [steps.step(Progress(job="j", node="3", step=n, steps=40)) for n in range(41)]
    assert [s.share for s in shares if s] == sorted(s.share for s in shares if s)
    assert shares[-1] == Step(what="KSampler", done=40, total=40, share=1.0)
    assert steps.step(Progress(job="j", node="99")) == Step(what="at work", share=1.0)


def test_the_seconds_of_a_job_are_those_of_the_servers_clock() -> None:
    def event(kind: str, at: object) -> list[Any]:
        return [kind, {"prompt_id": "j", "timestamp": at}]

    start, end = event("execution_start", 1_000_500), event("execution_success", 1_009_750)
    assert worked([start, event("execution_cached", 1_000_600), end]) == 9.25
    assert worked([end, event("execution_start", 2_000_000)]) == 0  # a clock that was set back
    for strange in (None, {}, [start], [end], [start, event("execution_success", "now")]):
        assert worked(strange) is None


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
