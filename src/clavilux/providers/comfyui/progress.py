"""What ComfyUI tells over its socket, as values. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PREVIEW, PREVIEW_WITH_FACTS = 1, 4
"""Kinds of binary frames: a picture; a picture with facts about it."""

JPEG = 1

ENDED = frozenset({"execution_success", "execution_error", "execution_interrupted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one job is."""

    job: str
    """Id of the job; "" where the server does not say, as for older previews."""
    node: str = ""
    """Id of the node at work; "" for none."""
    done: float = 0.0
    """0..1 of this node's work."""
    ended: bool = False
    preview: bytes | None = None
    """A small JPEG or PNG of what is becoming."""


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
        return Progress(job=job, ended=True, done=1.0)
    if kind == "progress_state":
        return _running(job, data.get("nodes"))
    node = data.get("node")
    done = _share(data.get("value"), data.get("max")) if kind == "progress" else 0.0
    return Progress(job=job, node="" if node is None else str(node), done=done)


def _running(job: str, nodes: object) -> Progress:
    """The node at work among all."""
    for id, of in nodes.items() if isinstance(nodes, dict) else ():
        if isinstance(of, dict) and of.get("state") == "running":
            return Progress(job=job, node=str(id), done=_share(of.get("value"), of.get("max")))
    return Progress(job=job)


def _share(value: Any, most: Any) -> float:
    numbers = isinstance(value, int | float) and isinstance(most, int | float)
    if not numbers or not math.isfinite(value) or not most > 0:
        return 0.0
    return float(min(max(value / most, 0.0), 1.0))


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
