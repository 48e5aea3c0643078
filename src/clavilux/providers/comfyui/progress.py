"""What ComfyUI tells over its socket, as values. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clavilux.providers.comfyui.plain import table

PREVIEW, PREVIEW_WITH_FACTS = 1, 4
"""Kinds of binary frames: a picture; a picture with facts about it."""

ENDED = frozenset({"execution_success", "execution_error", "execution_interrupted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one job is."""

    job: str
    """Id of the job; "" where the server does not say, as for older previews."""
    node: str = ""
    """Id of the node at work; "" for none."""
    step: int = 0
    steps: int = 0
    """Done and all of this node's work; 0 of 0 where it has no steps."""
    finished: tuple[str, ...] = ()
    """Ids of nodes that are done, as far as it is said."""
    ended: bool = False
    preview: bytes | None = None
    """A small JPEG or PNG of what is becoming."""

    @property
    def done(self) -> float:
        """0..1 of this node's work; 1 at the end of the job."""
        return 1.0 if self.ended else self.step / self.steps if self.steps else 0.0


def heard(frame: str | bytes) -> Progress | None:
    """What one frame says about a job; None where it says nothing about one."""
    return _picture(frame) if isinstance(frame, bytes) else _event(frame)


def _event(text: str) -> Progress | None:
    try:
        said = json.loads(text)
        kind, data = said["type"], said["data"]
        job = data["prompt_id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(job, str) or not isinstance(kind, str):
        return None
    if kind in ENDED or (kind == "executing" and data.get("node") is None):
        return Progress(job=job, ended=True)
    if kind == "progress_state":
        return _running(job, data.get("nodes"))
    if kind == "execution_cached":
        return Progress(job=job, finished=_ids(data.get("nodes")))
    node = data.get("node")
    step, steps = _steps(data) if kind == "progress" else (0, 0)
    return Progress(job=job, node="" if node is None else str(node), step=step, steps=steps)


def _running(job: str, nodes: object) -> Progress:
    """The node at work among all."""
    said = table(nodes)
    by_state = {
        word: [str(id) for id, of in said.items() if table(of).get("state") == word]
        for word in ("finished", "running")
    }
    finished = tuple(by_state["finished"])
    for id in by_state["running"]:
        step, steps = _steps(said[id])
        return Progress(job=job, node=id, step=step, steps=steps, finished=finished)
    return Progress(job=job, finished=finished)


def _ids(said: object) -> tuple[str, ...]:
    return tuple(map(str, said)) if isinstance(said, list) else ()


def _steps(said: Mapping[str, Any]) -> tuple[int, int]:
    """Steps done, and all of them: 0 of 0 where that is no number."""
    value, most = said.get("value"), said.get("max")
    if not (isinstance(value, int | float) and isinstance(most, int | float)):
        return 0, 0
    if not (math.isfinite(value) and math.isfinite(most) and most >= 1):
        return 0, 0
    return int(min(max(value, 0), most)), int(most)


def _picture(frame: bytes) -> Progress | None:
    kind = int.from_bytes(frame[:4], "big")
    if kind == PREVIEW and len(frame) > 8:
        return Progress(job="", preview=frame[8:])
    if kind != PREVIEW_WITH_FACTS:
        return None
    length = int.from_bytes(frame[4:8], "big")
    try:
        facts = json.loads(frame[8 : 8 + length])
    except (ValueError, RecursionError):
        return None
    facts = facts if isinstance(facts, Mapping) else {}
    return Progress(
        job=str(facts.get("prompt_id") or ""),
        node=str(facts.get("node_id") or ""),
        preview=frame[8 + length :],
    )


def worked(messages: object) -> float | None:
    """Seconds that a server was at a job, by its own clock, waiting not counted: from what the
    history says of the job. None where it does not say."""
    at: dict[str, float] = {}
    for one in messages if isinstance(messages, list) else []:
        if isinstance(one, list) and len(one) == 2 and isinstance(one[1], dict):
            moment = one[1].get("timestamp")
            if isinstance(moment, int | float) and math.isfinite(moment):
                at[str(one[0])] = moment / 1000
    if not {"execution_start", "execution_success"} <= at.keys():
        return None
    return max(at["execution_success"] - at["execution_start"], 0.0)
