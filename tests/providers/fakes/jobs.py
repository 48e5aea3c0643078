"""What fakes of asynchronous sellers share: jobs that go on while nobody asks for them.

A job's fate is decided when it is submitted, and it is billed then if it will end well, whoever is
still there to see it. Pictures lie at addresses that die, and refuse whoever brings a key along.
"""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from .server import NOTHING, Call, Fake, Fault, RefusalError, Reply


@dataclass(frozen=True)
class JobFault(Fault):
    """The call is accepted; the job ends otherwise than with a picture."""

    outcome: str = ""
    """A word that the fake of the API knows."""


@dataclass
class Job:
    id: str
    picture: bytes
    type: str
    outcome: str
    polls: int
    """How often it is still said to be under way."""
    ready: float
    """When it is done, by the monotonic clock."""
    facts: dict[str, Any] = field(default_factory=dict)
    done: float = 0.0
    """When its picture was first told of; 0 for not yet."""


class FakeJobs(Fake):
    """POST begins a job, GET asks for it, and /pictures/ID has what came of it."""

    key_headers: ClassVar[tuple[str, ...]] = ("authorization", "x-key", "x-goog-api-key")

    def __init__(self, *, polls: int = 0, picture_seconds: float = 600.0, **said: Any) -> None:
        """`polls`: how often a job is under way before it ends; `picture_seconds`: how long the
        address of a picture lives."""
        super().__init__(**said)
        self.polls, self.picture_seconds = polls, picture_seconds
        self.jobs: dict[str, Job] = {}
        self.elsewhere = ""
        """Addresses of pictures lead here instead, where it is set."""
        self.leaks: list[str] = []
        """Headers that came with a key where none belongs."""
        self._numbers = itertools.count(1)
        self._polls: deque[Fault] = deque()
        self._downloads: deque[Fault] = deque()

    def script_polls(self, *faults: Fault | str | None) -> None:
        """What happens to the next questions for a job, one each."""
        with self._lock:
            self._polls.extend(self._named(fault) for fault in faults)

    def script_downloads(self, *faults: Fault | str | None) -> None:
        """What happens to the next fetches of a picture, one each."""
        with self._lock:
            self._downloads.extend(self._named(fault) for fault in faults)

    # What the fake of an API uses.

    def begin(self, picture: bytes, *, type: str, **facts: Any) -> Job:
        """Accept a job; its outcome is that of the fault at hand."""
        outcome = self.fault.outcome if isinstance(self.fault, JobFault) else ""
        number = next(self._numbers)
        job = Job(
            id=f"job-{number:04}",
            picture=picture,
            type=type,
            outcome=outcome,
            polls=self.polls,
            ready=time.monotonic() + self.seconds,
            facts=facts,
        )
        with self._lock:
            self.jobs[job.id] = job
        return job

    def is_done(self, job: Job) -> bool:
        """Whether it has ended; asking counts."""
        with self._lock:
            if job.polls > 0 or time.monotonic() < job.ready:
                job.polls -= 1
                return False
            job.done = job.done or time.monotonic()
            return True

    def address(self, job: Job) -> str:
        """Where its picture is, signed."""
        return self.elsewhere or f"{self.url}/pictures/{job.id}?signature=0123abcd"

    def fetch(self, call: Call) -> Reply:
        """Answer a call for /pictures/ID."""
        self.leaks += [name for name in self.key_headers if name in call.headers]
        job = self.jobs.get(call.path.removeprefix("/pictures/"))
        if job is None or call.query.get("signature") != "0123abcd":
            raise RefusalError(403, {"error": "AuthenticationFailed"})
        if time.monotonic() > job.done + self.picture_seconds:
            raise RefusalError(403, {"error": "AuthenticationFailed: Signature expired"})
        return Reply(200, job.picture, job.type)

    # Faults of calls that are not billed.

    def answer(self, call: Call, *, drop: Callable[[bytes], None]) -> Reply | None:
        fault = self._fault_of_get(call) if call.method == "GET" else NOTHING
        if fault.drop:
            drop(b"")
            return None
        if fault.status:
            return Reply.of(fault.body, status=fault.status, **dict(fault.headers))
        reply = super().answer(call, drop=drop)
        return self._spoilt(reply, fault, drop=drop) if reply and fault.wire else reply

    def _fault_of_get(self, call: Call) -> Fault:
        waiting = self._downloads if call.path.startswith("/pictures/") else self._polls
        with self._lock:
            return waiting.popleft() if waiting else NOTHING
