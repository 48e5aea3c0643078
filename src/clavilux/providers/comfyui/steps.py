"""From what a server tells of a job to how far its picture is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clavilux.interfaces import Step
from clavilux.providers.comfyui.jobs import Job
from clavilux.providers.comfyui.progress import Progress


class JobSteps:
    """How far one job is, from all that was heard of it."""

    def __init__(self, job: Job) -> None:
        self.key = job.key
        """Of the order."""
        self._nodes = job.nodes
        # A node counts as one, and every step that is asked for as another: what takes long
        # has steps.
        self._all = len(job.nodes) + sum(_steps_asked(node) for node in job.nodes.values())
        self._heard: dict[str, int] = {}

    def step(self, news: Progress) -> Step | None:
        """None where the news say nothing new of a node."""
        if news.ended:
            return Step(what="fetching", share=1.0)
        self._heard |= {node: self._heard.get(node, 0) for node in news.finished}
        node = news.node
        if not node or news.preview is not None:
            return None
        self._heard[node] = max(self._heard.get(node, 0), news.step)
        others = len(self._heard) - 1
        share = (others + sum(self._heard.values())) / max(self._all, 1)
        return Step(
            what=_title(self._nodes.get(node)),
            done=news.step,
            total=news.steps if news.steps > 1 else 0,
            share=min(share, 1.0),
        )


def _steps_asked(node: Mapping[str, Any]) -> int:
    asked = (node.get("inputs") or {}).get("steps")
    return max(asked, 0) if isinstance(asked, int) else 0


def _title(node: Mapping[str, Any] | None) -> str:
    """As it stands over the node in ComfyUI."""
    of = node or {}
    return str((of.get("_meta") or {}).get("title") or of.get("class_type") or "at work")
