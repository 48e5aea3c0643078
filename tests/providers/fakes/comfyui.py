"""A ComfyUI server without a GPU: its routes, its socket, its queue, and its rules for graphs.

It holds its history in memory, as the real one does, so that `restart` forgets all; `kill` hangs up
on everybody. Graphs are judged by the node list of a real server, where that is at hand.

Written from ComfyUI's server.py and execution.py, versions 0.3.64 and 0.3.75, against which the
client was run as well.
"""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
import threading
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, urlsplit

from .jobs import JobFault
from .node_rules import object_info, rule_errors
from .pictures import make_picture
from .server import Fake, _handler, _Server
from .wire import Call, RefusalError, Reply

NODES = Path(__file__).parents[4] / "shared" / "facts" / "comfyui-nodes.json"

FILES = {
    "ckpt_name": ["sd_xl_base_1.0.safetensors"],
    "unet_name": ["flux1-dev.safetensors", "lotus-depth-d-v1-1.safetensors"],
    "clip_name1": ["clip_l.safetensors", "t5xxl_fp16.safetensors"],
    "clip_name2": ["clip_l.safetensors", "t5xxl_fp16.safetensors"],
    "vae_name": ["ae.safetensors", "vae-ft-mse-840000-ema-pruned.safetensors"],
    "control_net_name": [
        "diffusers_xl_canny_full.safetensors",
        "diffusers_xl_depth_full.safetensors",
    ],
}
"""Installed model files."""

OOM = {
    "exception_type": "torch.OutOfMemoryError",
    "exception_message": "Allocation on device 0 would exceed allowed memory. (out of memory)\n",
}
BROKEN = {
    "exception_type": "RuntimeError",
    "exception_message": "mat1 and mat2 shapes cannot be multiplied",
}
_ERRORS = {"oom": OOM, "error": BROKEN}

PREVIEW = make_picture("preview", 64, 36, "jpeg")


@dataclass
class Job:
    id: str
    nodes: dict[str, Any]
    client: str
    fault: str
    stop: threading.Event = field(default_factory=threading.Event)


