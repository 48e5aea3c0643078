"""A job on somebody's ComfyUI, and the ticket that finds it again in another process."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID, uuid5

from clavilux.interfaces import Ticket
from clavilux.model.errors import ProviderError

SPACE = UUID("6d1f3c5e-0a54-5c0f-9f0b-5d2f3f1f7a11")
"""Names within it are "ORDER KEY/N"."""


FOLDER = "clavilux"
"""Where our pictures lie among a server's inputs and outputs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """All that is needed to ask for it, or to begin it once more."""

    server: str
    """Its address."""
    key: str
    """Of the order."""
    number: int
    """0 for the first try of an order, then the next."""
    output: str
    """Id of the node whose picture is taken."""
    nodes: dict[str, Any]
    """What was sent."""

    @property
    def id(self) -> str:
        """Follows from the order: a job whose answer was lost is found by it."""
        return job_id(self.key, self.number)

    def next(self) -> Job:
        """The try after this one."""
        return replace(self, number=self.number + 1).named()

    def named(self) -> Job:
        """The same, its picture saved under a name of its own: ComfyUI tells nothing of a picture
        that it has in memory and need not save again."""
        node = self.nodes.get(self.output) or {}
        if "filename_prefix" not in node.get("inputs", {}):
            return self
        inputs = {**node["inputs"], "filename_prefix": f"{FOLDER}/{self.key[:16]}_{self.number}"}
        return replace(self, nodes={**self.nodes, self.output: {**node, "inputs": inputs}})

    def on(self, server: str) -> Job:
        """The same elsewhere."""
        return replace(self, server=server)

    @property
    def ticket(self) -> Ticket:
        return Ticket(id=json.dumps(asdict(self), separators=(",", ":"), ensure_ascii=False))


def job_id(key: str, number: int) -> str:
    """The id of the try `number` of an order, a UUID as ComfyUI wants it."""
    return str(uuid5(SPACE, f"{key}/{number}"))


def job_of(ticket: Ticket) -> Job:
    """Raises ProviderError where a ticket cannot be read."""
    try:
        job = Job(**json.loads(ticket.id))
    except (ValueError, TypeError, RecursionError):
        job = None
    whole = job is not None and (
        isinstance(job.server, str)
        and isinstance(job.key, str)
        and isinstance(job.number, int)
        and isinstance(job.nodes, dict)
    )
    if job is None or not whole:
        raise ProviderError("comfyui: the ticket cannot be read", trouble="unusable")
    return job
