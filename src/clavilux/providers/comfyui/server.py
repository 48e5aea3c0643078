"""One ComfyUI server: what can be asked of it, a method a question.

Source: ComfyUI's server.py, versions 0.3.64 to 0.38. A job's id is ours, so that a job whose answer
was lost can be looked for before it is begun again.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, urlencode
from uuid import uuid4

from clavilux.model.errors import ProviderError
from clavilux.providers.comfyui.failures import of_status, refusal, unbilled, wrong_nodes
from clavilux.providers.comfyui.jobs import FOLDER
from clavilux.providers.comfyui.listening import Listener, OnProgress
from clavilux.providers.comfyui.plain import listed, table
from clavilux.providers.web import Reply, UnreachableError, Web

Whereabouts = Literal["waiting", "running", "ended", "nowhere"]

_TYPES = {b"\x89PNG": ("png", "image/png"), b"\xff\xd8\xff": ("jpg", "image/jpeg")}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """Where a job is on a server."""

    at: Whereabouts
    succeeded: bool = False
    messages: Any = None
    """What happened, as the history has it."""
    outputs: Any = None
    """What came of it, by node."""


class Server:
    """Called from several threads. Every error it raises is unbilled."""

    def __init__(
        self, url: str, *, headers: Mapping[str, str], timeout: float, tell: OnProgress
    ) -> None:
        self.url = url
        self._web = Web(url, headers=headers, timeout=timeout)
        self._client = uuid4().hex
        address = f"ws{url.removeprefix('http')}/ws?{urlencode({'clientId': self._client})}"
        self.listener = Listener(address, headers=headers, tell=tell)

    def busy(self) -> int:
        """How many jobs are before a new one. Raises ProviderError."""
        info = table(self._get("/prompt").get("exec_info"))
        left = info.get("queue_remaining")
        return left if isinstance(left, int) else 0

    def stats(self) -> Mapping[str, Any]:
        """What /system_stats says of its version and devices. Raises ProviderError."""
        return self._get("/system_stats")

    def node_classes(self) -> dict[str, Any]:
        """What /object_info says. Raises ProviderError."""
        return dict(self._get("/object_info"))

    def upload(self, picture: bytes) -> str:
        """Put a picture where LoadImage finds it; its name there. The same again is no copy."""
        suffix, kind = _kind_of(picture)
        name = f"{hashlib.sha256(picture).hexdigest()[:32]}.{suffix}"
        fields = {"type": "input", "subfolder": FOLDER}
        reply = self._call(
            lambda: self._web.post_form("/upload/image", fields, [("image", (name, picture, kind))])
        )
        if reply.status != 200:
            raise of_status(reply)
        said = table(reply.json())
        folder = said.get("subfolder")
        return f"{folder}/{said.get('name')}" if folder else str(said.get("name") or name)

    def begin(self, nodes: dict[str, Any], *, job: str, output: str) -> None:
        """Queue a job under an id of ours. Raises ProviderError."""
        self.listener.connect()
        body = {"prompt": nodes, "prompt_id": job, "client_id": self._client}
        reply = self._call(lambda: self._web.post_json("/prompt", body))
        if reply.status != 200:
            raise refusal(reply, nodes)
        answer = table(_json(reply))
        if answer.get("prompt_id") != job:
            raise ProviderError(
                "comfyui: the server does not keep job ids; update it to 0.3.60 or newer",
                trouble="verification",
            )
        wrong = table(answer.get("node_errors"))
        if any(_concerns(of, output) for of in wrong.values()):  # our picture was left out
            self.cancel(job)
            raise wrong_nodes(wrong, nodes)

    def state(self, job: str) -> JobState:
        """Where a job is. Raises ProviderError where the server cannot be asked.

        The history is asked again at the end: the job may have ended between two questions.
        """
        ended = self._ended(job)
        if ended is not None:
            return ended
        queue = self._get("/queue")
        for name, at in _QUEUES:
            if any(_id_of(item) == job for item in listed(queue.get(name))):
                return JobState(at=at)
        return self._ended(job) or JobState(at="nowhere")

    def _ended(self, job: str) -> JobState | None:
        found = table(self._get(f"/history/{quote(job, safe='')}").get(job))
        if not found:
            return None
        status = table(found.get("status"))
        return JobState(
            at="ended",
            succeeded=status.get("status_str", "success") == "success",
            messages=status.get("messages"),
            outputs=found.get("outputs"),
        )

    def picture(self, outputs: object, *, output: str) -> bytes | None:
        """The first picture that a node made; None where there is none, or no more."""
        images = listed(table(table(outputs).get(output)).get("images"))
        if not images or not isinstance(images[0], dict):
            return None
        names = ("filename", "subfolder", "type")
        query = urlencode({name: str(images[0].get(name) or "") for name in names})
        reply = self._call(lambda: self._web.get(f"/view?{query}"))
        if reply.status not in (200, 404):
            raise of_status(reply)
        return reply.body if reply.status == 200 else None

    def cancel(self, job: str) -> None:
        """Take a job out of the queue, or stop it. Never stops another: older servers stop
        whatever runs, so it is looked first. Raises ProviderError."""
        self._call(lambda: self._web.post_json("/queue", {"delete": [job]}))
        running = listed(self._get("/queue").get("queue_running"))
        if any(_id_of(item) == job for item in running):
            self._call(lambda: self._web.post_json("/interrupt", {"prompt_id": job}))

    def unload(self) -> None:
        """Have it give its memory back. Raises ProviderError."""
        body = {"unload_models": True, "free_memory": True}
        self._call(lambda: self._web.post_json("/free", body))

    def _get(self, path: str) -> Mapping[str, Any]:
        reply = self._call(lambda: self._web.get(path))
        if reply.status != 200:
            raise of_status(reply)
        try:
            return table(reply.json())
        except ProviderError as error:
            raise unbilled(error) from None

    def _call(self, call: Any) -> Reply:
        try:
            reply: Reply = call()
        except UnreachableError as error:
            raise ProviderError(
                f"comfyui: {error}; start it there, or set base_url under [providers.comfyui]",
                trouble=error.trouble,
            ) from None
        except ProviderError as error:
            raise unbilled(error) from None
        return reply


class Outage:
    """Since when a server has not answered."""

    def __init__(self) -> None:
        self._since: float | None = None

    def ended(self) -> None:
        self._since = None

    def begun(self) -> float:
        """Seconds that it has lasted."""
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        return now - self._since


_QUEUES: tuple[tuple[str, Whereabouts], ...] = (
    ("queue_running", "running"),
    ("queue_pending", "waiting"),
)


def _kind_of(picture: bytes) -> tuple[str, str]:
    for start, kind in _TYPES.items():
        if picture.startswith(start):
            return kind
    return "webp", "image/webp"


def _concerns(of: object, output: str) -> bool:
    dependent = table(of).get("dependent_outputs")
    return not isinstance(dependent, list) or output in map(str, dependent)


def _id_of(item: object) -> object:
    return item[1] if isinstance(item, list) and len(item) > 1 else None


def _json(reply: Reply) -> Any:
    try:
        return reply.json()
    except ProviderError as error:
        raise unbilled(error) from None