class FakeComfyUI(Fake):
    """`with FakeComfyUI() as fake: ... fake.url ...`."""

    name: ClassVar[str] = "comfyui"
    faults: ClassVar = {
        "oom": JobFault(outcome="oom"),
        "error": JobFault(outcome="error"),
        "partly": JobFault(outcome="partly"),
        "forbidden": JobFault(status=401, body=b"<html>401 Authorization Required</html>"),
    }

    def __init__(self, *, header: tuple[str, str] = ("", ""), port: int = 0, **said: Any) -> None:
        """`header`: name and value without which a proxy in front lets nobody in."""
        super().__init__(port=port, **said)
        self.header, self.files = header, dict(FILES)
        self.ran: list[Job] = []
        """Jobs that came to an end by themselves."""
        self.freed = 0
        self.uploads: dict[str, bytes] = {}
        self.images: dict[str, bytes] = {}
        self.history: dict[str, Any] = {}
        self.hold = threading.Event()
        """While it is set, jobs that run do not end."""
        self.deaf = False
        """Whether sockets are refused."""
        self.steps: int | None = 4
        """Of every sampler; None for as many as it is asked for."""
        self.size = (160, 96)
        """Of its pictures: too small to be shown, unless a test says otherwise."""
        self.queue: list[Job] = []
        self.running: Job | None = None
        self._sockets: dict[str, socket.socket] = {}
        self._connections: set[socket.socket] = set()
        self._moved = threading.Condition(self._lock)
        self._life = 0

    # What a test does to it.

    def restart(self) -> None:
        """Kill it, and start it again: it knows nothing of its jobs."""
        self.kill()
        self.revive()

    def kill(self) -> None:
        """Hang up on everybody, and be gone."""
        with self._moved:
            self._life += 1
            self.queue, self.running, self.history = [], None, {}
            self._moved.notify_all()
        self._port = self._server.server_address[1]
        super().__exit__(None, None, None)
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._sockets.clear()

    def revive(self) -> None:
        """Answer again, at the same address."""
        self.__enter__()

    def drop_sockets(self) -> None:
        """Close all websockets; jobs go on."""
        for one in list(self._sockets.values()):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._sockets.clear()

    def queue_of_another(self, count: int = 1) -> list[str]:
        """Somebody else's jobs, which stay in the queue."""
        jobs = [Job(str(uuid.uuid4()), {}, "another", "stay") for _ in range(count)]
        with self._moved:
            self.queue += jobs
            self._moved.notify_all()
        return [job.id for job in jobs]

    # The server.

    def __enter__(self) -> Self:
        fake, plain = self, _handler(self)

        class Handler(plain):  # type: ignore[misc, valid-type]
            def setup(self) -> None:
                super().setup()
                fake._connections.add(self.connection)

            def finish(self) -> None:
                fake._connections.discard(self.connection)
                with suppress(OSError):
                    super().finish()

            def do_GET(self) -> None:  # noqa: N802
                if urlsplit(self.path).path == "/ws":
                    fake._talk(self)
                else:
                    self._serve()

        self._server = _Server(("127.0.0.1", self._port), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        threading.Thread(target=self._work, args=(self._life,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self.kill()

    def respond(self, call: Call) -> Reply:
        self._check_header(call.headers)
        answers = {
            ("GET", "/prompt"): self._get_prompt,
            ("POST", "/prompt"): self._post_prompt,
            ("GET", "/queue"): self._get_queue,
            ("POST", "/queue"): self._post_queue,
            ("POST", "/interrupt"): self._interrupt,
            ("POST", "/free"): self._free,
            ("POST", "/upload/image"): self._upload,
            ("GET", "/view"): self._view,
            ("GET", "/object_info"): self._object_info,
            ("GET", "/system_stats"): self._system_stats,
        }
        if call.method == "GET" and call.path.startswith("/history/"):
            id = call.path.removeprefix("/history/")
            with self._lock:
                return Reply.of({id: self.history[id]} if id in self.history else {})
        answer = answers.get((call.method, call.path))
        if answer is None:
            return Reply(404, b"404: Not Found", "text/plain")
        return answer(call)

    def _check_header(self, headers: Mapping[str, str]) -> None:
        name, value = self.header
        if name and headers.get(name.lower()) != value:
            raise RefusalError(401, {"error": "who are you?"})

    def _get_prompt(self, call: Call) -> Reply:
        with self._lock:
            left = len(self.queue) + (self.running is not None)
        return Reply.of({"exec_info": {"queue_remaining": left}})

    def _post_prompt(self, call: Call) -> Reply:
        body = call.json()
        nodes, id = body.get("prompt"), body.get("prompt_id")
        if not isinstance(nodes, dict):
            raise RefusalError(400, {"error": _error("no_prompt"), "node_errors": {}})
        if str(uuid.UUID(id)) != id:
            raise RefusalError(400, {"error": _error("invalid_prompt_id"), "node_errors": {}})
        self._check_classes(nodes)
        errors = rule_errors(nodes, self._info(), self.uploads)
        if errors:
            error = _error("prompt_outputs_failed_validation")
            raise RefusalError(400, {"error": error, "node_errors": errors})
        outcome = self.fault.outcome if isinstance(self.fault, JobFault) else ""
        with self._moved:
            self.queue.append(Job(id, nodes, body.get("client_id", ""), outcome))
            self._moved.notify_all()
        dropped = {} if outcome != "partly" else _dropped(nodes)
        return Reply.of({"prompt_id": id, "number": 1, "node_errors": dropped})

    def _system_stats(self, call: Call) -> Reply:
        device = {"name": "cuda:0 Fake A100", "type": "cuda", "vram_total": 80 * 2**30}
        return Reply.of({"system": {"comfyui_version": "0.3.64"}, "devices": [device]})

    def _info(self) -> dict[str, Any]:
        return object_info(NODES, self.files)

    def _check_classes(self, nodes: Mapping[str, Any]) -> None:
        known = self._info()
        for id, node in nodes.items():
            if known and node["class_type"] not in known:
                extra = {
                    "node_id": id,
                    "class_type": node["class_type"],
                    "node_title": node.get("_meta", {}).get("title"),
                }
                error = {**_error("missing_node_type"), "extra_info": extra}
                raise RefusalError(400, {"error": error, "node_errors": {}})

    def _get_queue(self, call: Call) -> Reply:
        def item(job: Job) -> list[Any]:
            return [1, job.id, job.nodes, {"client_id": job.client}, []]

        with self._lock:
            running = [item(self.running)] if self.running else []
            return Reply.of(
                {"queue_running": running, "queue_pending": [item(job) for job in self.queue]}
            )

    def _post_queue(self, call: Call) -> Reply:
        gone = set(call.json().get("delete", []))
        with self._lock:
            self.queue = [job for job in self.queue if job.id not in gone]
        return Reply(200, b"")

    def _interrupt(self, call: Call) -> Reply:
        """As the real one since 0.3.56; without an id, whatever runs is stopped."""
        wanted = call.json().get("prompt_id")
        with self._moved:
            if self.running is not None and wanted in (None, self.running.id):
                self.running.stop.set()
                self._moved.notify_all()
        return Reply(200, b"")

    def _free(self, call: Call) -> Reply:
        assert call.json() == {"unload_models": True, "free_memory": True}
        self.freed += 1
        return Reply(200, b"")

    def _upload(self, call: Call) -> Reply:
        fields, (file,) = call.form()
        folder, name = fields.get("subfolder", ""), file.filename
        place = f"{folder}/{name}" if folder else name
        assert file.name == "image" and fields.get("type") == "input"
        while place in self.uploads and self.uploads[place] != file.data:
            name, place = f"{name} (1)", f"{place} (1)"
        self.uploads[place] = file.data
        return Reply.of({"name": name, "subfolder": folder, "type": "input"})

    def _view(self, call: Call) -> Reply:
        place = f"{call.query['type']}/{call.query['subfolder']}/{call.query['filename']}"
        if place not in self.images:
            return Reply(404, b"", "text/plain")
        return Reply(200, self.images[place], "image/png")

    def _object_info(self, call: Call) -> Reply:
        return Reply.of(self._info())

    # The worker.

    def _work(self, life: int) -> None:
        while True:
            with self._moved:
                while self._life == life and not any(job.fault != "stay" for job in self.queue):
                    self._moved.wait(0.2)
                if self._life != life:
                    return
                job = next(job for job in self.queue if job.fault != "stay")
                self.queue.remove(job)
                self.running = job
            self._run(job, life)

    def _run(self, job: Job, life: int) -> None:
        about = {"prompt_id": job.id}
        messages: list[Any] = [["execution_start", {**about, "timestamp": _now()}]]
        self._say(job, "execution_start", about)
        sampler = next((i for i, n in job.nodes.items() if "seed" in n["inputs"]), "")
        steps = self.steps or int(job.nodes.get(sampler, {"inputs": {}})["inputs"].get("steps", 4))
        earlier = list(job.nodes)[: list(job.nodes).index(sampler)] if sampler else []
        self._say(job, "execution_cached", {**about, "nodes": earlier[:1] if self.ran else []})
        for node in (*(earlier[1:] if self.ran else earlier), sampler):
            self._say(job, "executing", {**about, "node": node, "display_node": node})
        for step in range(1, steps + 1):
            self._say(job, "progress", {**about, "node": sampler, "value": step, "max": steps})
            self._show(job)
            time.sleep(self.seconds / steps)
            while self.hold.is_set() and not job.stop.is_set() and self._life == life:
                time.sleep(0.005)
        with self._moved:
            if self._life != life:
                return
            ended = self._ended(job, sampler, messages)
            self.history[job.id] = ended
            self.running = None
            self.ran.append(job)
        last = ended["status"]["messages"][-1]
        self._say(job, last[0], last[1])

    def _ended(self, job: Job, sampler: str, messages: list[Any]) -> dict[str, Any]:
        about = {"prompt_id": job.id, "timestamp": _now()}
        outputs: dict[str, Any] = {}
        if job.stop.is_set():
            messages.append(["execution_interrupted", {**about, "node_id": sampler}])
        elif job.fault in _ERRORS:
            messages.append(
                ["execution_error", {**about, "node_id": sampler, **_ERRORS[job.fault]}]
            )
        else:
            outputs = self._painted(job)
            messages.append(["execution_success", about])
        good = messages[-1][0] == "execution_success"
        status = {"status_str": "success" if good else "error", "completed": good}
        return {"prompt": [], "outputs": outputs, "status": {**status, "messages": messages}}

    def _painted(self, job: Job) -> dict[str, Any]:
        outputs = {}
        for id, node in job.nodes.items():
            if node["class_type"] != "SaveImage":
                continue
            folder, _, name = node["inputs"]["filename_prefix"].rpartition("/")
            image = {"filename": f"{name}_00001_.png", "subfolder": folder, "type": "output"}
            words = json.dumps(job.nodes, sort_keys=True)
            self.images[f"output/{folder}/{image['filename']}"] = self.picture(words, *self.size)
            outputs[id] = {"images": [image]}
        return outputs

    # The socket.

    def _talk(self, handler: Any) -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        with suppress(RefusalError):
            self._check_header(headers)
            if self.deaf:
                raise RefusalError(403, {})
            self._listen(handler, headers)
            return
        handler.send_response(403)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def _listen(self, handler: Any, headers: Mapping[str, str]) -> None:
        """RFC 6455, section 4.2.2; what the client says is read and ignored."""
        assert headers["sec-websocket-version"] == "13"
        magic = headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(magic.encode()).digest()).decode()
        client = dict(parse_qsl(urlsplit(handler.path).query))["clientId"]
        handler.connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept.encode() + b"\r\n\r\n"
        )
        handler.close_connection = True
        self._sockets[client] = handler.connection
        first = {"type": "status", "data": {"status": {"exec_info": {"queue_remaining": 0}}}}
        _send(handler.connection, 1, json.dumps(first).encode())
        with suppress(OSError):
            while handler.connection.recv(4096):
                pass
        if self._sockets.get(client) is handler.connection:
            del self._sockets[client]

    def _say(self, job: Job, kind: str, data: Mapping[str, Any]) -> None:
        self._tell(job, 1, json.dumps({"type": kind, "data": data}).encode())

    def _show(self, job: Job) -> None:
        self._tell(job, 2, struct.pack(">II", 1, 1) + PREVIEW)

    def _tell(self, job: Job, kind: int, data: bytes) -> None:
        connection = self._sockets.get(job.client)
        if connection is not None:
            with suppress(OSError):
                _send(connection, kind, data)


def _send(connection: socket.socket, kind: int, data: bytes) -> None:
    """One frame, unmasked as servers send it (RFC 6455, section 5.2)."""
    short = bytes([len(data)]) if len(data) < 126 else b"\x7e" + struct.pack(">H", len(data))
    connection.sendall(bytes([0x80 | kind]) + short + data)


def _now() -> int:
    return int(time.time() * 1000)


def _error(kind: str) -> dict[str, Any]:
    return {"type": kind, "message": kind.replace("_", " "), "details": "", "extra_info": {}}


def _dropped(nodes: Mapping[str, Any]) -> dict[str, Any]:
    """As if a node before the saved picture were wrong, and another output were not."""
    saved = next(id for id, node in nodes.items() if node["class_type"] == "SaveImage")
    wrong = next(id for id, node in nodes.items() if "seed" in node["inputs"])
    error = {"type": "value_bigger_than_max", "message": "Value is too big", "details": "steps"}
    return {wrong: {"errors": [error], "dependent_outputs": [saved], "class_type": "KSampler"}}
